"""Where the project lies, which packages run, and of which commit they are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lsm import keys
from rongala2021 import project as module
from rongala2021.pages import results_folder
from rongala2021.project import (
    ProjectError,
    book_file,
    check_packages,
    fingerprints,
    revision,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def away(monkeypatch, tmp_path):
    """Packages that are installed where no project lies around them."""
    monkeypatch.setattr(module, "_installed_from", lambda: tmp_path / "lib")


@pytest.fixture
def project(tmp_path):
    """A project with copies of its pages, below a folder with files of the same names."""
    root = tmp_path / "project"
    for package in ("lsm", "book/rongala2021"):
        (root / package).mkdir(parents=True)
        (root / package / "__init__.py").touch()
    for place in (tmp_path, root / "book", root / "_build" / "executed"):
        (place / "figures").mkdir(parents=True, exist_ok=True)
        (place / "claims.yml").touch()
    (tmp_path / "_config.yml").touch()
    (tmp_path / "book").mkdir()
    (tmp_path / "other.yml").touch()
    return root


INSIDE = pytest.mark.parametrize("folder", [".", "book", "book/figures", "lsm"])


@INSIDE
def test_a_book_file_is_found_from_anywhere_in_the_project(project, monkeypatch, folder):
    monkeypatch.chdir(project / folder)
    assert book_file("claims.yml").samefile(project / "book" / "claims.yml")


@pytest.mark.parametrize("folder", [".", "figures"])
def test_copies_of_pages_prefer_their_own_file(project, monkeypatch, folder):
    monkeypatch.chdir(project / "_build" / "executed" / folder)
    assert book_file("claims.yml").samefile(project / "_build" / "executed" / "claims.yml")


def test_files_outside_the_project_are_of_something_else(project, monkeypatch):
    monkeypatch.chdir(project / "book")
    with pytest.raises(ProjectError, match=r"^other\.yml: expected in .*book, got no such file"):
        book_file("other.yml")
    monkeypatch.chdir(project.parent)  # where another book may be
    assert book_file("claims.yml") == ROOT / "book" / "claims.yml"
    assert results_folder() == ROOT / "_build" / "results"


def test_a_folder_is_no_book_file(project, monkeypatch):
    monkeypatch.chdir(project)
    with pytest.raises(ProjectError):
        book_file("figures")


@INSIDE
def test_all_pages_keep_their_results_in_one_folder_of_the_project(project, monkeypatch, folder):
    monkeypatch.chdir(project / folder)
    assert results_folder() == project.resolve() / "_build" / "results"
    assert not results_folder().exists()


def test_without_a_project_there_is_no_file_and_no_place_for_results(away, project, monkeypatch):
    monkeypatch.chdir(project.parent)
    for ask in (results_folder, lambda: book_file("claims.yml")):
        with pytest.raises(ProjectError, match=r"^expected the project in or above .*; run the"):
            ask()


def test_a_page_that_runs_elsewhere_finds_the_project_around_the_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert book_file("claims.yml") == ROOT / "book" / "claims.yml"
    assert results_folder() == ROOT / "_build" / "results"


# Which packages run


@pytest.fixture
def other(tmp_path):
    """Another checkout with the same sources."""
    for name in ("lsm", "book/rongala2021"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / "other" / name, ignore=ignored)
    return tmp_path / "other"


def test_packages_of_the_project_are_accepted_from_anywhere(tmp_path, monkeypatch):
    for place in (ROOT, ROOT / "book" / "figures", tmp_path):
        monkeypatch.chdir(place)
        check_packages()


def test_a_project_with_other_sources_is_not_run_with_these(other, monkeypatch):
    monkeypatch.chdir(other / "book")
    check_packages()
    source = other / "lsm" / "neurons.py"
    source.write_text(source.read_text() + "\n")
    with pytest.raises(ProjectError, match=r"^lsm: expected as in .*other, got another from ") as e:
        check_packages()
    assert e.value._render_traceback_() == [f"ProjectError: {e.value}"]
    assert str(other / ".venv") in str(e.value)


def test_an_engine_of_another_project_is_refused(other, monkeypatch):
    monkeypatch.setattr(keys, "__file__", str(other / "lsm" / "keys.py"))
    with pytest.raises(ProjectError, match=r"^lsm: expected beside the study in "):
        check_packages()


def test_packages_of_one_folder_belong_together(other, monkeypatch, tmp_path):
    shutil.move(other / "book" / "rongala2021", other / "rongala2021")
    monkeypatch.setattr(keys, "__file__", str(other / "lsm" / "keys.py"))
    monkeypatch.setattr(module, "__file__", str(other / "rongala2021" / "project.py"))
    monkeypatch.chdir(tmp_path)
    check_packages()


def test_fingerprints_are_of_what_runs_or_of_what_lies_in_a_folder(other):
    assert fingerprints(other) == fingerprints()
    (other / "book" / "rongala2021" / "new.py").touch()
    now = fingerprints(other)
    assert now["lsm"] == fingerprints()["lsm"]
    assert now["rongala2021"] != fingerprints()["rongala2021"]


# The commit


def git(folder, *arguments):
    """What git prints, whatever the variables and settings around."""
    around = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    nobody = {
        f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", "-C", folder, *arguments],
        env={**around, **nobody, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def committed(folder):
    """All that lies in a folder, as a repository with one commit; the start of its name."""
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--no-verify", "--message=all")
    return git(folder, "rev-parse", "HEAD")[:12]


@pytest.fixture
def repository(project, monkeypatch):
    """The project as a repository of its own, and its commit."""
    names = ("lsm/neurons.py", "book/rongala2021/pages.py", "book/page.ipynb")
    for name in (*names, "book/figures/deep.yml", "requirements.txt", "README.md"):
        (project / name).touch()
    commit = committed(project)
    monkeypatch.chdir(project)
    return project, commit


@INSIDE
def test_a_page_tells_the_commit_of_its_project(repository, monkeypatch, folder):
    project, commit = repository
    monkeypatch.chdir(project / folder)
    assert revision() == f"commit {commit}, sources as committed"
    assert revision() == f"commit {commit}, sources as committed"


@pytest.mark.parametrize(
    "name",
    ["lsm/neurons.py", "book/rongala2021/pages.py", "book/claims.yml", "requirements.txt"],
)
def test_a_change_in_what_runs_is_told_staged_or_not(repository, name):
    project, commit = repository
    (project / name).write_text("changed")
    assert revision() == f"commit {commit}, sources changed since"
    git(project, "add", ".")
    assert revision() == f"commit {commit}, sources changed since"
    git(project, "reset", "--quiet", "--hard")
    assert revision() == f"commit {commit}, sources as committed"
    (project / name).unlink()
    assert revision() == f"commit {commit}, sources changed since"


@pytest.mark.parametrize(
    "name", ["lsm/new.py", "book/rongala2021/deep/new.py", "book/new.yml", "book/new.json"]
)
@pytest.mark.parametrize("setting", ["no", "all"])
def test_a_source_that_was_never_committed_is_a_change(repository, name, setting):
    project, commit = repository
    git(project, "config", "status.showUntrackedFiles", setting)
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).touch()
    assert revision() == f"commit {commit}, sources changed since"


def test_pages_executed_anew_and_prose_are_no_change(repository):
    project, commit = repository
    for name in ("README.md", "book/page.ipynb", "book/figures/deep.yml", "book/new.md"):
        (project / name).write_text("changed")
    assert revision() == f"commit {commit}, sources as committed"


def test_a_worktree_tells_its_own_commit(repository, monkeypatch, tmp_path):
    project, commit = repository
    git(project, "worktree", "add", "--quiet", "--detach", tmp_path / "beside")
    (project / "lsm" / "new.py").touch()
    committed(project)
    monkeypatch.chdir(tmp_path / "beside" / "book")
    assert revision() == f"commit {commit}, sources as committed"


def test_what_points_git_elsewhere_is_not_heard(repository, monkeypatch, tmp_path):
    """A hook of another repository runs the tests with such variables."""
    _, commit = repository
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "file").touch()
    assert committed(other) != commit
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no index"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("GIT_TRACE", "1")
    assert revision() == f"commit {commit}, sources as committed"


def test_git_is_only_asked(repository):
    project, commit = repository
    before = (project / ".git" / "index").read_bytes()
    os.utime(project / "lsm" / "__init__.py", (1, 1))  # which status would note in the index
    assert revision() == f"commit {commit}, sources as committed"
    assert (project / ".git" / "index").read_bytes() == before


UNKNOWN = "no commit known"


def own_git(folder, script):
    """A folder that has a git of its own kind."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return str(folder)


def test_without_git_no_commit_is_known(repository, monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert revision() == UNKNOWN


def test_where_git_refuses_the_repository_no_commit_is_known(
    repository, monkeypatch, tmp_path, capfd
):
    real = shutil.which("git")
    refusing = f'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "{real}" "$@"'
    monkeypatch.setenv(
        "PATH", own_git(tmp_path / "bin", refusing) + os.pathsep + os.environ["PATH"]
    )
    monkeypatch.setenv("HOME", str(tmp_path))  # whose settings could allow it
    assert (
        "dubious"
        in subprocess.run(
            ["git", "status"], env={**os.environ}, capture_output=True, text=True, check=False
        ).stderr
    )
    assert revision() == UNKNOWN
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("script", ["exit 1", "echo", "echo a; echo b; echo c", "printf '\\377'"])
def test_a_git_that_answers_otherwise_is_not_believed(repository, monkeypatch, tmp_path, script):
    monkeypatch.setenv("PATH", own_git(tmp_path / "bin", script) + os.pathsep + os.environ["PATH"])
    assert revision() == UNKNOWN


def test_a_repository_without_a_commit_has_none(project, monkeypatch, capfd):
    git(project, "init", "--quiet")
    monkeypatch.chdir(project)
    assert revision() == UNKNOWN
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("empty", [False, True])
def test_a_repository_around_the_project_is_of_something_else(
    project, monkeypatch, tmp_path, empty
):
    """As around an archive that was unpacked in it, or one that left the project's aside."""
    committed(tmp_path)
    if empty:
        (project / ".git").mkdir()
    monkeypatch.chdir(project)
    assert revision() == UNKNOWN


def test_an_archive_asks_no_git(project, monkeypatch, tmp_path):
    asked = tmp_path / "asked"
    monkeypatch.setenv("PATH", own_git(tmp_path / "bin", f': > "{asked}"'))
    monkeypatch.chdir(project)
    assert revision() == UNKNOWN
    assert not asked.exists()


def test_without_a_project_no_commit_is_known(away, project, monkeypatch):
    monkeypatch.chdir(project.parent)
    assert revision() == UNKNOWN
