"""What every page of the book shows around its figure: parameters, data, provenance."""

from __future__ import annotations

import csv
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from lsm._tables import html_table

_STARTED = time.perf_counter()
_KINDS: dict[str, tuple[Any, str]] = {
    "int": (int, "an integer"),
    "float": (int | float, "a number"),
    "str": (str, "a word"),
    "list": (list | tuple, "a list"),
}


def book_file(name: str) -> Path:
    """A file of the book, from wherever in the project or beside it the notebook runs.

    Parameters
    ----------
    name : str
        Path below ``book/``, for instance ``claims.yml``.

    Raises
    ------
    FileNotFoundError
        If neither the working folder nor one above it is, or holds, the book.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        for place in (folder / "book" / name, folder / name):
            if place.is_file():
                return place
    raise FileNotFoundError(f"{name}: expected the project's book/ in or above {here}")


def results_folder() -> Path:
    """Where the sweeps of all pages keep their results: ``_build/results`` of the project.

    Raises
    ------
    FileNotFoundError
        If neither the working folder nor one above it is the project.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "_config.yml").is_file() and (folder / "book").is_dir():
            return folder / "_build" / "results"
    raise FileNotFoundError(f"_config.yml: expected the project in or above {here}")


class ParameterError(ValueError):
    """A notebook's parameter is out of range; shown as one line, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"ParameterError: {self}"]


@dataclass(frozen=True)
class ParameterTable:
    """Parameters of a page beside the paper's values."""

    rows: tuple[tuple[str, ...], ...]

    heads = ("name", "meaning", "here", "paper", "unit", "source", "status")

    def __repr__(self) -> str:
        return "\n".join(f"{row[0]} = {row[2]} {row[4]}" for row in self.rows)

    def _repr_html_(self) -> str:
        return html_table(self.heads, self.rows)


def _fault(value: Any, entry: dict[str, Any]) -> str | None:
    """What a value must be, if it is not that."""
    types, expected = _KINDS[entry["type"]]
    if "choices" in entry:
        return None if value in entry["choices"] else "one of " + ", ".join(entry["choices"])
    if isinstance(value, bool) or not isinstance(value, types):
        return expected
    items = list(value) if isinstance(value, list | tuple) else [value]
    item_types = int if entry["type"] == "list" else types
    of_integers = " of integers" if entry["type"] == "list" else ""
    low, high = entry["low"], entry["high"]
    fits = bool(items) and all(
        isinstance(i, item_types) and not isinstance(i, bool) and low <= i <= high for i in items
    )
    if not fits:
        return f"{expected}{of_integers} from {low} to {high}"
    parts = entry["divides"] / value if "divides" in entry else 1.0
    return None if abs(parts - round(parts)) < 1e-6 else f"a divisor of {entry['divides']}"


def parameters(**values: Any) -> ParameterTable:
    """Check a page's parameters and tabulate them beside the paper's values.

    Their registry is ``book/parameters.yml``: for each name its type, limits or choices, unit,
    meaning, the paper's value, where that stands, and whether ours is given, inferred or chosen.

    Parameters
    ----------
    **values
        The parameters of the page.

    Raises
    ------
    ParameterError
        If a value has the wrong type or lies outside its limits.
    KeyError
        If a name is not in the registry.
    """
    registry = yaml.safe_load(book_file("parameters.yml").read_text(encoding="utf-8"))
    known = {name: registry[name] for name in values}
    # A limit may be another parameter of the page, which is then to be checked before.
    for name in sorted(values, key=lambda name: known[name].get("high") in values):
        high = known[name].get("high")
        entry = {**known[name], "high": values.get(high, high)}
        if fault := _fault(values[name], entry):
            raise ParameterError(f"{name}: expected {fault}, got {values[name]!r}")
    rows = []
    for name, value in values.items():
        entry = known[name]
        here = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        paper, unit = str(entry.get("paper", "not stated")), entry.get("unit", "")
        rows.append((name, entry["meaning"], here, paper, unit, entry["source"], entry["status"]))
    return ParameterTable(tuple(rows))


def save_csv(path: str | Path, **columns: ArrayLike | Sequence[str]) -> None:
    """Write columns of equal length as CSV, whole or not at all.

    Columns are flattened, so grids made with `numpy.meshgrid` or broadcasting can be passed.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    flat = {name: np.ravel(values) for name, values in columns.items()}
    lengths = {name: values.size for name, values in flat.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns: expected equal lengths, got {lengths}")
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    texts = [
        [f"{value:.7g}" for value in values] if values.dtype.kind == "f" else values.tolist()
        for values in flat.values()
    ]
    try:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(flat)
            writer.writerows(zip(*texts, strict=True))
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def grid(**axes: ArrayLike | Sequence[str]) -> dict[str, NDArray]:
    """Columns that label every element of an array, its first axis first.

    Parameters
    ----------
    **axes
        Labels of each axis of the array, in order.

    Returns
    -------
    dict of str to array
        Each of the array's shape.
    """
    columns = np.meshgrid(*(np.asarray(labels) for labels in axes.values()), indexing="ij")
    return dict(zip(axes, columns, strict=True))


def _shown(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.4g}"


@dataclass(frozen=True)
class Table:
    """Columns of text and numbers, shown as a table.

    Numbers are rounded to four digits; what is not known is a dash.

    Attributes
    ----------
    columns : mapping of str to sequence
        Columns of equal length by their heads.

    Raises
    ------
    ValueError
        If the columns differ in length.
    """

    columns: Mapping[str, ArrayLike | Sequence[str]]

    def __post_init__(self) -> None:
        lengths = {name: np.size(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns: expected equal lengths, got {lengths}")

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """Cells as they are shown."""
        columns = [np.asarray(column) for column in self.columns.values()]
        cells = [
            [_shown(x) if column.dtype.kind == "f" else str(x) for x in column]
            for column in columns
        ]
        return list(zip(*cells, strict=True))

    def __repr__(self) -> str:
        return "\n".join(", ".join(row) for row in self.rows)

    def _repr_html_(self) -> str:
        return html_table(list(self.columns), self.rows)


def save_data(page: str, **tables: Mapping[str, ArrayLike | Sequence[str]]) -> Table:
    """Save the data of a page's panels and tell what they are.

    Parameters
    ----------
    page : str
        Start of the file names.
    **tables
        Columns of each file, as in `save_csv`: ``traces={...}`` goes to
        ``data/<page>_traces.csv``.

    Returns
    -------
    Table
        Rows, mean and standard deviation of each column, by which a change in them shows.

    Raises
    ------
    ValueError
        If the columns of a file differ in length.
    """
    rows = []
    for name, columns in tables.items():
        path = Path("data", f"{page}_{name}.csv")
        save_csv(path, **columns)
        for column, values in columns.items():
            flat = np.ravel(values)
            figures = ("", "")
            if flat.dtype.kind in "biuf":
                known = flat[~np.isnan(flat)] if flat.dtype.kind == "f" else flat
                figures = (f"{known.mean():.4g}", f"{known.std():.4g}") if known.size else ("", "")
            rows.append((path.name, column, str(flat.size), *figures))
    heads = ("file", "column", "rows", "mean", "standard deviation")
    return Table(dict(zip(heads, zip(*rows, strict=True), strict=True)))


def provenance(*, seed: int) -> None:
    """Print versions, seed and run time since the page started."""
    names = ("lsm", "numpy", "scipy", "numba", "PyWavelets", "matplotlib")
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"seed {seed}; Python {platform.python_version()} on {platform.machine()}")
    print(packages)
    print(f"run time {time.perf_counter() - _STARTED:.0f} s")
