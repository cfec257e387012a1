"""The learner's folder: nothing of theirs is ever lost."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Learn

MAIN = Path("exercises/01-hello/main.py")


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".learn" not in path.parts
    }


def test_start_hands_out_tasks_and_texts_but_no_hints_and_no_solutions(workspace: Learn) -> None:
    found = files(workspace.folder)
    assert "exercises/01-hello/main.py" in found
    assert "exercises/01-hello/README.md" in found
    assert "lessons/02-shelf/README.md" in found
    assert not [name for name in found if "exercise.toml" in name or "solution" in name]
    everything = "".join(path.read_text() for path in workspace.folder.rglob("*") if path.is_file())
    assert "A gap in the path is an argument." not in everything


def test_start_shows_the_first_task(learn: Learn) -> None:
    ran = learn("start", "mine")
    assert ran.code == 0
    assert "01.1 Say hello" in ran.out
    assert "cd mine" in ran.out
    assert (learn.folder / "mine" / MAIN).is_file()


def test_start_without_a_folder_makes_one(learn: Learn) -> None:
    assert learn("start").code == 0
    assert (learn.folder / "fastapi-course" / MAIN).is_file()


@pytest.mark.parametrize(
    ("folder", "typed"),
    [("über mein", "cd 'über mein'"), ("a$(b)", "cd 'a$(b)'"), ("./-x", "cd ./-x")],
)
def test_start_says_how_to_go_there(learn: Learn, folder: str, typed: str) -> None:
    assert typed in learn("start", folder).out.splitlines()[-5]


@pytest.mark.parametrize("folder", ["inner", "exercises/01-hello"])
def test_start_makes_no_workspace_in_another(workspace: Learn, folder: str) -> None:
    before = files(workspace.folder)
    ran = workspace("start", folder)
    assert ran.code == 2
    assert f"lies in the workspace {workspace.folder}." in " ".join(ran.err.split())
    assert files(workspace.folder) == before


def test_start_in_a_folder_that_no_system_can_make(learn: Learn) -> None:
    ran = learn("start", "x" * 300)
    assert ran.code == 2
    assert "Give another folder" in ran.err


def test_start_again_changes_nothing(workspace: Learn) -> None:
    (workspace.folder / MAIN).write_text("mine = 1\n")
    assert workspace("start").code == 0
    assert workspace("start", ".").code == 0
    assert (workspace.folder / MAIN).read_text() == "mine = 1\n"


def test_start_does_not_take_a_folder_of_somebody_else(learn: Learn) -> None:
    (learn.folder / "exercises").mkdir()
    ran = learn("start", ".")
    assert ran.code == 2
    assert "not of a workspace" in ran.err
    (learn.folder / "file").write_text("")
    assert learn("start", "file").code == 2


def test_commands_work_from_a_folder_below(workspace: Learn) -> None:
    workspace.folder = workspace.folder / "exercises" / "01-hello"
    assert workspace.check("01").code == 1
    assert "main.py" in workspace().out


def test_reset_keeps_a_backup_and_prints_where(workspace: Learn) -> None:
    main = workspace.folder / MAIN
    starter = main.read_text()
    backups = []
    for number in range(2):
        main.write_text(f"mine = {number}\n")
        (main.parent / "extra.py").write_text("e = 1\n")
        ran = workspace("reset", "01")
        assert ran.code == 0
        assert main.read_text() == starter
        assert not (main.parent / "extra.py").exists()
        backups.append(workspace.folder / ran.out.partition("kept in ")[2].strip())
    assert backups[0] != backups[1]
    assert [(b / "main.py").read_text() for b in backups] == ["mine = 0\n", "mine = 1\n"]
    assert (backups[0] / "extra.py").exists()


def test_reset_brings_a_deleted_exercise_back(workspace: Learn) -> None:
    shutil.rmtree(workspace.folder / "exercises" / "01-hello")
    ran = workspace("check", "01")
    assert ran.code == 2
    assert "learn reset 01" in ran.err
    assert workspace("reset", "01").code == 0
    assert (workspace.folder / MAIN).is_file()


def test_update_brings_the_new_and_keeps_what_the_learner_changed(
    workspace: Learn, own_course: Path
) -> None:
    (workspace.folder / MAIN).write_text("mine = 1\n")
    for path in (own_course / MAIN, own_course / "exercises/02-shelf/main.py"):
        path.write_text(path.read_text() + "\n# newer\n")
    (own_course / "lessons/01-hello/extra.md").write_text("new\n")
    workspace.course = own_course
    ran = workspace("update")
    assert ran.code == 0
    assert (workspace.folder / MAIN).read_text() == "mine = 1\n"
    assert "# newer" in (workspace.folder / "exercises/02-shelf/main.py").read_text()
    assert (workspace.folder / "lessons/01-hello/extra.md").is_file()
    incoming = re.search(r"the new one: (\S+)\)", ran.out)
    assert incoming
    assert "# newer" in (workspace.folder / incoming[1]).read_text()
    assert workspace("update").out.startswith("Your workspace is up to date")
    assert workspace("reset", "01").code == 0
    assert "# newer" in (workspace.folder / MAIN).read_text()


def test_update_does_not_bring_back_what_the_learner_deleted(workspace: Learn) -> None:
    (workspace.folder / "lessons/01-hello/README.md").unlink()
    assert workspace("update").code == 0
    assert not (workspace.folder / "lessons/01-hello/README.md").exists()


@pytest.fixture
def clone(learn: Learn, own_course: Path) -> Learn:
    """`learn` in a git clone of the course."""
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(own_course)]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "course"]):
        subprocess.run([*git, *arguments], check=True)
    learn.folder = learn.course = own_course
    return learn


def test_a_clone_is_a_workspace(clone: Learn) -> None:
    assert clone.check("01").code == 1
    assert clone("start").code == 0
    assert "still the starter" in " ".join(clone("check", "01").out.split())


def test_reset_in_a_clone_gives_what_git_has(clone: Learn) -> None:
    main = clone.folder / MAIN
    starter = main.read_text()
    main.write_text("mine = 1\n")  # before the first command: git still has the starter
    assert clone("reset", "01").code == 0
    assert main.read_text() == starter
    assert (clone.folder / "exercises/01-hello/exercise.toml").is_file()


def test_update_in_a_clone_points_to_git(clone: Learn) -> None:
    assert "git pull" in clone("update").out


@pytest.mark.parametrize("cut_at", range(4))
def test_an_update_that_was_cut_short_is_completed_by_the_next(
    workspace: Learn, own_course: Path, cut_at: int
) -> None:
    """Whatever was written before a kill, nothing of the learner's is taken for the course's."""
    newer = {}
    for path in sorted(own_course.glob("exercises/*/*")):
        path.write_text(path.read_text() + "\n# newer\n")
        newer[path.relative_to(own_course)] = path.read_text()
    (workspace.folder / MAIN).write_text("mine = 1\n")
    for name in list(newer)[:cut_at]:
        if name != MAIN and name.name != "exercise.toml":
            (workspace.folder / name).write_text(newer[name])  # written, but not remembered
    workspace.course = own_course
    assert workspace("update").code == 0
    assert (workspace.folder / MAIN).read_text() == "mine = 1\n"
    other = Path("exercises/02-shelf/main.py")
    assert (workspace.folder / other).read_text() == newer[other]
