"""The bookshop's live order board. Its WebSockets speak plain ASGI, without a framework."""

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from orderboard.gate import TokenGate
from orderboard.orders import OrderDesk
from orderboard.rooms import Rooms
from orderboard.settings import BOARD_TOKEN
from orderboard.sockets import BoardSocket, EchoSocket

rooms = Rooms()
desk = OrderDesk(rooms)

app = FastAPI(
    title="Order board",
    routes=[
        WebSocketRoute("/echo", EchoSocket()),
        WebSocketRoute("/boards/{board}", TokenGate(BoardSocket(rooms), BOARD_TOKEN)),
    ],
)
app.add_api_route("/orders/{order_id}", desk.show, methods=["GET"])
app.add_api_route("/orders/{order_id}", desk.change, methods=["PATCH"])
