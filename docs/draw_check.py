"""Draw docs/check.svg: a real check of a half-done lesson 01, as the terminal shows it.

Usage: python docs/draw_check.py
"""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from checker.catalog import find_lesson, load_course
from checker.grading import Options, grade
from checker.render import terminal

ROOT = Path(__file__).resolve().parent.parent
HALF_DONE = (
    (ROOT / "exercises" / "01-quickstart" / "main.py")
    .read_text(encoding="utf-8")
    .replace(
        "# 01.1: a function that answers GET /.",
        '@app.get("/")\nasync def welcome():\n    return {"message": "Welcome to the bookshop"}',
    )
    .replace(
        "app = FastAPI()",
        'app = FastAPI(title="Bookshop API", version="1.0.0", description="Books.")',
    )
    .replace(
        "# 01.3: a function that answers GET /books/{book_id}. Later: 01.5 and 01.7.",
        '@app.get("/books/{book_id}")\nasync def show_book(book_id):\n    return BOOKS[book_id]',
    )
)


def main() -> None:
    """Grade it and write the picture."""
    lesson, _ = find_lesson(load_course(ROOT), "01")
    with TemporaryDirectory() as folder:
        main_py = Path(folder) / "main.py"
        main_py.write_text(HALF_DONE, encoding="utf-8")
        report = grade(lesson, main_py, Options(seed=3))
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print("$ learn check 01")
    console.print(terminal.render(report), crop=False)
    console.save_svg(str(ROOT / "docs" / "check.svg"), title="learn check 01")


if __name__ == "__main__":
    main()
