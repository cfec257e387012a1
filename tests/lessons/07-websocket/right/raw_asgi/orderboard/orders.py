"""The orders, which change and are then news for a board."""

from dataclasses import dataclass, replace

from fastapi import HTTPException

from orderboard.messages import Status
from orderboard.rooms import Rooms


@dataclass(frozen=True)
class Order:
    """An order of a customer, and the board of the people who work on it."""

    id: int
    board: str
    status: Status = "new"


@dataclass(frozen=True)
class Change:
    """What may be changed in an order."""

    status: Status


class OrderDesk:
    """Keeps the orders, and tells the boards what becomes of them."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        boards = {1: "packing", 2: "packing", 3: "desk", 4: "desk", 5: "van", 6: "van"}
        self._orders = {number: Order(number, board) for number, board in boards.items()}

    async def show(self, order_id: int) -> Order:
        """Show one order."""
        try:
            return self._orders[order_id]
        except KeyError:
            raise HTTPException(404, f"There is no order {order_id}") from None

    async def change(self, order_id: int, change: Change) -> Order:
        """Change the status of an order."""
        order = replace(await self.show(order_id), status=change.status)
        self._orders[order_id] = order
        self._rooms.publish(order.board, {"type": "order", "id": order.id, "status": order.status})
        return order
