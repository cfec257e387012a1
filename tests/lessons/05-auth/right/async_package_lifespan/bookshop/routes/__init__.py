"""The operations, one router for each group of people."""
