"""What is remembered makes a check quicker, and can't break one."""

import copy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.memory import Memory, keep, recall
from checker.rows import Rows
from tests.conftest import Learn

SEEN = Memory({"01": {"test_a": 0.5}}, {"01": {"test_a": 2}}, {"09": {"bug": "test_main.py::test"}})


def test_what_is_kept_is_recalled(tmp_path: Path) -> None:
    file = tmp_path / "new" / "memory.json"
    keep(SEEN, file)
    assert recall(file) == SEEN


def test_where_nothing_can_be_kept_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    keep(SEEN, tmp_path / "taken" / "memory.json")
    assert recall(tmp_path / "taken" / "memory.json") == Memory()


def test_what_was_told_does_not_change_later() -> None:
    memory = Memory()
    memory.add("01", Rows(took_s={"test_a": 0.5}, starts={"test_a": 1}, found_by={"bug": "a"}))
    told = memory.of("01")
    before = copy.deepcopy(told)
    memory.add("01", Rows(took_s={"test_b": 0.5}, starts={"test_b": 1}, found_by={"other": "b"}))
    assert told == before
    assert memory.of("01")["starts"] == {"test_a": 1, "test_b": 1}


@pytest.mark.parametrize(
    "text",
    ["", "[" * 100_000, "[]", "{}", '{"took_s": [], "starts": {}, "found_by": {}}',
     '{"took_s": {"01": {"a": "soon"}}, "starts": {}, "found_by": {}}',
     '{"took_s": {"01": {"a": null}}, "starts": {}, "found_by": {}}'],
)  # fmt: skip
def test_what_makes_no_sense_is_not_known(tmp_path: Path, text: str) -> None:
    file = tmp_path / "memory.json"
    file.write_text(text)
    assert recall(file) == Memory()


@given(st.binary())
def test_any_bytes_make_some_memory(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "memory.json"
    file.write_bytes(text)
    assert isinstance(recall(file), Memory)


def test_a_check_in_a_workspace_remembers(workspace: Learn) -> None:
    file = workspace.folder / ".learn" / "memory.json"
    assert workspace("check", "01").code == 1
    first = recall(file)
    assert set(first.took_s) == {"01"}
    assert workspace("check", "02").code == 1
    assert set(recall(file).took_s) == {"01", "02"}
    assert recall(file).took_s["01"] == first.took_s["01"]


@pytest.mark.parametrize("number", ["-1", "1e999", "NaN", "0", "10000000"])
def test_no_verdict_depends_on_it(workspace: Learn, reference: str, number: str) -> None:
    """Whatever the learner writes into it."""
    (workspace.folder / "exercises" / "01-hello" / "main.py").write_text(reference)
    told = f'{{"01": {{"test_hello": {number}, "test_nobody": 5}}}}'
    file = workspace.folder / ".learn" / "memory.json"
    file.write_text(f'{{"took_s": {told}, "starts": {told}, "found_by": {told}}}')
    assert workspace("check", "01").code == 0
