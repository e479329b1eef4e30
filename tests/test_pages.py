import ast
import csv
import json
import math
import re
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from lsm.pages import (
    ParameterError,
    ParameterTable,
    Table,
    book_file,
    grid,
    parameters,
    provenance,
    results_folder,
    save_csv,
)

BOOK = Path(__file__).parents[1] / "book"
REGISTRY = """
seed: {type: int, low: 0, high: 9, meaning: entropy, source: none, status: chosen}
rate: {type: float, low: 10, high: 400, unit: Hz, meaning: m, paper: 50, source: <b>, status: given}
law: {type: str, choices: [uniform, gaussian], meaning: law, source: none, status: chosen}
n: {type: int, low: 2, high: 50, meaning: presentations, source: none, status: chosen}
shown: {type: list, low: 1, high: n, meaning: drawn, source: none, status: chosen}
dt: {type: float, low: 0.1, high: 1, divides: 2, meaning: step, source: none, status: chosen}
"""


@pytest.fixture
def registry(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "parameters.yml").write_text(REGISTRY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


# Parameters


def test_parameters_are_tabulated_beside_the_papers_values(registry):
    table = parameters(seed=3, rate=50.0, law="gaussian", n=20, shown=[1, 20])
    assert table.rows[1] == ("rate", "m", "50.0", "50", "Hz", "<b>", "given")
    assert table.rows[0] == ("seed", "entropy", "3", "not stated", "", "none", "chosen")
    assert [row[0] for row in table.rows] == ["seed", "rate", "law", "n", "shown"]
    assert table.rows[4][2] == "1, 20"
    assert "rate = 50.0 Hz" in repr(table).splitlines()
    html = table._repr_html_()
    assert "&lt;b&gt;" in html
    assert html.count("<tr>") == 6
    assert all(f"<th>{head}</th>" in html for head in ParameterTable.heads)


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
    ],
    ids=str,
)
def test_limits_and_choices_are_allowed(registry, values):
    assert len(parameters(**values).rows) == len(values)


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
        ("shown", "1, 2\n3", "a list"),
    ],
)
def test_a_bad_parameter_is_refused_in_one_line(registry, name, value, expected):
    values = {"n": 20, name: value}
    with pytest.raises(ParameterError) as caught:
        parameters(**values)
    assert str(caught.value) == f"{name}: expected {expected}, got {value!r}"
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("n", ["many", 2.5, None, 99])
def test_a_bad_limit_is_itself_refused_wherever_it_stands(registry, n):
    with pytest.raises(ParameterError, match=r"^n: expected an integer"):
        parameters(shown=[1], n=n)


def test_an_unknown_parameter_is_named(registry):
    with pytest.raises(KeyError, match="colour"):
        parameters(seed=1, colour="red")


def test_a_bad_parameter_shows_as_one_line_without_traceback(
    registry, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = InteractiveShell()
    shell.run_cell("from lsm.pages import parameters\nparameters(seed=-1)")
    shown = capsys.readouterr()
    assert shown.out.strip() == ("ParameterError: seed: expected an integer from 0 to 9, got -1")
    assert shown.err == ""


# The pages' own parameters


def pages():
    return sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def code_cells(path, tag=None):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and (tag is None or tag in cell["metadata"].get("tags", []))
    ]


WITH_PARAMETERS = [p for p in pages() if code_cells(p, "parameters")]
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


def test_there_are_pages_with_parameters():
    assert {"fig1.ipynb", "fig4.ipynb"} <= {page.name for page in WITH_PARAMETERS}


@each_page
def test_defaults_of_a_page_are_registered_and_pass(page, monkeypatch):
    monkeypatch.chdir(page.parent)
    values = defaults(page)
    assert values
    table = parameters(**values)
    assert [row[0] for row in table.rows] == list(values)


@each_page
def test_a_page_checks_every_parameter_in_the_next_cell(page):
    cells = code_cells(page)
    (cell,) = code_cells(page, "parameters")
    following = ast.parse(cells[cells.index(cell) + 1])
    checked = {
        keyword.arg
        for node in ast.walk(following)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pages.parameters"
        for keyword in node.keywords
        if keyword.arg == ast.unparse(keyword.value)
    }
    assert set(defaults(page)) <= checked


@each_page
def test_types_and_limits_in_a_parameters_cell_are_those_of_the_registry(page):
    known = yaml.safe_load((BOOK / "parameters.yml").read_text(encoding="utf-8"))
    (cell,) = code_cells(page, "parameters")
    for line in cell.splitlines():
        name, kind, limits = re.match(r"(\w+): (\w+) = .*?#.*?(?:\(([^()]*)\))?$", line).groups()
        entry = known[name]
        assert kind == entry["type"], line
        if "choices" in entry:
            assert limits.split(", ") == entry["choices"], line
        elif limits:
            low, high = limits.split("..")
            assert (float(low), float(high)) == (entry["low"], entry["high"]), line


def test_the_registry_is_complete():
    known = yaml.safe_load((BOOK / "parameters.yml").read_text(encoding="utf-8"))
    for name, entry in known.items():
        assert entry["status"] in ("given", "inferred", "chosen"), name
        assert entry["meaning"], name
        assert entry["source"], name
        assert ("choices" in entry) != ("low" in entry and "high" in entry), name
        # What the text gives is stated with its value.
        if entry["status"] == "given":
            assert entry.get("paper") is not None, name
            assert entry["source"] != "none", name
        if "choices" not in entry and not isinstance(entry["high"], str):
            assert entry["low"] < entry["high"], name


# Files of the book


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    for place in (root, root / "copy"):
        (place / "book" / "figures").mkdir(parents=True)
        (place / "book" / "claims.yml").write_text("", encoding="utf-8")
    return root


@pytest.mark.parametrize("folder", [".", "book", "book/figures", "lsm/deep"])
def test_a_book_file_is_found_from_anywhere_in_the_project(project, monkeypatch, folder):
    (project / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(project / folder)
    assert book_file("claims.yml").samefile(project / "book" / "claims.yml")


@pytest.mark.parametrize("folder", [".", "book", "book/figures"])
def test_a_nested_copy_prefers_its_own_file(project, monkeypatch, folder):
    monkeypatch.chdir(project / "copy" / folder)
    assert book_file("claims.yml").samefile(project / "copy" / "book" / "claims.yml")


def test_a_copy_of_the_book_may_have_another_name(project, monkeypatch):
    (project / "book").rename(project / "staged")
    monkeypatch.chdir(project / "staged" / "figures")
    assert book_file("claims.yml").samefile(project / "staged" / "claims.yml")


def test_a_missing_book_file_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"^none\.yml: expected the project's book/ in"):
        book_file("none.yml")


def test_a_folder_is_no_book_file(project, monkeypatch):
    monkeypatch.chdir(project)
    with pytest.raises(FileNotFoundError):
        book_file("figures")


# Results


@pytest.mark.parametrize("folder", [".", "book", "book/figures", "lsm/deep"])
def test_all_pages_keep_their_results_in_one_folder_of_the_project(project, monkeypatch, folder):
    (project / "_config.yml").touch()
    (project / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(project / folder)
    assert results_folder() == project.resolve() / "_build" / "results"
    assert not (project / "_build").exists()


def test_a_copy_of_the_book_within_the_project_shares_its_results(project, monkeypatch):
    # A build has a copy of the book, with or without the configuration, but no book/ of its own.
    (project / "_config.yml").touch()
    staged = project / "_build" / "staged"
    (staged / "figures").mkdir(parents=True)
    (staged / "_config.yml").touch()
    monkeypatch.chdir(staged / "figures")
    assert results_folder() == project.resolve() / "_build" / "results"


@pytest.mark.parametrize("there", ["book", "_config.yml"])
def test_results_outside_a_project_have_no_place(tmp_path, monkeypatch, there):
    (tmp_path / there).mkdir() if there == "book" else (tmp_path / there).touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"^_config\.yml: expected the project in or above "
    ):
        results_folder()


# Data as CSV


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    return head, rows


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.lists(st.tuples(st.floats(), st.integers(-(2**53), 2**53)), min_size=1))
def test_numbers_survive_a_round_trip(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("data") / "x.csv"
    floats, integers = (list(column) for column in zip(*pairs, strict=True))
    save_csv(path, time_s=floats, count=np.array(integers, dtype=np.int64))
    head, rows = read_csv(path)
    assert head == ["time_s", "count"]
    np.testing.assert_allclose([float(row[0]) for row in rows], floats, rtol=5.1e-7)
    assert [int(row[1]) for row in rows] == integers


def test_words_survive_a_round_trip(tmp_path):
    words = ["EN1", "a, b", 'say "so"', "two\nlines", "", "µ ≥ 1"]
    save_csv(tmp_path / "x.csv", name=words)
    assert read_csv(tmp_path / "x.csv") == (["name"], [[word] for word in words])


def test_grids_are_flattened_alike(tmp_path):
    f, n = np.meshgrid([1.0, 2.0], [10, 20, 30])
    save_csv(tmp_path / "x.csv", f=f, n=np.broadcast_to(n, f.shape), power=f * n)
    _, rows = read_csv(tmp_path / "x.csv")
    assert all(float(a) * float(b) == float(c) for a, b, c in rows)
    # Row by row, as numpy does.
    assert [row[:2] for row in rows] == [[a, b] for b in ("10", "20", "30") for a in ("1", "2")]


def test_folders_are_made(tmp_path):
    save_csv(tmp_path / "a" / "b" / "x.csv", x=[1])
    assert read_csv(tmp_path / "a" / "b" / "x.csv") == (["x"], [["1"]])


def test_an_old_file_is_replaced_as_a_whole(tmp_path):
    save_csv(tmp_path / "x.csv", x=np.arange(100))
    save_csv(tmp_path / "x.csv", y=[1.5])
    assert (tmp_path / "x.csv").read_bytes() == b"y\n1.5\n"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


class Unprintable:
    def __str__(self):
        raise RuntimeError("half way")


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        (
            {"x": [1, 2], "y": [[1], [2], [3]]},
            ValueError,
            r"^columns: expected equal lengths, got \{'x': 2, 'y': 3\}$",
        ),
        ({"x": [*range(10_000), Unprintable()]}, RuntimeError, "half way"),
    ],
    ids=["unequal lengths", "error while writing"],
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, columns, error, message):
    path = tmp_path / "x.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(error, match=message):
        save_csv(path, **columns)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_unequal_lengths_make_no_file_nor_folder(tmp_path):
    with pytest.raises(ValueError, match="columns"):
        save_csv(tmp_path / "new" / "x.csv", x=[1, 2], y=[1])
    assert list(tmp_path.iterdir()) == []


# Provenance


def test_provenance_prints_seed_and_versions_but_no_path(capsys):
    provenance(seed=2021)
    shown = capsys.readouterr().out
    assert "seed 2021;" in shown
    for name in ("lsm", "numpy", "scipy", "numba", "PyWavelets", "matplotlib"):
        assert f"{name} {version(name)}" in shown
    assert re.search(r"run time \d+ s", shown)
    assert not re.search(r"[/\\]", shown)


def test_a_table_rounds_numbers_and_escapes_text():
    table = Table({"name": ["a<b", "c"], "value": [1 / 3, 12345.6], "n": [1, 20]})
    assert table.rows == [("a<b", "0.3333", "1"), ("c", "1.235e+04", "20")]
    assert "a&lt;b" in table._repr_html_()
    assert repr(table).splitlines()[1] == "c, 1.235e+04, 20"


def test_a_table_refuses_columns_of_different_length():
    with pytest.raises(ValueError, match=r"columns: expected equal lengths, got .*'b': 1"):
        Table({"a": [1, 2], "b": [3]})


def test_a_grid_labels_every_element_of_an_array(tmp_path):
    values = np.arange(24.0).reshape(2, 3, 4)
    axes = {"kind": ["a", "b"], "mean": [0.1, 0.2, 0.3], "repeat": np.arange(4)}
    columns = grid(**axes)
    assert list(columns) == list(axes)
    for name, column in columns.items():
        assert column.shape == values.shape
        assert column.dtype == np.asarray(axes[name]).dtype
    for place in np.ndindex(2, 3, 4):
        labels = tuple(columns[name][place] for name in axes)
        assert labels == tuple(axes[name][i] for name, i in zip(axes, place, strict=True))
    save_csv(tmp_path / "x.csv", **columns, value=values)
    with (tmp_path / "x.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["kind", "mean", "repeat", "value"]
    assert rows[1 + 1 * 12 + 2 * 4 + 3] == ["b", "0.3", "3", "23"]


def test_a_grid_of_one_axis_is_its_labels():
    assert grid(x=[3, 1, 2])["x"].tolist() == [3, 1, 2]


def test_a_number_that_is_not_known_is_a_dash():
    assert Table({"x": [1.23456, np.nan]}).rows == [("1.235",), ("–",)]
