"""Docs pages without a network: /docs and /redoc take their scripts from a package, not a CDN.

Runs beside learner code, where an app is served to be looked at; never where it is graded. The
app needs no change. The files are those of the package fastapi-offline.
"""

from __future__ import annotations

import logging
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    ASGI = Callable[..., Awaitable[None]]

PLACE = "/_docs-files"
"""The path below which the files are served."""


def with_offline_docs(app: ASGI) -> ASGI:
    """Return the app with the files of its docs pages beside it, and the pages naming those."""
    from starlette.staticfiles import StaticFiles

    _point_pages_at_our_files()
    files = StaticFiles(directory=assets())

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{PLACE}/"):
            inner = scope | {"path": scope["path"].removeprefix(PLACE), "root_path": ""}
            await files(inner, receive, send)
        else:
            await app(scope, receive, send)

    return serve


def assets() -> Path:
    """Return the folder of the files."""
    package = find_spec("fastapi_offline")
    if package is None or package.origin is None:  # a dependency of ours: the install is broken
        raise ModuleNotFoundError("fastapi-offline is not installed", name="fastapi_offline")
    return Path(package.origin).parent / "static"


def _point_pages_at_our_files() -> None:
    """Change the defaults of FastAPI's functions that write the pages.

    See "Custom Docs UI Static Assets" in FastAPI's documentation for what each is.
    """
    from fastapi.openapi import docs

    icon = f"{PLACE}/favicon.png"
    _change_defaults(
        docs.get_swagger_ui_html,
        swagger_js_url=f"{PLACE}/swagger-ui-bundle.js",
        swagger_css_url=f"{PLACE}/swagger-ui.css",
        swagger_favicon_url=icon,
    )
    _change_defaults(
        docs.get_redoc_html,
        redoc_js_url=f"{PLACE}/redoc.standalone.js",
        redoc_favicon_url=icon,
        with_google_fonts=False,
    )


def _change_defaults(function: Any, **defaults: Any) -> None:
    function.__kwdefaults__ = (function.__kwdefaults__ or {}) | defaults


def learners_app() -> ASGI:
    """For uvicorn: import `main.app` as it would itself, and add the docs' files."""
    from uvicorn.importer import ImportFromStringError, import_from_string

    try:
        app = import_from_string("main:app")
    except ImportFromStringError as error:  # said as uvicorn says it
        logging.getLogger("uvicorn.error").error("Error loading ASGI app. %s", error)  # noqa: TRY400
        sys.exit(1)
    return with_offline_docs(app)
