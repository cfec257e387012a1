"""The bookshop's first API. The task is in README.md, beside this file."""

from fastapi import FastAPI

BOOKS = {
    1: {"id": 1, "title": "A Wizard of Earthsea", "author": "Ursula K. Le Guin"},
    2: {"id": 2, "title": "Invisible Cities", "author": "Italo Calvino"},
    3: {"id": 3, "title": "The Dispossessed", "author": "Ursula K. Le Guin"},
    4: {"id": 4, "title": "Kindred", "author": "Octavia E. Butler"},
    5: {"id": 5, "title": "The Baron in the Trees", "author": "Italo Calvino"},
}

WAREHOUSE_DELAY = 0.1
"""Seconds that the warehouse takes to answer."""

# 01.2: give the app a title, a version and a description.
app = FastAPI()

# 01.1: a function that answers GET /.

# 01.3: a function that answers GET /books/{book_id}. Later: 01.5 and 01.7.

# 01.4: a function that answers GET /books.

# 01.6: a function that answers DELETE /books/{book_id}.

# 01.8: a function that answers GET /stock/{book_id}.
