"""The power of many networks, and of what drives them."""

from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest
import xarray as xr

from lsm.dynamics import internal_activity, simulate
from lsm.neurons import LSM
from lsm.runs import Setting, run
from lsm.spectrum import log_frequencies
from rongala2021.grids import grid
from rongala2021.populations import group_means, grouped, mean_signal, population
from rongala2021.run_measures import input_power, network_power
from rongala2021.scale import Scale, sweep_grid
from rongala2021.spectra import Spectrum
from tests.settings import OTHERS

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=4, duration=0.3)
SPECTRUM = Spectrum(freqs=log_frequencies(5.0, 300.0, voices=5), warm_up=0.1)
SCALE = Scale(seed=2, n_networks=2, spectrum=SPECTRUM)
#: Of a setting, what its sensory input depends on.
OF_INPUT = {
    *("n_sensors", "rate", "n_presentations", "duration", "jitter"),
    *("law", "kernel", "dt", "stream"),
}
#: Each field of a setting changed, one at a time; presentations are as many throughout a grid.
CHANGES = {"nothing": {}} | {name: {name: value} for name, value in OTHERS.items()}
LONGER = {"n_presentations": CHANGES.pop("n_presentations")}
EACH = grid([replace(SMALL, **c) for c in CHANGES.values()], changed=list(CHANGES))
TWO_BY_TWO = grid(
    [replace(SMALL, rate=rate, n_sensors=n) for rate in (50, 90) for n in (3, 5)],
    rate=[50, 90],
    sensors=[3, 5],
)


def expected(setting, network):
    """Of one network, measured by itself."""
    result = run(setting, seed=2, repeat=network)
    of_input = input_power(result, spectrum=SPECTRUM).power.mean(axis=-1)
    return network_power(result, spectrum=SPECTRUM)._asdict() | {"input": of_input}


def test_a_population_is_each_of_its_networks_under_its_own_input():
    assert list(OTHERS) == [field.name for field in fields(Setting)]
    for changes in (CHANGES, LONGER):
        settings = [replace(SMALL, **change) for change in changes.values()]
        found = population(grid(settings, changed=list(changes)), SCALE)
        assert found["power"].dims == found["input"].dims == ("changed", "network", "frequency")
        for label, setting in zip(changes, settings, strict=True):
            for network in range(2):
                one = found.sel(changed=label, network=network)
                for name, values in expected(setting, network).items():
                    np.testing.assert_array_equal(one[name], values)


def test_an_input_that_networks_share_is_measured_once(monkeypatch, tmp_path):
    asked = []

    def watched(measure, settings, scale, **options):
        asked.append((measure.func, settings.size))
        return sweep_grid(measure, settings, scale, **options)

    monkeypatch.setattr("rongala2021.populations.sweep_grid", watched)
    found = population(EACH, replace(SCALE, n_networks=1, store=tmp_path))
    (n_measured,) = [size for function, size in asked if function is input_power]
    matters = sorted(OF_INPUT & set(CHANGES))
    assert n_measured == len(matters) + 1  # each field that matters to it, and all the others
    shared = found["input"].drop_sel(changed=matters)
    assert (shared == shared.sel(changed="nothing", drop=True)).all()
    # Kept on disk under the name of the input alone.
    assert len(list(tmp_path.rglob("*.npz"))) == EACH.size + n_measured


def test_inputs_belong_to_the_cells_of_a_grid_with_several_axes():
    found = population(TWO_BY_TWO, SCALE)
    assert found["input"].dims == ("rate", "sensors", "network", "frequency")
    for rate, n in ((50, 3), (50, 5), (90, 3), (90, 5)):
        one = found.sel(rate=rate, sensors=n, network=1)
        setting = TWO_BY_TWO.sel(rate=rate, sensors=n).item()
        np.testing.assert_array_equal(one["input"], expected(setting, 1)["input"])


def test_a_population_from_disk_is_the_same(tmp_path):
    tau = np.linspace(0, 0.02, 6)
    settings = grid([SMALL, replace(SMALL, neuron=LSM(tau_dyn=tau))], form=["no leak", "leak"])
    stored = replace(SCALE, store=tmp_path)
    plain, first, again = (population(settings, scale) for scale in (SCALE, stored, stored))
    assert plain.identical(first)
    assert first.identical(again)


def test_networks_behind_the_verdicts_follow_those_drawn_and_have_fewer_presentations():
    settings = TWO_BY_TWO.isel(sensors=0)
    scale = replace(SCALE, n_networks=5)
    found = population(settings, scale, n_drawn=2, n_short=2)
    drawn = population(settings, replace(SCALE, n_networks=2))
    assert found.isel(network=slice(2)).identical(drawn)
    np.testing.assert_array_equal(found["network"], range(5))
    for network in (2, 4):
        short = replace(settings.sel(rate=90).item(), n_presentations=2)
        one = found.sel(rate=90, network=network)
        for name, values in expected(short, network).items():
            np.testing.assert_array_equal(one[name], values)


def test_what_is_drawn_is_not_measured_again(tmp_path):
    scale = replace(SCALE, n_networks=5, store=tmp_path)
    population(TWO_BY_TWO.isel(sensors=[0], rate=[0]), scale, n_drawn=2, n_short=2)
    # Of each network, one result for its neurons and one for its input.
    assert len(list(tmp_path.rglob("*.npz"))) == 2 * 5


def test_all_networks_may_be_drawn_but_not_more():
    settings = TWO_BY_TWO.isel(sensors=0)
    every = population(settings, SCALE, n_drawn=2, n_short=2)
    assert every.identical(population(settings, SCALE))
    with pytest.raises(ValueError, match=r"^n_drawn: expected at most 2 networks, got 3"):
        population(settings, SCALE, n_drawn=3, n_short=2)


def test_groups_are_networks_in_turn_and_a_rest_is_left_out():
    found = population(TWO_BY_TWO, replace(SCALE, n_networks=5))
    groups = grouped(found, 2)
    assert groups.sizes["group"] == groups.sizes["draw"] == 2
    for group in range(2):
        for draw in range(2):
            one = groups.sel(group=group, draw=draw)
            network = found.sel(network=2 * group + draw)
            for name in found.data_vars:
                np.testing.assert_array_equal(one[name], network[name])


def test_means_of_groups_are_those_of_their_networks():
    found = population(TWO_BY_TWO, replace(SCALE, n_networks=4))
    means = group_means(found, 2)
    assert set(means) == {"power", "input", "activity"}
    for group in range(2):
        each = found.isel(network=slice(2 * group, 2 * group + 2)).mean("network")
        for name in means:
            np.testing.assert_allclose(means[name].sel(group=group), each[name])


def test_the_mean_signal_is_that_of_networks_under_one_input():
    setting = replace(SMALL, delay=5e-3, neuron=LSM(k_static=0.05, tau_dyn=0.01))
    found = mean_signal(setting, n_draws=3, seed=2, repeat=1)
    inputs = run(setting, seed=2, repeat=1).inputs
    np.testing.assert_array_equal(found.inputs, inputs)
    networks = [run(setting, seed=2, repeat=repeat).network for repeat in (3, 4, 5)]
    each = [simulate(n, inputs, setting.neuron, dt=setting.dt) for n in networks]
    np.testing.assert_allclose(found.activity, np.mean(each, axis=0), atol=1e-15)
    assert np.ptp(each, axis=0).max() > 0.01


def test_networks_may_have_inputs_of_their_own_and_neurons_one_mean():
    average = partial(mean_signal, SMALL, n_draws=2, seed=2, repeat=2)
    each = [run(SMALL, seed=2, repeat=repeat).activity for repeat in (4, 5)]
    found = average(own_inputs=True)
    np.testing.assert_allclose(found.activity, np.mean(each, axis=0))
    heard = [run(SMALL, seed=2, repeat=repeat).inputs for repeat in (4, 5)]
    np.testing.assert_allclose(found.inputs, np.mean(heard, axis=0))
    one = average(own_inputs=True, of_neurons=True).activity
    np.testing.assert_allclose(one, np.mean(each, axis=(0, 1))[None], atol=1e-15)
    together = average(of_neurons=True).activity
    np.testing.assert_allclose(together, average().activity.mean(axis=0)[None], atol=1e-15)
    assert not np.allclose(together, one)


def test_the_input_may_be_measured_as_it_is_drawn():
    draw = partial(mean_signal, n_draws=2, own_inputs=True)
    settings = grid([SMALL], law=["uniform"])
    found = population(settings, SCALE, draw=draw, input_of_draw=True)
    for network in range(2):
        mean = input_power(draw(SMALL, seed=2, repeat=network), spectrum=SPECTRUM)
        np.testing.assert_allclose(found["input"][0, network], mean.power.mean(axis=-1))
    own = population(settings, SCALE, draw=draw)
    xr.testing.assert_identical(own["input"], population(settings, SCALE)["input"])


def test_the_mean_signal_of_one_network_is_its_own():
    found = mean_signal(SMALL, n_draws=1, seed=2, repeat=3)
    np.testing.assert_array_equal(found.activity, run(SMALL, seed=2, repeat=3).activity)
    with pytest.raises(ValueError, match=r"^n_draws: expected"):
        mean_signal(SMALL, n_draws=0, seed=2)


@pytest.mark.parametrize("own_inputs", [False, True])
@pytest.mark.parametrize("update", ["together", "in turn", "layer by layer"])
def test_the_mean_signal_is_of_what_is_recorded_in_the_order_of_update(update, own_inputs):
    connectivity = ((1, 1, 1, 1, 0), (0, 1, 1, 0, 1)) * 2
    setting = replace(SMALL, update=update, connectivity=connectivity, delay=2e-3)
    internal = replace(setting, recorded="internal activity")
    how = dict(n_draws=2, own_inputs=own_inputs, seed=2, repeat=1)
    plain, found = (mean_signal(s, **how).activity for s in (setting, internal))
    given = run(setting, seed=2, repeat=1).inputs
    sent, before = [], []
    for repeat in (2, 3):
        drawn = run(setting, seed=2, repeat=repeat)
        inputs = drawn.inputs if own_inputs else given
        args = drawn.network, inputs
        each = simulate(*args, setting.neuron, dt=1e-3, update=update)
        sent.append(each)
        before.append(internal_activity(*args, each, setting.neuron, dt=1e-3, update=update))
    np.testing.assert_allclose(plain, np.mean(sent, axis=0), atol=1e-15)
    np.testing.assert_allclose(found, np.mean(before, axis=0), atol=1e-15)
    assert found.min() < -0.01
