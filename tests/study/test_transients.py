"""Transients of made-up signals and of runs."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.dynamics import simulate
from lsm.neurons import LSM
from lsm.runs import Setting, run
from rongala2021.transients import counted, excursions, n_excursions, transients

DT = 1e-3

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.5)


def noise(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_planted_transients_are_counted():
    x = 0.01 * noise((2, 10_000))
    x[0, [1000, 4000, 8000]] += [0.1, -0.1, 0.12]
    assert n_excursions(x, dt=DT).tolist() == [3, 0]


def test_an_excursion_that_lasts_throughout_is_one():
    assert n_excursions(noise(1000), dt=DT, scale_of=1e-9 * noise(1000)) == 1


def test_a_transient_of_several_steps_is_one():
    x = 0.01 * noise(10_000)
    x[5000:5010] += 1.5 * np.sin(np.pi * np.arange(10) / 10)
    # A high threshold, because the filter rings on both sides.
    assert n_excursions(x, dt=DT, cutoff=10.0, threshold=60.0) == 1


def test_slow_waves_are_no_transients():
    t = np.arange(10_000) * DT
    x = 0.01 * noise(t.size)
    x[[1000, 4000, 8000]] += 0.1
    for f in (0.5, 3.0, 10.0):
        assert n_excursions(x + 5 * np.sin(2 * np.pi * f * t), dt=DT) == 3


def test_the_cutoff_decides_what_is_slow():
    t = np.arange(10_000) * DT
    burst = np.exp(-(((t - 5) / 0.1) ** 2)) * np.sin(2 * np.pi * 60 * t)
    x = 0.01 * noise(t.size) + burst
    assert n_excursions(x, dt=DT, cutoff=150.0) == 0
    assert n_excursions(x, dt=DT, cutoff=30.0) > 0


@pytest.mark.parametrize("factor", [1e-6, -1.0, 1e6])
def test_excursions_ignore_scale_and_offset(factor):
    x = 0.01 * noise(5000)
    x[[700, 2500]] += 0.12
    assert n_excursions(factor * (x + 3), dt=DT) == 2


def test_excursions_beyond_the_threshold_only():
    x = 0.01 * noise(10_000)
    x[2000] += 0.12
    x[6000] += 0.3
    assert n_excursions(x, dt=DT, threshold=8.0) == 2
    assert n_excursions(x, dt=DT, threshold=20.0) == 1


def test_the_deviation_is_robust_and_normal():
    # White noise leaves two deviations in 4.55 % of its steps.
    x = noise(200_000)
    expected = 0.0455 * 0.9545 * x.size
    count = n_excursions(x, dt=DT, cutoff=1.0, threshold=2.0)
    assert count == pytest.approx(expected, rel=0.05)
    # Transients do not raise it, however large.
    x[1000::2000] += 1000
    count = n_excursions(x, dt=DT, cutoff=20.0, threshold=500.0)
    assert count == 100


def test_excursions_may_be_measured_against_another_signal():
    quiet = 0.01 * noise(10_000)
    quiet[2000] += 0.12
    assert n_excursions(quiet, dt=DT, scale_of=100 * quiet) == 0
    assert n_excursions(100 * quiet, dt=DT, scale_of=quiet) > 100
    assert n_excursions(quiet, dt=DT, scale_of=quiet) == 1


def test_silence_has_no_excursions():
    assert n_excursions(np.zeros((2, 1000)), dt=DT).tolist() == [0, 0]


# Where transients are


@pytest.mark.parametrize("sign", [1, -1])
def test_a_transient_is_where_it_is_highest(sign):
    x = 0.01 * noise((2, 10_000))
    pulses = {1000: 0.1, 4000: 0.3, 4006: 0.2, 8000: 0.15}
    x[0, list(pulses)] += sign * np.array(list(pulses.values()))
    first, second = excursions(x, dt=DT, apart=10e-3)
    assert first.step.tolist() == [1000, 4000, 8000]
    assert (np.diff(first.height[[0, 2, 1]]) > 0).all()
    assert second.step.size == second.height.size == 0


def test_a_pulse_is_as_high_as_its_fast_part():
    x = np.zeros(4000)
    x[[1000, 3000]] = [1.0, -2.0]
    (found,) = excursions(x, dt=DT, scale_of=0.01 * noise(4000), apart=10e-3)
    assert found.step.tolist() == [1000, 3000]
    # Of a pulse of one step the filter leaves what lies above 100 of 500 Hz.
    assert found.height == pytest.approx([0.8, 1.6], rel=0.05)


@pytest.mark.parametrize(("step", "expected"), [(0, 1), (3, 3), (996, 996), (999, 998)])
def test_a_transient_may_lie_at_an_end(step, expected):
    """The filter goes through the very ends, so that there it is highest one step within."""
    x = 1e-6 * noise(1000)
    x[step] = 1.0
    (found,) = excursions(x, dt=DT, threshold=1e4, apart=10e-3)
    assert found.step.tolist() == [expected]


# Transients with a counterpart


def spikes(*places, n=4000, size=0.2, seed=0):
    x = 0.01 * noise(n, seed)
    x[list(places)] += size
    return x


def count(x, **options):
    return int(n_excursions(x, dt=DT, **{"apart": 10e-3, **options}))


def test_transients_up_to_so_far_apart_are_one():
    x = spikes(1000, 1009, 1018, 3000)
    assert count(x) == 2  # a chain of them too
    assert count(x, apart=0.0) == count(x, apart=1e-3) == 4
    # The last of one and the first of the next: a pulse is a single step.
    assert count(spikes(1000, 1010), threshold=12.0) == 1
    assert count(spikes(1000, 1011), threshold=12.0) == 2


@pytest.mark.parametrize("shift", [-30, -11, -10, -4, 0, 4, 10, 11, 30])
def test_a_transient_is_excused_by_one_of_the_other_signal_within_reach(shift):
    x, other = spikes(1000, 3000), spikes(1000 + shift, seed=1)
    expected = 1 if abs(shift) <= 10 else 2
    assert count(x, apart_from=other, threshold=12.0) == expected


def test_a_merged_transient_is_excused_as_a_whole_from_either_end():
    x = spikes(1000, 1008, 1016)
    for place, expected in ((985, 1), (991, 0), (1008, 0), (1025, 0), (1031, 1)):
        assert count(x, apart_from=spikes(place, seed=1), threshold=12.0) == expected


def test_the_signal_that_excuses_is_measured_on_its_own_scale():
    x = spikes(1000, 2000, 3000)
    for factor in (1e-6, 1e6):
        assert count(x, apart_from=factor * spikes(1000, seed=1)) == 2
        assert count(x, apart_from=factor * spikes(seed=1), threshold=6.0) == 3
    # And not on that of the scale of x.
    assert count(x, scale_of=spikes(), apart_from=1e-6 * spikes(1000, seed=1)) == 2


def test_silence_excuses_nothing():
    assert count(spikes(1000), apart_from=np.zeros(4000)) == 1
    assert count(np.zeros(4000), apart_from=spikes(1000)) == 0


def test_every_signal_has_its_own_excuse():
    x = np.array([[spikes(1000, 3000)] * 2] * 2)
    other = np.array([[spikes(1000), spikes(3000)], [spikes(1000, 3000), spikes()]])
    found = n_excursions(x, dt=DT, apart_from=other, apart=10e-3, threshold=8.0)
    assert found.tolist() == [[1, 1], [0, 2]]


def test_an_excursion_at_either_end_is_counted_and_excused():
    x = noise(1000)  # outside throughout
    tiny = 1e-9 * noise(1000)
    assert count(x, scale_of=tiny) == 1
    assert count(x, scale_of=tiny, apart_from=spikes(500, n=1000)) == 0


# Of runs


def test_transients_are_those_of_the_activity_and_of_its_drive():
    result = run(SMALL, seed=0)
    spiky = result.activity.copy()
    spiky[:, 700] += 1.0  # a transient for certain
    result = result._replace(activity=spiky)
    found = transients(result)
    assert (found.excursions > 0).all()
    np.testing.assert_array_equal(found.on_own_scale, n_excursions(spiky, dt=1e-3))
    drive = result.network.w_in @ result.inputs
    np.testing.assert_array_equal(found.of_drive, n_excursions(drive, dt=1e-3))


def test_a_transient_counts_where_the_neuron_s_own_input_has_none_near():
    neuron = LSM(k_static=0.01, tau_dyn=0.02)
    setting = replace(SMALL, neuron=neuron, n_presentations=4, sizes=(3, 3))
    drawn = run(setting, seed=0)
    weaker = np.where(drawn.network.sign > 0, 1.0, 0.2)  # so that layer 2 is not silenced
    drawn = drawn._replace(network=replace(drawn.network, w_rec=weaker * drawn.network.w_rec))
    rng = np.random.default_rng(0)
    inputs = 1.0 + 0.01 * rng.normal(size=(3, 2000))
    inputs[:, [400, 1000]] += 0.2
    undamped = simulate(drawn.network, inputs, replace(setting.neuron, tau_dyn=0.0), dt=1e-3)
    scale = 1.4826 * np.median(np.abs(undamped - np.median(undamped, axis=1)[:, None]), axis=1)
    activity = 1.0 + scale[:, None] * rng.normal(size=undamped.shape)
    # Near the first excursion of the input, far from the second one, and a pair 6 ms apart.
    activity[:, [405, 1030, 1500, 1506]] += 20 * scale[:, None]
    found = transients(drawn._replace(inputs=inputs, activity=activity))
    active = scale > 1e-6
    layer = drawn.network.layer
    assert active[layer == 1].any()
    assert active[layer == 2].any()
    assert (found.of_drive[layer == 1] == 2).all()
    assert (found.of_drive[layer == 2] == 0).all()
    assert (found.without_counterpart[active & (layer == 1)] == 2).all()
    assert (found.without_counterpart[active & (layer == 2)] == 3).all()
    assert (found.excursions[active] >= 4).all()


@pytest.mark.parametrize(
    "change", [{}, {"update": "in turn"}, {"update": "layer by layer"}, {"delay": 3e-3}]
)
def test_the_scale_of_transients_is_that_of_the_same_run_without_leak(change):
    setting = replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=0.02, shunting=0.5), **change)
    result = run(setting, seed=0)
    undamped = run(replace(setting, neuron=LSM(k_static=0.05, shunting=0.5)), seed=0).activity
    spiky = result.activity.copy()
    spiky[:, ::50] += np.geomspace(1e-3, 1.0, spiky[:, ::50].shape[1])
    found = transients(result._replace(activity=spiky))
    expected = n_excursions(spiky, dt=1e-3, scale_of=undamped)
    np.testing.assert_array_equal(found.excursions, expected)
    assert (found.excursions != found.on_own_scale).any()


def test_transients_of_some_neurons_are_those_of_all_of_them():
    result = run(SMALL, seed=0)
    everything, some = transients(result), transients(result, neurons=[4, 1])
    for a, b in zip(everything, some, strict=True):
        np.testing.assert_array_equal(a[[4, 1]], b)


@pytest.mark.parametrize(("apart", "expected"), [(9, 1), (10, 1), (11, 2)])
def test_transients_of_a_run_up_to_10_ms_apart_are_one(apart, expected):
    assert made_of([500, 500 + apart], []) == expected
    assert made_of([500, 500 + apart], [1500]) == expected


@pytest.mark.parametrize(
    ("apart", "expected"), [(-11, 1), (-10, 0), (-9, 0), (9, 0), (10, 0), (11, 1)]
)
def test_transients_of_a_run_have_a_counterpart_within_10_ms(apart, expected):
    assert made_of([500], [500 + apart]) == expected


def made_of(pulses, of_drive):
    """Transients without counterpart of a run with pulses, of one step each, by both scales."""
    drawn = run(replace(SMALL, n_presentations=4, neuron=LSM(k_static=0.05)), seed=0)
    # Without recurrent synapses it does not rise from rest, which would be an excursion too.
    alone = replace(drawn.network, w_rec=np.zeros_like(drawn.network.w_rec))
    drawn = drawn._replace(network=alone)
    quiet = np.tile(1.0 + 1e-3 * np.random.default_rng(0).uniform(-1, 1, 2000), (3, 1))
    undamped = simulate(drawn.network, quiet, drawn.setting.neuron, dt=1e-3)
    activity, inputs = undamped.copy(), quiet.copy()
    inputs[:, of_drive] += 6e-3
    activity[0, pulses] += 10 * undamped[0, 100:].std()
    result = drawn._replace(inputs=inputs, activity=activity)
    (where,) = counted(result, neurons=[0])
    # That each pulse is one excursion of one step is what the counts below presuppose.
    found = transients(result, neurons=[0])
    assert found.on_own_scale == len(pulses)
    assert found.of_drive == len(of_drive)
    (own,) = found.without_counterpart_on_own_scale
    (known,) = found.without_counterpart
    assert own == known == where.step.size
    assert set(where.step) <= set(pulses)
    return known
