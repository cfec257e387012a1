"""The bookshop's first API: the data stand here, the package `bookshop` builds the app."""

from bookshop.application import create_app

BOOKS = {
    1: {"id": 1, "title": "A Wizard of Earthsea", "author": "Ursula K. Le Guin"},
    2: {"id": 2, "title": "Invisible Cities", "author": "Italo Calvino"},
    3: {"id": 3, "title": "The Dispossessed", "author": "Ursula K. Le Guin"},
    4: {"id": 4, "title": "Kindred", "author": "Octavia E. Butler"},
    5: {"id": 5, "title": "The Baron in the Trees", "author": "Italo Calvino"},
}

WAREHOUSE_DELAY = 0.1
"""Seconds that the warehouse takes to answer."""

app = create_app(BOOKS, WAREHOUSE_DELAY)
