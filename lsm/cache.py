"""Results on disk, under a key made of all they depend on, this package's own sources included."""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import os
import platform
import shutil
import threading
import zipfile
from collections.abc import Callable
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np

Result = TypeVar("Result", bound=tuple[Any, ...])

# No result depends on these; import-linter keeps the modules that compute from importing them.
_NOT_COMPUTING = ("_tables", "claims", "experiments", "pages", "plots", "readings")
# Generations of sources whose results are kept.
_N_KEPT = 3
# Whose changes `sources` notices.
_PREFIX = f"{__package__}."
# np.load parses each header as Python; on two threads at once that is a SystemError of CPython
# before 3.11.8 and 3.12.2, if the collector lets the other one in (python/cpython#106905).
_READING = threading.Lock()


def _canonical(value: Any) -> Any:
    """`value` as nested tuples of plain values, equal for equal values in every process."""
    if dataclasses.is_dataclass(type(value)) and type(value).__module__.startswith(_PREFIX):
        kind, fields = type(value), dataclasses.fields(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        return name, *((f.name, _canonical(getattr(value, f.name))) for f in fields)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufcSU":
        return "array", value.dtype.str, value.shape, value.tobytes().hex()
    if isinstance(value, tuple | list):
        return tuple(_canonical(item) for item in value)
    if isinstance(value, bool | int | float | str | type(None)):
        return type(value).__name__, repr(value)
    raise ValueError(f"cache: expected parameters made of numbers, words and arrays, got {value!r}")


def key(function: Callable[..., Any], *arguments: Any) -> str:
    """Name of a result of `function`, a function of this package or a partial of one.

    Raises
    ------
    ValueError
        If the function is another, whose changes would go unnoticed, or an argument is neither a
        dataclass of this package nor made of numbers, words and arrays.
    """
    keywords: dict[str, Any] = {}
    if isinstance(function, partial):
        if function.args:
            raise ValueError(f"cache: expected a partial of keywords alone, got {function!r}")
        keywords, function = function.keywords, function.func
    name = f"{function.__module__}.{function.__qualname__}"
    noticed = name.startswith(_PREFIX) and name.split(".")[1] not in _NOT_COMPUTING
    if not noticed or "<" in name:
        raise ValueError(f"cache: expected a function of {__package__}, got {name}")
    parts = (name, _canonical(sorted(keywords.items())), _canonical(arguments))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@cache
def sources() -> str:
    """Digest of all that computes: this package's modules, and the versions beneath them."""
    state = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in _NOT_COMPUTING:
            state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    versions = [f"{name} {version(name)}" for name in ("numpy", "scipy", "numba", "PyWavelets")]
    state.update(" ".join([*versions, platform.machine()]).encode())
    return state.hexdigest()[:16]


sources()  # now: what is edited after this import is not what runs here


def _generation(folder: Path) -> Path:
    """Folder for results of the present sources; makes room by removing the oldest others."""
    present = folder / sources()
    if not present.is_dir():
        present.mkdir(parents=True, exist_ok=True)
        others = [path for path in folder.iterdir() if path.is_dir() and path != present]
        others.sort(key=lambda path: path.stat().st_mtime)
        for old in others[: 1 - _N_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    os.utime(present)  # in use: not the oldest
    return present


def _read(path: Path, kind: type[Result]) -> Result | None:
    try:
        # Opened here: what np.load cannot read, it does not close.
        with (
            path.open("rb") as stream,
            _READING,
            np.load(stream, allow_pickle=False) as file,
        ):
            return kind(*(file[name][()] for name in kind._fields))  # type: ignore[attr-defined]
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile):
        return None  # not there, or spoiled from outside: computed again


def result_kind(function: Callable[..., Any]) -> type[Any]:
    """What a function returns, which must be a NamedTuple of arrays and numbers.

    Raises
    ------
    ValueError
        If it returns, or says that it returns, something else.
    """
    plain = function.func if isinstance(function, partial) else function
    kind = get_type_hints(plain).get("return")
    if not (isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")):
        raise ValueError(f"cache: expected a function that returns a NamedTuple, got {plain!r}")
    return kind


def cached(folder: Path, name: str, kind: type[Result], compute: Callable[[], Result]) -> Result:
    """The result `name`, from disk if it is there, else computed and kept.

    A result is written whole or not at all. Who asks for one that another thread or process is
    just computing waits for it.

    Parameters
    ----------
    folder : Path
        Of all results.
    name : str
        From `key`.
    kind : type
        NamedTuple of arrays and numbers.
    compute : callable
        Called without arguments if the result is not there.

    Raises
    ------
    ValueError
        If a field of the result is neither an array of numbers or words nor one of them.
    """
    present = _generation(folder)
    path = present / f"{name}.npz"
    found = _read(path, kind)
    if found is not None:
        return found
    with open(present / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = _read(path, kind)  # another may have finished while we waited
        if found is None:
            found = compute()
            temporary = present / f"{name}.{os.getpid()}.tmp"
            try:
                with temporary.open("wb") as file:
                    np.savez(file, allow_pickle=False, **found._asdict())  # type: ignore[attr-defined]
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
            (present / f"{name}.lock").unlink(missing_ok=True)
    return found
