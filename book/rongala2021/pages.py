"""What every page of the book shows around its figure: parameters, verdicts, data, provenance."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
import yaml

from rongala2021 import ledger, scorecard
from rongala2021.ledger import Sample
from rongala2021.scale import Scale, scale_of
from rongala2021.tables import Table

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


class Parameters(Mapping[str, Any]):
    """Parameters of a page by name; shown beside the paper's values."""

    def __init__(self, values: Mapping[str, Any], table: Table) -> None:
        self._values, self._table = dict(values), table

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        rows = self._table.frame.itertuples(index=False)
        return "\n".join(f"{row.name} = {row.here} {row.unit}".rstrip() for row in rows)

    def _repr_html_(self) -> str:
        return self._table._repr_html_()


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


def _of_notebook() -> dict[str, Any]:
    """What the annotated names of the notebook's parameters cell are now."""
    module = sys.modules["__main__"]
    return {name: getattr(module, name) for name in getattr(module, "__annotations__", {})}


def parameters(values: Mapping[str, Any] | None = None) -> Parameters:
    """Check a page's parameters and tabulate them beside the paper's values.

    Their registry is ``book/parameters.yml``: for each name its type, limits or choices, unit,
    meaning, the paper's value, where that stands, and whether ours is given, inferred or chosen.

    Parameters
    ----------
    values : mapping of str to value, optional
        By default those of the notebook that calls: its parameters cell annotates each of them,
        and nothing else is annotated before.

    Returns
    -------
    `Parameters`

    Raises
    ------
    ParameterError
        If a value has the wrong type or lies outside its limits.
    KeyError
        If a name is not in the registry.
    """
    given = _of_notebook() if values is None else dict(values)
    registry = yaml.safe_load(book_file("parameters.yml").read_text(encoding="utf-8"))
    known = {name: registry[name] for name in given}
    # A limit may be another parameter of the page, which is then to be checked before.
    for name in sorted(given, key=lambda name: known[name].get("high") in given):
        high = known[name].get("high")
        entry = {**known[name], "high": given.get(high, high)}
        if fault := _fault(given[name], entry):
            raise ParameterError(f"{name}: expected {fault}, got {given[name]!r}")
    rows = []
    for name, value in given.items():
        entry = known[name]
        here = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        paper, unit = str(entry.get("paper", "not stated")), entry.get("unit", "")
        rows.append((name, entry["meaning"], here, paper, unit, entry["source"], entry["status"]))
    heads = ("name", "meaning", "here", "paper", "unit", "source", "status")
    return Parameters(given, Table(pd.DataFrame(rows, columns=heads)))


def scale(given: Mapping[str, Any], **changes: Any) -> Scale:
    """The scale that a page's parameters describe, as `scale_of`, with the book's results."""
    return scale_of(given, store=results_folder(), **changes)


def score(
    samples: Mapping[str, Sample | Sequence[Sample]],
    **controls: Mapping[str, Sample | Sequence[Sample]],
) -> scorecard.Scorecard:
    """Judge the claims that a page measured by the book's ledger.

    Parameters
    ----------
    samples : mapping of id to one sample, or to a sequence of samples with the drawn one first
    **controls
        The same of controls, by the names of `ledger.CONTROLS`.
    """
    return scorecard.score(ledger.load(book_file("claims.yml")), samples, **controls)


# Axes whose unit stands in the head of a column.
_HEADS = {
    "frequency": "frequency_hz",
    "delay": "delay_s",
    "rate": "rate_hz",
    "tau_dyn": "tau_dyn_s",
    "time": "time_s",
}


def _frame(data: xr.Dataset | xr.DataArray | pd.DataFrame | Mapping[str, Any]) -> pd.DataFrame:
    """One row for each element, its labels first."""
    if isinstance(data, xr.DataArray):
        data = data.to_dataset(name=data.name or "value")
    if isinstance(data, xr.Dataset):
        varying = [name for name, coord in data.coords.items() if coord.ndim]
        plain = data.drop_vars([name for name in data.coords if name not in varying])
        axes = list(dict.fromkeys(axis for column in data.values() for axis in column.dims))
        frame = plain.to_dataframe(dim_order=axes).reset_index()
        return frame.rename(columns=_HEADS)
    return pd.DataFrame(data)


def table(columns: Mapping[str, xr.DataArray | Sequence[Any]] | pd.DataFrame) -> Table:
    """A table of columns by their heads; of labelled arrays, with a column for each axis first.

    Raises
    ------
    ValueError
        If columns differ in length or axes.
    """
    first = next(iter(columns.values()), None) if isinstance(columns, Mapping) else None
    if not isinstance(first, xr.DataArray):
        return Table(pd.DataFrame(columns))
    labels = {axis: first[axis].values for axis in first.dims}  # without what hangs on them
    plain = {}
    for name, column in columns.items():
        if not isinstance(column, xr.DataArray) or not all(
            axis in labels and set(column[axis].values) == set(labels[axis]) for axis in column.dims
        ):
            axes = ", ".join(map(str, labels))
            raise ValueError(f"columns: expected arrays over {axes} as the first, got {name!r}")
        plain[name] = column.reset_coords(drop=True)
    return Table(_frame(xr.Dataset(plain, coords=labels)))


def _save_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        frame.to_csv(temporary, index=False, float_format="%.7g", lineterminator="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def save_data(
    page: str, **tables: xr.Dataset | xr.DataArray | pd.DataFrame | Mapping[str, Any]
) -> Table:
    """Save the data of a page's panels and tell what they are.

    Parameters
    ----------
    page : str
        Start of the file names.
    **tables
        Data of each file: ``traces=...`` goes to ``data/<page>_traces.csv``. Of labelled arrays
        each element is a row, with its labels.

    Returns
    -------
    Table
        Rows, mean and standard deviation of each column, by which a change in them shows.

    Raises
    ------
    ValueError
        If columns differ in length.
    """
    rows = []
    # All of them before any is written: an error leaves no half of a page's data.
    frames = {name: _frame(data) for name, data in tables.items()}
    for name, frame in frames.items():
        path = Path("data", f"{page}_{name}.csv")
        _save_csv(frame, path)
        for column, values in frame.items():
            figures = ("", "")
            if values.dtype.kind in "biuf" and values.notna().any():
                figures = (f"{values.mean():.4g}", f"{values.std(ddof=0):.4g}")
            rows.append((path.name, str(column), str(len(values)), *figures))
    heads = ("file", "column", "rows", "mean", "standard deviation")
    return Table(pd.DataFrame(rows, columns=heads))


def provenance(given: Mapping[str, Any]) -> None:
    """Print versions, seed and run time since the page started."""
    names = ("lsm", "numpy", "scipy", "numba", "PyWavelets", "xarray", "pandas", "matplotlib")
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"seed {given['seed']}; Python {platform.python_version()} on {platform.machine()}")
    print(packages)
    print(f"run time {time.perf_counter() - _STARTED:.0f} s")
