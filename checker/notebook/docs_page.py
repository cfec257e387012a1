"""`docs()` in a notebook: the app's own docs page, live; its operations as text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from checker.client import connect
from checker.notebook.told import telling
from checker.render.safe import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.notebook.serving import CellServer

HEIGHT_PX = 560


class DocsPage:
    """Swagger UI in a frame. Where no frame can be shown: what the page lists."""

    def __init__(self, server: CellServer) -> None:
        """Read what the docs page is drawn from. Raises Told if there is no such page."""
        with telling():
            app = connect(server.served, server.served.limits)
            self._document = app.openapi()
            app.get("/docs").expect(200)
            self._url = f"{server.url}/docs"

    def __repr__(self) -> str:
        info = self._document.get("info", {})
        head = f"{info.get('title')} {info.get('version')}"
        return plain("\n".join([head, *_operations(self._document)]))

    def _repr_html_(self) -> str:
        url = escape(self._url)
        return (
            f'<iframe src="{url}" title="docs" style="width: 100%; height: {HEIGHT_PX}px; '
            'border: 1px solid #8884; background: white"></iframe>'
            f'<small>In a window of its own: <a href="{url}" target="_blank">{url}</a></small>'
        )


def _operations(document: dict[str, Any]) -> Iterator[str]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if isinstance(operation, dict):
                yield f"{method.upper():7} {path}  {operation.get('summary', '')}".rstrip()
