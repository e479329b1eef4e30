"""What every page of the book shows around its figure: parameters, verdicts, data, provenance."""

from __future__ import annotations

import ast
import html
import platform
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
import xarray as xr
import yaml

from lsm._files import write_whole
from lsm.store import StoreWarning
from lsm.sweeps import ExecutorWarning
from rongala2021 import explorer, ledger, scorecard, workers
from rongala2021.ledger import Sample
from rongala2021.project import (
    RAN,
    book_file,
    check_packages,
    fingerprints,
    project_folder,
    revision,
)
from rongala2021.scale import Scale, scale_of
from rongala2021.tables import Table

_KINDS: dict[str, tuple[Any, str]] = {
    "int": (int, "an integer"),
    "float": (int | float, "a number"),
    "str": (str, "a word"),
    "list": (list | tuple, "a list"),
    "bool": (bool, "True or False"),
}


def results_folder() -> Path:
    """Where the sweeps of all pages keep their results: ``_build/results`` of the project.

    Raises
    ------
    ProjectError
        If neither the working folder nor the study lies in the project.
    """
    return project_folder() / "_build" / "results"


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
    if isinstance(value, bool) != (types is bool) or not isinstance(value, types):
        return expected
    if "low" not in entry:
        return None
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
    """What the annotated names of the notebook's parameters cell are now.

    Raises
    ------
    ParameterError
        If that cell, or the one that papermill adds, assigns another name.
    """
    module = sys.modules["__main__"]
    annotated = getattr(module, "__annotations__", {})
    names = annotated if isinstance(annotated, dict) else {}  # which may be given by mistake, too
    given = {name: getattr(module, name) for name in names}
    for name in _assigned_as_parameters(_executed()):
        if name not in given:
            known = f"a parameter of this page ({', '.join(given)})" if given else "no parameters"
            value = getattr(module, name, None)
            raise ParameterError(f"{name}: expected {known}, got {value!r}")
    return given


def _executed() -> Sequence[str]:
    """Sources of the cells that the notebook's kernel has executed, none elsewhere."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell.history_manager.input_hist_raw if shell else ()


def _assigned_as_parameters(cells: Sequence[str]) -> list[str]:
    """Names assigned in the last cell that declares parameters and in what papermill adds to it.

    Parameters
    ----------
    cells : sequence of str
        Sources in the order in which they were executed. papermill's cell comes after the one that
        declares, or first if none does, and has a comment at its head.
    """
    found: list[str] = []
    for source in reversed(cells):
        with suppress(SyntaxError):
            statements = ast.parse(source).body
            declares = any(isinstance(s, ast.AnnAssign) for s in statements)
            if declares or source.lstrip().startswith("# Parameters\n"):
                assigned = [s for s in statements if isinstance(s, ast.Assign)]
                names = [n for s in assigned for t in s.targets for n in ast.walk(t)]
                found += [name.id for name in names if isinstance(name, ast.Name)]
            if declares:
                break
    return found


# What could not be kept on disk, or not be computed elsewhere, in that order.
_NOT_KEPT: list[str] = []


class _ToTheEnd:
    """Shows warnings, but those about the machine with the provenance: they change no result."""

    def __init__(self, show: Callable[..., None]) -> None:
        self._show = show

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, StoreWarning | ExecutorWarning):
            _NOT_KEPT.append(str(message))
        else:
            self._show(message, category, filename, lineno, file, line)


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
        If a value has the wrong type or lies outside its limits, or the notebook is given a name
        that it does not declare.
    ProjectError
        If the packages that run are not of the page's project.
    KeyError
        If a name is not in the registry.
    """
    if values is None:
        check_packages()
        if not isinstance(warnings.showwarning, _ToTheEnd):
            warnings.showwarning = _ToTheEnd(warnings.showwarning)
        values = _of_notebook()
    given = dict(values)
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
        here = here or "none"
        paper, unit = str(entry.get("paper", "not stated")), entry.get("unit", "")
        rows.append((name, entry["meaning"], here, paper, unit, entry["source"], entry["status"]))
    heads = ("name", "meaning", "here", "paper", "unit", "source", "status")
    return Parameters(given, Table(pd.DataFrame(rows, columns=heads)))


def scale(given: Mapping[str, Any], **changes: Any) -> Scale:
    """The scale that a page's parameters describe, as `scale_of`, with the book's results.

    Raises
    ------
    ParameterError
        If nothing computes at the `scheduler` that is given.
    """
    try:
        computing = workers.executor(given.get("scheduler", ""))
    except ValueError as error:
        raise ParameterError(error) from None
    return scale_of(given, store=results_folder(), executor=computing, **changes)


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


#: Significant digits of what is measured at frequencies: nine decades of power, from estimates
#: that differ by percents between neighbours.
_DIGITS_OF_SPECTRA = 4


def _short(frame: pd.DataFrame) -> pd.DataFrame:
    """A table over frequency with no more digits than mean something; others as they are."""
    if _HEADS["frequency"] not in frame:
        return frame
    axes = set(_HEADS.values())
    floats = [name for name, v in frame.items() if v.dtype.kind == "f" and name not in axes]
    rounded = {name: [float(f"{v:.{_DIGITS_OF_SPECTRA}g}") for v in frame[name]] for name in floats}
    return frame.assign(**rounded)


def _save_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _short(frame).to_csv(index=False, float_format="%.7g", lineterminator="\n")
    write_whole(path, text.encode())


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
        each element is a row, with its labels. Numbers have seven digits, so that a time axis stays
        regular; those of a table over frequency four, but its axes.

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
        try:
            _save_csv(frame, path)
        except OSError as error:
            warnings.warn(f"{path} is not saved: {error}", StoreWarning, stacklevel=2)
        for column, values in frame.items():
            figures = ("", "")
            if values.dtype.kind in "biuf" and values.notna().any():
                figures = (f"{values.mean():.4g}", f"{values.std(ddof=0):.4g}")
            rows.append((path.name, str(column), str(len(values)), *figures))
    heads = ("file", "column", "rows", "mean", "standard deviation")
    return Table(pd.DataFrame(rows, columns=heads))


class Links:
    """Links from a page to the explorer, each with what it leaves out."""

    def __init__(self, addresses: Mapping[str, str], remarks: Mapping[str, str], note: str) -> None:
        self._addresses, self._remarks, self._note = addresses, remarks, note

    def __repr__(self) -> str:
        lines = [
            f"{label}: explore.html{address} {self._remarks[label]}".rstrip()
            for label, address in self._addresses.items()
        ]
        return "\n".join([*lines, self._note]).rstrip()

    def _repr_html_(self) -> str:
        links = [
            f'<a href="../explore.html{html.escape(address)}">{html.escape(label)}</a> '
            f"{html.escape(self._remarks[label])}".rstrip()
            for label, address in self._addresses.items()
        ]
        return f"<p>{'<br>'.join(links)}</p><p>{html.escape(self._note)}</p>".replace("<p></p>", "")


def explore(
    given: Mapping[str, Any],
    each: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    note: str = "",
) -> Links:
    """Links that open the explorer with a page's parameters.

    Parameters
    ----------
    given : mapping of str to value
        A page's parameters.
    each : mapping of label to mapping, optional
        The settings that a page compares, by what differs in them from what is given.
    note : str
        What else there is to know of the explorer's networks.

    Returns
    -------
    `Links`
        What the explorer cannot be set to is left out of the address, and told.
    """
    settings = {
        "Open in the explorer" + (f": {label}" if label else ""): {**given, **differs}
        for label, differs in (each or {"": {}}).items()
    }
    addresses, remarks = {}, {}
    for label, values in settings.items():
        left = explorer.left_out(values)
        addresses[label] = explorer.address({k: v for k, v in values.items() if k not in left})
        told = "; ".join(f"{name} = {values[name]} (there {has})" for name, has in left.items())
        remarks[label] = f"without {told}" if told else ""
    return Links(addresses, remarks, note)


def by_weights(each: Iterable[tuple[str, float]]) -> dict[str, dict[str, Any]]:
    """Parameters of kinds of weights and their means, by what these are called, for `explore`."""
    return {f"{kind} {mean:g}": {"weights": kind, "mean_weight": mean} for kind, mean in each}


class Provenance:
    """What a page was made with: text to read, and a record by which it is checked."""

    def __init__(self, lines: Sequence[str], sources: Mapping[str, str]) -> None:
        self._lines = lines
        self._record = {"sources": dict(sources), "not_kept": list(dict.fromkeys(_NOT_KEPT))}

    def __repr__(self) -> str:
        return "\n".join([*self._lines, *self._record["not_kept"]])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"text/plain": repr(self), RAN: self._record}


def provenance(given: Mapping[str, Any]) -> Provenance:
    """Seed, versions, digests and commit of the sources of a page, and what could not be kept."""
    names = ("lsm", "numpy", "scipy", "numba", "PyWavelets", "xarray", "pandas", "matplotlib")
    sources = fingerprints()
    python = f"Python {platform.python_version()} on {platform.machine()}"
    lines = [
        f"seed {given['seed']}; {python}" if "seed" in given else python,
        ", ".join(f"{name} {version(name)}" for name in names),
        "sources: " + ", ".join(f"{name} {digest}" for name, digest in sources.items()),
        revision(),
    ]
    if part := workers.part():
        lines.append(f"part {part[0]} of {part[1]} of all runs, which stand in for the others")
    return Provenance(lines, sources)
