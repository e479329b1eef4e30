"""Jupyter Book, and the one place in which what is shown is replaced by a complete new book.

Nothing here depends on the lock that lets one run build the book at a time: hosts that share the
folder may have none. Each run gathers what it compiles in a folder of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import interrupts
import processes
import running
import staleness
from lsm._files import beside, write_whole
from processes import Processes, beside_main
from running import Notebook
from staleness import Refusal

DATA_NOTE = "*The data files are written when this page is executed: `make book`.*"
# Ends with the driver, which may be killed.
_JUPYTER_BOOK = """
import sys
sys.path.append({folder!r})
import processes
processes.follow({driver})
from jupyter_book.cli.main import main
main()
"""
# What is older, was left by a run that was killed (s).
_ABANDONED = 3600.0


# ---------------------------------------------------------------- what is compiled


def without_data_links(notebook: Notebook) -> None:
    """Name the files that only an execution writes, instead of linking to them."""
    for cell in notebook["cells"]:
        text, n_links = running.DATA_LINK.subn(r"`\1`", "".join(cell["source"]))
        if n_links and cell["cell_type"] == "markdown":
            cell["source"] = f"{text}\n\n{DATA_NOTE}"


@contextlib.contextmanager
def staged(root: Path, committed: dict[str, Notebook] | None = None) -> Iterator[Path]:
    """A folder with what Jupyter Book reads: the sources overlaid with notebooks.

    Parameters
    ----------
    root : Path
        The project.
    committed : dict, optional
        Notebooks by their names; by default the executed copies, with their data.
    """
    book, source = root / "book", beside(root / "_build" / "source", "")
    remove_abandoned((root / "_build").glob(".source.*"))
    try:
        # What pages import is installed.
        code = [path.name for path in [*staleness.driver_files(root), *staleness.packages(root)]]
        ignored = shutil.ignore_patterns(".*", "__pycache__", "data", "*.ipynb", *code)
        shutil.copytree(book, source / "book", ignore=ignored)
        if committed is None:
            hidden = shutil.ignore_patterns(".*")  # that another run is just writing
            executed = root / "_build" / "executed"
            shutil.copytree(executed, source / "book", ignore=hidden, dirs_exist_ok=True)
        for name, notebook in (committed or {}).items():
            without_data_links(notebook)
            running.write(source / "book" / f"{name}.ipynb", notebook)
        for name in ("_config.yml", "_toc.yml"):
            shutil.copyfile(root / name, source / name)
        yield source
    finally:
        shutil.rmtree(source, ignore_errors=True)


def remove_abandoned(hidden: Iterable[Path]) -> None:
    """Remove what runs that were killed left of files and folders that have names of their own."""
    for path in list(hidden):
        with contextlib.suppress(OSError):  # another run may do the same
            if time.time() - path.stat().st_mtime > _ABANDONED:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


# ---------------------------------------------------------------- what is shown


def compile_book(root: Path, source: Path, children: Processes) -> None:
    """Replace the book by one of what is staged, if that differs from what it was made of."""
    html = root / "_build" / "html"
    index = (html / "index.html").relative_to(root)
    files = [path for path in source.rglob("*") if path.is_file()]
    made_of = staleness.digests(source, files)
    # Of the packages the book shows the docstrings.
    beneath = [*staleness.package_files(root), root / "requirements.txt"]
    key = json.dumps([made_of, staleness.digests(root, beneath + staleness.driver_files(root))])
    record = html / ".key"
    if record.exists() and record.read_text() == key:
        print(f"rendered  unchanged  {index}")
        return
    start = time.perf_counter()
    new = _compile(root, source, children)
    (new / ".key").write_text(key)
    replace(html, new)
    print(f"rendered  {time.perf_counter() - start:.1f} s  {index}")


def _compile(root: Path, source: Path, children: Processes) -> Path:
    """Let Jupyter Book compile; where its pages are."""
    script = _JUPYTER_BOOK.format(
        folder=str(Path(processes.__file__).parent), driver=os.getpid()
    ).strip()
    options = ["--all", "-W", "-n", "--keep-going"]
    command = [sys.executable, "-c", script, "build", *options, str(source)]
    code, output, errors = beside_main(lambda: children.run(command, cwd=source), children)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output + errors).replace(f"{source}{os.sep}", "")
    log = root / "_build" / "render.log"
    write_whole(log, plain.encode())
    new = source / "_build" / "html"
    if code != 0 or not (new / "index.html").exists():
        lines = [line for line in plain.splitlines() if re.search("WARNING|ERROR|rror:", line)]
        told = "\n".join(lines or plain.splitlines()[-15:])
        raise Refusal(f"Jupyter Book failed (all of it: {log.relative_to(root)})\n{told}")
    return new


def replace(html: Path, new: Path) -> None:
    """Put a new book in the place of the old, which is there until then."""
    old = _old(html)
    _remove(old)
    try:
        with interrupts.held():
            if html.exists():
                html.rename(old)
            new.rename(html)
    finally:
        bring_back(html)
    _remove(old)


def bring_back(html: Path) -> None:
    """The old book, where a run ended before the new one was in its place."""
    if not html.exists() and (_old(html) / ".key").exists():
        _old(html).rename(html)


def _old(html: Path) -> Path:
    return html.with_name("html.old")


def _remove(old: Path) -> None:
    with contextlib.suppress(OSError):  # which says that it is whole
        (old / ".key").unlink()
    shutil.rmtree(old, ignore_errors=True)
