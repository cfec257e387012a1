"""The catalogue of books, which knows nothing of HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Book:
    """One book as the catalogue lists it."""

    id: int
    title: str
    author: str


class BookMissingError(LookupError):
    """The catalogue has no book with this number."""

    def __init__(self, book_id: int) -> None:
        super().__init__(f"There is no book {book_id}")


class Catalogue:
    """A collection of books that can shrink; the records it was made from stay as they are."""

    def __init__(self, records: Mapping[int, Mapping[str, object]]) -> None:
        self._books = TypeAdapter(dict[int, Book]).validate_python(records)

    def books(self, author: str | None = None) -> list[Book]:
        """List all books, or those by exactly this author."""
        return [book for book in list(self._books.values()) if author in (None, book.author)]

    def find(self, book_id: int) -> Book:
        """Return the book with this number, or raise BookMissingError."""
        try:
            return self._books[book_id]
        except KeyError:
            raise BookMissingError(book_id) from None

    def remove(self, book_id: int) -> None:
        """Take the book with this number out, or raise BookMissingError."""
        if self._books.pop(book_id, None) is None:
            raise BookMissingError(book_id)
