"""Routers in files of their own; anyio streams carry the messages."""

from fastapi import FastAPI

import boards
import orders

app = FastAPI()
app.include_router(boards.router)
app.include_router(orders.router, prefix="/orders")
