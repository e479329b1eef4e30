"""How much of the study is run, and sweeps of grids of settings."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from lsm.network import neuron_names
from lsm.runs import Setting, run
from lsm.spectrum import highest_frequency, log_frequencies
from rongala2021.controls import open_loop
from rongala2021.grids import changed, grid
from rongala2021.run_measures import high_frequencies, input_power, network_power
from rongala2021.scale import Scale, scale_of, sweep_grid, with_networks
from rongala2021.spectra import Spectrum

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.3)
SPECTRUM = Spectrum(freqs=log_frequencies(5.0, 400.0, voices=3), warm_up=0.05)
SCALE = Scale(seed=2, n_networks=2, spectrum=SPECTRUM)


def settings():
    """Two rates and three numbers of sensors."""
    cells = [
        replace(SMALL, rate=rate, n_sensors=n, stream=n) for rate in (50, 80) for n in (2, 3, 4)
    ]
    return grid(cells, rate=(50, 80), sensors=(2, 3, 4))


# Scale


def test_a_page_s_parameters_say_how_much_is_run(tmp_path):
    given = {"seed": 3, "n_seeds": 7, "f_min": 2.0, "voices": 4, "warm_up": 0.2, "dt": 5e-4}
    found = scale_of(given, store=tmp_path)
    assert (found.seed, found.n_networks, found.store) == (3, 7, tmp_path)
    assert (found.spectrum.warm_up, found.spectrum.wavelet) == (0.2, "morse")
    expected = log_frequencies(2.0, highest_frequency(5e-4), voices=4)
    np.testing.assert_array_equal(found.spectrum.freqs, expected)
    assert scale_of(given, n_networks=5).n_networks == 5
    assert with_networks(found, 9).n_networks == 9
    assert with_networks(found, 9).spectrum is found.spectrum


def test_what_a_page_does_not_give_has_a_default():
    found = scale_of({"seed": 0})
    assert (found.n_networks, found.spectrum.freqs.size, found.store) == (1, 0, None)
    expected = log_frequencies(2.0, highest_frequency(1e-3))
    np.testing.assert_array_equal(scale_of({"seed": 0, "f_min": 2.0}).spectrum.freqs, expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": -1}, "seed: expected"),
        ({"n_networks": 0}, "n_networks: expected"),
        ({"first": -1}, "first: expected"),
        ({"spectrum": SPECTRUM.freqs}, "spectrum: expected"),
    ],
)
def test_a_scale_refuses(changes, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        replace(SCALE, **changes)


# Grids


def test_a_grid_has_each_setting_under_its_labels():
    found = settings()
    assert found.dims == ("rate", "sensors")
    for rate in (50, 80):
        for n in (2, 3, 4):
            cell = found.sel(rate=rate, sensors=n).item()
            assert (cell.rate, cell.n_sensors) == (rate, n)


def test_a_grid_needs_a_setting_for_each_combination():
    with pytest.raises(ValueError, match="cannot reshape"):
        grid([SMALL] * 5, rate=(50, 80), sensors=(2, 3, 4))


def test_each_setting_of_a_grid_is_changed():
    found = changed(settings(), lambda s: replace(s, n_presentations=9))
    assert found.coords.equals(settings().coords)
    for before, after in zip(settings().values.ravel(), found.values.ravel(), strict=True):
        assert repr(after) == repr(replace(before, n_presentations=9))


# Sweeps


@pytest.mark.parametrize("draw", [None, partial(open_loop, n_relays=1)])
def test_a_sweep_of_a_grid_has_what_single_runs_give(draw):
    cells = settings()
    found = sweep_grid(partial(network_power, spectrum=SPECTRUM), cells, SCALE, draw=draw)
    assert found["power"].dims == ("rate", "sensors", "network", "frequency")
    assert found["activity"].dims == ("rate", "sensors", "network")
    assert set(found.data_vars) == {"power", "activity", "variance", "n_silent"}
    np.testing.assert_array_equal(found["frequency"], SPECTRUM.freqs)
    np.testing.assert_array_equal(found["network"], [0, 1])
    for rate, n, network in ((50, 2, 0), (50, 4, 1), (80, 3, 0), (80, 4, 1)):
        setting = cells.sel(rate=rate, sensors=n).item()
        result = (draw or run)(setting, seed=2, repeat=network)
        expected = network_power(result, spectrum=SPECTRUM)
        ours = found.sel(rate=rate, sensors=n, network=network)
        for name in found.data_vars:
            np.testing.assert_array_equal(ours[name], getattr(expected, name))


def test_axes_of_a_measure_have_their_labels():
    cells = grid([SMALL], form=["no leak"])
    found = sweep_grid(partial(high_frequencies, spectrum=SPECTRUM), cells, SCALE)
    assert found["hf_presentation"].dims == ("form", "network", "neuron", "presentation")
    assert found["hf_neuron"].dims == ("form", "network", "neuron")
    result = run(SMALL, seed=2, repeat=1)
    expected = high_frequencies(result, spectrum=SPECTRUM)
    np.testing.assert_array_equal(found["presentation"], [1, 2, 3])
    names = list(neuron_names(result.network.sign))
    assert list(found["neuron"].values) == names
    np.testing.assert_array_equal(found["layer"], result.network.layer)
    np.testing.assert_array_equal(found["sign"], result.network.sign)
    for k, name in enumerate(names):
        activity = found["activity"].sel(form="no leak", network=1, neuron=name)
        assert activity == expected.activity[k]


def test_repeats_have_the_name_of_what_is_drawn():
    cells = grid([SMALL, replace(SMALL, rate=80)], rate=[50, 80])
    found = sweep_grid(partial(input_power, spectrum=SPECTRUM), cells, SCALE, repeats="input")
    assert found["power"].dims == ("rate", "input", "frequency", "presentation")
    expected = input_power(run(cells.values[1], seed=2, repeat=1), spectrum=SPECTRUM)
    np.testing.assert_array_equal(found["power"].sel(rate=80, input=1), expected.power)


def test_a_sweep_of_a_grid_may_leave_out_the_first_networks():
    measure = partial(network_power, spectrum=SPECTRUM)
    whole = sweep_grid(measure, settings(), with_networks(SCALE, 3))
    later = sweep_grid(measure, settings(), replace(SCALE, first=1))
    assert later.identical(whole.isel(network=slice(1, None)))


def test_what_hangs_on_an_axis_of_a_grid_stays_there():
    cells = grid([SMALL, replace(SMALL, rate=80)], rate=[50, 80])
    cells = cells.assign_coords(dense=("rate", [False, True]))
    found = sweep_grid(partial(network_power, spectrum=SPECTRUM), cells, SCALE)
    assert found["activity"].where(found["dense"], drop=True)["rate"].values.tolist() == [80]


def test_a_sweep_of_a_grid_from_disk_is_the_same(tmp_path):
    scale = replace(SCALE, store=tmp_path)
    measure = partial(network_power, spectrum=SPECTRUM)
    plain, first, again = (
        sweep_grid(
            measure,
            settings(),
            s,
        )
        for s in (SCALE, scale, scale)
    )
    assert plain.identical(first)
    assert first.identical(again)
    assert len(list(tmp_path.rglob("*.npz"))) == 12
