"""`learn dev mutate`: which mutants there are, what becomes of them, and what is told of it."""

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checker.authoring.mutation import equivalents, results, trials
from checker.authoring.mutation.mutants import Mutant, mutants, mutants_of
from checker.catalog import load_course
from checker.engine import Engine
from checker.grading import grade
from checker.model import Course, Lesson
from checker.runners import Running
from tests.conftest import ROOT, TINY, Learn

SOLUTION = Path("solutions/01-hello/main.py")
SUITE = Path("checker/suites/test_01_hello.py")
LISTED = Path("checker/mutants/01-hello/equivalent.toml")
RESULT = Path("checker/mutants/01-hello/result.toml")
MOST_EQUIVALENT = 0.05
"""The part of a lesson's mutants that may be listed: more would be an excuse for a weak suite."""
WITH_RESULTS = [
    lesson
    for lesson in load_course(ROOT).lessons
    if (results.folder(load_course(ROOT), lesson) / "result.toml").is_file()
]


def changed(before: str, operator: str) -> set[str]:
    """What a text's mutants by one operator look like."""
    return {mutant.source for mutant in mutants(before) if mutant.operator == operator}


# ---------------------------------------------------------------------------------- operators


@pytest.mark.parametrize(
    ("operator", "before", "after"),
    [
        ("comparison", "a = b < c", {"a = b <= c", "a = b >= c"}),
        ("comparison", "a = b not in c", {"a = b in c"}),
        ("comparison", "a = b < c == d", {"a = b <= c == d", "a = b >= c == d", "a = b < c != d"}),
        ("boolean", "a = b and c", {"a = (b) or (c)"}),
        ("boolean", "a = a or b", set()),
        ("operand", "a = b and c", {"a = b", "a = c"}),
        ("negation", "a = not b", {"a = b"}),
        ("negation", "if a:\n    b = c", {"if not (a):\n    b = c"}),
        ("arithmetic", "a = b + c", {"a = b - c"}),
        ("arithmetic", "a += b", {"a -= b"}),
        ("arithmetic", "a = len(b) + 1", set()),
        ("constant", "a = len(b) + 1", set()),
        ("constant", "a = len(b[2]) + 1", {"a = len(b[3]) + 1", "a = len(b[1]) + 1"}),
        ("constant", "a = 5", {"a = 6", "a = 4"}),
        ("constant", "a = b - 0", {"a = b - 1", "a = b - (-1)"}),
        ("constant", "a = True", {"a = False"}),
        ("constant", "a = 1.5", {"a = 2.5", "a = 3.0"}),
        ("string", "a = 'é'", {"a = 'éX'"}),
        ("string", "a = f'{b}!'", {"a = f'{b}!X'"}),
        ("string", "a = cast('B', 'c')", {"a = cast('B', 'cX')"}),
        ("return", "def a(): return b", {"def a(): return None"}),
        ("statement", "a.b()", {"pass"}),
        ("statement", "a.b = c", {"pass"}),
        ("statement", "a = b", set()),
        ("statement", "del a[0]", {"pass"}),
        ("jump", "while a: break", {"while a: continue"}),
        ("keyword", "a(b, c=d)", {"a(b)"}),
        ("keyword", 'a(b, lazy="raise")', set()),
        ("keyword", 'a(b, lazy="selectin")', {"a(b)"}),
        ("constant", "a = b(String(5), 1)", {"a = b(String(5), 2)", "a = b(String(5), 0)"}),
        ("decorator", "@a\ndef b(): ...", {"\ndef b(): ..."}),
        (
            "decorator",
            "@field_validator('a')\n@classmethod\ndef b(): ...",
            {"\n@classmethod\ndef b(): ..."},
        ),
        ("filter", "a = [b for b in c if b > d]", {"a = [b for b in c if True]"}),
        ("loop", "for a in b:\n    c(a)", {"for a in b:\n    c(a)\n    break"}),
        ("constraint", "a = Query(ge=b)", {"a = Query()", "a = Query(gt=b)"}),
        ("status", "a = status.HTTP_404_NOT_FOUND", {"a = status.HTTP_400_BAD_REQUEST"}),
        ("status", "a(status_code=b)", {"a()"}),
        ("response_model", "a(response_model=b)", {"a()"}),
        ("method", "@a.put('/')\ndef b(): ...", {"@a.post('/')\ndef b(): ..."}),
        ("dependency", "a(b=[Depends(c), d])", {"a(b=[d])"}),
        ("dependency", "A = Annotated[B, Depends(c)]", {"A = B"}),
        ("metadata", "A = Annotated[B, c, d]", {"A = Annotated[B, d]", "A = Annotated[B, c]"}),
        ("await", "async def a(): await b", {"async def a(): b"}),
        (
            "finally",
            "try:\n    a()\nfinally:\n    b()\n    c()",
            {"try:\n    a()\nfinally:\n    pass"},
        ),
        (
            "except",
            "try:\n    a()\nexcept KeyError:\n    b()",
            {"try:\n    a()\nexcept KeyError:\n    raise"},
        ),
        (
            "except",
            "def a(): raise c\ntry:\n    a()\nexcept KeyError:\n    b()",
            {
                "def a(): raise c\ntry:\n    a()\nexcept Exception:\n    b()",
                "def a(): raise c\ntry:\n    a()\nexcept KeyError:\n    raise",
            },
        ),
        (
            "except",
            "def a():\n    try:\n        yield\n    except KeyError: b()",
            {"def a():\n    try:\n        yield\n    except Exception: b()"},
        ),
        (
            "default",
            "@a.get('/')\ndef b(c: int = 1): ...",
            {"@a.get('/')\ndef b(c: int): ..."},
        ),
        ("default", "def b(c: int = 1): ...", set()),
        ("default", "class A(B):\n    c: D = e", {"class A(B):\n    c: D"}),
        (
            "conversion",
            "@a.get('/')\ndef b(c: int | None): ...",
            {"@a.get('/')\ndef b(c: str | None): ..."},
        ),
        (
            "conversion",
            "def b(c: int): ...\nd = Depends(b)",
            {"def b(c: str): ...\nd = Depends(b)"},
        ),
        ("conversion", "def b(c: int): ...", set()),
        (
            "response_model",
            "class C(B): ...\n@a.get('/')\ndef b() -> list[B]: ...",
            {"class C(B): ...\n@a.get('/')\ndef b() -> object: ..."},
        ),
        ("response_model", "class C(B): ...\n@a.get('/')\ndef b() -> list[C]: ...", set()),
        (
            "response_model",
            "class C(B): ...\n@a.get('/')\ndef b() -> B:\n    return B(c)",
            set(),
        ),
        (
            "order",
            "@a.get('/b/c')\ndef c(): ...\n@a.get('/b/{d}')\ndef d(): ...",
            {"@a.get('/b/{d}')\ndef d(): ...\n@a.get('/b/c')\ndef c(): ..."},
        ),
        ("order", "@a.get('/b/c')\ndef c(): ...\n@a.get('/b/d')\ndef d(): ...", set()),
        (
            "order",
            "a.add_middleware(B)\na.add_middleware(C)",
            {"a.add_middleware(C)\na.add_middleware(B)"},
        ),
    ],
)
def test_operator(operator: str, before: str, after: set[str]) -> None:
    assert changed(before, operator) == after


@pytest.mark.parametrize(
    "text",
    [
        '"""A module."""',
        'def a():\n    """A function."""',
        'a(description="In words of your own.")',
        'a = {"examples": [5]}',
        'raise ValueError("In words of your own.")',
        'a = f"Three words say {b}"',
        'a = FastAPI(title="In words", version="1.0", description="of your own")',
        "from a import b",
        'def a(b: "C") -> "D": ...',
    ],
    ids=[
        "docstring",
        "function",
        "prose",
        "example",
        "refusal",
        "sentence",
        "app",
        "import",
        "forward reference",
    ],
)
def test_what_says_nothing_to_a_client_is_not_changed(text: str) -> None:
    assert {mutant.operator for mutant in mutants(text)} <= {"statement"}


def test_a_function_that_explains_must_say_something() -> None:
    text = 'def a(b): return "; ".join(c or "d" for c in b)\n'
    only_explains = text + 'e = {"detail": a(b)}\n'
    found = [mutant.operator for mutant in mutants(only_explains) if mutant.line == 1]
    assert found == ["return"]
    found = [
        mutant.operator for mutant in mutants(only_explains + "e = a(b)\n") if mutant.line == 1
    ]
    assert set(found) == {"return", "string", "boolean", "operand"}


def test_what_the_starter_gives_is_not_changed() -> None:
    text = "A: dict[str, int] = {'a': 1}\nB = 2\n"
    assert {mutant.line for mutant in mutants(text, given="# do\nA = {\n 'a': 1,\n}\n")} == {2}


def test_what_the_starter_gives_of_a_class_is_not_changed() -> None:
    text = "class A(B):\n    a: int = 5  # told\n    b: int = 6\n"
    found = mutants(text, given="class A(B):\n    a: int = 5\n    b: int\n")
    assert {mutant.line for mutant in found} == {3}
    found = mutants(text, given="class C(B):\n    a: int = 5\n")
    assert {mutant.line for mutant in found} == {2, 3}


def test_words_of_a_refusal_are_changed_if_the_task_asks_for_them() -> None:
    text = 'raise A(404, f"There is no book {b}")\n'
    changed = 'raise A(404, f"There is no book {b}X")\n'
    task = 'The detail is `"There is no book 99"`.'
    assert changed in {mutant.source for mutant in mutants(text, task=task)}
    assert changed not in {mutant.source for mutant in mutants(text, task="Say what you like.")}
    given = f"def c():\n    {text}"
    assert changed not in {mutant.source for mutant in mutants(text, given=given)}


def test_what_the_docs_say_is_changed_if_the_task_asks_for_it() -> None:
    text = 'a = FastAPI(title="Bookshop", description="Books")\n'
    untitled, undescribed = (
        'a = FastAPI(description="Books")\n',
        'a = FastAPI(title="Bookshop")\n',
    )
    sources = {mutant.source for mutant in mutants(text, task="Name it `Bookshop`.")}
    assert sources == {untitled, text.replace("shop", "shopX")}
    sources = {mutant.source for mutant in mutants(text, task="Give it a description.")}
    assert sources == {undescribed}
    assert mutants('a = Query(description="Books")\n') == []
    tagged = 'a = APIRouter(tags=["books"])\n'
    assert mutants(tagged, task="Show the books.") == []
    sources = {mutant.source for mutant in mutants(tagged, task="Give the books a tag.")}
    assert sources == {"a = APIRouter()\n", 'a = APIRouter(tags=["booksX"])\n'}


def test_what_does_not_compile_is_left_out() -> None:
    """Without its default, b would follow one that has a default."""
    text = "@x.get('/')\ndef f(a: A = c, b: B = d): ..."
    assert changed(text, "default") == {"@x.get('/')\ndef f(a: A, b: B = d): ..."}


def test_what_is_the_same_is_left_out() -> None:
    """To drop `if a` and to turn both ways of `a or a` into one operand each give one mutant."""
    sources = [mutant.source for mutant in mutants("b = a or a\nc = 'd' 'e'")]
    assert sources.count("b = a\nc = 'd' 'e'") == 1
    assert len(sources) == len(set(sources))


def test_a_file_without_code_has_no_mutants() -> None:
    assert mutants("") == []


def test_ids_are_stable_and_differ() -> None:
    text = "def f():\n    return 1 + 1\n"
    before = mutants(text)
    moved = mutants("import a\n\n\n" + text)
    assert [mutant.id for mutant in before] == [mutant.id for mutant in moved]
    assert [mutant.line + 3 for mutant in before] == [mutant.line for mutant in moved]
    assert len({mutant.id for mutant in before}) == len(before)
    other = mutants(text.replace("1 + 1", "1 + 1 + a"))
    assert not {mutant.id for mutant in before} & {mutant.id for mutant in other}


def test_a_mutant_says_where_and_what() -> None:
    found = mutants("@a.get('/')\nasync def b():\n    return c(d=[\n        5])\n", "e.py")
    (constant,) = [mutant for mutant in found if mutant.new == "6"]
    assert constant.id.startswith("b.constant.")
    assert (constant.file, constant.line, constant.old) == ("e.py", 4, "5")


# ---------------------------------------------------------------------------------- the command


@pytest.fixture
def author(learn: Learn, own_course: Path) -> Learn:
    """`learn` on a course that may be changed."""
    learn.course = learn.folder = own_course
    return learn


def test_a_suite_that_refuses_every_mutant(author: Learn) -> None:
    ran = author("dev", "mutate", "01")
    assert (ran.code, ran.err) == (0, "")
    figures = tomllib.loads((author.folder / RESULT).read_text())
    made = sum(figures["operators"].values())
    assert ran.out == f"01-hello: {made} mutants, {made} killed, 0 equivalent, 0 survived\n"
    assert (figures["killed"], figures["survived"]) == (made, 0)


def test_a_survivor_is_shown_until_it_is_listed(author: Learn) -> None:
    """Nothing looks at the second greeting any more."""
    suite = author.folder / SUITE
    looks = 'json={"message": f"hello {name}"}, '
    assert looks in suite.read_text()
    suite.write_text(suite.read_text().replace(looks, ""))
    ran = author("dev", "mutate", "1")
    assert ran.code == 1
    line = (
        "  survived solutions/01-hello/main.py:19 "
        'string: f"hello {name}" -> f"hello {name}X"\n    id hello_name.string.'
    )
    assert line in ran.out
    survivors = [word for word in ran.out.split() if word.startswith("hello_name.")]
    found = {mutant.id: mutant for mutant in mutants_of(load_course(author.folder).lessons[0])}
    (author.folder / LISTED).write_text("".join(entry(found[name]) for name in survivors))
    ran = author("dev", "mutate", "1")
    assert (ran.code, ran.err) == (0, "")
    assert f"{len(survivors)} equivalent, 0 survived\n" in ran.out


def entry(mutant: Mutant, **changes: str) -> str:
    values = {"id": mutant.id, "old": mutant.old, "new": mutant.new, "reason": "any will do"}
    lines = [f"{name} = '''{value}'''\n" for name, value in (values | changes).items()]
    return "".join(["[[equivalent]]\n", *lines])


def test_entries_that_do_not_hold_are_errors(author: Learn) -> None:
    mutant, other, *_ = mutants_of(load_course(author.folder).lessons[0])
    listed = author.folder / LISTED
    listed.parent.mkdir(parents=True)
    listed.write_text(entry(mutant) + entry(other, new="x") + entry(mutant, id="gone.string.0"))
    ran = author("dev", "mutate", "01")
    assert ran.code == 1
    assert f"{mutant.id} is refused by the suite: it is not equivalent" in ran.out
    assert f"{other.id} changes `{other.old}` to `{other.new}`, but the entry says else" in ran.out
    assert "gone.string.0: there is no such mutant any more" in ran.out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[equivalent", "not valid TOML"),
        ("[[equivalent]]\nid = 'a.b.c'", "'a.b.c' is not complete"),
    ],
)
def test_a_broken_list_is_told(author: Learn, text: str, says: str) -> None:
    listed = author.folder / LISTED
    listed.parent.mkdir(parents=True)
    listed.write_text(text)
    ran = author("dev", "mutate", "01")
    assert ran.code == 3
    assert says in " ".join(ran.err.split())


def test_a_reference_that_is_not_accepted_has_no_mutants(author: Learn) -> None:
    path = author.folder / SOLUTION
    path.write_text(path.read_text().replace("hello {name}", "bye {name}"))
    ran = author("dev", "mutate", "01")
    assert ran.code == 3
    assert "learn dev check 01" in ran.err
    assert not (author.folder / RESULT).exists()


SHOP = """
def price(count):
    return count * 2


def _inside():
    return 5
"""
TESTS = "from main import price\n\n\ndef test_price():\n    assert price(3) == 6\n"
VARIANTS = """
not_promised = ["_inside"]

[[build]]
name = "same"
edits = [{ old = "count * 2", new = "2 * count" }]
"""
TRIALS = '''
import pytest

pytestmark = pytest.mark.lesson("01")


@pytest.mark.step(1)
def test_pass(trials):
    """Your tests should pass."""
    trials.expect_pass()
'''


@pytest.fixture
def author_of_tests(author: Learn) -> Learn:
    """`learn` on a course whose first lesson has tests for an exercise, and one step."""
    for name, text in {
        "solutions/01-hello/main.py": SHOP,
        "solutions/01-hello/test_main.py": TESTS,
        "checker/variants/01-hello/variants.toml": VARIANTS,
        "checker/suites/test_01_hello.py": TRIALS,
        "exercises/01-hello/exercise.toml": 'entry = "test_main.py"\n',
        "exercises/01-hello/README.md": "# 01 Hello: your task\n\n## 01.1 Test it\n\nTest it.\n",
    }.items():
        path = author.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return author


def test_where_tests_are_written_what_they_test_is_changed(author_of_tests: Learn) -> None:
    ran = author_of_tests("dev", "mutate", "01")
    figures = tomllib.loads((author_of_tests.folder / RESULT).read_text())
    assert set(figures["operators"]) == {"arithmetic", "constant", "return"}  # not of _inside
    made = sum(figures["operators"].values())
    assert ran.out == f"01-hello: {made} mutants, {made} killed, 0 equivalent, 0 survived\n"


def test_what_no_test_notices_has_survived(author_of_tests: Learn) -> None:
    tests = author_of_tests.folder / "solutions/01-hello/test_main.py"
    tests.write_text(TESTS.replace("price(3) == 6", "price(2) == 4"))
    shop = author_of_tests.folder / SOLUTION
    shop.write_text(SHOP.replace("count * 2", "count * 2 + 0"))
    ran = author_of_tests("dev", "mutate", "01")
    assert ran.code == 1
    assert "survived solutions/01-hello/main.py:3 arithmetic: count * 2 + 0 -> count * 2 - 0" in (
        ran.out
    )


def test_what_is_not_installed_is_told() -> None:
    code = (
        "import sys; sys.modules['libcst'] = None\n"
        "from checker.errors import UsageFault\n"
        "try:\n    from checker.commands import mutate\n"
        "except UsageFault as fault:\n    print(fault.message)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "`learn dev mutate` needs libcst, which is not installed.\n"


# ------------------------------------------------------------------------------------- trials


class Counted:
    """An engine that counts how often it grades."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.runs = engine, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def run(self, job: dict[str, Any]) -> Running:
        self.runs += 1
        return self.engine.run(job)


def some(lesson: Lesson) -> list[Mutant]:
    """A mutant that is refused, one that is not, and one that breaks the app."""
    text = (lesson.solution / "main.py").read_text(encoding="utf-8")
    base = mutants_of(lesson)[0]
    return [
        replace(base, source=text.replace("hello {name}", "bye {name}")),
        replace(base, source=text + "# as right as the reference\n"),
        replace(base, source=text.replace("app = FastAPI()", "app = None.x")),
    ]


def test_what_is_known_is_not_graded_again(
    tiny: Course, own_course: Path, engine: Engine, tmp_path: Path
) -> None:
    lesson, cache = tiny.lessons[0], tmp_path / "cache"
    counted, done = Counted(engine), []
    first = trials.endings(lesson, some(lesson), counted, cache, lambda: done.append(1))
    assert [ending.killed_by for ending in first] == ["test_hello_name", None, "import_error"]
    assert len(done) == len(first)
    assert counted.runs == 4  # three mutants, and the reference

    again = trials.endings(lesson, some(lesson), counted, cache, lambda: done.append(1))
    assert again == first
    assert counted.runs == 4

    kept = sorted(cache.iterdir())
    kept[0].write_text("[half")  # as after a crash
    assert trials.endings(lesson, some(lesson), counted, cache, lambda: None) == first
    assert counted.runs == 6  # the one, and the reference

    changed_lesson = load_course(own_course).lessons[0]
    changed_lesson.suite.write_text(changed_lesson.suite.read_text() + "# changed\n")
    assert trials.fingerprint(changed_lesson) != trials.fingerprint(lesson)
    trials.endings(changed_lesson, some(lesson)[:1], counted, cache, lambda: None)
    assert counted.runs == 8
    assert len(list(cache.iterdir())) == 1, "what belongs to another suite is deleted"
    assert kept[1] not in list(cache.iterdir())


def test_nothing_is_run_after_the_first_failure(own_course: Path, engine: Engine) -> None:
    """In lesson 01 every check is of its own: without this, only those of step 2 would fail."""
    lesson = load_course(own_course).lessons[0]
    path = lesson.solution / "main.py"
    path.write_text(path.read_text().replace("hello {name}", "bye {name}"))
    report = grade(lesson, lesson.solution, trials.OPTIONS, engine)
    assert report.status == "failed"
    statuses = [check.status for result in report.steps for check in result.checks]
    assert statuses == ["passed", "failed", "not_run", "not_run"]


def test_a_suite_that_breaks_on_a_mutant_is_told(author: Learn) -> None:
    suite = author.folder / SUITE
    label = '    """GET /hello greets."""\n'
    assert label in suite.read_text()
    breaks = '    if app.get("/hello").status != 200:\n        raise RuntimeError("broken")\n'
    suite.write_text(suite.read_text().replace(label, label + breaks))
    ran = author("dev", "mutate", "01")
    assert ran.code == 1
    assert "  breaks the suite solutions/01-hello/main.py:10 decorator" in ran.out


# -------------------------------------------------------------------------------------- results


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = results.Result("abc", 7, 2, 1, {"string": 9, "await": 1})
    results.write(tmp_path / "a" / "result.toml", result)
    assert results.read(tmp_path / "a" / "result.toml") == result
    assert results.read(tmp_path / "result.toml") is None
    assert result.mutants == 10


def test_the_page_names_what_was_run(own_course: Path) -> None:
    course = load_course(own_course)
    path = results.folder(course, course.lessons[1]) / "result.toml"
    results.write(path, results.Result("abc", 7, 2, 1, {"string": 9, "await": 1}))
    page = results.table(course)
    assert "| 01 Hello | 4 |  |  |  |  | 0 | 0 | 0 |\n" in page
    assert " | 10 | 7 | 2 | 1 | 0 | 0 | 0 |\n" in page
    assert "| string | 9 |\n| await | 1 |\n" in page


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    assert page == results.table(load_course(ROOT)), "run `learn dev table`"


def test_the_readme_has_the_same_figures() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert results.figures(load_course(ROOT)) in page, "run `learn dev table`"


def test_a_readme_keeps_what_stands_around_the_table() -> None:
    course = load_course(TINY)
    page = f"before\n{results.BEGINS}\nold\n{results.ENDS}\nafter\n"
    made = results.in_readme(page, course)
    assert made == page.replace("old\n", results.figures(course))
    assert results.in_readme("no marks\n", course) == "no marks\n"


@pytest.mark.parametrize("lesson", WITH_RESULTS, ids=lambda lesson: lesson.name)
def test_no_wrong_app_would_be_accepted(lesson: Lesson) -> None:
    result = results.read(results.folder(load_course(ROOT), lesson) / "result.toml")
    assert result
    assert result.survived == 0


@pytest.mark.parametrize("lesson", WITH_RESULTS, ids=lambda lesson: lesson.name)
def test_the_figures_are_of_the_committed_suite(lesson: Lesson) -> None:
    """Whoever changes a suite, a task or a reference runs its mutants again."""
    folder = results.folder(load_course(ROOT), lesson)
    result = results.read(folder / "result.toml")
    assert result is not None
    assert result.of == trials.course_fingerprint(lesson), f"run `learn dev mutate {lesson.number}`"
    found = mutants_of(lesson)
    assert len({mutant.id for mutant in found}) == len(found)
    assert result.operators == dict(results.made_by(found)), "run `learn dev mutate`"
    entries = equivalents.read(folder / "equivalent.toml")
    assert len(entries) == result.equivalent
    assert result.equivalent <= MOST_EQUIVALENT * result.mutants, "kill some of them"
    assert list(equivalents.problems(entries, found, ())) == []


def test_figures_of_another_suite_are_noticed(own_course: Path) -> None:
    lesson = load_course(own_course).lessons[0]
    before = trials.course_fingerprint(lesson)
    lesson.suite.write_text(lesson.suite.read_text() + "# changed\n")
    assert trials.course_fingerprint(lesson) != before
