"""Pytest plugin: nbval's comparison with numeric tolerance, JSON records and images.

nbval compares text to the letter and images not at all. Here numbers in text and in JSON may
differ by rounding, the text between them may not, and images are compared pixel by pixel. What
kinds of output a cell has, and their order, must be the same.
"""

from __future__ import annotations

import base64
import io
import json
import math
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import matplotlib
import numpy as np
import pytest
from nbval.plugin import IPyNbCell
from PIL import Image

import environment
from lsm.cores import available_cores
from rongala2021.scorecard import MIME

# A printed number has four digits: its last one may flip.
TEXT_TOLERANCE = 1.1e-3
# Records hold all digits; single-precision transforms differ a little between processors.
JSON_TOLERANCE = 1e-5
# Root mean square over pixels and channels, of 255.
IMAGE_TOLERANCE = 2.0

#: Files of tests that take long, the longest first, each by its folder and name: one that starts
#: last would leave other workers idle.
LONG = (
    "browser/test_pages",
    "browser/test_explorer",
    "browser/test_front",
    "lsm/test_sweep_faults",
    "book/test_interrupts",
    "book/test_execute",
    "lsm/test_package",
    "book/test_explorer_model",
    "book/test_environment",
    "lsm/test_compile",
    "lsm/test_store",
    "book/test_references",
    "lsm/test_dynamics",
    "study/test_explore",
    "study/test_readings",
    "lsm/test_spectrum",
)

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?![\w])")
Output = dict[str, Any]


def near(reference: float, test: float, tolerance: float) -> bool:
    return math.isclose(reference, test, rel_tol=tolerance, abs_tol=1e-12)


def text_differences(reference: str, test: str) -> Iterator[str]:
    """Numbers within tolerance, all else to the letter."""
    if NUMBER.sub("#", reference) != NUMBER.sub("#", test):
        yield f"text differs:\n--- reference\n{reference}\n--- now\n{test}"
        return
    pairs = zip(NUMBER.findall(reference), NUMBER.findall(test), strict=True)
    for old, new in pairs:
        # Integers (seeds, counts, ids) are exact.
        exact = re.fullmatch(r"[-+]?\d+", old) and re.fullmatch(r"[-+]?\d+", new)
        if old != new and (exact or not near(float(old), float(new), TEXT_TOLERANCE)):
            yield f"number differs: reference {old}, now {new}, in\n{test}"


def json_differences(reference: Any, test: Any, place: str = "") -> Iterator[str]:
    """Same structure and text, floats within tolerance."""
    if isinstance(reference, dict) and isinstance(test, dict):
        if reference.keys() != test.keys():
            yield f"{place or 'record'}: keys {sorted(reference)}, now {sorted(test)}"
        for key in reference.keys() & test.keys():
            yield from json_differences(reference[key], test[key], f"{place}/{key}")
    elif isinstance(reference, list) and isinstance(test, list):
        if len(reference) != len(test):
            yield f"{place or 'record'}: {len(reference)} entries, now {len(test)}"
        for number, (old, new) in enumerate(zip(reference, test, strict=False)):
            name = old.get("id", number) if isinstance(old, dict) else number
            yield from json_differences(old, new, f"{place}/{name}")
    elif isinstance(reference, float) and isinstance(test, int | float):
        if not near(reference, test, JSON_TOLERANCE):
            yield f"{place}: reference {reference!r}, now {test!r}"
    elif type(reference) is not type(test) or reference != test:
        yield f"{place}: reference {reference!r}, now {test!r}"


def verdict_differences(reference: list[Any], test: list[Any]) -> Iterator[str]:
    """Claims whose verdict changed, in either direction, with the numbers behind both."""
    old, new = ({entry["id"]: entry for entry in record} for record in (reference, test))
    for name in [*old, *(name for name in new if name not in old)]:
        texts = []
        for entry in (old.get(name), new.get(name)):
            drawn = next(iter((entry or {}).get("samples") or [{}]))
            numbers = ", ".join(f"{measure} = {value}" for measure, value in drawn.items())
            texts.append(f"{entry['verdict']} ({numbers})" if entry else "not recorded")
        if (old.get(name) or {}).get("verdict") != (new.get(name) or {}).get("verdict"):
            yield f"verdict of claim {name} changed: was {texts[0]}, is {texts[1]}"


def image_differences(reference: str, test: str) -> Iterator[str]:
    """Pixels of two PNG files in base64."""
    old, new = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA"), dtype=float)
        for png in (reference, test)
    )
    if old.shape != new.shape:
        yield f"image is {new.shape[1]} x {new.shape[0]}, reference {old.shape[1]} x {old.shape[0]}"
        return
    rms = float(np.sqrt(np.mean((old - new) ** 2)))
    if not rms <= IMAGE_TOLERANCE:
        yield f"image differs by {rms:.2f} of 255 (root mean square), allowed {IMAGE_TOLERANCE}"


def parts(outputs: Sequence[Output]) -> list[tuple[str, Any]]:
    """Outputs as (kind, content); streams joined, the kinds of one output in a fixed order."""
    found: list[tuple[str, Any]] = []
    for output in outputs:
        if output["output_type"] == "stream":
            kind, text = output["name"], "".join(output["text"])
            if found and found[-1][0] == kind:
                found[-1] = (kind, found[-1][1] + text)
            else:
                found.append((kind, text))
        elif output["output_type"] == "error":
            found.append(("error", f"{output['ename']}: {output['evalue']}"))
        else:
            data = output["data"]
            found += [(kind, data[kind]) for kind in sorted(data)]
    return found


def differences(reference: Sequence[Output], test: Sequence[Output]) -> list[str]:
    """What is different between the outputs of a cell; nothing if they agree."""
    old, new = parts(reference), parts(test)
    kinds_old, kinds_new = [kind for kind, _ in old], [kind for kind, _ in new]
    if kinds_old != kinds_new:
        noise = [f"standard error: {text}" for kind, text in new if kind == "stderr"]
        return [f"kinds of output differ: reference {kinds_old}, now {kinds_new}", *noise]
    found: list[str] = []
    for (kind, a), (_, b) in zip(old, new, strict=True):
        if kind.startswith("image/") and kind != "image/svg+xml":
            found += image_differences("".join(a), "".join(b))
        elif kind.endswith("json"):
            if kind == MIME:
                found += verdict_differences(a, b)
            found += json_differences(a, b)
        else:
            found += text_differences("".join(a), "".join(b))
    return found


def never_executed(notebook: dict[str, Any]) -> list[str]:
    """Why a reference checks nothing, or not all: nbval lets cells that were never run pass."""
    code = [c for c in notebook["cells"] if c["cell_type"] == "code" and "".join(c["source"])]
    found = [
        f"cell {number} was never executed: {''.join(cell['source'])[:60]!r}"
        for number, cell in enumerate(code)
        if cell.get("execution_count") is None
    ]
    unchecked = {"nbval-ignore-output", "nbval-skip"}
    checked = [c for c in code if not unchecked & set(c["metadata"].get("tags", ()))]
    if not any(cell.get("outputs") for cell in checked):
        found.append("no checked cell has an output")
    for cell in checked:
        kinds = [kind for kind, _ in parts(cell.get("outputs", ()))]
        if "stderr" in kinds:
            found.append(f"a cell wrote to standard error: {''.join(cell['source'])[:60]!r}")
        if "figure" in cell["metadata"].get("mystnb", {}) and "image/png" not in kinds:
            found.append(f"a cell with a figure has no image: {''.join(cell['source'])[:60]!r}")
    return found


def _compare_outputs(
    self: IPyNbCell, test: list[Output], ref: list[Output], skip_compare: Any = None
) -> bool:
    self.comparison_traceback = differences(ref, test)
    return not self.comparison_traceback


def start_order(path: Path) -> tuple[bool, float]:
    """Where a test file comes in the order of start: notebooks, then unit tests, the longest first.

    The driver writes how long a page took into the committed notebook; a notebook without it is
    new, and may be the longest.
    """
    if path.suffix != ".ipynb":
        name = f"{path.parent.name}/{path.stem}"
        return True, LONG.index(name) if name in LONG else len(LONG)
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return False, -metadata.get("lsm", {}).get("seconds", math.inf)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {path: start_order(path) for path in {item.path for item in items}}
    items.sort(key=lambda item: order[item.path])


def _cores() -> int:
    try:
        return available_cores()
    except ValueError as error:  # of a variable
        raise pytest.UsageError(str(error)) from None


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    return _cores()


def pytest_configure(config: pytest.Config) -> None:
    # Else pytest-xdist starts the files with most tests first, which are the unit tests.
    config.option.loadscopereorder = False
    IPyNbCell.compare_outputs = _compare_outputs
    environment.settle(str(config.rootpath))
    # Examples that fail are printed; a database of them may have no place. No machine is too slow.
    hypothesis.settings.register_profile("anywhere", database=None, deadline=None)
    hypothesis.settings.load_profile("anywhere")
    # A user's matplotlibrc may lie in the working folder too. Notebooks see to that themselves.
    matplotlib.use("Agg")
    matplotlib.rcdefaults()
    if n_workers := config.getoption("numprocesses", None):
        # Sweeps of the notebooks and workers of pytest-xdist share the cores.
        os.environ["LSM_WORKERS"] = str(max(1, _cores() // n_workers))
