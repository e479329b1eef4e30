"""Time evolution, compiled.

Eq. 1-3 stand once, in `_activity` and `_leak`; the single neuron and the network call them. The
cache of compiled code is keyed on this file, so constants of other files reach it as arguments.
Kernels draw nothing, check nothing and release the interpreter lock.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lsm import _validate as check
from lsm._validate import Array
from lsm.network import Network
from lsm.neurons import LSM, SOLVERS, HodgkinHuxley, Izhikevich, time_constants

# Sources added to a total in one pass, and steps between two copies of the state to the result.
_PASS = 5
_BLOCK = 64
# Targets are padded to whole vectors of any processor, and to this number compiled as a constant.
_VECTOR = 8
_MOST_CONSTANT = 128


@njit(cache=True, nogil=True, error_model="numpy")
def _activity(excitation, inhibition, static, shunting):
    """Eq. 1 with Eq. 3: excitation and inhibition are the sums of w*a and of |w*a|."""
    # A neuron whose input is not positive is silent; so is one without synapses, where Eq. 1
    # would divide zero by zero. A selected divisor instead of a branch lets loops be vectorised.
    total = max(excitation - inhibition, 0.0)
    open_channels = static + excitation + shunting * inhibition
    return total / (open_channels if total > 0.0 else 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _leak(previous, undamped, gain):
    """Eq. 2 over one step; the threshold of Eq. 3 is kept, being a mean of kept values."""
    return (1.0 - gain) * previous + gain * undamped


@njit(cache=True, nogil=True, error_model="numpy")
def _run_lsm(excitation, inhibition, static, gain, shunting, out):
    n_neurons, n_steps = out.shape
    for k in range(n_neurons):
        previous = 0.0
        for t in range(n_steps):
            undamped = _activity(excitation[k, t], inhibition[k, t], static[k], shunting)
            previous = _leak(previous, undamped, gain[k])
            out[k, t] = previous


@njit(inline="always")
def _add_sources(total, n_targets, weights, history, now, position):
    """Add to `total` what sources send to each target, read from ``history[now:]``.

    Source j is read at j, or for each target at its own `position`. Source by source, so that a
    sum has one order on every machine; `_PASS` of them at a time, so that a total is loaded and
    stored less often. Unsigned indices are not tested for a sign.
    """
    done = np.uint64(0)
    for _ in range(weights.shape[0] // _PASS):
        for k in range(n_targets):
            x = total[k]
            for i in range(_PASS):
                j = done + np.uint64(i)
                if position is None:  # decided when compiled
                    x += weights[j, k] * history[now + j]
                else:
                    x += weights[j, k] * history[now + np.uint64(position[j, k])]
            total[k] = x
        done += np.uint64(_PASS)


@njit(cache=True, nogil=True, error_model="numpy")
def _run_network(
    inputs,
    w_exc,
    w_inh,
    reads_exc,
    reads_inh,
    static,
    gain,
    shunting,
    lag,
    n_exc,
    order,
    targets,
    out,
):
    """Weights are |w| as [source, target], filled with zeros as `_packed` does.

    Sources are the sensors, the excitatory and the inhibitory neurons. `targets` has one element
    for each column of the weights: as a tuple it makes their number a constant of the compiled
    code, which a small network gains by. `lag` is that of every synapse, or the longest where
    `reads_exc` and `reads_inh` say how far from the current row of the history each one reads.
    """
    n_targets = len(targets)
    n_sensors, n_steps = inputs.shape
    length = max(_BLOCK, lag)
    # Row t of a block: the sensors at step t, and the neurons `lag` steps before.
    history = np.zeros((lag + length, n_sensors + n_targets + _VECTOR))
    flat = history.reshape(history.size)
    excitation = np.empty(n_targets)
    inhibition = np.empty(n_targets)
    for start in range(0, n_steps, length):
        stop = min(length, n_steps - start)
        for s in range(n_sensors):
            for t in range(stop):
                history[t, s] = inputs[s, start + t]
        for t in range(stop):
            for k in range(n_targets):
                excitation[k] = 0.0
                inhibition[k] = 0.0
            row = np.uint64(t)
            now = row * np.uint64(history.shape[1])
            _add_sources(excitation, n_targets, w_exc, flat, now, reads_exc)
            first = np.uint64(n_sensors + n_exc) if reads_inh is None else np.uint64(0)
            _add_sources(inhibition, n_targets, w_inh, flat, now + first, reads_inh)
            for k in range(n_targets):
                undamped = _activity(excitation[k], inhibition[k], static[k], shunting)
                column = np.uint64(n_sensors + k)
                previous = history[row + np.uint64(lag - 1), column]
                history[row + np.uint64(lag), column] = _leak(previous, undamped, gain[k])
        for k in range(order.size):
            column = np.uint64(n_sensors + k)
            for t in range(stop):
                out[np.uint64(order[k]), np.uint64(start + t)] = history[np.uint64(lag + t), column]
        for t in range(lag):
            for k in range(history.shape[1]):
                history[t, k] = history[t + stop, k]


@njit(cache=True, nogil=True, error_model="numpy")
def _run_in_turn(inputs, w_in, w_exc, w_inh, static, gain, shunting, out):
    """One neuron after the other, each reading what those before it did in the same step."""
    n_neurons, n_steps = out.shape
    state = np.zeros(n_neurons)
    for t in range(n_steps):
        for k in range(n_neurons):
            excitation = 0.0
            inhibition = 0.0
            for s in range(inputs.shape[0]):
                excitation += w_in[k, s] * inputs[s, t]
            for j in range(n_neurons):
                excitation += w_exc[k, j] * state[j]
                inhibition += w_inh[k, j] * state[j]
            undamped = _activity(excitation, inhibition, static[k], shunting)
            state[k] = _leak(state[k], undamped, gain[k])
            out[k, t] = state[k]


@njit(cache=True, nogil=True, error_model="numpy")
def _run_hodgkin_huxley(excitation, inhibition, ratio, explicit, out):
    """A8 with h/tau = `ratio`; or A6 by explicit Euler."""
    n_neurons, n_steps = out.shape
    for k in range(n_neurons):
        v = 0.0
        for t in range(n_steps):
            total = excitation[k, t] - inhibition[k, t]
            absolute = excitation[k, t] + inhibition[k, t]
            if explicit:
                v += ratio * (total - v * (1.0 + absolute))
            else:
                v = (v + ratio * total) / (1.0 + ratio + ratio * absolute)
            out[k, t] = v


@njit(cache=True, nogil=True, error_model="numpy")
def _run_izhikevich(current, parameters, step, n_substeps, spikes):
    """Eq. 4-5 by Euler steps of `step` ms, one row of `parameters` for each neuron."""
    n_neurons, n_steps = spikes.shape
    for k in range(n_neurons):
        A, B, C, a, b, c, d, gain, v_peak = parameters[k]
        v = c
        u = b * v
        for t in range(n_steps):
            for _ in range(n_substeps):
                dv = A * v * v + B * v + C - u + current[t] * gain
                du = a * (b * v - u)
                v += step * dv
                u += step * du
                if v >= v_peak:
                    v = c
                    u += d
                    spikes[k, t] += 1.0


def leak_gain(tau_dyn: ArrayLike, dt: float, solver: str = "exact") -> Array:
    """Share of the way that Eq. 2 goes in one step: 1 - exp(-dt / tau), and 1 without a leak.

    The exact solution for an input held constant over the step, rather than Euler's dt / tau: it
    is right at every step and cannot overshoot. The paper does not say which it used; at 1 ms
    and 10 ms they are 0.095 and 0.1.

    Parameters
    ----------
    tau_dyn : array_like
        Time constants (s), 0 for no dynamic leak.
    dt : float
        Step (s).
    solver : {"exact", "euler"}
        "euler": dt / tau, at most 1.

    Returns
    -------
    array of the same shape
    """
    tau = check.array("tau_dyn", tau_dyn, low=0)
    check.number("dt", dt, above=0)
    check.choice("solver", solver, SOLVERS)
    if solver == "euler":
        return np.minimum(dt / np.where(tau > 0, tau, dt), 1.0)
    return -np.expm1(-dt / np.where(tau > 0, tau, 1.0)) * (tau > 0) + (tau == 0)


def _sums(inputs: ArrayLike, weights: ArrayLike) -> tuple[Array, Array, int]:
    """Excitatory and inhibitory part of w*a as (n_neurons, n_steps), and the number of weights."""
    activity = check.array("inputs", inputs, shape=("n_inputs", "n_steps"), low=0)
    w = check.array("weights", weights, ndim=(1, 2))
    if w.shape[-1] != activity.shape[0]:
        expected = "(n_inputs,)" if w.ndim == 1 else "(n_neurons, n_inputs)"
        raise ValueError(
            f"weights: expected shape {expected} with n_inputs = {activity.shape[0]}, got {w.shape}"
        )
    rows = np.atleast_2d(w)
    return np.maximum(rows, 0) @ activity, np.maximum(-rows, 0) @ activity, w.shape[-1]


def lsm_response(inputs: ArrayLike, weights: ArrayLike, neuron: LSM, *, dt: float) -> Array:
    """Activity of isolated LSM neurons (Eq. 1-3), from rest.

    Parameters
    ----------
    inputs : (n_inputs, n_steps) array
        Activity of each synapse, not negative (a.u.).
    weights : (n_inputs,) or (n_neurons, n_inputs) array
        Negative for inhibitory synapses.
    neuron : LSM
    dt : float
        Step (s).

    Returns
    -------
    (n_steps,) or (n_neurons, n_steps) array
        Activity from 0 to below 1 (a.u.); 1 is reached only with a `k_static` of 0.

    Raises
    ------
    ValueError
        If shapes disagree, an input is negative, or a value is not finite.
    """
    check.instance("neuron", neuron, LSM)
    check.number("dt", dt, above=0)
    excitation, inhibition, n_inputs = _sums(inputs, weights)
    n_neurons = excitation.shape[0]
    out = np.empty_like(excitation)
    static = np.full(n_neurons, neuron.k_static * n_inputs)
    gain = leak_gain(time_constants(neuron, n_neurons), dt, neuron.solver)
    _run_lsm(excitation, inhibition, static, gain, float(neuron.shunting), out)
    return out.reshape(np.shape(weights)[:-1] + out.shape[-1:])


def hodgkin_huxley_response(
    inputs: ArrayLike,
    weights: ArrayLike,
    neuron: HodgkinHuxley,
    *,
    dt: float,
    method: str = "implicit",
) -> Array:
    """Membrane potential of isolated H-H neurons (A6) by Euler's method, from rest.

    Parameters
    ----------
    inputs, weights, dt
        As in `lsm_response`; A8's firing rates and weights.
    neuron : HodgkinHuxley
    method : {"implicit", "explicit"}
        The paper's implicit Euler (A8), bounded at any step, or explicit Euler, which is not.

    Returns
    -------
    (n_steps,) or (n_neurons, n_steps) array
        Potential, implicit in (-1, 1); the neuron's output is the part above zero. Where explicit
        Euler diverges, infinite or NaN.

    Raises
    ------
    ValueError
        If shapes disagree, an input is negative, a value is not finite, or the method is unknown.
    """
    check.instance("neuron", neuron, HodgkinHuxley)
    check.number("dt", dt, above=0)
    check.choice("method", method, ("implicit", "explicit"))
    excitation, inhibition, _ = _sums(inputs, weights)
    out = np.empty_like(excitation)
    _run_hodgkin_huxley(excitation, inhibition, dt / neuron.tau, method == "explicit", out)
    return out.reshape(np.shape(weights)[:-1] + out.shape[-1:])


def izhikevich_response(
    inputs: ArrayLike,
    weights: ArrayLike,
    neurons: Izhikevich | Sequence[Izhikevich],
    *,
    dt: float,
    n_substeps: int = 1,
) -> Array:
    """Spikes of isolated Izhikevich neurons (Eq. 4-5) by Euler's method, from the reset.

    Parameters
    ----------
    inputs : (n_inputs, n_steps) array
        Activity of each synapse, not negative (a.u.).
    weights : (n_inputs,) array
        Shared by all neurons; their weighted sum is IZ_input.
    neurons : Izhikevich or sequence of Izhikevich
        One or many models under the same input.
    dt : float
        Step of the inputs (s).
    n_substeps : int
        Euler steps in each `dt`; 2 gives Izhikevich's 0.5 ms at 1 ms.

    Returns
    -------
    (n_steps,) or (n_neurons, n_steps) array
        Number of spikes in each step.

    Raises
    ------
    ValueError
        If shapes disagree, an input is negative, or a value is not finite.
    """
    check.number("dt", dt, above=0)
    check.integer("n_substeps", n_substeps, low=1)
    excitation, inhibition, _ = _sums(inputs, check.array("weights", weights, ndim=(1,)))
    single = isinstance(neurons, Izhikevich)
    models = [neurons] if isinstance(neurons, Izhikevich) else list(neurons)
    if not models or not all(isinstance(model, Izhikevich) for model in models):
        raise ValueError(f"neurons: expected one Izhikevich or several, got {neurons!r}")
    names = ("A", "B", "C", "a", "b", "c", "d", "k", "v_peak")
    parameters = np.array([[getattr(model, name) for name in names] for model in models])
    spikes = np.zeros((len(models), excitation.shape[1]))
    step = 1e3 * dt / n_substeps  # the model is stated in milliseconds
    _run_izhikevich((excitation - inhibition)[0], parameters, step, n_substeps, spikes)
    return spikes[0] if single else spikes


def _packed(values: NDArray) -> NDArray:
    """[source, target] values with zeros up to whole passes of sources and vectors of targets."""
    n_sources, n_targets = values.shape
    return _aligned(np.pad(values, [(0, -n_sources % _PASS), (0, -n_targets % _VECTOR)]))


def _aligned(values: NDArray) -> NDArray:
    """A copy that starts on a cache line: a vector across two of them is loaded twice."""
    size = 8 * _VECTOR
    raw = np.empty(values.nbytes + size, dtype=np.uint8)
    start = -raw.ctypes.data % size
    copy = raw[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy


UPDATES = ("together", "in turn")


def simulate(
    network: Network, inputs: ArrayLike, neuron: LSM, *, dt: float, update: str = "together"
) -> Array:
    """Activity of a network of LSM neurons, from rest.

    All neurons are updated together from the activity of the step before; a synapse with
    conduction delay d takes ``1 + round(d / dt)`` steps. Without delay the loop therefore still
    takes one step: the paper's model has no other time scale there.

    Parameters
    ----------
    network : Network
    inputs : (n_sensors, n_steps) array
        Activity of each sensor, not negative (a.u.).
    neuron : LSM
    dt : float
        Step (s).
    update : {"together", "in turn"}
        The paper does not say. "in turn": one neuron after the other, in their order in the
        network, each reading what those before it did in the same step; without delays only.

    Returns
    -------
    (n_neurons, n_steps) array
        Activity from 0 to below 1 (a.u.); 1 is reached only with a `k_static` of 0.

    Raises
    ------
    ValueError
        If shapes disagree, an input is negative, a value is not finite, or delays are to be
        updated in turn.
    """
    check.instance("network", network, Network)
    check.instance("neuron", neuron, LSM)
    check.number("dt", dt, above=0)
    check.choice("update", update, UPDATES)
    activity = check.array("inputs", inputs, shape=(network.n_sensors, "n_steps"), low=0)
    n = network.n_neurons
    static = neuron.k_static * np.asarray(network.n_synapses, dtype=np.float64)
    gain = leak_gain(time_constants(neuron, n), dt, neuron.solver)
    shunting = float(neuron.shunting)
    out = np.empty((n, activity.shape[1]))
    if update == "in turn":
        if network.delays.any():
            raise ValueError("update: expected 'together' for a network with delays, got 'in turn'")
        w_exc, w_inh = np.maximum(network.w_rec, 0.0), np.maximum(-network.w_rec, 0.0)
        _run_in_turn(activity, network.w_in, w_exc, w_inh, static, gain, shunting, out)
        return out
    # Sources sorted, sensors and excitatory neurons first: no sum then tests for a sign.
    order = np.argsort(-network.sign, kind="stable")
    n_exc = int((network.sign > 0).sum())
    first_inh = network.n_sensors + n_exc
    by_source = np.abs(
        np.concatenate([network.w_in[order].T, network.w_rec[np.ix_(order, order)].T])
    )
    # What takes longer than the record never arrives; a lag beyond it would only cost memory.
    steps = np.minimum(np.rint(network.delays.T / dt), activity.shape[1])
    lag = 1 + steps.astype(np.int64)[np.ix_(order, order)]
    longest = int(lag.max())
    reads_exc = reads_inh = None
    n_targets = -(-n // _VECTOR) * _VECTOR
    if (lag < longest).any():
        ago = np.concatenate([np.full((network.n_sensors, n), longest), lag])
        width = network.n_sensors + n_targets + _VECTOR
        reads = (longest - ago) * width + np.arange(len(ago))[:, None]
        reads_exc, reads_inh = _packed(reads[:first_inh]), _packed(reads[first_inh:])
    padding = (0, n_targets - n)
    _run_network(
        activity,
        _packed(by_source[:first_inh]),
        _packed(by_source[first_inh:]),
        reads_exc,
        reads_inh,
        _aligned(np.pad(static[order], padding, constant_values=1.0)),
        _aligned(np.pad(gain[order], padding)),
        shunting,
        longest,
        n_exc,
        order,
        (0,) * n_targets if n_targets <= _MOST_CONSTANT else np.zeros(n_targets, dtype=np.int64),
        out,
    )
    return out
