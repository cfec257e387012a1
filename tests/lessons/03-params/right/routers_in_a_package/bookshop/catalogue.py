"""The catalogue and the stock, and how to look something up in them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path
from pydantic import PositiveInt


@dataclass(frozen=True, slots=True)
class Book:
    """One book of the catalogue."""

    id: int
    title: str
    author: str
    genre: str
    year: int
    price: float
    shelf: str


CATALOGUE = [
    Book(1, "A Wizard of Earthsea", "Ursula K. Le Guin", "fantasy", 1968, 22.45, "F12"),
    Book(2, "The Baron in the Trees", "Italo Calvino", "classics", 1957, 6.85, "L15"),
    Book(3, "The Cheese and the Worms", "Carlo Ginzburg", "history", 1976, 20.0, "H19"),
    Book(4, "View with a Grain of Sand", "Wisława Szymborska", "poetry", 1995, 8.1, "P17"),
    Book(5, "The Neverending Story", "Michael Ende", "fantasy", 1979, 8.0, "F15"),
    Book(6, "Omeros", "Derek Walcott", "poetry", 1990, 7.4, "P20"),
    Book(7, "The Name of the Rose", "Umberto Eco", "crime", 1980, 11.35, "C14"),
    Book(8, "Smilla's Sense of Snow", "Peter Høeg", "crime", 1992, 12.65, "C17"),
    Book(9, "Parable of the Sower", "Octavia E. Butler", "science fiction", 1993, 21.85, "S13"),
    Book(10, "The City & the City", "China Miéville", "science fiction", 2009, 7.25, "S16"),
    Book(11, "The Hobbit", "J. R. R. Tolkien", "fantasy", 1937, 18.35, "F12"),
    Book(12, "Piranesi", "Susanna Clarke", "fantasy", 2020, 14.85, "F15"),
    Book(13, "Middlemarch", "George Eliot", "classics", 1871, 17.75, "L15"),
    Book(14, "The Big Sleep", "Raymond Chandler", "crime", 1939, 21.6, "C14"),
    Book(15, "Gaudy Night", "Dorothy L. Sayers", "crime", 1935, 11.5, "C17"),
    Book(16, "Frankenstein", "Mary Shelley", "classics", 1818, 19.75, "L18"),
    Book(17, "The Dispossessed", "Ursula K. Le Guin", "science fiction", 1974, 12.45, "S13"),
    Book(18, "Solaris", "Stanisław Lem", "science fiction", 1961, 22.85, "S16"),
    Book(19, "Montaillou", "Emmanuel Le Roy Ladurie", "history", 1975, 14.0, "H19"),
    Book(20, "The Guns of August", "Barbara W. Tuchman", "history", 1962, 19.25, "H16"),
    Book(21, "Averno", "Louise Glück", "poetry", 2006, 6.6, "P17"),
    Book(22, "Leaves of Grass", "Walt Whitman", "poetry", 1855, 23.45, "P20"),
    Book(23, "Rubicon", "Tom Holland", "history", 2003, 8.65, "H16"),
    Book(24, "Pride and Prejudice", "Jane Austen", "classics", 1813, 18.2, "L18"),
]
BOOKS = {book.id: book for book in CATALOGUE}
"""Each book by its number."""

STOCK = {
    "harbour": {book_id: book_id % 5 for book_id in BOOKS},
    "market": {book_id: (book_id * 5 + 2) % 7 for book_id in BOOKS},
    "station": {book_id: (book_id * 3 + 1) % 11 for book_id in BOOKS},
}
"""Copies on the shelf, by branch of the shop and number of the book."""


class Missing(Exception):
    """The shop has no such thing. Answered with 404."""


def find_book(book_id: int) -> Book:
    """Return the book, or raise `Missing`."""
    try:
        return BOOKS[book_id]
    except KeyError:
        raise Missing(f"There is no book {book_id}") from None


async def book_of_path(book_id: Annotated[PositiveInt, Path()]) -> Book:
    """Return the book whose number stands in the path."""
    return find_book(book_id)


BookOfPath = Annotated[Book, Depends(book_of_path)]
