"""The bookshop with a database: Starlette's routes above SQLAlchemy's Core."""

from fastapi import FastAPI

from shop import authors, books, health, orders
from shop.database import lifespan

app = FastAPI(
    title="Bookshop API",
    lifespan=lifespan,
    routes=[*health.routes, *authors.routes, *books.routes, *orders.routes],
)
