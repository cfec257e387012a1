"""`%load_ext checker.notebook`: what a cell shows, serves and grades."""

import ast
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from checker.notebook import shown
from tests.conftest import TINY, Learn
from tests.notebooks import environment_in, processes_in, wait_until_all_are_gone

KITCHEN = """%%app
import os
from fastapi import FastAPI, WebSocket

app = FastAPI(title="Kitchen")
print("the kitchen opens")

@app.get("/soup/{number}")
async def serve(number: int) -> str:
    print("soup", number)
    return {1: "pea", 2: "onion"}[number]

@app.get("/who")
async def who() -> dict[str, int | str]:
    return {"process": os.getpid(), "name": os.environ.get("NAME", "nobody")}

@app.websocket("/pass")
async def shout(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("yes, " + await socket.receive_text())
"""


class Notebook:
    """Runs cells, as a kernel does, in this process."""

    def __init__(self) -> None:
        self.shell = InteractiveShell.instance()
        self("%load_ext checker.notebook")

    def __call__(self, cell: str) -> Any:
        """Run a cell; return its last value."""
        with capture_output() as self.captured:
            ran = self.shell.run_cell(cell)
        self.error = ran.error_in_exec or ran.error_before_exec
        return ran.result

    @property
    def shown(self) -> list[str]:
        """The text forms of what was displayed before the end of the cell."""
        return [output.data["text/plain"] for output in self.captured.outputs]

    def fails(self, cell: str) -> str:
        """Run a cell that ends with an error; return what it shows of it."""
        self(cell)
        assert self.error is not None
        said: str = self.captured.stdout
        assert "Traceback" not in said
        assert "checker" not in said
        return said


@pytest.fixture
def notebook(workspace: Learn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    monkeypatch.chdir(workspace.folder)
    monkeypatch.setenv("LEARN_COURSE", str(TINY))
    monkeypatch.setenv("IPYTHONDIR", str(workspace.folder / "ipython"))
    running = Notebook()
    yield running
    running("%unload_ext checker.notebook")
    InteractiveShell.clear_instance()


def test_a_cell_is_served_in_another_process(notebook: Notebook) -> None:
    serving = notebook(KITCHEN)
    assert repr(serving) == "Your app is being served.\nYour app printed:\n  the kitchen opens"
    first = notebook('app.get("/who").json')
    assert first["process"] != os.getpid()
    assert "FastAPI" not in notebook.shell.user_ns  # the kernel has not run it
    notebook(KITCHEN.replace("%%app", "%%app NAME='Ana B'"))
    second = notebook('app.get("/who").json')
    assert second["process"] != first["process"]
    assert second["name"] == "Ana B"


def test_an_exchange_is_shown(notebook: Notebook) -> None:
    notebook(KITCHEN)
    reply = notebook('app.get("/soup/1")\napp.get("/soup/2", headers={"X-Table": "7"})')
    assert notebook.shown == [
        'GET /soup/1\n200 OK\n"pea"\nYour app printed:\n  soup 1'
    ]  # every bare expression; the last is the cell's value
    assert repr(reply) == 'GET /soup/2\n200 OK\n"onion"\nYour app printed:\n  soup 2'
    assert "x-table: 7" in reply._repr_html_()
    assert reply.status == 200


def test_an_unhandled_error_shows_the_cells_own_lines(notebook: Notebook) -> None:
    notebook(KITCHEN)
    reply = notebook('app.get("/soup/3")')
    line = KITCHEN[: KITCHEN.index("return {1")].count("\n") + 1  # the line of the cell
    assert f"KeyError: 3 (main.py, line {line})" in repr(reply)
    assert "uvicorn" not in reply._repr_html_()
    assert "return {1: &quot;pea&quot;" in reply._repr_html_()


def test_what_an_app_sends_is_not_markup(notebook: Notebook) -> None:
    notebook(KITCHEN.replace('"pea"', '"<script>x</script>"'))
    assert "<script>" not in notebook('app.get("/soup/1")')._repr_html_()


def test_conversations(notebook: Notebook) -> None:
    notebook(KITCHEN)
    notebook('with app.websocket("/pass") as chef:\n    chef.send_text("two soups")\n'
             "    heard = chef.receive_text()")  # fmt: skip
    assert notebook.shown == ["WEBSOCKET /pass\n> two soups\n< yes, two soups"]
    notebook('chef = app.websocket("/pass")')
    notebook('chef.send_text("tea")')
    assert notebook("chef.receive_text()") == "yes, tea"
    assert ">open<" in notebook("chef")._repr_html_()
    assert "403 Forbidden" in repr(notebook('app.websocket_refusal("/cellar")'))
    assert "refused with HTTP status 403" in notebook.fails('app.websocket("/cellar")')


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%%app\ndef f(:\n", "line 2 is not valid Python"),
        ("%%app\n\n\nimport nothing_like_it\n", "nothing_like_it"),
        ("%%app\n\n\n1 / 0\n", "line 4"),
        ("%%app\nkitchen = 1\n", "main.py has no `app`"),
    ],
)
def test_an_app_that_does_not_start(notebook: Notebook, cell: str, says: str) -> None:
    notebook(KITCHEN)
    shown = notebook(cell)
    assert notebook.error is None  # it may be shown on purpose
    assert says in repr(shown)
    assert "does not start" in shown._repr_html_()
    assert "No app is being served" in notebook.fails('app.get("/soup/1")')  # not the old one


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ('app.get("/")', "Run a cell that begins with `%%app`"),
        ("docs()", "No app is being served"),
        ("%check 77", "There is no lesson '77'"),
        ("%check", "Write `%check 01`"),
        ("%check 01 --seed soup", "invalid int value"),
        ("%hint 01.9", "has no step"),
        ("%%app SOUP\nx = 1", "'SOUP' behind %%app is no variable"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(notebook: Notebook, cell: str, says: str) -> None:
    assert says in notebook.fails(cell)


def test_docs_page_is_served_with_its_files(notebook: Notebook) -> None:
    notebook(KITCHEN)
    page = notebook("docs()")
    assert repr(page).splitlines() == [
        "Kitchen 0.1.0", "GET     /soup/{number}  Serve", "GET     /who  Who",
    ]  # fmt: skip
    url = notebook("app.url")
    assert f'src="{url}/docs"' in page._repr_html_()
    for path in ("/docs", "/redoc"):
        text = fetch(f"{url}{path}").decode()
        files = [part.partition('"')[0] for part in text.split('="/_docs-files')[1:]]
        assert len(files) >= 2
        assert "https://" not in text
        for file in files:
            assert len(fetch(f"{url}/_docs-files{file}")) > 1000
    notebook(KITCHEN.replace("Kitchen", "Cellar"))
    assert notebook("app.url") == url  # the same place, another app
    assert b"Cellar" in fetch(f"{url}/docs")
    notebook("%%app\nno = app")
    with pytest.raises(urllib.error.HTTPError, match="503"):
        fetch(f"{url}/docs")


def test_check_grades_the_workspace_and_remembers(notebook: Notebook, workspace: Learn) -> None:
    (workspace.folder / "exercises/01-hello/main.py").write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n"
        "@app.get('/hello')\ndef hello():\n    return {'message': 'hello'}\n"
    )
    card = notebook("%check 01.1")
    assert repr(card) == "01 Hello: 1 of 1 point\n\n  ✓ 01.1 Say hello"
    assert '<section class="passed">' in card._repr_html_()
    assert "1 of  3 steps" in workspace("list").out


def test_check_of_a_cell_is_nobodys_progress(notebook: Notebook, workspace: Learn) -> None:
    cell = (
        "%%check 01.1 --seed 3\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        "@app.get('/hello')\ndef hello():\n    return {'message': 'hello'}\n"
    )
    card = notebook(cell)
    assert card.report.status == "passed"
    assert card.report.seed == 3
    wrong = notebook(cell.replace("'message'", "'massage'"))
    assert "GET /hello should answer" in repr(wrong)
    assert "0 of  3 steps" in workspace("list").out


def test_hints_come_one_at_a_time(notebook: Notebook) -> None:
    first, second = repr(notebook("%hint 01.1")), repr(notebook("%hint 01.1"))
    assert "Hint 1 of 3" in first
    assert "Hint 2 of 3" not in first
    assert second.startswith(first)
    assert "Hint 2 of 3" in second


def test_tests_run_against_the_last_app(notebook: Notebook) -> None:
    notebook(KITCHEN)
    ran = notebook(
        "%%tests -k soup\nfrom fastapi.testclient import TestClient\nfrom main import app\n"
        "def test_soup():\n    assert TestClient(app).get('/soup/1').json() == 'onion'\n"
        "def test_tea():\n    assert False\n"
    )
    assert "1 failed, 1 deselected" in repr(ran)
    assert "test_main.py:5: in test_soup" in repr(ran)  # the line of the cell
    assert tempfile.gettempdir() not in repr(ran)


def test_only_what_stands_at_the_top_of_a_cell_is_wrapped() -> None:
    tree = ast.parse("a\nfor x in y:\n    b\nz = 1\nc")
    text = ast.unparse(shown.ShowEveryExpression().visit(tree))
    assert text == "_show_expression(a)\nfor x in y:\n    b\nz = 1\nc"


KERNEL = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_cell("%load_ext checker.notebook")
shell.run_cell({KITCHEN!r})
print("URL", shell.user_ns["app"].url, flush=True)
input()
"""


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_all_ends_with_the_kernel(how: str) -> None:
    with tempfile.TemporaryDirectory(prefix="nb-") as name:
        folder = Path(name)
        kernel = subprocess.Popen(
            [sys.executable, "-c", KERNEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**environment_in(folder), "IPYTHONDIR": name},
        )  # fmt: skip
        assert kernel.stdin
        assert kernel.stdout
        url = next(line for line in kernel.stdout if line.startswith("URL")).split()[1]
        assert fetch(f"{url}/soup/1") == b'"pea"'
        assert len(list(processes_in(folder))) >= 3  # the kernel, the host, the app
        if how == "killed":
            kernel.send_signal(signal.SIGKILL)
        else:
            kernel.stdin.write("\n")
            kernel.stdin.flush()
        kernel.communicate(timeout=20)
        wait_until_all_are_gone(folder)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        if how == "ended":
            assert not list(folder.glob("learn-*"))


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        content: bytes = answer.read()
        return content
