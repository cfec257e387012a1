"""How long `learn check 01 --solution` and `learn list` take, as ratios.

Usage: python benchmarks/check_speed.py [ROUNDS]
"""

import os
import sys
from pathlib import Path

from paired import Command, compare, table

ROOT = Path(__file__).resolve().parent.parent
LEARN = str(Path(sys.executable).with_name("learn"))
SUITE = str(ROOT / "checker" / "suites" / "test_01_quickstart.py")
IN_PROCESS = {
    "SUBMISSION": str(ROOT / "solutions" / "01-quickstart"),
    "PYTHONPATH": str(ROOT / "benchmarks"),
}


def main() -> None:
    """Print both tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "inprocess", "-c", os.devnull, SUITE]
    bare = Command("bare pytest, in process", pytest, IN_PROCESS)
    lean = Command(
        "the same, plugin autoload off",
        pytest,
        IN_PROCESS | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    check = Command("learn check 01 --solution", [LEARN, "check", "01", "--solution"], {})
    print(table(compare(bare, [lean, check], rounds), bare.name))
    print()
    imports = [sys.executable, "-c", "import typer, rich.console"]
    floor = Command("import typer, rich.console", imports, {})
    listing = Command("learn list", [LEARN, "list"], {})
    print(table(compare(floor, [listing], rounds), floor.name))


if __name__ == "__main__":
    main()
