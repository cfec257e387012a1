"""Pays once, in the host, what every app and every test run would pay at its first use."""
