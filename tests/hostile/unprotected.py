"""Serve an app as one does who trusts it: in a process with every right, on a port."""

import socket
import sys

import uvicorn

sys.path.insert(0, "")
listener = socket.create_server(("127.0.0.1", 0))
from main import app  # noqa: E402

print("PORT", listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, log_level="critical")
uvicorn.Server(config).run(sockets=[listener])
