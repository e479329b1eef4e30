"""Where a page's sweeps run: the parts of a sweep, and a cluster that does not answer."""

import os
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lsm.runs import Setting
from lsm.sweeps import SweepError
from rongala2021 import workers
from rongala2021.grids import grid
from rongala2021.pages import ParameterError, scale
from rongala2021.run_measures import input_power, spectra
from rongala2021.scale import Scale, _rows, sweep_grid
from rongala2021.spectra import Spectrum
from rongala2021.workers import executor

SPECTRUM = Spectrum(freqs=np.array([5.0, 20.0, 100.0]), warm_up=0.05)
MEASURE = partial(input_power, spectrum=SPECTRUM)
BASE = dict(sizes=(2, 1), n_sensors=2, n_presentations=2, duration=0.2)
SETTINGS = grid([Setting(**BASE, rate=50.0 + i) for i in range(6)], rate=range(6))


@pytest.fixture
def found_by(monkeypatch):
    """What a sweep finds with a store, as a part of all runs or as a whole."""

    def find(store, part="", measure=MEASURE, settings=SETTINGS, n_networks=4):
        monkeypatch.setenv("LSM_PART", part)
        given = Scale(seed=1, n_networks=n_networks, spectrum=SPECTRUM, store=store)
        return sweep_grid(measure, settings, given)

    return find


def names(store):
    return {path.name for path in store.rglob("*.npz")}


def test_parts_share_the_runs_of_a_sweep_and_together_are_all_of_it(tmp_path, found_by):
    expected = found_by(tmp_path / "whole")
    whole = names(tmp_path / "whole")
    assert len(whole) == 24
    shares = []
    for part in (3, 1, 2):  # in any order
        found_by(tmp_path / str(part), f"{part}/3")
        shares.append(names(tmp_path / str(part)))
        found_by(tmp_path / "shared", f"{part}/3")
    assert all(len(share) >= 2 for share in shares)
    assert sum(map(len, shares)) == 24  # none twice
    assert set().union(*shares) == names(tmp_path / "shared") == whole
    assert expected.equals(found_by(tmp_path / "shared"))


def test_the_share_of_a_part_does_not_depend_on_what_is_there(tmp_path, found_by):
    found_by(tmp_path, n_networks=2)
    before = names(tmp_path)
    found_by(tmp_path, "1/2")
    found_by(tmp_path / "alone", "1/2")
    assert names(tmp_path) - before == names(tmp_path / "alone") - before


def test_a_part_goes_on_with_stand_ins_of_the_right_shape(tmp_path, found_by, monkeypatch):
    whole = found_by(tmp_path / "whole")
    found = found_by(tmp_path / "part", "1/2")
    assert {name: (v.dims, v.shape) for name, v in found.items()} == {
        name: (v.dims, v.shape) for name, v in whole.items()
    }
    # Those of the same setting where there are any: settings of other sizes have other shapes.
    sizes = [Setting(**BASE | {"n_sensors": n}) for n in (2, 3)]
    given = Scale(seed=1, n_networks=8, spectrum=SPECTRUM, store=tmp_path / "sizes")
    monkeypatch.setenv("LSM_PART", "1/2")
    rows = _rows(partial(spectra, spectrum=SPECTRUM), sizes, given, None)
    assert [{len(each.sensors) for each in row} for row in rows] == [{2}, {3}]


def test_a_part_without_a_share_of_a_sweep_computes_one_run(tmp_path, found_by):
    whole = found_by(tmp_path / "whole", n_networks=1, settings=SETTINGS[:1])
    (name,) = names(tmp_path / "whole")
    other = 1 + (int(name.removesuffix(".npz"), 16) + 1) % 5
    found = found_by(tmp_path / "part", f"{other}/5", n_networks=1, settings=SETTINGS[:1])
    assert found.equals(whole)


@pytest.mark.parametrize("part", ["", "1/1"])
def test_an_error_of_a_run_is_raised_in_parts_too(tmp_path, found_by, part):
    beyond = Spectrum(freqs=np.array([5000.0]))  # the highest that steps of 1 ms allow is 500 Hz
    with pytest.raises(SweepError, match=r"24 of 24 runs failed:\n.*: ValueError: freqs: "):
        found_by(tmp_path, part, partial(input_power, spectrum=beyond))


PART = """
import sys
from pathlib import Path
from tests.study.test_workers import MEASURE, SETTINGS, SPECTRUM
from rongala2021.scale import Scale, sweep_grid
store = Path(sys.argv[1])
sweep_grid(MEASURE, SETTINGS, Scale(seed=1, n_networks=4, spectrum=SPECTRUM, store=store))
"""


def test_parts_in_processes_leave_no_run_out(tmp_path, found_by, caplog):
    """On other hosts, whose Python has other hashes of text."""
    root = Path(__file__).parents[2]
    for part in (1, 2):
        around = os.environ | {"LSM_PART": f"{part}/2", "PYTHONHASHSEED": f"{part}"}
        around["PYTHONPATH"] = str(root)
        subprocess.run([sys.executable, "-c", PART, tmp_path], env=around, check=True)
        assert len(names(tmp_path)) < 24 or part == 2
    caplog.set_level("INFO", "lsm.sweeps")
    found_by(tmp_path)
    assert caplog.messages == ["24 runs: 24 from disk, 0 computed, 0 failed"]


@pytest.mark.parametrize("text", ["", "3", "a/b", "1/2/3"])
def test_what_names_no_part_is_none(monkeypatch, text):
    monkeypatch.setenv("LSM_PART", text)
    assert workers.part() is None


def test_nothing_means_threads_of_this_process():
    assert executor("") is None


@pytest.mark.parametrize("scheduler", ["part 1/2", "host", "8786", "tcp://", "//host:8786"])
def test_what_names_no_cluster_is_refused(scheduler):
    with pytest.raises(ValueError, match=r"^scheduler: expected nothing or an address such") as e:
        executor(scheduler)
    assert str(e.value).endswith(f"got {scheduler!r}")


def test_a_page_whose_cluster_does_not_answer_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(workers, "_PATIENCE", 1)
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unheard.getsockname()[1]}"
        with pytest.raises(ParameterError) as caught:
            scale({"seed": 1, "scheduler": address})
    text = str(caught.value)
    assert text.startswith("scheduler: expected the address of a Dask scheduler that answers")
    assert address in text
    assert "\n" not in text
