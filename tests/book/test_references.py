"""The comparison of outputs must fail when outputs differ; a comparison of nothing passes too."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rongala2021 import scorecard
from tests.references import (
    LONG,
    differences,
    never_executed,
    start_order,
    verdict_differences,
)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def display(**data):
    kinds = {"text": "text/plain", "html": "text/html", "png": "image/png"}
    kinds["record"] = "application/vnd.rongala2021.claims+json"
    return {"output_type": "display_data", "data": {kinds[k]: v for k, v in data.items()}}


WHITE = np.full((40, 60, 3), 255)
LINE = WHITE.copy()
LINE[20] = 0  # one row of pixels
PALER = WHITE - 1
RECORD = [{"id": "4a", "verdict": "partly", "measured": {"HF": 1.7561234567}, "k": 0}]


def record(**changes):
    return [{**RECORD[0], **changes}]


SAME = [
    ("nothing", [], []),
    ("text", [stream("a 1.5\n")], [stream("a 1.5\n")]),
    ("rounding of the last digit", [stream("HF = 1.756")], [stream("HF = 1.757")]),
    ("streams in pieces", [stream("a\nb\n")], [stream("a\n"), stream("b\n")]),
    (
        "kinds in another order",
        [display(text="1.5", html="<b>1.5</b>")],
        [display(html="<b>1.5</b>", text="1.5")],
    ),
    (
        "a float's last bits",
        [display(record=RECORD)],
        [display(record=record(measured={"HF": 1.7561234568}))],
    ),
    ("an image's shade", [display(png=png(WHITE))], [display(png=png(PALER))]),
]
DIFFERENT = [
    ("a number", [stream("HF = 1.756")], [stream("HF = 1.766")]),
    ("a number's sign", [stream("x = 1.5")], [stream("x = -1.5")]),
    ("an exponent", [stream("x = 1.5e-3")], [stream("x = 1.5e-4")]),
    ("a count", [stream("2021 spikes")], [stream("2022 spikes")]),
    ("a number that vanished", [stream("1.5 2.5")], [stream("1.5")]),
    ("not a number", [stream("x = 1.5")], [stream("x = nan")]),
    ("a word", [stream("4a: partly")], [stream("4a: reproduced")]),
    ("a number in a table", [display(html="<td>1.5</td>")], [display(html="<td>1.6</td>")]),
    ("one kind of two", [display(text="a", html="1.5")], [display(text="a", html="1.6")]),
    ("the other kind of two", [display(text="1.5", html="a")], [display(text="1.6", html="a")]),
    ("an output too many", [], [stream("warning", "stderr")]),
    ("an output too few", [stream("1.5")], []),
    ("standard error for output", [stream("a")], [stream("a", "stderr")]),
    ("order of outputs", [stream("a"), display(text="b")], [display(text="b"), stream("a")]),
    ("a kind", [display(text="a", html="a")], [display(text="a")]),
    ("a line in an image", [display(png=png(WHITE))], [display(png=png(LINE))]),
    ("an image's size", [display(png=png(WHITE))], [display(png=png(WHITE[1:]))]),
    ("a verdict", [display(record=RECORD)], [display(record=record(verdict="reproduced"))]),
    ("a count in a record", [display(record=RECORD)], [display(record=record(k=1))]),
    (
        "a measure",
        [display(record=RECORD)],
        [display(record=record(measured={"HF": 1.7562}))],
    ),
    (
        "a measure's name",
        [display(record=RECORD)],
        [display(record=record(measured={"HG": 1.7561234567}))],
    ),
    (
        "a measure that became unknown",
        [display(record=RECORD)],
        [display(record=record(measured={"HF": None}))],
    ),
    ("a claim more", [display(record=RECORD)], [display(record=RECORD * 2)]),
    (
        "an error",
        [],
        [{"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": []}],
    ),
]


@pytest.mark.parametrize(("reference", "test"), [c[1:] for c in SAME], ids=[c[0] for c in SAME])
def test_outputs_that_agree(reference, test):
    assert differences(reference, test) == []


@pytest.mark.parametrize(
    ("reference", "test"), [c[1:] for c in DIFFERENT], ids=[c[0] for c in DIFFERENT]
)
def test_outputs_that_differ(reference, test):
    assert differences(reference, test)
    assert differences(test, reference)


def cell(source="1", count=1, outputs=(), **metadata):
    return {
        "cell_type": "code",
        "id": "a",
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
        "metadata": metadata,
    }


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_a_reference_that_was_executed():
    image = display(png=png(WHITE), text="<Figure>")
    drawn = cell("draw()", outputs=[image], mystnb={"figure": {"name": "f"}})
    assert never_executed(notebook(cell("import os", count=1), drawn)) == []


def test_references_that_check_nothing():
    text = [stream("1.5")]
    assert never_executed(notebook(cell(count=None, outputs=text)))
    assert never_executed(notebook(cell(outputs=text), cell("2", count=None)))
    assert never_executed(notebook(cell("import os")))
    assert never_executed(notebook(cell(outputs=text, tags=["nbval-ignore-output"])))
    noisy = [*text, {**stream("Matplotlib is building the font cache"), "name": "stderr"}]
    assert never_executed(notebook(cell(outputs=noisy)))
    assert never_executed(
        notebook(cell(outputs=text), cell("draw()", mystnb={"figure": {"name": "f"}}))
    )


def page(path, seconds, *cells):
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    metadata = {"kernelspec": kernel, "lsm": {"seconds": seconds} if seconds else {}}
    path.write_text(json.dumps({**notebook(*cells), "metadata": metadata}), encoding="utf-8")
    return path


REFERENCES = ("x = 1.500", "x = 1.501", "x = 1.6")
UNIT_TESTS = """import pytest

@pytest.mark.parametrize("number", range(9))
def test_unit(number):
    pass
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory, request):
    """What pytest with this plugin tells of two pages and unit tests: outcome, file and test."""
    folder = tmp_path_factory.mktemp("pages")
    cells = [cell("print('x = 1.500')", outputs=[stream(f"{text}\n")]) for text in REFERENCES]
    page(folder / "b_known.ipynb", 64, *cells)
    page(folder / "c_new.ipynb", None, cell("pass"))
    (folder / "test_a.py").write_text(UNIT_TESTS)
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", f"--rootdir={folder}", "-v"]
    options = ["-p", "tests.references", "--nbval", "--nbval-current-env", "-n1", "--dist=loadfile"]
    output = subprocess.run(
        [*command, *options, str(folder)],
        cwd=request.config.rootpath,
        env={**os.environ, "PYTHONPATH": str(request.config.rootpath / "book")},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    line = r"^\[gw0\].* (PASSED|FAILED) \S*?(\w+)(?:\.py|::ipynb)::(.*?) *$"
    lines = re.findall(line, output, re.MULTILINE)
    return output, lines


@pytest.mark.parametrize(("number", "outcome"), [(0, "PASSED"), (1, "PASSED"), (2, "FAILED")])
def test_nbval_compares_with_this_tolerance(told, number, outcome):
    output, lines = told
    assert (outcome, "b_known", f"Cell {number}") in lines
    assert "reference 1.6, now 1.500" in output


def test_pages_start_before_unit_tests_and_new_pages_first(told):
    files = [file for _, file, _ in told[1]]
    assert files == ["c_new"] + ["b_known"] * 3 + ["test_a"] * 9


SHARING = """import os

def test_it(request):
    count = request.config.workerinput["workercount"]
    assert False, f"{count} workers, {os.environ['LSM_WORKERS']} cores each"
"""


@pytest.mark.parametrize(("option", "found"), [("auto", (3, 1)), ("1", (1, 3))])
def test_workers_and_sweeps_share_the_cores_and_a_users_options_do_not_count(
    tmp_path, request, option, found
):
    (tmp_path / "test_a.py").write_text(SHARING)
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", f"--rootdir={tmp_path}"]
    plugins = [word for name in ("xdist", "nbval", "tests.references") for word in ("-p", name)]
    around = {"LSM_WORKERS": "3", "PYTHONPATH": str(request.config.rootpath / "book")}
    around |= {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    output = subprocess.run(
        [*command, *plugins, "-n", option, str(tmp_path)],
        cwd=request.config.rootpath,
        env={**os.environ, **around},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "{} workers, {} cores each".format(*found) in output


def test_tests_run_where_nothing_can_be_cached(tmp_path, request):
    root = request.config.rootpath
    lines = ["from hypothesis import given, strategies", "@given(strategies.integers())"]
    lines += ["def test_it(number):", "    assert number == number"]
    (tmp_path / "test_a.py").write_text("\n".join(lines))
    command = [sys.executable, "-m", "pytest", "-c", str(root / "pyproject.toml"), "-n", "0"]
    options = [f"--rootdir={root}", "-p", "tests.references", "-o", "cache_dir=/dev/null/nowhere"]
    around = {"HYPOTHESIS_STORAGE_DIRECTORY": "/dev/null/nowhere", "PYTHONPATH": str(root / "book")}
    output = subprocess.run(
        [*command, *options, str(tmp_path)],
        cwd=root,
        env={**os.environ, **around},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert re.search(r"=== 1 passed, 1 warning in", output), output


def test_the_longest_pages_start_first(tmp_path):
    seconds = {"a": 2, "b": 64, "c": None, "d": 32}
    paths = [page(tmp_path / f"{name}.ipynb", number) for name, number in seconds.items()]
    ordered = sorted([tmp_path / "test_a.py", *paths], key=start_order)
    assert [path.stem for path in ordered] == ["c", "b", "d", "a", "test_a"]


def test_of_unit_tests_long_files_start_first(tmp_path):
    tests = Path(__file__).parents[1]
    assert [name for name in LONG if not (tests / f"{name}.py").is_file()] == []
    first, second, other = (tests / f"{name}.py" for name in (*LONG[:2], "a/test_a"))
    notebook = page(tmp_path / "a.ipynb", 0.1)
    ordered = sorted([other, second, notebook, first], key=start_order)
    assert ordered == [notebook, first, second, other]


def record(verdict, name="4a", value=1.0):
    return {"id": name, "verdict": verdict, "samples": [{"HF": value}]}


def test_a_changed_verdict_is_told_with_id_and_both_numbers():
    old, new = [record("partly", value=1.9)], [record("reproduced", value=2.1)]
    (told,) = verdict_differences(old, new)
    assert "4a" in told
    assert "was partly (HF = 1.9)" in told
    assert "is reproduced (HF = 2.1)" in told
    outputs = [
        [{"output_type": "display_data", "data": {scorecard.MIME: value}, "metadata": {}}]
        for value in (old, new)
    ]
    assert any(told in line for line in differences(*outputs))


def test_a_verdict_that_came_or_went_is_told_and_one_that_stayed_is_not():
    a, b = record("partly"), record("reproduced", name="4b")
    assert list(verdict_differences([a], [a])) == []
    assert [("not recorded" in t, "4b" in t) for t in verdict_differences([a], [a, b])] == [
        (True, True)
    ]
    assert ["is not recorded" in t for t in verdict_differences([a, b], [a])] == [True]
