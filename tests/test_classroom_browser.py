"""A real JupyterLab in a real browser: what an instructor and a class see."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from checker.catalog import load_course
from tests.conftest import LEARN, ROOT

pytestmark = [
    pytest.mark.proof,
    # Playwright's own event loop leaves a socket to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Whichever the system has: none is downloaded."""
LESSONS = [lesson.name for lesson in load_course(ROOT).lessons]
RUN_LIMIT_MS = 120_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`learn class` in a new workspace; the address that it prints."""
    workspace = tmp_path_factory.mktemp("class")
    subprocess.run([str(LEARN), "start", "."], cwd=workspace, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "getuid") and os.getuid() == 0:
        options.append("--allow-root")
    server = subprocess.Popen(
        [str(LEARN), "class", *options],
        cwd=workspace,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    address, said = None, ""
    for line in server.stdout:
        said += line
        if found := re.search(rf"http://127\.0\.0\.1:{port}/\S*\?token=\w+", line):
            address = found[0]
            break
    assert address, said
    wait_until_it_listens(port)
    drain = subprocess.Popen(["cat"], stdin=server.stdout, stdout=subprocess.DEVNULL)
    yield address
    server.send_signal(signal.SIGTERM)
    assert server.wait(60) == 0
    drain.wait(10)


def wait_until_it_listens(port: int) -> None:
    """The address is printed a moment earlier."""
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "JupyterLab does not listen"
        else:
            return


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of Chromium that reaches nothing but this machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, "no Chromium here: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        page.route(re.compile(r"^(?!http://(127\.0\.0\.1|localhost)[:/])http"), refuse)
        yield page
        browser.close()


asked_outside: list[str] = []


def refuse(route: Route) -> None:
    asked_outside.append(route.request.url)
    route.abort()


def open_notebook(page: Page, lab: str, name: str) -> None:
    base, _, token = lab.partition("?")
    root = base.partition("/lab")[0]
    page.goto(f"{root}/lab/tree/{name}.ipynb?{token}&reset")
    expect(page.locator(".jp-Notebook-cell").first).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")).to_have_count(1)


def wait_for_kernel(page: Page) -> None:
    # The sign in the notebook's own toolbar says "idle" before there is a kernel.
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)


def choose(page: Page, menu: str, item: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def run_all(page: Page) -> None:
    wait_for_kernel(page)
    choose(page, "Run", "Run All Cells")
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    expect(prompts.last).to_have_text(re.compile(r"\[\d+\]:"), timeout=RUN_LIMIT_MS)
    expect(prompts.filter(has_text=re.compile(r"\[[ *]\]:"))).to_have_count(0)


@pytest.mark.parametrize("name", LESSONS)
def test_runs_from_top_to_bottom(page: Page, lab: str, name: str) -> None:
    open_notebook(page, lab, name)
    expect(page.get_by_text("Would you like to")).to_have_count(0)  # nothing asks about news
    run_all(page)
    errors = page.locator('.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"]')
    assert errors.all_inner_texts() == []
    assert page.locator(".jp-mod-error").count() == 0
    assert page.locator(".learn section").count() > 0, "no report is shown"
    if shots := os.environ.get("LEARN_SCREENSHOTS"):
        for number, cell in enumerate(page.locator(".jp-Cell").all()):
            cell.scroll_into_view_if_needed()
            cell.screenshot(path=f"{shots}/{name}-{number:02}.png")


def test_docs_page_lists_the_operations_without_a_network(page: Page, lab: str) -> None:
    asked_outside.clear()
    open_notebook(page, lab, "01-quickstart")
    cell = page.locator(".jp-CodeCell").filter(has_text=re.compile(r"^\s*(\[.*\]:)?\s*docs\(\)"))
    cell.locator(".jp-InputArea-editor").click()
    wait_for_kernel(page)
    choose(page, "Run", "Run All Above Selected Cell")
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    docs = page.frame_locator('iframe[title="docs"]')
    expect(docs.locator(".opblock-summary-path")).to_have_text(
        [re.compile("/recipes$"), re.compile("/recipes/.*recipe_id")], timeout=60_000
    )
    if shots := os.environ.get("LEARN_SCREENSHOTS"):
        cell.screenshot(path=f"{shots}/docs.png")
    assert asked_outside == []
