"""Where the project lies, and whether what runs is of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lsm import keys

#: Kind of output that tells what ran: `sources` (`fingerprints`), and what was `not_kept` on disk.
RAN = "application/vnd.lsm.ran+json"
_FOLDERS = {"lsm": "lsm", "rongala2021": "book/rongala2021"}
_READ = (":(glob)book/*.yml", ":(glob)book/*.json")
#: Of the project, what can change a number: the sources that run, what they read, and the pins.
_RUNNING = (*_FOLDERS.values(), *_READ, "requirements.txt")


class ProjectError(Exception):
    """The page cannot run here; shown as one line, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


def _installed_from() -> Path:
    """Where the project lies if the study is run from there."""
    return Path(__file__).resolve().parents[2]


def _is_project(folder: Path) -> bool:
    # Other books have a configuration, too.
    return all((folder / inner / "__init__.py").is_file() for inner in _FOLDERS.values())


def _around() -> Iterator[Path]:
    """The working folder and those that it is in."""
    here = Path.cwd()
    yield from (here, *here.parents)


def project_folder() -> Path:
    """The project's folder: the one around the working folder, else the one that the study is in.

    Raises
    ------
    ProjectError
        If there is none.
    """
    for folder in (*_around(), _installed_from()):
        if _is_project(folder):
            return folder
    raise ProjectError(
        f"expected the project in or above {Path.cwd()}; run the page there, or with the Python of "
        "the project's .venv"
    )


def book_file(name: str) -> Path:
    """A file of the book, wherever in the project or outside a page runs.

    Copies beside the notebook, or around it within the project, come first.

    Parameters
    ----------
    name : str
        Path below ``book/``, for instance ``claims.yml``.

    Raises
    ------
    ProjectError
        If there is no such file.
    """
    project = project_folder()
    folders = [folder for folder in _around() if folder.is_relative_to(project)] or [project]
    for folder in folders:
        for place in (folder / "book" / name, folder / name):
            if place.is_file():
                return place
    raise ProjectError(f"{name}: expected in {project / 'book'}, got no such file")


def fingerprints(project: Path | None = None) -> dict[str, str]:
    """Digests of the engine's and the study's sources.

    Parameters
    ----------
    project : Path, optional
        Where they lie; by default of those that run, as they were when they were imported.
    """
    if project is None:
        return {package: keys.fingerprint(package) for package in _FOLDERS}
    return {package: keys.fingerprint(package, project / f) for package, f in _FOLDERS.items()}


def _git(folder: Path, *arguments: str) -> str:
    """What git prints of the repository around a folder; an error where it says nothing."""
    # Variables of a hook or of another repository would point elsewhere.
    around = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments],
        env={**around, "GIT_OPTIONAL_LOCKS": "0"},  # it only looks
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=10,
    )
    return os.fsdecode(done.stdout)


def revision() -> str:
    """The commit of the project, and whether what runs is as committed.

    What runs are the engine, the study, the data of the book and the pins of all packages:
    notebooks that were executed anew, and prose, change nothing.

    Returns
    -------
    str
        "no commit known" without git, and where no repository is the project's own, as in an
        unpacked archive; or where git refuses it.
    """
    try:
        folder = project_folder()
        # An archive has none, and is asked nothing: some systems have a git that asks back.
        if (folder / ".git").exists():
            top, commit = _git(folder, "rev-parse", "--show-toplevel", "HEAD").splitlines()
            if Path(top).samefile(folder):
                changed = _git(folder, "status", "--porcelain", "-unormal", "--", *_RUNNING)
                told = "changed since" if changed else "as committed"
                return f"commit {commit[:12]}, sources {told}"
    except (OSError, ValueError, ProjectError, subprocess.SubprocessError):
        pass
    return "no commit known"


def check_packages() -> None:
    """Refuse to run a page with packages that are not of its project.

    Those of another project can come from the working folder, a kernel or the user's path. They
    would give other numbers, and say nothing.

    Raises
    ------
    ProjectError
        If the engine and the study lie in different projects, or not in the one around the
        working folder and differ from what lies there.
    """
    engine, study = (Path(file).resolve().parent for file in (keys.__file__, __file__))
    if engine.parent not in (study.parent, study.parent.parent):
        raise ProjectError(f"lsm: expected beside the study in {study.parent}, got {engine}")
    place = next(filter(_is_project, _around()), engine.parent)
    if place != engine.parent and fingerprints() != fingerprints(place):
        raise ProjectError(
            f"lsm: expected as in {place}, got another from {engine.parent}; "
            f"run the page with {place / '.venv' / 'bin' / 'python'}"
        )
