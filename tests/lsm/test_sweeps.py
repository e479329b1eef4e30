"""Runs of a setting and sweeps over many: what they share, and what they may not depend on."""

import io
import re
import sys
import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from keepers import powers_of, total_of, weighted_input
from lsm import sweeps
from lsm.dynamics import simulate
from lsm.inputs import PSPKernel, bin_spikes, convolve_psp, present, spike_times
from lsm.network import two_layer, with_delays
from lsm.neurons import LSM
from lsm.sweeps import Setting, generators, run, sensory_input, sweep
from lsm.weights import Binary, Lognormal, Normal

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


def activities(settings, *, n_repeats=3, first=0, seed=1, n_workers=2):
    return sweep(
        lambda r: r.activity,
        settings,
        seed=seed,
        n_repeats=n_repeats,
        first=first,
        n_workers=n_workers,
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


def test_a_sweep_may_leave_out_the_first_repeats():
    expected = activities(SETTINGS, n_repeats=5)
    found = activities(SETTINGS, n_repeats=3, first=2)
    for ours, row in zip(found, expected, strict=True):
        assert_same(ours, row[2:])


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


def test_a_run_follows_the_update_and_the_law_of_delays_of_its_setting():
    in_turn = run(replace(SMALL, update="in turn"), seed=0)
    expected = simulate(in_turn.network, in_turn.inputs, SMALL.neuron, dt=1e-3, update="in turn")
    np.testing.assert_array_equal(in_turn.activity, expected)
    assert (in_turn.activity != run(SMALL, seed=0).activity).any()
    setting = replace(SMALL, delay=4e-3, delay_law="uniform")
    found = run(setting, seed=0)
    _, _, for_delays = generators(setting, 0)
    expected = with_delays(found.network, 4e-3, law="uniform", rng=for_delays).delays
    np.testing.assert_array_equal(found.network.delays, expected)


# Sweeps that keep their results


POWER = partial(powers_of, lowest=20.0)


def powers(settings=SETTINGS, *, n_repeats=3, seed=1, n_workers=2, store=None):
    return sweep(POWER, settings, seed=seed, n_repeats=n_repeats, n_workers=n_workers, store=store)


def assert_same_powers(found, expected):
    assert [len(row) for row in found] == [len(row) for row in expected]
    for row, others in zip(found, expected, strict=True):
        for result, other in zip(row, others, strict=True):
            assert type(result) is type(other)
            assert_same(result, other)


@pytest.fixture
def runs(monkeypatch):
    """Counts runs."""
    calls = []

    def counted(setting, seed, repeat):
        calls.append((setting, seed, repeat))
        return generators(setting, seed, repeat)

    monkeypatch.setattr(sweeps, "generators", counted)
    return calls


@pytest.mark.parametrize("n_workers", [1, 2, 8])
def test_results_are_the_same_with_and_without_a_store(tmp_path, n_workers):
    expected = powers()
    for _ in range(2):
        found = powers(store=tmp_path / "results", n_workers=n_workers)
        assert_same_powers(found, expected)


def test_what_was_kept_is_not_run_again_whoever_asks(tmp_path, runs):
    powers(store=tmp_path)
    assert len(runs) == 12
    powers(store=tmp_path, n_workers=1)
    powers([replace(setting) for setting in SETTINGS[::-1]], store=tmp_path, n_repeats=2)
    assert len(runs) == 12


def test_only_what_is_new_is_run(tmp_path, runs):
    powers(store=tmp_path)
    runs.clear()
    more = powers([*SETTINGS, replace(SMALL, rate=60.0)], store=tmp_path, n_repeats=4)
    assert sorted(repeat for _, _, repeat in runs) == [0, 1, 2, 3, 3, 3, 3, 3]
    runs.clear()
    powers(store=tmp_path, seed=2)
    assert [seed for _, seed, _ in runs] == [2] * 12
    assert_same_powers(more[:4], powers(n_repeats=4))


def test_a_sweep_without_a_store_keeps_nothing(tmp_path, runs, monkeypatch):
    monkeypatch.chdir(tmp_path)
    powers()
    powers()
    assert len(runs) == 24
    assert not list(tmp_path.iterdir())


def test_a_cell_asked_for_twice_in_a_sweep_is_run_once(tmp_path, runs):
    found = powers([SMALL, replace(SMALL)], store=tmp_path, n_workers=4)
    assert len(runs) == 3
    assert_same_powers(found[:1], found[1:])


def test_what_is_drawn_can_be_another_than_a_run(tmp_path):
    draw = partial(weighted_input, weight=0.5)
    settings = [SMALL, replace(SMALL, rate=90.0)]
    options = dict(seed=3, n_repeats=2, store=tmp_path)
    for _ in range(2):
        found = sweep(total_of, settings, draw=draw, **options)
        expected = [[total_of(draw(s, seed=3, repeat=i)) for i in range(2)] for s in settings]
        assert found == expected
    n_kept = len(list(tmp_path.rglob("*.npz")))
    assert n_kept == 4
    sweep(total_of, settings, draw=partial(weighted_input, weight=0.6), **options)  # others
    assert len(list(tmp_path.rglob("*.npz"))) == 2 * n_kept
    with pytest.raises(ValueError, match=r"^store: expected functions and classes of .*lsm"):
        sweep(total_of, settings, draw=lambda s, **_: np.ones(1), **options)


def test_a_measure_whose_results_cannot_be_kept_is_refused_before_anything_runs(tmp_path, runs):
    with pytest.raises(ValueError, match=r"^store: expected a function that returns a NamedTuple"):
        sweep(lambda r: r.activity, [SMALL], seed=0, n_repeats=2, store=tmp_path)
    assert not runs
    assert not list(tmp_path.iterdir())


def test_a_failing_cell_keeps_what_was_done_and_nothing_of_itself(tmp_path, runs, monkeypatch):
    measure = partial(powers_of, lowest=300.0)
    short = replace(SMALL, dt=2e-3)
    with pytest.raises(ValueError, match=r"^freqs: expected at least one in 300"):
        sweep(measure, [SMALL, short], seed=0, n_repeats=1, n_workers=1, store=tmp_path)
    assert len(list(tmp_path.rglob("*.npz"))) == 1
    runs.clear()
    sweep(measure, [SMALL], seed=0, n_repeats=1, store=tmp_path)
    assert not runs


# The line at a terminal


class Terminal(io.StringIO):
    def isatty(self):
        return True


def tick(monkeypatch, step):
    """A clock that goes on by `step` seconds each time that it is looked at."""
    now = [100.0]

    def monotonic():
        now[0] += step
        return now[0]

    monkeypatch.setattr(sweeps, "time", SimpleNamespace(monotonic=monotonic))


def shown(monkeypatch, stream, **options):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        powers(**options)
    return stream.getvalue()


def test_a_terminal_is_told_how_far_a_sweep_is_and_how_long_it_takes(monkeypatch):
    tick(monkeypatch, 1.0)
    text = shown(monkeypatch, Terminal(), n_workers=1)
    lines = text.removesuffix("\n").split("\r")
    expected = [f"{i} of 12 runs, {12 - i} s left" for i in range(1, 13)]
    assert [line.strip() for line in lines] == ["", *expected]
    assert text.endswith("\n")
    assert text.count("\n") == 1


@pytest.mark.parametrize("n_workers", [1, 4])
@pytest.mark.parametrize("step", [0.0, 0.07, 1.0])
def test_the_line_counts_to_the_end_with_and_without_a_store(
    monkeypatch, tmp_path, n_workers, step
):
    tick(monkeypatch, step)
    for _ in range(2):
        text = shown(monkeypatch, Terminal(), n_workers=n_workers, store=tmp_path)
        counts = [int(found) for found in re.findall(r"\r(\d+) of 12 runs, ", text)]
        assert counts == sorted(set(counts))
        assert counts[-1] == 12
        assert text.endswith("\n")


def test_a_terminal_is_not_told_more_than_five_times_a_second(monkeypatch):
    tick(monkeypatch, 0.07)
    text = shown(monkeypatch, Terminal(), n_workers=1)
    assert re.findall(r"\r(\d+) of", text) == ["3", "6", "9", "12"]


def test_what_is_no_terminal_is_told_nothing(monkeypatch, tmp_path, capfd):
    tick(monkeypatch, 1.0)
    assert shown(monkeypatch, io.StringIO(), store=tmp_path) == ""
    assert shown(monkeypatch, io.StringIO()) == ""
    assert capfd.readouterr() == ("", "")


def test_nothing_is_printed_on_standard_output(monkeypatch, capsys):
    shown(monkeypatch, Terminal())
    assert capsys.readouterr().out == ""


def test_the_line_is_left_after_an_error_too(monkeypatch):
    tick(monkeypatch, 1.0)

    def refuse_first(result):
        if result.setting is SMALL:
            raise KeyError("from within")
        time.sleep(0.2)  # still running when the error is raised

    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(KeyError):
        sweep(refuse_first, [SMALL, replace(SMALL)], seed=0, n_repeats=1, n_workers=2)
    assert stream.getvalue().endswith("\n")


def test_synapses_of_weight_zero_count_or_not():
    setting = replace(SMALL, weights=Binary(p=0.4))
    counted, not_counted = (
        run(replace(setting, count_zero=flag), seed=0).network for flag in (True, False)
    )
    np.testing.assert_array_equal(counted.w_rec, not_counted.w_rec)
    np.testing.assert_array_equal(counted.n_synapses, [8, 8, 5, 8, 8, 5])
    weights = np.concatenate([not_counted.w_in, not_counted.w_rec], axis=1)
    np.testing.assert_array_equal(not_counted.n_synapses, (weights != 0).sum(axis=1))
