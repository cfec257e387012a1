"""An exchange with an app -> text, as the lessons print it, and HTML, as the notebooks show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from checker.http_status import status_line
from checker.render.safe import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from checker.model import Raised

SHOWN_HEADERS = (
    "access-control-allow-credentials", "access-control-allow-origin", "allow", "content-encoding",
    "location", "retry-after", "set-cookie", "www-authenticate", "x-request-id", "x-served-by",
)  # fmt: skip
"""Headers of an answer that people look at; the rest is the same for every app."""
EVERYDAY = {"accept", "accept-encoding", "connection", "user-agent"}
"""Headers of a request that every client sends."""
WIDTH = 80
STYLE = """
.learn-exchange { border: 1px solid #8884; border-left: .3rem solid #80868b; border-radius: .3rem;
  margin: .3rem 0; padding: .4rem .9rem; max-width: 52rem;
  &.good { border-left-color: #188038 } &.refused { border-left-color: #e37400 }
  &.broken { border-left-color: #c5221f }
  .line { font-family: monospace; font-weight: bold } .status { float: right; color: #80868b }
  pre { background: #8881; padding: .4rem .6rem; margin: .3rem 0; white-space: pre-wrap;
    width: auto; box-shadow: none; font-size: .9em }
  pre.sent { opacity: .75 } pre.raised { color: #c5221f } .you { color: #1a73e8 }
}
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be seen of one request and its answer."""

    line: str
    """Method and path."""
    sent: str
    """The request's own headers and its body; empty: it has none."""
    status: int
    headers: Mapping[str, str]
    body: str
    raised: Sequence[Raised] = ()
    printed: str = ""
    """What the app printed meanwhile."""


def as_text(shown: Shown) -> str:
    """Write request line, status, headers worth a look, body, and what the app raised."""
    lines = [shown.line, status_line(shown.status), *_headers(shown.headers)]
    if shown.body:
        lines.append(pretty(shown.body))
    lines += [
        f"{error.type}: {error.message} (main.py, line {error.frames[-1].line})"
        for error in shown.raised
        if error.frames
    ]
    return "\n".join(lines) + "\n"


def printed_as_text(printed: str) -> str:
    """Write what an app printed; empty for nothing."""
    return f"Your app printed:\n{_indented(plain(printed).rstrip())}\n" if printed.strip() else ""


def as_html(shown: Shown) -> str:
    """Write the exchange as a card, a part of a page; it brings its own style."""
    kind = "good" if shown.status < 400 else "refused" if shown.status < 500 else "broken"  # noqa: PLR2004
    return card(kind, shown.line, status_line(shown.status), _parts(shown))


def conversation_as_html(line: str, status: str, frames: Iterable[Mapping[str, str]]) -> str:
    """Write a WebSocket's messages as a card: what the client sent `>`, what came back `<`."""
    rows = [
        f'<span class="{frame["from"]}">{escape(plain(text))}</span>'
        for frame in frames
        for text in [f"{'>' if frame['from'] == 'you' else '<'} {frame['text']}"]
    ]
    return card("good", line, status, ["<pre>" + "\n".join(rows) + "</pre>"] if rows else [])


def conversation_as_text(line: str, frames: Iterable[Mapping[str, str]]) -> str:
    """Write a WebSocket's messages as lines."""
    marks = {"you": ">", "app": "<"}
    return (
        "\n".join([line, *(f"{marks[frame['from']]} {frame['text']}" for frame in frames)]) + "\n"
    )


def card(kind: str, line: str, status: str, parts: Iterable[str]) -> str:
    """Return a card with a headline; `parts` are HTML."""
    return (
        f'<div class="learn-exchange {kind}"><style>{STYLE}</style>'
        f'<span class="status">{escape(status)}</span>'
        f'<span class="line">{escape(plain(line))}</span>{"".join(parts)}</div>'
    )


def raised_as_html(raised: Raised) -> str:
    """Write an exception of the learner's app, with the learner's own frames."""
    frames = "".join(
        f"\n  {frame.file}, line {frame.line}, in {frame.function}\n    {frame.code}"
        for frame in raised.frames
    )
    text = f"{raised.type}: {raised.message}{frames}"
    return f'<pre class="raised">{escape(plain(text))}</pre>'


def own_headers(headers: Mapping[str, str]) -> list[str]:
    """Return the headers of a request that this request brought, as lines."""
    return [f"{name}: {value}" for name, value in headers.items() if name not in EVERYDAY]


def pretty(text: str) -> str:
    """Lay out a body: JSON item by item where it is too wide for a line, else as it is."""
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text.rstrip()
    return _wrapped(value)


def _parts(shown: Shown) -> Iterator[str]:
    if shown.sent:
        yield f'<pre class="sent">{escape(plain(shown.sent))}</pre>'
    answer = "\n".join([*_headers(shown.headers), *([pretty(shown.body)] if shown.body else [])])
    if answer:
        yield f"<pre>{escape(plain(answer))}</pre>"
    for error in shown.raised:
        yield raised_as_html(error)
    if shown.printed.strip():
        yield f"Your app printed:<pre>{escape(plain(shown.printed.rstrip()))}</pre>"


def _headers(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items() if name in SHOWN_HEADERS]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _wrapped(value: Any, indent: str = "") -> str:
    """Write JSON on one line where it fits, else item by item."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, (dict, list)):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(name)}: {_wrapped(item, inner)}" for name, item in value.items()]
    else:
        items = [_wrapped(item, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + ",".join(f"\n{inner}{item}" for item in items) + f"\n{indent}{closing}"
