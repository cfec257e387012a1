"""Pictures: what is drawn is what was named, and the same each time."""

from xml.etree import ElementTree as ET

import pytest

from checker.notebook import pictures
from checker.notebook.pictures import Drawing

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {
    "tree": pictures.tree("Needs", {"meal": ["kitchen", "till"], "kitchen": ["ticket"],
                                    "till": ["ticket"]}),
    "onion": pictures.onion("Skins", ["outer", "inner"], "core <app>"),
    "rooms": pictures.rooms("Rooms", {"pastry": ["Ana", "Ben"], "grill": ["Cleo"]}, "Ana"),
}  # fmt: skip


def texts(drawing: Drawing) -> list[str]:
    root = ET.fromstring(drawing._repr_svg_())
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tree", {"meal", "kitchen", "till", "ticket"}),
        ("onion", {"outer", "inner", "core <app>", "request", "answer"}),
        ("rooms", {"pastry", "grill", "Ana", "Ben", "Cleo"}),
    ],
)
def test_a_drawing_names_everything_once(name: str, words: set[str]) -> None:
    assert sorted(texts(DRAWN[name])) == sorted(words)
    assert repr(DRAWN[name]).startswith("Picture: ")


def test_a_tree_has_a_line_for_each_need() -> None:
    root = ET.fromstring(DRAWN["tree"]._repr_svg_())
    assert len(list(root.iter(f"{SVG}line"))) == 4
    where = {"".join(n.itertext()): float(n.get("y", 0)) for n in root.iter(f"{SVG}text")}
    assert where["meal"] < where["kitchen"] == where["till"] < where["ticket"]


def test_a_message_reaches_its_own_room_only() -> None:
    root = ET.fromstring(DRAWN["rooms"]._repr_svg_())
    assert len(list(root.iter(f"{SVG}line"))) == 1  # Ana to Ben


def test_plots_are_pictures() -> None:
    bars = pictures.bars("Waits", {"blocking": 1.0, "waiting": 0.2})
    lines = pictures.lines("Cost", {"hash": {8: 10.0, 64: 90.0}}, ("MiB", "ms"))
    for plot in (bars, lines):
        assert plot._repr_png_().startswith(b"\x89PNG")
    assert repr(bars) == "Picture: Waits"


def test_a_layer_is_as_wide_as_its_name() -> None:
    name = "a name that is much longer than those of the layers around it"
    root = ET.fromstring(pictures.onion("Skins", ["outer", name], "core")._repr_svg_())
    widths = [float(node.get("width", 0)) for node in root.iter(f"{SVG}rect")]
    assert widths == sorted(widths, reverse=True)
    assert widths[-2] > pictures.LETTER * len(name)
