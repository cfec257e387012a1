"""Several files, a router in each."""

from fastapi import FastAPI

from shop import admin, catalogue, gifts, orders, settings

app = FastAPI()
for part in (settings, catalogue, orders, admin, gifts):
    app.include_router(part.router)
