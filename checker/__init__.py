"""Grades FastAPI apps from outside: the app is served for real, and a hidden suite talks to it."""

__version__ = "0.1.0"
