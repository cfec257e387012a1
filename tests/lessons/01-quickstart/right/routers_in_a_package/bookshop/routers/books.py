"""The path operations on books, as closures over a catalogue."""

from http import HTTPStatus

from fastapi import APIRouter

from bookshop.catalogue import Book, Catalogue


def make_router(catalogue: Catalogue) -> APIRouter:
    """Make the router that serves this catalogue."""
    router = APIRouter(prefix="/books", tags=["books"])

    @router.get("")
    def list_books(author: str | None = None) -> list[Book]:
        """List all books, or only those by exactly this author."""
        return catalogue.books(author)

    @router.get("/{book_id}", summary="Show one book")
    def show_book(book_id: int) -> Book:
        """Show the book with this number."""
        return catalogue.find(book_id)

    @router.delete("/{book_id}", status_code=HTTPStatus.NO_CONTENT)
    def delete_book(book_id: int) -> None:
        """Take the book with this number out of the catalogue."""
        catalogue.remove(book_id)

    return router
