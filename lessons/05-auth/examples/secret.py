import os

SHORTEST = 32

SECRET_KEY = os.environ.get("KITCHEN_SECRET", "")
if len(SECRET_KEY) < SHORTEST:
    raise RuntimeError("Set KITCHEN_SECRET to 32 random characters or more")
