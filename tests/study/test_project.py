"""Where the project lies, and which packages run."""

import shutil
from pathlib import Path

import pytest

from lsm import store
from rongala2021 import project as module
from rongala2021.pages import results_folder
from rongala2021.project import ProjectError, book_file, check_packages, fingerprints

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
    monkeypatch.setattr(store, "__file__", str(other / "lsm" / "store.py"))
    with pytest.raises(ProjectError, match=r"^lsm: expected beside the study in "):
        check_packages()


def test_packages_of_one_folder_belong_together(other, monkeypatch, tmp_path):
    shutil.move(other / "book" / "rongala2021", other / "rongala2021")
    monkeypatch.setattr(store, "__file__", str(other / "lsm" / "store.py"))
    monkeypatch.setattr(module, "__file__", str(other / "rongala2021" / "project.py"))
    monkeypatch.chdir(tmp_path)
    check_packages()


def test_fingerprints_are_of_what_runs_or_of_what_lies_in_a_folder(other):
    assert fingerprints(other) == fingerprints()
    (other / "book" / "rongala2021" / "new.py").touch()
    now = fingerprints(other)
    assert now["lsm"] == fingerprints()["lsm"]
    assert now["rongala2021"] != fingerprints()["rongala2021"]
