"""Pictures for the class: trees, onions and rooms, drawn from what the cell names; measured bars.

The drawn ones are SVG and the same at every run. The measured ones are PNG: their bars differ
from run to run, so what they are to show is also printed, as a comparison that always holds.
"""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BOX_W, BOX_H, GAP_X, GAP_Y = 150, 38, 26, 46
FILLS = ("#e8f0fe", "#e6f4ea", "#fef7e0", "#fce8e6", "#f3e8fd")
LINE = "#5f6368"
LETTER = 8
"""How wide a letter of a label is, at most on average."""
HEADER = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
    'font-family="sans-serif" font-size="14">'
    '<rect width="{w}" height="{h}" fill="white"/>'
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
    'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="#5f6368"/>'
    "</marker></defs>"
)


class Drawing:
    """An SVG with a caption, which is its text form."""

    def __init__(self, caption: str, width: int, height: int, parts: Iterable[str]) -> None:
        self._caption = caption
        self._svg = HEADER.format(w=width, h=height) + "".join(parts) + "</svg>"

    def __repr__(self) -> str:
        return f"Picture: {self._caption}"

    def _repr_svg_(self) -> str:
        return self._svg


class Plot:
    """A PNG with a caption, which is its text form."""

    def __init__(self, caption: str, png: bytes) -> None:
        self._caption = caption
        self._png = png

    def __repr__(self) -> str:
        return f"Picture: {self._caption}"

    def _repr_png_(self) -> bytes:
        return self._png


def tree(caption: str, needs: Mapping[str, Sequence[str]]) -> Drawing:
    """Draw who needs whom; the first key is the root.

    What is needed twice is drawn once, below all that need it.
    """
    rows = _rows(needs)
    widest = max(len(row) for row in rows)
    width = widest * (BOX_W + GAP_X) + GAP_X
    height = len(rows) * (BOX_H + GAP_Y) - GAP_Y + 40
    place: dict[str, tuple[float, float]] = {}
    for depth, row in enumerate(rows):
        left = (width - len(row) * (BOX_W + GAP_X) + GAP_X) / 2
        for column, name in enumerate(row):
            place[name] = (left + column * (BOX_W + GAP_X), 20 + depth * (BOX_H + GAP_Y))
    parts = []
    for name, needed in needs.items():
        x, y = place[name]
        for other in needed:
            to_x, to_y = place[other]
            parts.append(_arrow(x + BOX_W / 2, y + BOX_H, to_x + BOX_W / 2, to_y))
    parts += [
        _box(*place[name], name, FILLS[depth % len(FILLS)])
        for depth, row in enumerate(rows)
        for name in row
    ]
    return Drawing(caption, width, height, parts)


def onion(caption: str, layers: Sequence[str], core: str) -> Drawing:
    """Draw layers around a core, the outermost first, and the way of a request through them."""
    step, inner_h, count = 34, 44, len(layers)
    # Each name fits into its own layer: the outer ones are wider by a step on both sides.
    inner_w = max(
        170,
        *(
            LETTER * len(name) + 30 - 2 * step * (count - index)
            for index, name in enumerate([*layers, core])
        ),
    )
    width, height = inner_w + 2 * step * count + 220, inner_h + 2 * step * count + 30
    parts = []
    for index, name in enumerate([*layers, core]):
        margin = index * step
        x, y = 110 + margin, 15 + margin
        w, h = width - 220 - 2 * margin, height - 30 - 2 * margin
        parts.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="14" '
            f'fill="{FILLS[index % len(FILLS)]}" stroke="{LINE}"/>'
        )
        text_y = y + 21 if index < count else y + h / 2 + 5
        parts.append(_text(width / 2, text_y, name))
    middle = height / 2
    parts += [
        _arrow(10, middle - 10, 110 + count * step, middle - 10),
        _arrow(110 + count * step, middle + 12, 10, middle + 12),
        _text(52, middle - 18, "request"),
        _text(52, middle + 32, "answer"),
    ]
    return Drawing(caption, width, height, parts)


def rooms(caption: str, people: Mapping[str, Sequence[str]], speaker: str) -> Drawing:
    """Draw rooms with who is in them, and whom a message of `speaker` reaches."""
    width = len(people) * 300 + 20
    height = max(len(names) for names in people.values()) * 48 + 80
    parts = []
    for index, (room, names) in enumerate(people.items()):
        x = 20 + index * 300
        parts.append(
            f'<rect x="{x}" y="15" width="270" height="{height - 30}" rx="14" '
            f'fill="{FILLS[index % len(FILLS)]}" stroke="{LINE}"/>'
        )
        parts.append(_text(x + 135, 38, room, weight="bold"))
        hears = speaker in names
        for row, name in enumerate(names):
            y = 55 + row * 48
            if hears and name != speaker:
                at = 55 + names.index(speaker) * 48 + 17
                parts.append(_arrow(x + 112, at, x + 158, y + 17))
            left = x + 12 if name == speaker or not hears else x + 158
            fill = "#d2e3fc" if hears else "white"
            parts.append(
                f'<rect x="{left}" y="{y}" width="100" height="34" rx="17" fill="{fill}" '
                f'stroke="{LINE}"/>'
            )
            parts.append(_text(left + 50, y + 22, name))
    return Drawing(caption, width, height, parts)


def bars(caption: str, seconds: Mapping[str, float], unit: str = "seconds") -> Plot:
    """Plot what was measured, a bar for each name; `seconds` are in `unit`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 0.9 + 0.55 * len(seconds)), layout="constrained")
    axes = figure.subplots()
    names = list(seconds)
    drawn = axes.barh(names, [seconds[name] for name in names], color="#4285f4", height=0.6)
    axes.bar_label(drawn, fmt="%.3g", padding=4)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.set_title(caption)
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    return Plot(caption, _png(figure))


def lines(
    caption: str, series: Mapping[str, Mapping[float, float]], labels: tuple[str, str]
) -> Plot:
    """Plot measured series, a line for each name; `labels` are those of the axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes = figure.subplots()
    for name, points in series.items():
        axes.plot(list(points), list(points.values()), marker="o", label=name)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.set_ylim(bottom=0)
    axes.set_title(caption)
    axes.legend()
    axes.spines[["top", "right"]].set_visible(False)
    return Plot(caption, _png(figure))


def _png(figure: object) -> bytes:
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def _rows(needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each name in the lowest row that any of those who need it asks for."""
    depth = {next(iter(needs)): 0}
    for _ in needs:  # long enough for the longest chain
        for name, needed in needs.items():
            for other in needed:
                depth[other] = max(depth.get(other, 0), depth.get(name, 0) + 1)
    return [
        [name for name, at in depth.items() if at == row] for row in range(max(depth.values()) + 1)
    ]


def _box(x: float, y: float, name: str, fill: str) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{BOX_W}" height="{BOX_H}" rx="8" fill="{fill}" '
        f'stroke="{LINE}"/>{_text(x + BOX_W / 2, y + BOX_H / 2 + 5, name)}'
    )


def _text(x: float, y: float, words: str, weight: str = "normal") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle" font-weight="{weight}" '
        f'fill="#202124">{escape(words)}</text>'
    )


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    return (
        f'<line x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="{LINE}" '
        'stroke-width="1.6" marker-end="url(#tip)"/>'
    )
