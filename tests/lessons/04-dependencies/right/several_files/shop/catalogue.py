from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from shop.database import BOOKS, CUSTOMERS, Row, draw_number, write_number
from shop.settings import SettingsDep

router = APIRouter()


@dataclass
class Page:
    settings: SettingsDep
    skip: Annotated[int, Query(ge=0)] = 0
    limit: Annotated[int | None, Query(gt=0, lt=21)] = None

    def cut(self, rows: list[Row]) -> list[Row]:
        limit = self.settings.page_size if self.limit is None else self.limit
        return rows[self.skip : self.skip + limit]


@dataclass
class Wanted:
    author: str | None = None
    max_price: int | None = None

    def __contains__(self, book: Row) -> bool:
        return (self.author in (None, book["author"])) and (
            self.max_price is None or int(book["price"]) <= self.max_price
        )


def wanted_books(wanted: Annotated[Wanted, Depends()]) -> list[Row]:
    return [book for book in BOOKS if book in wanted]


PageDep = Annotated[Page, Depends()]
BooksDep = Annotated[list[Row], Depends(wanted_books)]


@router.get("/books/count")
def count(books: BooksDep) -> dict[str, int]:
    return {"count": len(books)}


@router.get("/books")
def books(books: BooksDep, page: PageDep) -> list[Row]:
    return page.cut(books)


@router.get("/customers")
def customers(page: PageDep) -> list[Row]:
    return page.cut(CUSTOMERS)


class Paper:
    def __init__(self, title: str) -> None:
        self.title = title

    def __call__(self, number: Annotated[int, Depends(draw_number)]) -> str:
        return write_number(self.title, number)


@router.post("/parcels", status_code=201)
def send(
    invoice: Annotated[str, Depends(Paper("Invoice"))],
    delivery_note: Annotated[str, Depends(Paper("Delivery note"))],
    return_label: Annotated[int, Depends(draw_number, use_cache=False)],
) -> Row:
    return {"invoice": invoice, "delivery_note": delivery_note, "return_label": return_label}
