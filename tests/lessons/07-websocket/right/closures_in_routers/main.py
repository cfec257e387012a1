"""The bookshop's live order board: three routers around one hub."""

import os

from fastapi import FastAPI

from hub import open_hub
from routers.boards import board_router
from routers.echo import echo_router
from routers.orders import order_router

BOARD_TOKEN = os.environ["BOARD_TOKEN"]
"""What a client must show to see a board."""

MAX_TEXT = 4000
"""Characters that the text of a note may have."""
HISTORY_SIZE = 10
"""Notes of a board that a newcomer is shown."""
QUEUE_SIZE = 100
"""Messages that may wait for one slow client."""


def create_app() -> FastAPI:
    """Build the app, with no orders changed and nobody on a board."""
    hub = open_hub(HISTORY_SIZE)
    app = FastAPI(title="Order board")
    app.include_router(echo_router())
    app.include_router(board_router(hub, BOARD_TOKEN, MAX_TEXT, QUEUE_SIZE))
    app.include_router(order_router(hub.publish))
    return app


app = create_app()
