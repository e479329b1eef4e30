"""What `jupyter-book build .` makes of the project, as readers of Jupyter Book type it."""

import json
import re
import shutil

import pytest

from tests import tiny_book

PAGE = "# {}\n\n[here](data/here.csv) [none](data/none.csv)\n"
#: Texts that are no pages: of environments, caches and tools, and of the project itself.
BESIDE = (
    ".venv/lib/python3.13/site-packages/package/README.md",
    ".venv/lib/python3.13/site-packages/package/docs/index.rst",
    ".git/notes.md",
    ".pytest_cache/README.md",
    "book/figures/.ipynb_checkpoints/one.md",
    "book/.hidden/deep/page.md",
    "_build/executed/page.md",
    "lsm.egg-info/page.md",
    "venv/page.rst",
    "tests/page.md",
    "book/_part.md",
    "README.md",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A book of two pages under the project's configuration, among much that is none of it."""
    folder = tmp_path_factory.mktemp("project")
    tiny_book.write(folder, "book/figures/one", PAGE.format("One"))
    for name in BESIDE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("# Beside\n", encoding="utf-8")
    (folder / "book" / "figures" / "data").mkdir()
    (folder / "book" / "figures" / "data" / "here.csv").write_text("x\n1\n", encoding="utf-8")
    # As `make book` left it; its pages are overwritten.
    (folder / "_build" / "html").mkdir()
    (folder / "_build" / "html" / ".key").write_text("key", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def built(project):
    return tiny_book.pages_of(project)


def test_the_pages_are_those_of_the_contents_alone(built):
    made = {path.relative_to(built).as_posix() for path in built.rglob("*.html")}
    of_sphinx = {"index.html", "genindex.html", "search.html"}
    pages = {name for name in made - of_sphinx if not name.startswith("_static/")}
    assert pages == {"book/intro.html", "book/figures/one.html"}


def test_the_record_of_make_book_goes_with_the_pages_that_it_speaks_of(built):
    assert not (built / ".key").exists()


def test_data_that_were_not_written_are_named_and_others_can_be_had(built):
    page = (built / "book" / "figures" / "one.html").read_text(encoding="utf-8")
    assert 'here.csv"' in page
    assert 'none.csv"' not in page
    assert ">none</span>" in page


def test_a_strict_build_refuses_links_to_data_that_were_not_written(project, tmp_path):
    # The book is made strictly, of pages that were executed.
    folder = tmp_path / "strict"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("_build"))
    done = tiny_book.build(folder, "--all", "-W", "-n", "--keep-going")
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert [line for line in told.splitlines() if "WARNING" in line and "data/none.csv" in line]
    assert not [line for line in told.splitlines() if "WARNING" in line and "here.csv" in line]


# ---------------------------------------------------------------- the address of the repository


ADDRESS = "https://github.com/someone/leak"
BUTTONS = {
    "source-repository-button": ADDRESS,
    "source-issues-button": f"{ADDRESS}/issues/new",
    "source-edit-button": f"{ADDRESS}/edit/main/book/figures/one.ipynb",
    "launch-buttons": "https://mybinder.org/v2/gh/someone/leak/main?urlpath=lab/tree/"
    "book/figures/one.ipynb",
}


@pytest.fixture(scope="module")
def addressed(tmp_path_factory):
    """A page that is a notebook, in a book with one line more in its configuration."""
    folder = tmp_path_factory.mktemp("addressed")
    tiny_book.write(folder, "book/figures/one", "")
    (folder / "book" / "figures" / "one.md").unlink()
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# One"}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [title], "metadata": {"kernelspec": kernel}}
    page = json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5})
    (folder / "book" / "figures" / "one.ipynb").write_text(page, encoding="utf-8")
    path = folder / "_config.yml"
    text, n = re.subn(r'(?m)^  url: "".*$', f"  url: {ADDRESS}", path.read_text(encoding="utf-8"))
    assert n == 1
    path.write_text(text, encoding="utf-8")
    return tiny_book.pages_of(folder)


def test_one_line_with_an_address_turns_all_buttons_on(addressed):
    page = (addressed / "book" / "figures" / "one.html").read_text(encoding="utf-8")
    links = re.findall(r'<a\s[^>]*href="([^"]*)"', page)
    for target in BUTTONS.values():
        assert [link for link in links if link.startswith(target)], target


def test_without_an_address_no_button_is_dead(built):
    for path in built.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        found = [name for name in (*BUTTONS, "source-buttons", "mybinder.org") if name in page]
        assert found == [], path
        assert not re.findall(r'<a\s[^>]*href=""', page), path
