"""What an executed page was made of, in parts, and which of them have changed since.

The key of a page stands in the metadata of its executed copy. It holds a digest for each file and
each other part that can change what the page shows, so that not only whether a page is stale can be
told, but because of what.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import running
from running import Notebook

#: What executes the pages, beside what they import: modules in the book's folder.
DRIVER = (
    "compiling",
    "crew",
    "durations",
    "environment",
    "execute",
    "interrupts",
    "processes",
    "progress",
    "running",
    "shares",
    "staleness",
)
#: A part's name and its digests, or other texts, by their names.
Key = dict[str, Any]
#: Files and pages that are named, of many that changed.
_N_NAMED = 3


class Refusal(Exception):
    """A request that cannot be carried out; its text is for the user."""


# ---------------------------------------------------------------- files


def packages(root: Path) -> list[Path]:
    """Folders of the packages that pages import, from where pyproject.toml says that they lie."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    try:
        told = tomllib.loads(text)["tool"]["setuptools"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise Refusal(f"pyproject.toml: expected [tool.setuptools], got {error!r}") from None
    places = told.get("package-dir", {})
    # Packages within packages lie in their folders.
    folders = [root / places.get(name, name) for name in told["packages"] if "." not in name]
    if missing := [str(f.relative_to(root)) for f in folders if not f.is_dir()]:
        raise Refusal(f"pyproject.toml: expected packages that exist, got {', '.join(missing)}")
    return folders


def package_files(root: Path) -> list[Path]:
    """Sources of the packages and the data among them, such as styles."""
    unseen = (".", "__pycache__")
    return [
        path
        for folder in packages(root)
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(unseen) for part in path.relative_to(folder).parts)
    ]


def driver_files(root: Path) -> list[Path]:
    """Modules of the driver."""
    return [root / "book" / f"{name}.py" for name in DRIVER]


def digests(root: Path, paths: Iterable[Path]) -> dict[str, str]:
    """A digest of each file's contents under its name below the project's folder."""
    return {p.relative_to(root).as_posix(): digest(p) for p in sorted(paths)}


def digest(path: Path) -> str:
    """A digest of a file's contents."""
    return _digest(path.read_bytes())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


# ---------------------------------------------------------------- keys


def surroundings(root: Path) -> Key:
    """The parts of a key that all pages share."""
    files = [p for kind in ("*.yml", "*.json") for p in (root / "book").glob(kind)]
    files += [*package_files(root), root / "requirements.txt", *driver_files(root)]
    versions = {"Python": platform.python_version(), "machine": platform.machine()}
    return {"files": digests(root, files), "versions": versions | {"lsm": version("lsm")}}


def page_key(
    notebook: Notebook, given: dict[str, Any], gathered: dict[str, str], around: Key
) -> Key:
    """What a page's executed copy must have been made of to be kept.

    Parameters
    ----------
    notebook : dict
        The page as committed.
    given : dict
        Parameters that differ from the page's own.
    gathered : dict
        Digests of other pages' copies that it reads, by their names.
    around : dict
        From `surroundings`.
    """
    cells = [
        [cell["cell_type"], "".join(cell["source"]), cell["metadata"]] for cell in notebook["cells"]
    ]
    return {
        "cells": _digest(json.dumps(cells, sort_keys=True).encode()),
        "parameters": {name: repr(value) for name, value in given.items()},
        "gathered": gathered,
        **around,
    }


def kept(copy: Path) -> Any:
    """What an executed copy was made of; None if it is missing, spoiled or of a failed run."""
    try:
        return running.read(copy)["metadata"]["lsm"]["key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


# ---------------------------------------------------------------- reasons


def reasons(copy: Path, now: Key, root: Path) -> list[str]:
    """Why a page's executed copy is stale, the most particular first; nothing if it holds."""
    if not copy.exists():
        return ["never executed"]
    made = kept(copy)
    if made is None:
        return ["its last run failed or was interrupted"]
    if made == now:
        return []
    alike = isinstance(made, dict) and made.keys() == now.keys()
    if not alike or not all(isinstance(made[part], type(now[part])) for part in now):
        return ["executed by another driver"]
    return [*_of_page(made, now), *_of_files(_changed(made["files"], now["files"]), root)] + [
        f"{name} {now['versions'].get(name)}, was {made['versions'].get(name)}"
        for name in _changed(made["versions"], now["versions"])
    ]


def _of_page(made: Key, now: Key) -> Iterator[str]:
    if made["cells"] != now["cells"]:
        yield "cells changed"
    if made["parameters"] != now["parameters"]:
        old, new = (
            " ".join(f"{name}={value}" for name, value in each["parameters"].items()) or "defaults"
            for each in (made, now)
        )
        yield f"parameters {new}, was {old}"
    if changed := _changed(made["gathered"], now["gathered"]):
        yield f"gathers {_listed(changed)}"


def _of_files(changed: Iterable[str], root: Path) -> Iterator[str]:
    """Changed files, those of a package and those of the driver together."""
    folders = {f"{folder.relative_to(root).as_posix()}/": folder.name for folder in packages(root)}
    folders |= {f"book/{name}.py": "driver" for name in DRIVER}
    groups: dict[str, list[str]] = {}
    for file in changed:
        place = next((place for place in folders if file.startswith(place)), "")
        inner = file.removeprefix(place) or file
        groups.setdefault(folders.get(place, ""), []).append(inner.removeprefix("book/"))
    for group in sorted(groups, key=[*folders.values(), ""].index):
        yield f"{group}: {_listed(groups[group])}".removeprefix(": ")


def _changed(made: dict[str, str], now: dict[str, str]) -> list[str]:
    """Names whose texts differ, or that only one of them has."""
    return [name for name in sorted({*made, *now}) if made.get(name) != now.get(name)]


def _listed(names: list[str]) -> str:
    rest = [f"{len(names) - _N_NAMED} more"] if len(names) > _N_NAMED else []
    return ", ".join(names[:_N_NAMED] + rest)
