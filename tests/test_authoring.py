"""`learn dev`: what is unsound is found; what is scaffolded is sound."""

from pathlib import Path

import pytest

from checker.authoring import examples, texts
from tests.conftest import Learn

LESSON = Path("lessons/01-hello/README.md")
TASK = Path("exercises/01-hello/README.md")
SETTINGS = Path("exercises/01-hello/exercise.toml")
STARTER = Path("exercises/01-hello/main.py")
SOLUTION = Path("solutions/01-hello/main.py")
SUITE = Path("checker/suites/test_01_hello.py")


@pytest.fixture
def author(learn: Learn, own_course: Path) -> Learn:
    """`learn` on a course that may be changed."""
    learn.course = learn.folder = own_course
    return learn


def test_the_tiny_course_is_sound(author: Learn) -> None:
    ran = author("dev", "check")
    assert ran.code == 0
    assert ran.out == "01-hello: sound\n02-shelf: sound\n"


def test_repeat_grades_in_random_order(author: Learn) -> None:
    assert author("dev", "check", "01", "--repeat", "2").code == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (TASK, "## 01.3 Say your secret", "Say your secret", "marks step 3, which the task"),
        (TASK, "## 01.2", "## 01.4", "should be numbered 1, 2, 3"),
        (SETTINGS, '"What: a function."', '""', "step 01.1 needs 3 hints"),
        (SETTINGS, 'closing = "A function answers a path."', "", "step 01.1 has no closing"),
        (SETTINGS, "needs = [1]", "needs = [3]", "needs a later step"),
        (SUITE, '"""GET /hello greets."""', "", "test_hello has no docstring"),
        (SUITE, "@pytest.mark.step(2)\n", "", "step 01.2 has no test"),
        (SUITE, "import pytest\n", "import pytest\nimport checker.model\n", "import nothing"),
        (SUITE, 'lesson("01")', 'lesson("02")', 'does not say `pytest.mark.lesson("01")`'),
        (SUITE, '    app.get("/hello")', '    assert app\n    app.get("/hello")', "assert says"),
        (STARTER, "app = FastAPI()", "app = ", "starter can't be served"),
        (SOLUTION, "hello {name}", "bye {name}", "solution does not pass 01.2 test_hello_name"),
        (LESSON, "async def ping", "async def pong", "differs from examples/ping.py"),
        (LESSON, "## Out of scope", "```python\nx = 1\n```\n\n## Out", "names no file"),
        (LESSON, "```text examples/ping.out", "```text examples/pong.out", "there is no file"),
        (Path("lessons/01-hello/examples/ping.out"), "pong", "ping", "not what the example prints"),
    ],
)
def test_what_is_unsound_is_found(author: Learn, file: Path, old: str, new: str, says: str) -> None:
    path = author.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    ran = author("dev", "check", "01")
    assert ran.code == 1
    assert says in " ".join(ran.out.split())


def test_a_starter_that_passes_a_step_is_found(author: Learn) -> None:
    (author.folder / STARTER).write_text((author.folder / SOLUTION).read_text())
    assert "the starter passes step 01.3" in author("dev", "check", "01").out


@pytest.mark.parametrize("file", [LESSON, SETTINGS, STARTER, SOLUTION, SUITE])
def test_a_missing_part_is_found(author: Learn, file: Path) -> None:
    (author.folder / file).unlink()
    ran = author("dev", "check", "01")
    assert ran.code == 1
    assert f"{file} is missing" in ran.out.replace("\n", "")


@pytest.mark.parametrize("stray", ["exercises/01-hello/main.py~", "solutions/01-hello/a.orig"])
def test_stray_files_are_found(author: Learn, stray: str) -> None:
    (author.folder / stray).write_text("")
    assert "left lying about" in author("dev", "check", "01").out


def test_an_example_not_shown_is_found(author: Learn) -> None:
    (author.folder / "lessons/01-hello/examples/other.py").write_text("print(1)\n")
    out = author("dev", "check", "01").out
    assert "other.py is not shown" in out
    assert "other.out is missing" in out


def test_new_scaffolds_a_sound_lesson(author: Learn) -> None:
    assert author("dev", "new", "03-new-thing").code == 0
    assert author("dev", "sync", "03").code == 0
    ran = author("dev", "check", "03")
    assert ran.out == "03-new-thing: sound\n"
    assert "New thing" in author("list").out


@pytest.mark.parametrize(
    ("name", "says"), [("3-x", "no name for a lesson"), ("01-other", "taken"), ("03-X", "no name")]
)
def test_new_refuses_other_names(author: Learn, name: str, says: str) -> None:
    ran = author("dev", "new", name)
    assert ran.code == 2
    assert says in ran.err


def test_sync_puts_files_and_output_into_the_text(author: Learn) -> None:
    example = author.folder / "lessons/01-hello/examples/ping.py"
    example.write_text(example.read_text().replace("pong", "pang"))
    assert author("dev", "check", "01").code == 1
    assert author("dev", "sync", "01").code == 0
    assert '{"answer": "pang"}' in (author.folder / LESSON).read_text()
    assert author("dev", "check", "01").code == 0


def test_requests_of_an_http_file() -> None:
    text = '# app: a.py\nGET /a\n### again\nPOST /b\nX-A: b: c\n\n{"a":\n1}\n'
    assert list(examples.parse_requests(text)) == [
        examples.Request("GET", "/a", {}, ""),
        examples.Request("POST", "/b", {"X-A": "b: c"}, '{"a":\n1}'),
    ]


def test_a_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n# [one]\ny = 2\n# [/one]\nz = 3\n")
    assert texts.wanted_body(tmp_path, "a.py#one") == "y = 2\n"
    assert texts.wanted_body(tmp_path, "a.py") == "x = 1\ny = 2\nz = 3\n"
    with pytest.raises(ValueError, match="no part 'two'"):
        texts.wanted_body(tmp_path, "a.py#two")
