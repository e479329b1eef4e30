import ast
import csv
import html
import json
import math
import re
import sys
import warnings
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from rongala2021 import pages
from rongala2021.pages import (
    ParameterError,
    parameters,
    provenance,
    results_folder,
    save_data,
    table,
)
from rongala2021.project import RAN, fingerprints, revision

BOOK = Path(__file__).parents[2] / "book"
REGISTRY = """
seed: {type: int, low: 0, high: 9, meaning: entropy, source: none, status: chosen}
rate: {type: float, low: 10, high: 400, unit: Hz, meaning: m, paper: 50, source: <b>, status: given}
law: {type: str, choices: [uniform, gaussian], meaning: law, source: none, status: chosen}
n: {type: int, low: 2, high: 50, meaning: presentations, source: none, status: chosen}
shown: {type: list, low: 1, high: n, meaning: drawn, source: none, status: chosen}
dt: {type: float, low: 0.1, high: 1, divides: 2, meaning: step, source: none, status: chosen}
own: {type: bool, meaning: autapses, source: none, status: chosen}
"""


@pytest.fixture
def registry(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "_NOT_KEPT", [])
    for package in ("lsm", "book/rongala2021"):
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "book" / "parameters.yml").write_text(REGISTRY, encoding="utf-8")
    monkeypatch.setattr(pages, "check_packages", lambda: None)  # which are not of this project
    monkeypatch.chdir(tmp_path)


# Parameters


def rows_of(shown):
    """Cells of the rows of an HTML table, its head first."""
    rows = re.findall(r"<tr.*?>(.*?)</tr>", shown._repr_html_(), re.DOTALL)
    return [
        tuple(html.unescape(cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row))
        for row in rows
    ]


VALUES = {"seed": 3, "rate": 50.0, "law": "gaussian", "n": 20, "shown": [1, 20]}


def test_parameters_are_tabulated_beside_the_papers_values(registry):
    found = parameters(VALUES)
    head, *rows = rows_of(found)
    assert head == ("name", "meaning", "here", "paper", "unit", "source", "status")
    assert rows[1] == ("rate", "m", "50.0", "50", "Hz", "<b>", "given")
    assert rows[0] == ("seed", "entropy", "3", "not stated", "", "none", "chosen")
    assert [row[0] for row in rows] == list(VALUES)
    assert rows[4][2] == "1, 20"
    assert "rate = 50.0 Hz" in repr(found).splitlines()
    assert "seed = 3" in repr(found).splitlines()
    assert "&lt;b&gt;" in found._repr_html_()


def test_parameters_are_a_mapping_of_their_values(registry):
    found = parameters(VALUES)
    assert isinstance(found, Mapping)
    assert dict(found) == VALUES
    assert found["rate"] == 50.0
    assert "dt" not in found
    assert found.get("dt", 1.0) == 1.0
    assert len(found) == 5
    with pytest.raises(KeyError, match="dt"):
        found["dt"]


def test_parameters_do_not_change_with_the_mapping_they_were_made_of(registry):
    values = dict(VALUES)
    found = parameters(values)
    values["seed"] = 4
    assert found["seed"] == 3


@pytest.mark.parametrize(
    "values",
    [
        {"seed": 0},
        {"seed": 9},
        {"rate": 10},
        {"rate": 400.0},
        {"dt": 0.1},
        {"dt": 2 / 3},
        {"dt": 1},
        {"law": "uniform"},
        {"n": 5, "shown": [5]},
        {"n": 5, "shown": (1, 2)},
        {"own": False},
        {"own": True},
    ],
    ids=str,
)
def test_limits_and_choices_are_allowed(registry, values):
    assert dict(parameters(values)) == values


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("seed", -1, "an integer from 0 to 9"),
        ("seed", 10, "an integer from 0 to 9"),
        ("seed", 1.0, "an integer"),
        ("seed", "1", "an integer"),
        ("seed", True, "an integer"),
        ("seed", None, "an integer"),
        ("rate", 9.99, "a number from 10 to 400"),
        ("rate", 400.1, "a number from 10 to 400"),
        ("rate", math.nan, "a number from 10 to 400"),
        ("rate", math.inf, "a number from 10 to 400"),
        ("rate", -math.inf, "a number from 10 to 400"),
        ("rate", True, "a number"),
        ("rate", "fast", "a number"),
        ("rate", [50.0], "a number"),
        ("rate", 50j, "a number"),
        ("dt", 0.3, "a divisor of 2"),
        ("dt", 0.0, "a number from 0.1 to 1"),
        ("law", "Uniform", "one of uniform, gaussian"),
        ("law", "", "one of uniform, gaussian"),
        ("law", 1, "one of uniform, gaussian"),
        ("law", ["uniform"], "one of uniform, gaussian"),
        ("shown", [], "a list of integers from 1 to 20"),
        ("shown", [0, 1], "a list of integers from 1 to 20"),
        ("shown", [1, 21], "a list of integers from 1 to 20"),
        ("shown", [1, True], "a list of integers from 1 to 20"),
        ("shown", [1.5], "a list of integers from 1 to 20"),
        ("shown", [[1]], "a list of integers from 1 to 20"),
        ("shown", 3, "a list"),
        ("own", 0, "True or False"),
        ("own", 1.0, "True or False"),
        ("own", "True", "True or False"),
        ("own", None, "True or False"),
        ("own", [], "True or False"),
        ("shown", "1, 2\n3", "a list"),
    ],
)
def test_a_bad_parameter_is_refused_in_one_line(registry, name, value, expected):
    values = {"n": 20, name: value}
    with pytest.raises(ParameterError) as caught:
        parameters(values)
    assert str(caught.value) == f"{name}: expected {expected}, got {value!r}"
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("n", ["many", 2.5, None, 99])
def test_a_bad_limit_is_itself_refused_wherever_it_stands(registry, n):
    with pytest.raises(ParameterError, match=r"^n: expected an integer"):
        parameters({"shown": [1], "n": n})


def test_an_unknown_parameter_is_named(registry):
    with pytest.raises(KeyError, match="colour"):
        parameters({"seed": 1, "colour": "red"})


# Parameters of a notebook


@pytest.fixture
def shell(registry, tmp_path, monkeypatch):
    """An IPython shell, whose cells are the main module while the test runs."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    run(shell, "from rongala2021 import pages")
    return shell


def run(shell, cell):
    result = shell.run_cell(cell)
    result.raise_error()
    return result.result


CELL = "seed: int = 3  # entropy\nrate: float = 50.0\nshown: list = [1, 2]\nn: int = 20\n"


def test_parameters_of_a_notebook_are_the_annotated_names(shell):
    run(shell, "other = 1")
    run(shell, CELL)
    found = run(shell, "given = pages.parameters()\ngiven")
    assert dict(found) == {"seed": 3, "rate": 50.0, "shown": [1, 2], "n": 20}
    assert list(found) == ["seed", "rate", "shown", "n"]


def test_an_injected_cell_overrides_values_without_annotating_them(shell):
    run(shell, CELL)
    run(shell, "# Parameters\nrate = 100\nshown = [3]\nunknown = 7\n")
    found = run(shell, "pages.parameters()")
    assert dict(found) == {"seed": 3, "rate": 100, "shown": [3], "n": 20}


def test_injected_values_are_checked(shell):
    run(shell, CELL)
    run(shell, "rate = 5")
    with pytest.raises(ParameterError, match=r"^rate: expected a number from 10 to 400, got 5$"):
        run(shell, "pages.parameters()")


def test_a_parameters_cell_run_again_counts_with_its_last_values(shell):
    run(shell, CELL)
    run(shell, "pages.parameters()")
    run(shell, CELL.replace("3", "4"))
    assert run(shell, "pages.parameters()")["seed"] == 4


def test_a_bad_parameter_shows_as_one_line_without_traceback(shell, capsys):
    shell.run_cell("seed: int = -1")
    shell.run_cell("pages.parameters()")
    shown = capsys.readouterr()
    assert shown.out.strip() == ("ParameterError: seed: expected an integer from 0 to 9, got -1")
    assert shown.err == ""


# The pages' own parameters


def notebooks():
    return sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def code_cells(path, tag=None):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and (tag is None or tag in cell["metadata"].get("tags", []))
    ]


WITH_PARAMETERS = [p for p in notebooks() if code_cells(p, "parameters")]
each_page = pytest.mark.parametrize(
    "page", WITH_PARAMETERS, ids=[str(p.relative_to(BOOK)) for p in WITH_PARAMETERS]
)


def defaults(page):
    """Names and values of a page's parameters cell."""
    (cell,) = code_cells(page, "parameters")
    values = {}
    exec(cell, values)
    names = [node.target.id for node in ast.parse(cell).body if isinstance(node, ast.AnnAssign)]
    # Nothing else may stand in that cell: papermill would not see it as a parameter.
    assert len(names) == len(ast.parse(cell).body)
    return {name: values[name] for name in names}


def the_registry():
    return yaml.safe_load((BOOK / "parameters.yml").read_text(encoding="utf-8"))


def test_there_are_pages_with_parameters():
    assert {"fig1.ipynb", "fig4.ipynb"} <= {page.name for page in WITH_PARAMETERS}


@each_page
def test_defaults_of_a_page_are_registered_and_pass(page, monkeypatch):
    monkeypatch.chdir(page.parent)
    values = defaults(page)
    assert values
    assert dict(parameters(values)) == values


@each_page
def test_a_page_checks_its_parameters_in_the_next_cell_and_shows_them(page):
    cells = code_cells(page)
    (cell,) = code_cells(page, "parameters")
    first, *rest = ast.parse(cells[cells.index(cell) + 1]).body
    assert ast.unparse(first) == "given = pages.parameters()"
    assert [ast.unparse(statement) for statement in rest] == ["given"]


@each_page
def test_nothing_is_annotated_before_the_parameters_cell(page):
    cells = code_cells(page)
    (cell,) = code_cells(page, "parameters")
    before = [ast.parse(text) for text in cells[: cells.index(cell)]]
    assert not [node for text in before for node in text.body if isinstance(node, ast.AnnAssign)]


@each_page
def test_types_and_limits_in_a_parameters_cell_are_those_of_the_registry(page):
    known = the_registry()
    (cell,) = code_cells(page, "parameters")
    for line in cell.splitlines():
        name, kind, limits = re.match(r"(\w+): (\w+) = .*?#.*?(?:\(([^()]*)\))?$", line).groups()
        entry = known[name]
        assert kind == entry["type"], line
        if "choices" in entry:
            first, *_, last = entry["choices"]
            assert limits in (", ".join(entry["choices"]), f"{first} to {last}"), line
        elif limits:
            low, high = limits.split("..")
            assert (float(low), float(high)) == (entry["low"], entry["high"]), line


def test_the_registry_is_complete():
    for name, entry in the_registry().items():
        # One word, or several of them with where each is so: "given (50), chosen (fewer)".
        words = [word.partition(" (")[0] for word in entry["status"].split(", ")]
        assert set(words) <= {"given", "inferred", "chosen"}, name
        assert len(words) == 1 or entry["status"].count(" (") == len(words), name
        assert entry["meaning"], name
        assert entry["source"], name
        limited = "low" in entry and "high" in entry
        free = name == "scheduler"  # a text that is checked where it is used
        assert ("choices" in entry) + limited + free == (entry["type"] != "bool"), name
        # What the text gives is stated with its value.
        if "given" in words:
            assert entry.get("paper") is not None, name
            assert entry["source"] != "none", name
        if limited and not isinstance(entry["high"], str):
            assert entry["low"] < entry["high"], name


def test_every_registered_parameter_is_one_of_some_page():
    used = {name for page in WITH_PARAMETERS for name in defaults(page)}
    assert used == set(the_registry())


def test_what_means_one_thing_has_one_name():
    meanings = [(entry["meaning"], entry["type"]) for entry in the_registry().values()]
    assert sorted(meanings) == sorted(set(meanings))


def test_a_second_name_stands_only_where_a_page_has_the_first_as_well():
    known = the_registry()
    second = {name: entry["beside"] for name, entry in known.items() if "beside" in entry}
    assert second
    for name, first in second.items():
        for key in ("type", "unit"):
            assert known[name].get(key) == known[first].get(key), name
        alone = [
            p.name for p in WITH_PARAMETERS if name in (own := defaults(p)) and first not in own
        ]
        assert alone == [], name


# Data


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    return head, rows


def labelled():
    """Values that tell where they stand, over named axes."""
    values = np.arange(24.0).reshape(2, 3, 4)
    coords = {"kind": ["a", "b"], "mean": [0.1, 0.2, 0.3], "frequency": [5.0, 10.0, 20.0, 40.0]}
    return xr.DataArray(values, coords=coords, name="power")


# Larger ones have no standard deviation.
FLOATS = st.floats(-1e100, 1e100) | st.just(math.nan)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.lists(st.tuples(FLOATS, st.integers(-(2**53), 2**53)), min_size=1))
def test_numbers_survive_a_round_trip(tmp_path_factory, pairs):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("data"))
        floats, integers = (list(column) for column in zip(*pairs, strict=True))
        save_data("x", y={"time_s": floats, "count": np.array(integers, dtype=np.int64)})
        head, rows = read_csv(Path("data/x_y.csv"))
    assert head == ["time_s", "count"]
    found = [float(row[0]) if row[0] else math.nan for row in rows]
    np.testing.assert_allclose(found, floats, rtol=5.1e-7)
    assert [int(row[1]) for row in rows] == integers


def test_spectra_have_four_digits_and_a_time_axis_as_many_as_keep_it_regular(folder):
    times = 40.0 + 0.001 * np.arange(3)
    power = [1.23456e-9, 0.0, np.nan]
    save_data("x", y={"time_s": times, "frequency_hz": [101.2631] * 3, "power": power})
    save_data("x", z={"time_s": times, "activity": [0.1234567] * 3})
    assert read_csv(folder / "x_y.csv")[1] == [
        ["40", "101.2631", "1.235e-09"], ["40.001", "101.2631", "0"], ["40.002", "101.2631", ""]
    ]  # fmt: skip
    assert {row[1] for row in read_csv(folder / "x_z.csv")[1]} == {"0.1234567"}


def test_words_survive_a_round_trip(folder):
    words = ["EN1", "a, b", 'say "so"', "two\nlines", "", "µ ≥ 1"]
    save_data("x", y={"name": words})
    assert read_csv(folder / "x_y.csv") == (["name"], [[word] for word in words])


def test_every_element_of_a_labelled_array_is_a_row_with_its_labels(folder):
    array = labelled()
    save_data("x", y=array)
    head, rows = read_csv(folder / "x_y.csv")
    assert head == ["kind", "mean", "frequency_hz", "power"]
    assert len(rows) == 24
    for kind, mean, frequency, power in rows:
        place = {"kind": kind, "mean": float(mean), "frequency": float(frequency)}
        assert float(power) == array.sel(place)
    assert [float(row[-1]) for row in rows] == list(range(24))  # the last axis varies fastest


def test_an_array_without_a_name_is_a_column_value(folder):
    save_data("x", y=labelled().rename(None))
    assert read_csv(folder / "x_y.csv")[0][-1] == "value"


def test_variables_of_a_dataset_are_columns_repeated_along_the_axes_they_lack(folder):
    power = labelled()
    dataset = xr.Dataset({"power": power, "source": power.isel(kind=0, mean=0, drop=True)})
    save_data("x", y=dataset)
    head, rows = read_csv(folder / "x_y.csv")
    assert head == ["kind", "mean", "frequency_hz", "power", "source"]
    assert [float(row[4]) for row in rows] == [0, 1, 2, 3] * 6


def test_what_was_selected_is_no_column_but_labels_beside_an_axis_are(folder):
    array = labelled().assign_coords(dense=("mean", [False, True, True]))
    save_data("x", y=array.sel(kind="b"))
    head, rows = read_csv(folder / "x_y.csv")
    assert set(head) == {"mean", "frequency_hz", "dense", "power"}
    assert {(row[head.index("mean")], row[head.index("dense")]) for row in rows} == {
        ("0.1", "False"), ("0.2", "True"), ("0.3", "True")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("axis", "head"),
    [
        ("frequency", "frequency_hz"), ("rate", "rate_hz"), ("delay", "delay_s"),
        ("tau_dyn", "tau_dyn_s"), ("time", "time_s"), ("kind", "kind"),
    ],
)  # fmt: skip
def test_the_unit_of_an_axis_stands_in_its_head(folder, axis, head):
    save_data("x", y=xr.DataArray([1.0, 2.0], coords={axis: [3.0, 4.0]}, name="v"))
    assert read_csv(folder / "x_y.csv") == ([head, "v"], [["3", "1"], ["4", "2"]])


def test_frames_are_saved_without_their_index(folder):
    save_data("x", y=pd.DataFrame({"a": [1, 2]}, index=[7, 8]))
    assert read_csv(folder / "x_y.csv") == (["a"], [["1"], ["2"]])


def test_files_bear_the_names_of_page_and_table_and_are_summed_up(folder):
    found = save_data("fig9", a={"n": [1, 3], "word": ["x", "y"]}, b={"v": [2.0, np.nan, 4.0]})
    assert sorted(path.name for path in folder.iterdir()) == ["fig9_a.csv", "fig9_b.csv"]
    assert rows_of(found) == [
        ("file", "column", "rows", "mean", "standard deviation"),
        ("fig9_a.csv", "n", "2", "2", "1"),
        ("fig9_a.csv", "word", "2", "", ""),
        ("fig9_b.csv", "v", "3", "3", "1"),
    ]


def test_a_column_of_numbers_that_are_all_unknown_has_no_mean(folder):
    assert rows_of(save_data("x", y={"v": [np.nan, np.nan]}))[1][2:] == ("2", "", "")


def test_an_old_file_is_replaced_as_a_whole(folder):
    save_data("x", y={"x": np.arange(100)})
    save_data("x", y={"y": [1.5]})
    assert (folder / "x_y.csv").read_bytes() == b"y\n1.5\n"
    assert [p.name for p in folder.iterdir()] == ["x_y.csv"]


class Unprintable:
    def __str__(self):
        raise RuntimeError("half way")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(folder):
    save_data("x", y={"x": ["old"]})
    with pytest.raises(RuntimeError, match="half way"):
        save_data("x", y={"x": [*range(10_000), Unprintable()]})
    assert (folder / "x_y.csv").read_bytes() == b"x\nold\n"
    assert [p.name for p in folder.iterdir()] == ["x_y.csv"]


def test_columns_of_unequal_length_make_no_file_nor_folder(folder):
    with pytest.raises(ValueError, match="same length"):
        save_data("x", first={"x": [1]}, second={"x": [1, 2], "y": [1]})
    assert not folder.exists()


# Tables of labelled arrays


def test_a_table_of_plain_columns_has_them_as_they_are():
    assert rows_of(table({"a": [1, 2], "b": ["x", "y"]})) == [("a", "b"), ("1", "x"), ("2", "y")]


def test_a_table_of_labelled_arrays_starts_with_their_labels():
    power = labelled().isel(frequency=slice(2))
    found = rows_of(table({"P": power, "twice": 2 * power}))
    assert found[0] == ("kind", "mean", "frequency_hz", "P", "twice")
    assert found[1] == ("a", "0.1", "5", "0", "0")
    assert found[-1] == ("b", "0.3", "10", "21", "42")
    assert len(found) == 13


def test_columns_of_a_table_are_joined_by_label_not_by_position():
    power = labelled().isel(frequency=0, drop=True)
    found = rows_of(table({"P": power, "same": power.isel(kind=slice(None, None, -1))}))
    assert [row[-1] for row in found[1:]] == [row[-2] for row in found[1:]]


def test_a_table_leaves_out_what_was_selected():
    power = labelled().sel(kind="a", frequency=5.0)
    assert rows_of(table({"P": power}))[0] == ("mean", "P")


def test_columns_over_fewer_axes_are_repeated():
    power = labelled().isel(frequency=0, drop=True)
    found = rows_of(table({"P": power, "amplified": power.isel(kind=0, drop=True) > 2}))
    assert [row[-1] for row in found[1:]] == ["no", "yes", "yes"] * 2


@pytest.mark.parametrize(
    "column",
    [
        [1.0, 2.0, 3.0],
        np.ones((2, 3)),
        xr.DataArray(np.ones(4), coords={"draw": range(4)}),
        xr.DataArray(np.ones((2, 3)), coords={"kind": ["a", "c"], "mean": [0.1, 0.2, 0.3]}),
        xr.DataArray(np.ones(2), coords={"mean": [0.1, 0.2]}),
    ],
    ids=["list", "array", "other axis", "other labels", "fewer labels"],
)
def test_a_column_over_other_axes_or_labels_is_refused(column):
    power = labelled().isel(frequency=0, drop=True)
    with pytest.raises(ValueError, match=r"^columns: expected arrays over kind, mean as the first"):
        table({"P": power, "other": column})


def test_an_empty_table_is_one():
    assert rows_of(table({})) == rows_of(table(pd.DataFrame()))


# Scale


def test_a_pages_scale_keeps_results_in_the_projects_folder(registry, tmp_path):
    scale = pages.scale({"seed": 3, "n_seeds": 4}, n_networks=7)
    assert (scale.seed, scale.n_networks) == (3, 7)
    assert scale.store == results_folder() == tmp_path / "_build" / "results"


# Provenance


def test_provenance_tells_seed_versions_and_sources_but_no_path_and_no_time(monkeypatch):
    shown = repr(provenance({"seed": 2021, "n": 3}))
    assert "seed 2021;" in shown
    for name in ("lsm", "numpy", "scipy", "numba", "PyWavelets", "xarray", "pandas", "matplotlib"):
        assert f"{name} {version(name)}" in shown
    for name, digest in fingerprints().items():
        assert f"{name} {digest}" in shown
    assert shown.splitlines()[-1] == revision()
    assert not re.search(r"[/\\]", shown)
    assert repr(provenance({"seed": 2021})) == shown
    assert "seed" not in repr(provenance({}))


def test_provenance_has_a_record_of_the_sources():
    record = provenance({})._repr_mimebundle_()[RAN]
    assert record == {"sources": fingerprints(), "not_kept": []}


def in_a_notebook(monkeypatch, *cells, **values):
    """Whatever the cells of a notebook leave behind when its parameters are asked for."""
    module = ModuleType("__main__")
    monkeypatch.setattr(pages, "_executed", lambda: ["", *cells])
    module.__annotations__ = {}
    for cell in cells:
        with suppress(SyntaxError):
            exec(cell, module.__dict__)
    monkeypatch.setitem(sys.modules, "__main__", module)
    return parameters()


DECLARED = "import os\nseed: int = 1  # entropy\nrate: float = 50.0"


@pytest.mark.parametrize(
    "cells",
    [
        (DECLARED, "# Parameters\nsede = 3\n"),
        (DECLARED, "# Parameters\nseed = 3\nsede = 3\n"),
        (DECLARED, "\n# Parameters\nrate = sede = 3.0\n"),
        (DECLARED, "x = 1", "# Parameters\n(sede, rate) = 3, 4\n"),
        (DECLARED + "\nsede = 3",),
        (DECLARED, "# Parameters\nsede = 3\nIn = 1"),
    ],
)
def test_a_name_that_the_page_does_not_declare_is_refused(registry, monkeypatch, cells):
    message = r"^sede: expected a parameter of this page \(seed, rate\), got 3"
    with pytest.raises(ParameterError, match=message) as refusal:
        in_a_notebook(monkeypatch, *cells)
    assert refusal.value._render_traceback_() == [f"ParameterError: {refusal.value}"]


def test_what_python_itself_keeps_is_no_parameter_either(registry, monkeypatch):
    with pytest.raises(ParameterError, match=r"^__annotations__: expected no parameters, got 5"):
        in_a_notebook(monkeypatch, DECLARED, "# Parameters\n__annotations__ = 5\n")


def test_a_page_without_parameters_refuses_any(registry, monkeypatch):
    with pytest.raises(ParameterError, match=r"^seed: expected no parameters, got 3"):
        in_a_notebook(monkeypatch, "# Parameters\nseed = 3\n", "x = 1")
    assert dict(in_a_notebook(monkeypatch, "import os\nx = 1")) == {}


def test_names_that_are_no_parameters_are_left_alone(registry, monkeypatch):
    cells = (
        "y = 1",
        DECLARED,
        "# Parameters\nseed = 3\n",
        "x = 1",
        "1 +",
        "for i in []:\n  z = i",
    )
    assert dict(in_a_notebook(monkeypatch, *cells)) == {"seed": 3, "rate": 50.0}
    # What was refused, mended and executed again.
    wrong = DECLARED + "\nsede = 3"
    assert dict(in_a_notebook(monkeypatch, wrong, DECLARED)) == {"seed": 1, "rate": 50.0}


def test_a_page_that_ran_for_a_part_says_so(registry, monkeypatch):
    whole = repr(provenance({})).splitlines()
    monkeypatch.setenv("LSM_PART", "1/4")
    *others, told = repr(provenance({})).splitlines()
    assert others == whole
    assert told == "part 1 of 4 of all runs, which stand in for the others"


def test_what_the_disk_did_not_take_is_told_with_the_provenance(registry, monkeypatch, recwarn):
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        in_a_notebook(monkeypatch, DECLARED)
        Path("data").touch()  # in the place of a folder
        save_data("page", traces={"time": [0.0, 1.0]}, spikes={"time": [1.0]})
        warnings.warn("something else", UserWarning, stacklevel=1)
        shown = repr(provenance({}))
        told = provenance({})._repr_mimebundle_()[RAN]["not_kept"]
    assert [line.partition(" is not saved")[0] for line in told] == [
        "data/page_traces.csv",
        "data/page_spikes.csv",
    ]
    assert "data/page_traces.csv is not saved" in shown
    assert "data/page_spikes.csv is not saved" in shown
    assert [str(warning.message) for warning in recwarn] == ["something else"]
