"""Where a page's sweeps run: the parts of a sweep, and a cluster that does not answer."""

import socket
from functools import partial

import numpy as np
import pytest

from lsm.runs import Setting
from lsm.sweeps import SweepError
from rongala2021 import workers
from rongala2021.pages import ParameterError, scale
from rongala2021.run_measures import input_power, spectra
from rongala2021.scale import Scale, _rows, grid, sweep_grid
from rongala2021.spectra import Spectrum
from rongala2021.workers import Part, executor

SPECTRUM = Spectrum(freqs=np.array([5.0, 20.0, 100.0]), warm_up=0.05)
MEASURE = partial(input_power, spectrum=SPECTRUM)
BASE = dict(sizes=(2, 1), n_sensors=2, n_presentations=2, duration=0.2)
SETTINGS = grid([Setting(**BASE, rate=50.0 + i) for i in range(6)], rate=range(6))


def found_by(store, computing, measure=MEASURE, settings=SETTINGS, n_networks=4):
    given = Scale(seed=1, n_networks=n_networks, spectrum=SPECTRUM, store=store, executor=computing)
    return sweep_grid(measure, settings, given)


def names(store):
    return {path.name for path in store.rglob("*.npz")}


def test_parts_share_the_runs_of_a_sweep_and_together_are_all_of_it(tmp_path):
    expected = found_by(tmp_path / "whole", None)
    whole = names(tmp_path / "whole")
    assert len(whole) == 24
    shares = []
    for part in (3, 1, 2):  # in any order
        found_by(tmp_path / str(part), Part(part, 3))
        shares.append(names(tmp_path / str(part)))
        found_by(tmp_path / "shared", Part(part, 3))
    assert all(len(share) >= 2 for share in shares)
    assert sum(map(len, shares)) == 24  # none twice
    assert set().union(*shares) == names(tmp_path / "shared") == whole
    assert expected.equals(found_by(tmp_path / "shared", None))


def test_the_share_of_a_part_does_not_depend_on_what_is_there(tmp_path):
    found_by(tmp_path, None, n_networks=2)
    before = names(tmp_path)
    found_by(tmp_path, Part(1, 2))
    found_by(tmp_path / "alone", Part(1, 2))
    assert names(tmp_path) - before == names(tmp_path / "alone") - before


def test_a_part_goes_on_with_stand_ins_of_the_right_shape(tmp_path):
    whole = found_by(tmp_path / "whole", None)
    found = found_by(tmp_path / "part", Part(1, 2))
    assert {name: (v.dims, v.shape) for name, v in found.items()} == {
        name: (v.dims, v.shape) for name, v in whole.items()
    }
    # Those of the same setting where there are any: settings of other sizes have other shapes.
    sizes = [Setting(**BASE | {"n_sensors": n}) for n in (2, 3)]
    given = Scale(
        seed=1, n_networks=8, spectrum=SPECTRUM, executor=Part(1, 2), store=tmp_path / "sizes"
    )
    rows = _rows(partial(spectra, spectrum=SPECTRUM), sizes, given, None)
    assert [{len(each.sensors) for each in row} for row in rows] == [{2}, {3}]


def test_a_part_without_a_share_of_a_sweep_computes_one_run(tmp_path):
    whole = found_by(tmp_path / "whole", None, n_networks=1, settings=SETTINGS[:1])
    (name,) = names(tmp_path / "whole")
    other = 1 + (int(name.removesuffix(".npz"), 16) + 1) % 5
    found = found_by(tmp_path / "part", Part(other, 5), n_networks=1, settings=SETTINGS[:1])
    assert found.equals(whole)


@pytest.mark.parametrize("computing", [None, Part(1, 1)])
def test_an_error_of_a_run_is_raised_with_parts_too(tmp_path, computing):
    beyond = Spectrum(freqs=np.array([5000.0]))  # the highest that steps of 1 ms allow is 500 Hz
    with pytest.raises(SweepError, match=r"24 of 24 runs failed:\n.*: ValueError: freqs: "):
        found_by(tmp_path, computing, partial(input_power, spectrum=beyond))


def test_nothing_means_threads_and_each_scheduler_one_executor():
    assert executor("") is None
    assert isinstance(executor("part 2/3"), Part)
    assert executor("part 2/3") is executor("part 2/3")


@pytest.mark.parametrize(
    "scheduler", ["part", "part 0/3", "part 4/3", "part 1/0", "part 1/2 ", "host", "8786", "tcp://"]
)
def test_what_names_no_executor_is_refused(scheduler):
    with pytest.raises(ValueError, match=r"^scheduler: expected nothing, an address such as") as e:
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
