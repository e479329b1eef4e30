"""Runs in which one thing that a network does is taken away."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.delays import synaptic_lags
from lsm.neurons import LSM
from lsm.runs import Setting, run
from lsm.weights import Binary
from rongala2021.controls import filtered, open_loop
from rongala2021.settings import leaky
from tests.equations import network_by_sayings

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.5)
LATE = replace(SMALL, n_presentations=4, duration=0.3)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"autapses": True},
        {"neuron": LSM(k_static=0.05, tau_dyn=0.01, solver="euler")},
        {"weights": Binary(p=0.5), "count_zero": False, "neuron": LSM(k_static=0.1, shunting=-1.0)},
        {"neuron": LSM(k_static=0.05, tau_dyn=np.linspace(2e-3, 0.02, 6), solver="euler")},
    ],
)
def test_in_an_open_loop_each_neuron_sees_the_mean_of_the_others(changes):
    setting = replace(LATE, **changes)
    full = run(setting, seed=1, repeat=2)
    found = open_loop(setting, seed=1, repeat=2)
    np.testing.assert_array_equal(found.network.w_rec, full.network.w_rec)
    means = full.activity.mean(axis=1)
    w, neuron = full.network.w_rec, setting.neuron
    excitation = full.network.w_in @ full.inputs + (np.maximum(w, 0) @ means)[:, None]
    inhibition = (np.maximum(-w, 0) @ means)[:, None]
    static = neuron.k_static * full.network.n_synapses[:, None]
    opened = static + excitation + neuron.shunting * inhibition
    net = excitation - inhibition
    expected = np.divide(net, opened, out=np.zeros_like(net), where=net > 0)
    if np.any(neuron.tau_dyn):
        undamped, share = expected, setting.dt / np.asarray(neuron.tau_dyn)
        expected = np.zeros_like(undamped)
        for t in range(undamped.shape[1]):
            before = expected[:, t - 1] if t else 0.0
            expected[:, t] = before + share * (undamped[:, t] - before)
    np.testing.assert_allclose(found.activity, expected, atol=1e-12)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"autapses": True, "neuron": LSM(k_static=0.05, tau_dyn=0.01)},
        {"delay": 4e-3, "neuron": LSM(k_static=0.05, tau_dyn=np.linspace(0.0, 0.02, 6))},
        {"weights": Binary(p=0.5), "count_zero": False},
        {"delay": 10.0},  # nothing ever arrives
    ],
)
def test_relays_lead_to_the_network_itself(changes):
    """A signal cannot have crossed more synapses than there were steps: so the first ones agree."""
    setting = replace(LATE, **changes)
    network = run(setting, seed=1, repeat=1).activity
    for n in (1, 7, 30):
        found = open_loop(setting, n_relays=n, seed=1, repeat=1).activity
        np.testing.assert_allclose(found[:, :n], network[:, :n], atol=1e-12)


@pytest.mark.parametrize("update", ["in turn", "layer by layer"])
def test_neurons_that_are_not_updated_together_have_no_relays(update):
    setting = replace(LATE, update=update)
    assert open_loop(setting, seed=0).activity.any()
    expected = rf"^update: expected neurons updated together, got '{update}'"
    with pytest.raises(ValueError, match=expected):
        open_loop(setting, n_relays=1, seed=0)


@pytest.mark.parametrize("solver", ["exact", "euler"])
def test_activity_filtered_afterwards_is_smoothed_as_by_the_leak(solver):
    setting = replace(SMALL, neuron=LSM(k_static=0.05, solver=solver))
    plain = run(setting, seed=2, repeat=1)
    found = filtered(leaky(setting, 4e-3), seed=2, repeat=1)
    share = 1 - np.exp(-0.25) if solver == "exact" else 0.25
    expected, state = np.empty_like(plain.activity), 0.0
    for t, x in enumerate(plain.activity.T):
        state = state + share * (x - state)
        expected[:, t] = state
    np.testing.assert_allclose(found.activity, expected, atol=1e-12)
    np.testing.assert_array_equal(found.inputs, plain.inputs)
    np.testing.assert_allclose(filtered(setting, seed=2, repeat=1).activity, plain.activity)


def test_every_neuron_is_filtered_by_its_own_leak():
    taus = np.linspace(1e-3, 8e-3, 6)
    setting = replace(SMALL, neuron=LSM(k_static=0.05))
    each = filtered(leaky(setting, taus), seed=2).activity
    for row, tau in enumerate(taus):
        np.testing.assert_array_equal(
            each[row], filtered(leaky(setting, tau), seed=2).activity[row]
        )


# What neurons would be without the threshold of Eq. 3


RECORDS = {
    "no leak": LATE,
    "sum": replace(LATE, neuron=LSM(k_static=0.1, shunting=-1.0), autapses=True),
    "delays": replace(LATE, delay=4e-3, weights=Binary(p=0.5), count_zero=False),
}


@pytest.mark.parametrize("n_relays", [0, 1, 3])
@pytest.mark.parametrize("setting", RECORDS.values(), ids=RECORDS)
def test_an_open_loop_may_record_the_internal_activity(setting, n_relays):
    internal = replace(setting, recorded="internal activity")
    plain, found = (open_loop(s, n_relays=n_relays, seed=1, repeat=2) for s in (setting, internal))
    assert found.setting == internal
    assert found.network == plain.network
    np.testing.assert_array_equal(found.inputs, plain.inputs)
    assert found.activity.min() < -0.01
    np.testing.assert_allclose(np.maximum(found.activity, 0), plain.activity, atol=1e-12)


@pytest.mark.parametrize("delay", [0.0, 4e-3])
def test_without_relays_internal_activity_hears_the_means_once_they_have_arrived(delay):
    setting = replace(LATE, delay=delay)
    plain = open_loop(setting, seed=1)
    found = open_loop(replace(setting, recorded="internal activity"), seed=1).activity
    settled = slice(synaptic_lags(plain.network, setting.dt).max(), None)
    means = run(setting, seed=1).activity.mean(axis=1, keepdims=True)
    network = plain.network
    excitation = network.w_in @ plain.inputs + np.maximum(network.w_rec, 0) @ means
    inhibition = np.maximum(-network.w_rec, 0) @ means
    static = setting.neuron.k_static * network.n_synapses[:, None]
    expected = (excitation - inhibition) / (static + excitation + inhibition)
    np.testing.assert_allclose(found[:, settled], expected[:, settled], atol=1e-12)


@pytest.mark.parametrize("n_relays", [1, 2])
def test_with_leak_relays_hear_the_threshold_and_record_what_is_before_it(n_relays):
    setting = replace(LATE, neuron=LSM(k_static=0.05, tau_dyn=4e-3))
    internal = replace(setting, recorded="internal activity")
    sent = open_loop(setting, n_relays=n_relays - 1, seed=1)
    found = open_loop(internal, n_relays=n_relays, seed=1).activity
    _, undamped = network_by_sayings(
        sent.network, sent.inputs, setting.neuron, 1e-3, "together", sent=sent.activity
    )
    np.testing.assert_allclose(found, smoothed(undamped, 1 - np.exp(-0.25)), atol=1e-12)


def smoothed(signals, share):
    """Each step goes a share of the way, from zero."""
    state, out = 0.0, np.empty_like(signals)
    for t, x in enumerate(signals.T):
        state = state + share * (x - state)
        out[:, t] = state
    return out


@pytest.mark.parametrize("update", ["together", "in turn", "layer by layer"])
def test_the_internal_activity_may_be_filtered_afterwards(update):
    setting = replace(SMALL, update=update, recorded="internal activity", delay=2e-3)
    plain = run(setting, seed=2, repeat=1)
    found = filtered(leaky(setting, 4e-3), seed=2, repeat=1)
    assert found.setting == leaky(setting, 4e-3)
    assert found.activity.min() < -0.01
    expected = smoothed(plain.activity, 1 - np.exp(-0.25))
    np.testing.assert_allclose(found.activity, expected, atol=1e-12)
    sent = run(replace(setting, recorded="activity"), seed=2, repeat=1).activity
    np.testing.assert_allclose(np.maximum(plain.activity, 0), sent, atol=1e-12)


def test_what_is_left_of_a_neuron_after_it_died_is_nothing_on_either_side_of_zero(monkeypatch):
    setting = replace(SMALL, recorded="internal activity", duration=3.0, n_presentations=1)
    plain = run(setting, seed=2)
    signal = np.zeros_like(plain.activity)
    signal[:, 0] = [1.0, -1.0, 0.5, -0.5, 0.1, -0.1]
    monkeypatch.setattr(
        "rongala2021.controls.run", lambda *_, **__: plain._replace(activity=signal)
    )
    found = filtered(leaky(setting, 2e-3), seed=2).activity
    assert (np.abs(found[:, :500]) > 0).all()
    assert not found[:, -1000:].any()
    left = np.abs(found[found != 0])
    assert left.min() >= np.finfo(float).tiny
