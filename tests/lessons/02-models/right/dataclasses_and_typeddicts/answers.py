"""What goes out: a TypedDict for each answer, and a function that fills it in field by field."""

from typing import Protocol

from typing_extensions import TypedDict

from bodies import Address, NewBook, NewCustomer, NewOrder, OrderLine


class BookAnswer(TypedDict):
    """A book as clients see it."""

    id: int
    title: str
    subtitle: str | None
    isbn: str
    pages: int
    price_cents: int
    discount_cents: int


class CustomerAnswer(TypedDict):
    """A customer as clients see them."""

    id: int
    name: str
    email: str
    age: int | None


class OrderAnswer(TypedDict):
    """An order as it was taken."""

    id: int
    customer_id: int
    address: Address
    lines: list[OrderLine]


class StockAnswer(TypedDict):
    """What clients see of a stock count."""

    book_id: int
    copies: int
    reserved: int
    available: int


class Countable(Protocol):
    """The attributes that a stock count must have."""

    book_id: int
    copies: int
    reserved: int


def tell_book(book_id: int, book: NewBook) -> BookAnswer:
    """Tell what may be known about a book."""
    return BookAnswer(
        id=book_id,
        title=book.title,
        subtitle=book.subtitle,
        isbn=book.isbn,
        pages=book.pages,
        price_cents=book.price_cents,
        discount_cents=book.discount_cents,
    )


def tell_customer(customer_id: int, customer: NewCustomer) -> CustomerAnswer:
    """Tell what may be known about a customer."""
    return CustomerAnswer(
        id=customer_id, name=customer.name, email=customer.email, age=customer.age
    )


def tell_order(order_id: int, order: NewOrder) -> OrderAnswer:
    """Tell an order, which holds no secrets."""
    return OrderAnswer(
        id=order_id, customer_id=order.customer_id, address=order.address, lines=order.lines
    )


def tell_stock(count: Countable) -> StockAnswer:
    """Tell how many copies there are, and how many of them are free."""
    return StockAnswer(
        book_id=count.book_id,
        copies=count.copies,
        reserved=count.reserved,
        available=count.copies - count.reserved,
    )
