"""Results on disk, each a file that tells what it is of; `lsm.keys` gives them their names.

python -m lsm.store show KEY      tells the setting behind a result, and what it holds
"""

from __future__ import annotations

import argparse
import dataclasses
import errno
import glob
import io
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np

from lsm._files import write_whole
from lsm._optional import StoreWarning as StoreWarning
from lsm._optional import tell_once
from lsm.keys import PARSING

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

Result = TypeVar("Result", bound=tuple[Any, ...])

# Generations of sources whose results are kept of each function.
_N_KEPT = 3
# Items of a list that are shown.
_N_SHOWN = 12


def _last_used(path: Path) -> float:
    with suppress(OSError):  # another process may just be removing it
        return path.stat().st_mtime
    return 0.0


def _make_generation(present: Path) -> None:
    """Make the folder for results of the present sources; remove the oldest of other sources."""
    with suppress(FileExistsError):
        present.mkdir(parents=True)
        others = [path for path in present.parent.iterdir() if path.is_dir() and path != present]
        for old in sorted(others, key=_last_used)[: 1 - _N_KEPT]:
            shutil.rmtree(old, ignore_errors=True)


def read(folder: Path, name: str, kind: type[Result]) -> Result | None:
    """The result `name` if it is on disk, else None; of one that is spoiled a `StoreWarning` tells.

    Parameters
    ----------
    folder : Path
        Of all results.
    name : str
        From `lsm.keys.key`.
    kind : type
        NamedTuple of arrays and numbers.
    """
    path = folder / f"{name}.npz"
    try:
        # Opened here: what np.load cannot read, it does not close.
        with path.open("rb") as stream, PARSING, np.load(stream, allow_pickle=False) as file:
            found = kind(*(file[field][()] for field in kind._fields))  # type: ignore[attr-defined]
    except OSError:  # not there, or not for us
        return None
    except Exception as error:  # of many kinds
        tell_once("spoiled", f"{path} was spoiled, and is computed again ({error!r})")
        return None
    with suppress(OSError):  # of a store that can only be read
        os.utime(path.parent)  # in use: not the oldest
    return found


def _plain(value: Any) -> Any:
    """`value` as what JSON has, with the names of functions and classes."""
    if isinstance(value, partial):
        return {"function": _plain(value.func), **_plain(value.keywords)}
    if dataclasses.is_dataclass(type(value)):
        named = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {"class": _plain(type(value)), **_plain(named)}
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return value


def _content(result: Any, about: Mapping[str, Any]) -> bytes:
    """A result as a file. No field of a NamedTuple starts with an underscore."""
    content = io.BytesIO()
    told = json.dumps(_plain(about)).encode()
    np.savez(content, allow_pickle=False, _about=np.array(told), **result._asdict())
    return content.getvalue()


def _write(path: Path, content: bytes) -> OSError | None:
    """Write a result whole or not at all; returns why it could not be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)  # may have become the oldest meanwhile
        write_whole(path, content)
    except OSError as error:
        return error
    return None


def _not_kept(folder: Path, error: OSError) -> None:
    tell_once("results", f"results are not kept in {folder} ({error!r})")


def keep(folder: Path, name: str, result: Any, about: Mapping[str, Any]) -> None:
    """Keep a result that another process computed, perhaps where this folder is not seen.

    Parameters
    ----------
    folder, name, about
        As in `stored`.
    result : NamedTuple
    """
    path = folder / f"{name}.npz"
    if read(folder, name, type(result)) is None:  # not there, or spoiled
        with suppress(OSError):  # told when writing fails
            _make_generation(path.parent)
        if error := _write(path, _content(result, about)):
            _not_kept(folder, error)


@contextmanager
def _alone(path: Path) -> Iterator[OSError | None]:
    """Let no other thread or process compute `path` meanwhile; yields why that cannot be had.

    A lock only saves work, so that nothing fails without it: who waited for one reads first.
    """
    unlocked = None if fcntl else OSError(errno.ENOSYS, "no module fcntl")
    locked = path.with_suffix(".lock")
    with ExitStack() as stack:
        if fcntl:
            try:
                fcntl.flock(stack.enter_context(locked.open("w")), fcntl.LOCK_EX)
            except OSError as error:
                unlocked = error
        try:
            yield unlocked
        finally:  # before it is closed; who waits for it holds a lock on no file, and reads first
            with suppress(OSError):
                locked.unlink()


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
        raise ValueError(f"store: expected a function that returns a NamedTuple, got {plain!r}")
    return kind


def stored(
    folder: Path,
    name: str,
    kind: type[Result],
    compute: Callable[[], Result],
    about: Mapping[str, Any],
) -> Result:
    """The result `name`, from disk if it is there, else computed and kept.

    A result is written whole or not at all. Who asks for one while another thread or process
    computes it waits for that, where the file system has locks. Where nothing can be written the
    result is computed all the same, and a `StoreWarning` says once why it is not kept.

    Parameters
    ----------
    folder : Path
        Of all results.
    name : str
        From `lsm.keys.key`.
    kind : type
        NamedTuple of arrays and numbers.
    compute : callable
        Called without arguments if the result is not there.
    about : mapping of str to value
        What the result is of, such as a setting and a seed: kept with it, for those who ask.

    Raises
    ------
    ValueError
        If a field of the result is neither an array of numbers or words nor one of them.
    """
    found = read(folder, name, kind)
    if found is not None:
        return found
    path = folder / f"{name}.npz"
    with suppress(OSError):  # told below, when writing fails
        _make_generation(path.parent)
    unwritten = None
    with _alone(path) as unlocked:
        found = read(folder, name, kind)  # another may have finished while we waited
        if found is None:
            found = compute()
            unwritten = _write(path, _content(found, about))
    if unwritten is not None:
        _not_kept(folder, unwritten)
    elif unlocked is not None:
        told = f"no locks in {folder}: several that ask at once compute the same ({unlocked!r})"
        tell_once("locks", told)
    return found


def _matching(folder: Path, name: str) -> list[Path]:
    """Results whose name, or the last part of it, starts so."""
    head, _, last = name.removesuffix(".npz").rpartition("/")
    found = folder.glob(f"*/*/{glob.escape(last)}*.npz")
    return sorted(path for path in found if path.parent.as_posix().endswith(head))


def _lines(value: Any, name: str = "", indent: int = 0) -> Iterator[str]:
    """Lines that show what JSON has, long lists shortened."""
    head = " " * indent + name
    if isinstance(value, dict):
        yield head
        for inner, each in value.items():
            yield from _lines(each, inner, indent + 2)
    elif isinstance(value, list) and len(value) > _N_SHOWN:
        yield f"{head}  {value[0]} ... {value[-1]} ({len(value)} in all)"
    else:
        yield f"{head}  {value}"


def show(folder: Path, name: str) -> str:
    """What a result is of, and what it holds, as text.

    Parameters
    ----------
    folder : Path
        Of all results.
    name : str
        From `lsm.keys.key`; the start of its last part is enough if no other has it.

    Raises
    ------
    ValueError
        If there is no such result, more than one, or it is spoiled.
    """
    paths = _matching(folder, name)
    if len(paths) != 1:
        told = f"expected the name of one result in {folder}, or its start"
        raise ValueError(f"KEY: {told}, got {name!r}, which {len(paths)} have")
    try:
        with paths[0].open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            fields = {field: file[field] for field in file.files}
        about = json.loads(fields.pop("_about", np.array(b"{}"))[()])
    except Exception as error:  # of many kinds
        raise ValueError(f"KEY: expected a result, got {paths[0]} ({error!r})") from None
    written = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(paths[0].stat().st_mtime))
    lines = [str(paths[0]), f"written {written}"]
    if not about:
        lines.append("by an earlier version, which did not tell what it is of")
    for part, value in about.items():
        lines += _lines(value, part)
    for field, values in fields.items():
        flat = values.ravel().tolist() if values.ndim else values.item()
        lines += _lines(flat, f"{field} {values.dtype}{list(values.shape)}")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> int:
    """Carry out the command line; 0, or 2 if there is nothing to show."""
    parser = argparse.ArgumentParser(prog="python -m lsm.store", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser(
        "show", help="tell the setting behind a result, and what it holds"
    )
    command.add_argument(
        "key", metavar="KEY", help="name of a result, or the start of its last part"
    )
    command.add_argument("--store", type=Path, default=Path("_build", "results"), metavar="FOLDER")
    given = parser.parse_args(words)
    try:
        print(show(given.store, given.key))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
