"""Runs in which one thing that a network does is taken away."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.neurons import LSM
from lsm.runs import Setting, run
from lsm.weights import Binary
from rongala2021.controls import filtered, open_loop
from rongala2021.settings import leaky

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


def test_neurons_updated_in_turn_have_no_relays():
    setting = replace(LATE, update="in turn")
    assert open_loop(setting, seed=0).activity.any()
    with pytest.raises(ValueError, match=r"^update: expected neurons updated together, got"):
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
