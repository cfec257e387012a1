"""Your tests of the bookshop. The task is in README.md, beside this file."""

from fastapi.testclient import TestClient
from main import app

client = TestClient(app)

# 09.1: a function that tests the welcome.

# 09.2: a fixture that gives each test a client and a database of its own. Then test the books.

# 09.3: tests with many values: what is refused, and what is just about taken.

# 09.4: tests of the list: order, pages, filter, count.

# 09.5: tests of the keys, and of what stays secret.

# 09.6: tests of orders.

# 09.7: tests of the delivery, with a courier of your own.

# 09.8: an async test: several customers at the same moment.

# 09.9: tests of the board, a WebSocket.
