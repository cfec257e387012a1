"""The bookshop takes books and customers. The task is in README.md, beside this file."""

from typing import Any

from fastapi import FastAPI

BOOKS: dict[int, dict[str, Any]] = {}
CUSTOMERS: dict[int, dict[str, Any]] = {}


class StockCount:
    """What the stockroom's program knows about one book: an object, no dict. Leave it as it is."""

    def __init__(self, book_id: int) -> None:
        self.book_id = book_id
        self.copies = 10 + book_id * 7 % 40
        self.reserved = book_id * 3 % 10
        self.supplier = f"supplier {book_id * 31 % 100}"


app = FastAPI(title="Bookshop API", version="2.0.0")

# 02.3: models of what a client may see of a book and of a customer. They have their place up
# here because a class must stand above the decorator or the function that names it.

# 02.1: a model of a new book, and a function that answers POST /books.
# Later: its ISBN (02.4), its discount (02.5), unknown fields (02.7), an example (02.10).

# 02.2: a model of a new customer, and a function that answers POST /customers.
# Later: unknown fields (02.7), an example (02.10).

# 02.3, the rest: functions that answer GET /books/{book_id} and GET /customers/{customer_id}.

# 02.6: models of an order and its parts, and a function that answers POST /orders.

# 02.8: a model of changes to a book, and a function that answers PATCH /books/{book_id}.

# 02.9: a model of the answer, and a function that answers GET /stock/{book_id}.

# 02.11: migrate legacy.py, and use it in functions that answer POST /gift-cards and
# GET /gift-cards/{code}.
