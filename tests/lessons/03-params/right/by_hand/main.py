"""Routers, and whatever can be read from the request by hand is read by hand."""

from fastapi import FastAPI

import shop
import shelves

app = FastAPI(title="Bookshop API")
app.include_router(shop.router)
app.include_router(shelves.router, prefix="/books")
