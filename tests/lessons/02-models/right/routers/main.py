"""Routers, plain functions, a class that keeps things, and objects instead of dicts."""

from fastapi import FastAPI
from shop import books, customers, others

app = FastAPI(title="Bookshop API", version="2.0.0")
for router in (books.router, customers.router, others.router):
    app.include_router(router)
