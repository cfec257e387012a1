"""The task is in README.md, beside this file."""

from fastapi import FastAPI

app = FastAPI()
