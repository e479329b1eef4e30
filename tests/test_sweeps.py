"""Runs of a setting and sweeps over many: what they share, and what they may not depend on."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.dynamics import simulate
from lsm.inputs import PSPKernel, bin_spikes, convolve_psp, present, spike_times
from lsm.network import Binary, Lognormal, Normal, two_layer, with_delays
from lsm.neurons import LSM
from lsm.sweeps import Setting, generators, run, sensory_input, sweep

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.5)
LEAK = LSM(k_static=0.05, tau_dyn=0.01)
SETTINGS = [
    SMALL,
    replace(SMALL, neuron=LEAK),
    replace(SMALL, delay=3e-3, weights=Lognormal(mean=0.3)),
    replace(SMALL, stream=1),
]


def assert_same(found, expected):
    """Two nested lists of arrays."""
    for f, e in zip(found, expected, strict=True):
        np.testing.assert_array_equal(f, e)


def activities(settings, *, n_repeats=3, seed=1, n_workers=2):
    return sweep(
        lambda r: r.activity, settings, seed=seed, n_repeats=n_repeats, n_workers=n_workers
    )


# Runs


def test_a_run_is_the_chain_of_its_parts_with_every_value_of_its_setting():
    setting = Setting(
        weights=Lognormal(mean=0.3, cv=0.5),
        sizes=(3, 2),
        n_sensors=4,
        autapses=True,
        delay=4e-3,
        rate=80.0,
        n_presentations=4,
        duration=0.25,
        jitter=3e-3,
        law="gaussian",
        kernel=PSPKernel(tau_decay=5e-3, latency=2e-3),
        neuron=LSM(k_static=0.2, tau_dyn=0.02),
        dt=5e-4,
        stream=2,
    )
    found = run(setting, seed=3, repeat=1)
    for_inputs, for_weights, for_delays = generators(setting, 3, 1)
    times = spike_times(80.0, 0.25, 4, rng=for_inputs)
    times = present(times, 4, 0.25, jitter=3e-3, law="gaussian", rng=for_inputs)
    inputs = convolve_psp(bin_spikes(times, 2000, dt=5e-4), dt=5e-4, kernel=setting.kernel)
    network = two_layer(setting.weights, sizes=(3, 2), n_sensors=4, autapses=True, rng=for_weights)
    network = with_delays(network, 4e-3, rng=for_delays)
    assert found.setting is setting
    np.testing.assert_array_equal(found.inputs, inputs)
    np.testing.assert_array_equal(found.network.w_rec, network.w_rec)
    np.testing.assert_array_equal(found.network.delays, network.delays)
    np.testing.assert_array_equal(
        found.activity, simulate(network, inputs, setting.neuron, dt=5e-4)
    )


def test_defaults_are_those_of_the_methods():
    s = Setting()
    assert (s.sizes, s.n_sensors, s.autapses, s.delay) == ((5, 4), 6, False, 0)
    assert (s.rate, s.n_presentations, s.duration, s.jitter) == (50, 50, 1, 0.01)
    assert (s.kernel, s.neuron.tau_dyn, s.weights.cv) == (PSPKernel(), 0, 0.2)


def test_a_whole_number_of_steps_may_be_one_only_up_to_rounding():
    assert 0.6 / 2e-4 != 3000
    setting = Setting(duration=0.6, dt=2e-4, n_presentations=2, n_sensors=2)
    assert sensory_input(setting, rng=np.random.default_rng(0)).shape == (2, 6000)


@pytest.mark.parametrize(
    "change", [{"neuron": LEAK}, {"autapses": True}, {"delay": 5e-3}, {"dt": 5e-4}, {"rate": 90.0}]
)
def test_settings_of_one_stream_share_their_weights(change):
    first, second = run(SMALL, seed=0), run(replace(SMALL, **change), seed=0)
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_array_equal(first.network.w_in, second.network.w_in)
    np.testing.assert_array_equal(first.network.w_rec[off], second.network.w_rec[off])


@pytest.mark.parametrize(
    "change",
    [
        {"neuron": LEAK},
        {"autapses": True},
        {"delay": 5e-3},
        {"sizes": (3, 3)},
        {"weights": Binary(p=0.3)},
    ],
)
def test_settings_of_one_stream_share_their_input(change):
    first, second = run(SMALL, seed=0), run(replace(SMALL, **change), seed=0)
    np.testing.assert_array_equal(first.inputs, second.inputs)
    assert (
        first.activity.shape != second.activity.shape or (first.activity != second.activity).any()
    )


def test_leak_and_no_leak_share_their_delays():
    with_delay = replace(SMALL, delay=5e-3)
    first, second = run(with_delay, seed=0), run(replace(with_delay, neuron=LEAK), seed=0)
    np.testing.assert_array_equal(first.network.delays, second.network.delays)
    assert first.network.delays.any()


@pytest.mark.parametrize(
    ("other", "seed", "repeat"),
    [({}, 1, 0), ({}, 0, 1), ({"stream": 1}, 0, 0), ({"stream": 1}, 0, 1)],
    ids=["seed", "repeat", "stream", "stream and repeat"],
)
def test_another_seed_repeat_or_stream_draws_everything_anew(other, seed, repeat):
    setting = replace(SMALL, delay=5e-3)
    first = run(setting, seed=0)
    second = run(replace(setting, **other), seed=seed, repeat=repeat)
    assert (first.inputs != second.inputs).mean() > 0.9
    assert (first.network.w_in != second.network.w_in).sum() == 4 * 3  # layer 1
    assert (first.network.w_rec != second.network.w_rec).sum() == 6 * 5
    assert (first.network.delays != second.network.delays).all()


def test_stream_and_repeat_are_not_exchangeable():
    first, second = (
        run(replace(SMALL, stream=stream), seed=0, repeat=repeat)
        for stream, repeat in ((0, 1), (1, 0))
    )
    assert (first.network.w_rec != second.network.w_rec).any()


def test_inputs_weights_and_delays_are_drawn_apart():
    draws = [generator.random(1000) for generator in generators(SMALL, 0)]
    between = np.corrcoef(draws)[np.triu_indices(3, 1)]
    assert np.abs(between).max() < 5 / np.sqrt(1000)


# Sweeps


def test_a_sweep_is_its_runs_by_setting_and_repeat():
    found = activities(SETTINGS)
    assert [len(row) for row in found] == [3] * len(SETTINGS)
    for setting, row in zip(SETTINGS, found, strict=True):
        assert_same(row, [run(setting, seed=1, repeat=i).activity for i in range(3)])


@pytest.mark.parametrize("n_workers", [1, 3, 8, None])
def test_a_sweep_does_not_depend_on_the_number_of_workers(n_workers):
    expected = activities(SETTINGS, n_workers=2)
    for found, row in zip(activities(SETTINGS, n_workers=n_workers), expected, strict=True):
        assert_same(found, row)


def test_a_sweep_does_not_depend_on_order_added_settings_or_added_repeats():
    expected = activities(SETTINGS)
    for found, row in zip(activities(SETTINGS[::-1])[::-1], expected, strict=True):
        assert_same(found, row)
    for i, setting in enumerate(SETTINGS):
        assert_same(activities([setting])[0], expected[i])
    more = activities(SETTINGS[:1], n_repeats=5)[0]
    assert_same(more[:3], expected[0])


def test_repeats_and_seeds_differ():
    rows = activities([SMALL], n_repeats=3)[0] + activities([SMALL], n_repeats=3, seed=2)[0]
    for i in range(6):
        for j in range(i):
            assert (rows[i] != rows[j]).any()


def test_an_error_in_a_measure_reaches_the_caller():
    def refuse(result):
        raise KeyError("from within")

    with pytest.raises(KeyError, match="from within"):
        sweep(refuse, [SMALL], seed=0, n_repeats=2)


def test_normal_weights_are_the_default():
    assert Setting().weights == Normal(mean=0.4)
