"""Names of results, made of all they depend on: arguments, and the sources that compute them."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import platform
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

# Of a folder's name: file systems allow 255, some that encrypt names about 140.
_MOST_BYTES = 100
#: Of Python text, also of what np.load finds as a header: on two threads at once it is a
#: SystemError of CPython before 3.11.8 and 3.12.2, if the collector lets the other in
#: (python/cpython#106905).
PARSING = threading.Lock()
# Sources of the watched packages' modules, by name, and which of them are packages themselves.
_SOURCES: dict[str, bytes] = {}
_PACKAGES: set[str] = set()


def watch(package: str) -> None:
    """Let results of a package's functions be kept, under what its sources say now.

    A package calls this when it is imported: what is edited later is not what runs here, but for
    modules that are imported or reloaded only then.

    Parameters
    ----------
    package : str
        Name of an importable package, not of one within another.

    Raises
    ------
    ValueError
        If there is no such package.
    """
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"package: expected the name of a package, got {package!r}")
    for name in [name for name in _SOURCES if name.partition(".")[0] == package]:
        del _SOURCES[name]
        _PACKAGES.discard(name)
    for name, source, is_package in _modules(package, Path(spec.submodule_search_locations[0])):
        _SOURCES[name] = source
        if is_package:
            _PACKAGES.add(name)
    _imports.cache_clear()
    _digest.cache_clear()


def _modules(package: str, folder: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Modules of a package in a folder: name, source, and whether it is a package itself."""
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        if all(part.isidentifier() for part in parts):  # what editors leave behind is no module
            is_package = parts[-1] == "__init__"
            name = ".".join((package, *parts[: len(parts) - is_package]))
            yield name, path.read_bytes(), is_package


def fingerprint(package: str, folder: Path | None = None) -> str:
    """Digest of the sources of a package: where they differ, so does it.

    Parameters
    ----------
    package : str
        Name of a watched package.
    folder : Path, optional
        Where they lie; by default they are those that `watch` saw.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    if folder is None:
        of_it = {n: s for n, s in _SOURCES.items() if n.partition(".")[0] == package}
    else:
        of_it = {name: source for name, source, _ in _modules(package, folder)}
    state = hashlib.sha256()
    for name, source in sorted(of_it.items()):
        state.update(f"{name}\0{len(source)}\0".encode() + source)
    return state.hexdigest()[:12]


def _named(module: str, node: ast.Import | ast.ImportFrom) -> list[str]:
    """Modules that an import statement of `module` loads, as far as its text tells."""
    if isinstance(node, ast.Import):
        whole = [alias.name.partition(".")[0] for alias in node.names if alias.asname is None]
        return [*whole, *(alias.name for alias in node.names)]
    base = node.module or ""
    if node.level:
        parts = module.split(".")
        above = parts[: len(parts) - node.level + (module in _PACKAGES)]
        base = ".".join([*above, base] if base else above)
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in _SOURCES else base for name in inner]


@cache
def _imports(module: str) -> frozenset[str]:
    """Modules and packages that a watched module imports, anywhere in its text."""
    found: set[str] = set()
    with PARSING:
        tree = ast.parse(_SOURCES[module])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _named(module, node):
                found.add(name)
                # What is taken from the name of a package is not known.
                found.update(inner for inner in _SOURCES if inner.startswith(f"{name}."))
    return frozenset(found)


def dependencies(*modules: str) -> frozenset[str]:
    """Modules of watched packages that importing some of them runs, themselves included.

    Parameters
    ----------
    *modules : str

    Returns
    -------
    frozenset of str
        Of other packages only the top-level names.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        name = name if name in _SOURCES else name.partition(".")[0]
        if name not in found:
            found.add(name)
            if name in _SOURCES:
                parts = name.split(".")
                waiting += [".".join(parts[:n]) for n in range(1, len(parts))]
                waiting += _imports(name)
    return frozenset(found)


def _version(package: str) -> str:
    if package in sys.stdlib_module_names:
        return ""
    with suppress(ImportError):  # one that a module can do without
        # Imported, not looked up among what is: a key must not depend on what has run before.
        return str(getattr(import_module(package), "__version__", ""))
    return ""


@cache
def _digest(modules: frozenset[str]) -> str:
    """Digest of all that runs when functions of these modules do, and of the versions beneath."""
    state = hashlib.sha256(platform.machine().encode())
    for name in sorted(dependencies(*modules)):
        source = _SOURCES[name] if name in _SOURCES else _version(name).encode()
        state.update(name.encode() + b"\0" + source + b"\0")
    return state.hexdigest()[:16]


def _canonical(value: Any, modules: set[str]) -> Any:
    """`value` as nested tuples of plain values, equal for equal values in every process.

    The modules of functions and classes that stand in it are entered in `modules`.
    """
    if isinstance(value, partial):
        if value.args:
            raise ValueError(f"store: expected a partial of keywords alone, got {value!r}")
        keywords = _canonical(sorted(value.keywords.items()), modules)
        return *_canonical(value.func, modules), keywords
    is_data = dataclasses.is_dataclass(type(value))
    if is_data or isinstance(value, FunctionType):
        kind = type(value) if is_data else value
        name = f"{kind.__module__}.{kind.__qualname__}"
        if kind.__module__ not in _SOURCES or "<" in name:
            known = ", ".join(sorted(name for name in _SOURCES if "." not in name))
            raise ValueError(f"store: expected functions and classes of {known}, got {name}")
        modules.add(kind.__module__)
        fields = dataclasses.fields(value) if is_data else ()
        return name, *((f.name, _canonical(getattr(value, f.name), modules)) for f in fields)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufcSU":
        return "array", value.dtype.str, value.shape, value.tobytes().hex()
    if type(value) in (tuple, list):  # a NamedTuple is more than its items
        return tuple(_canonical(item, modules) for item in value)
    if isinstance(value, bool | int | float | str | type(None)):
        return type(value).__name__, repr(value)
    raise ValueError(f"store: expected parameters made of numbers, words and arrays, got {value!r}")


def _bounded(name: str) -> str:
    """`name`, in place of whose end a digest stands where file systems would find it too long."""
    text = name.encode()
    if len(text) <= _MOST_BYTES:
        return name
    digest = hashlib.sha256(text).hexdigest()[:16]
    return f"{text[: _MOST_BYTES - 17].decode(errors='ignore')}-{digest}"


def key(function: Callable[..., Any], *arguments: Any) -> str:
    """Name of a result of `function`.

    Parameters
    ----------
    function : callable
        A function of a watched package, or a partial of one with keywords alone.
    *arguments
        Numbers, words, arrays, and functions and frozen dataclasses of watched packages.

    Returns
    -------
    str
        ``functions/sources/arguments``: the functions that the result is of, a digest of the
        sources that they depend on, and one of the arguments, with the sources of their classes.
        Only what computes counts among the sources: the modules of these functions and classes,
        and what they import.

    Raises
    ------
    ValueError
        If a function or class is of no watched package, so that its changes would go unnoticed,
        or an argument is something else.
    """
    bare = [each.func if isinstance(each, partial) else each for each in (function, *arguments)]
    if not isinstance(bare[0], FunctionType):
        raise ValueError(f"store: expected a function, got {bare[0]!r}")
    functions = [each for each in bare if isinstance(each, FunctionType)]
    modules: set[str] = set()
    parts = _canonical(function, modules), _canonical(arguments, modules)
    # Arguments of classes from elsewhere make another name, not another generation of results.
    everything = repr(parts) + _digest(frozenset(modules))
    names = _bounded("+".join(f"{each.__module__}.{each.__qualname__}" for each in functions))
    sources = _digest(frozenset(each.__module__ for each in functions))
    return f"{names}/{sources}/{hashlib.sha256(everything.encode()).hexdigest()[:32]}"


if __package__:
    watch(__package__)
