"""How good the hidden suites are: each reference is changed a little, and must then be refused."""
