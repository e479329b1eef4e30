"""Controls: runs of a setting in which one thing that a network does is taken away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy  # its parts are loaded when used: that of stats takes half a second
from numpy.typing import NDArray

from lsm import _validate as check
from lsm._validate import Array
from lsm.delays import synaptic_lags
from lsm.dynamics import internal_activity, leak_gain, lsm_response
from lsm.neurons import time_constants
from lsm.runs import Run, Setting, run


def check_together(setting: Setting) -> None:
    """Refuse neurons that are not updated together, as relays and the linear network are."""
    if setting.update != "together":
        raise ValueError(f"update: expected neurons updated together, got {setting.update!r}")


def _relayed(found: Run, sent: Array, steps: NDArray[np.int64]) -> Array:
    """Response of each neuron to its sensors, and to what the others sent some steps before."""
    network, neuron = found.network, found.setting.neuron
    weights = np.concatenate([network.w_in, network.w_rec], axis=1)
    tau_dyn = time_constants(neuron, network.n_neurons)
    # Isolated neurons count all sources as synapses, those of a network not always. All that have
    # as many, and hear the others as late, are computed together.
    kinds = np.column_stack([network.n_synapses, steps]).astype(np.int64)
    each, kind_of = np.unique(kinds, axis=0, return_inverse=True)
    activity = np.empty_like(sent)
    heard = np.empty_like(sent)
    for kind, (n_synapses, *late) in enumerate(each):
        for source, n in enumerate(late):
            heard[source, :n] = 0.0
            heard[source, n:] = sent[source, : sent.shape[1] - n]
        which = kind_of.ravel() == kind
        k_static = neuron.k_static * n_synapses / weights.shape[1]
        alone = replace(neuron, k_static=k_static, tau_dyn=tau_dyn[which])
        sources = np.concatenate([found.inputs, heard])
        activity[which] = lsm_response(sources, weights[which], alone, dt=found.setting.dt)
    return activity


def open_loop(setting: Setting, *, n_relays: int = 0, seed: int, repeat: int = 0) -> Run:
    """The run of a setting with its loops cut open: a control for what they do.

    With 0 relays each neuron receives from the others the *mean* of what it receives in the
    network, so that it is as active as there. With one it receives what the others send when they
    receive so, and so on: each relay lets signals cross one more synapse between neurons, and in
    the limit the network itself is reached.

    Parameters
    ----------
    setting : Setting
    n_relays : int
        Synapses between neurons that a signal can cross.
    seed, repeat
        As in `run`.

    Returns
    -------
    Run
        Its activity is not that of its network: for measures of the activity alone.

    Raises
    ------
    ValueError
        If a signal shall cross neurons that are not updated together.
    """
    check.integer("n_relays", n_relays)
    if n_relays:
        check_together(setting)
    found = run(replace(setting, recorded="activity"), seed=seed, repeat=repeat)
    means = np.broadcast_to(found.activity.mean(axis=-1, keepdims=True), found.activity.shape)
    lags = synaptic_lags(found.network, setting.dt)
    sent, activity = means, _relayed(found, means, np.zeros_like(lags))
    for _ in range(n_relays):
        sent, activity = activity, _relayed(found, activity, np.minimum(lags, activity.shape[1]))
    if setting.recorded == "internal activity":
        # The means are heard from the start, whatever the lags.
        before = means[:, :1] if n_relays == 0 else np.zeros((len(means), 1))
        activity = _internal(found, sent, np.repeat(before, lags.max(), axis=1))
    return found._replace(setting=setting, activity=activity)


def _internal(found: Run, sent: Array, before: Array) -> Array:
    """Internal activity of neurons that hear what is sent, and `before` in the steps before."""
    setting, neuron, late = found.setting, found.setting.neuron, before.shape[1]
    undamped = internal_activity(
        found.network,
        np.pad(found.inputs, [(0, 0), (late, 0)]),
        np.concatenate([before, sent], axis=1),
        replace(neuron, tau_dyn=0.0),
        dt=setting.dt,
        update=setting.update,
    )
    return _smoothed(undamped[:, late:], setting)


def filtered(setting: Setting, *, seed: int, repeat: int = 0) -> Run:
    """The run of a setting whose dynamic leak acts on the output alone, as a filter afterwards.

    A control for what the leak does within the network beyond being a low-pass filter: neurons
    hear each other's activity without leak.

    Parameters
    ----------
    setting : Setting
        With dynamic leak.
    seed, repeat
        As in `run`.

    Returns
    -------
    Run
        Its activity is not that of its network: for measures of the activity alone.
    """
    neuron = replace(setting.neuron, tau_dyn=0.0)
    found = run(replace(setting, neuron=neuron), seed=seed, repeat=repeat)
    return found._replace(setting=setting, activity=_smoothed(found.activity, setting))


def _smoothed(undamped: Array, setting: Setting) -> Array:
    """Eq. 2 of a setting on activity (n_neurons, n_steps), from rest."""
    neuron = setting.neuron
    gains = leak_gain(time_constants(neuron, len(undamped)), setting.dt, neuron.solver).tolist()
    activity = np.stack(
        [
            scipy.signal.lfilter([gain], [1.0, gain - 1.0], row)
            for gain, row in zip(gains, undamped, strict=True)
        ]
    )
    # What is left of a neuron that died is nothing, and slow to compute with.
    activity[np.abs(activity) < np.finfo(float).tiny] = 0.0
    return activity
