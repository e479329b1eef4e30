"""Time evolution of the models; their loops over time are compiled, in `lsm._kernels`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy  # its parts are loaded when used
from numpy.typing import ArrayLike, NDArray

from lsm import _kernels, _memory, _steps
from lsm import _validate as check
from lsm._validate import Array
from lsm.delays import synaptic_lags, update_turns
from lsm.network import Network
from lsm.neurons import LSM, SOLVERS, HodgkinHuxley, Izhikevich, time_constants

# The number of targets is a constant of the compiled code up to this one.
_MOST_CONSTANT = 128


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
    tau = check.array("tau_dyn", tau_dyn, low=0, divides=True)
    check.number("dt", dt, above=0)
    check.choice("solver", solver, SOLVERS)
    if solver == "euler":
        return np.minimum(dt / np.where(tau > 0, tau, dt), 1.0)
    return -np.expm1(-dt / np.where(tau > 0, tau, 1.0)) * (tau > 0) + (tau == 0)


def _checked(inputs: ArrayLike, weights: ArrayLike) -> tuple[Array, Array]:
    """Inputs (n_inputs, n_steps), and weights (n_neurons, n_inputs)."""
    activity = check.array("inputs", inputs, shape=("n_inputs", "n_steps"), low=0)
    w = check.array("weights", weights, ndim=(1, 2))
    if w.shape[-1] != activity.shape[0]:
        expected = "(n_inputs,)" if w.ndim == 1 else "(n_neurons, n_inputs)"
        raise ValueError(
            f"weights: expected shape {expected} with n_inputs = {activity.shape[0]}, got {w.shape}"
        )
    return activity, np.atleast_2d(w)


def _sums(inputs: ArrayLike, weights: ArrayLike) -> tuple[Array, Array, int]:
    """Excitatory and inhibitory part of w*a as (n_neurons, n_steps), and the number of weights."""
    activity, rows = _checked(inputs, weights)
    n_neurons, n_steps = len(rows), activity.shape[1]
    n_bytes = 24 * n_neurons * n_steps  # the two parts, and what is made of them
    _memory.fits("weights", "a response", n_bytes, n_neurons, "neurons over", n_steps, "steps")
    return np.maximum(rows, 0) @ activity, np.maximum(-rows, 0) @ activity, rows.shape[1]


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
    _kernels.run_lsm(excitation, inhibition, static, gain, float(neuron.shunting), out)
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
    _kernels.run_hodgkin_huxley(excitation, inhibition, dt / neuron.tau, method == "explicit", out)
    return out.reshape(np.shape(weights)[:-1] + out.shape[-1:])


SCHEMES = ("euler", "izhikevich")


def izhikevich_response(
    inputs: ArrayLike,
    weights: ArrayLike,
    neurons: Izhikevich | Sequence[Izhikevich],
    *,
    dt: float,
    n_substeps: int = 1,
    scheme: str = "euler",
) -> Array:
    """Spikes of isolated Izhikevich neurons (Eq. 4-5), from the reset.

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
        Steps of the method in each `dt`.
    scheme : {"euler", "izhikevich"}
        "euler": the paper's. "izhikevich": that of the program in Izhikevich (2003), the potential
        in two halves of each step and then the recovery, from the potential that they led to.

    Returns
    -------
    (n_steps,) or (n_neurons, n_steps) array
        Number of spikes in each step, which is the one that reaches the peak.

    Raises
    ------
    ValueError
        If shapes disagree, an input is negative, a value is not finite, or a neuron diverges.
    """
    check.number("dt", dt, above=0)
    check.integer("n_substeps", n_substeps, low=1)
    check.choice("scheme", scheme, SCHEMES)
    activity, (row,) = _checked(inputs, check.array("weights", weights, ndim=(1,)))
    single = isinstance(neurons, Izhikevich)
    models = [neurons] if isinstance(neurons, Izhikevich) else list(neurons)
    if not models or not all(isinstance(model, Izhikevich) for model in models):
        got = check.shown(neurons)
        raise ValueError(f"neurons: expected one Izhikevich or several, got {got}")
    names = ("A", "B", "C", "a", "b", "c", "d", "k", "v_peak")
    parameters = np.array([[getattr(model, name) for name in names] for model in models])
    n_steps = activity.shape[1]
    n_bytes = 8 * n_steps * (len(models) + 2)
    _memory.fits("neurons", "a response", n_bytes, len(models), "models over", n_steps, "steps")
    spikes = np.zeros((len(models), n_steps))
    step = 1e3 * dt / n_substeps  # the model is stated in milliseconds
    # Source by source: the order of a matrix product is the processor's, and where the recovery
    # follows a potential that is not cut at its peak, the last digit decides on spikes.
    current = np.zeros(n_steps)
    for weight, source in zip(row, activity, strict=True):
        current += weight * source
    _kernels.run_izhikevich(current, parameters, step, n_substeps, scheme == "izhikevich", spikes)
    if np.isnan(spikes).any():
        raise ValueError(
            f"neurons: expected models that steps of {step:g} ms solve, got one that diverges"
        )
    return spikes[0] if single else spikes


def _packed(values: NDArray) -> NDArray:
    """[source, target] values with zeros up to whole passes of sources and vectors of targets."""
    n_sources, n_targets = values.shape
    return _aligned(
        np.pad(values, [(0, -n_sources % _kernels.PASS), (0, -n_targets % _kernels.VECTOR)])
    )


def _aligned(values: NDArray) -> NDArray:
    """A copy that starts on a cache line: a vector across two of them is loaded twice."""
    size = 8 * _kernels.VECTOR
    raw = np.empty(values.nbytes + size, dtype=np.uint8)
    start = -raw.ctypes.data % size
    copy = raw[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy


def simulate(
    network: Network, inputs: ArrayLike, neuron: LSM, *, dt: float, update: str = "together"
) -> Array:
    """Activity of a network of LSM neurons, from rest.

    By default all neurons are updated together from the activity of the step before; a synapse
    with conduction delay takes one step and the delay, rounded to whole steps, halves up. Without
    delay the loop therefore still takes one step: the paper's model has no other time scale there.

    Parameters
    ----------
    network : Network
    inputs : (n_sensors, n_steps) array
        Activity of each sensor, not negative (a.u.).
    neuron : LSM
    dt : float
        Step (s).
    update : {"together", "in turn", "layer by layer"}
        The paper does not say. "in turn": one neuron after the other, in their order in the
        network; "layer by layer": the neurons of a layer together, those of layer 1 first. A
        synapse from a neuron that is updated before its target then takes one step less.

    Returns
    -------
    (n_neurons, n_steps) array
        Activity from 0 to below 1 (a.u.); 1 is reached only with a `k_static` of 0.

    Raises
    ------
    ValueError
        If shapes disagree, an input is negative, a value is not finite, or the activity does not
        fit into memory.
    """
    check.instance("network", network, Network)
    check.instance("neuron", neuron, LSM)
    check.number("dt", dt, above=0)
    turns = update_turns(network, update)
    activity = check.array("inputs", inputs, shape=(network.n_sensors, "n_steps"), low=0)
    n, n_steps = network.n_neurons, activity.shape[1]
    activity = check.read_only(activity)
    static = neuron.k_static * network.n_synapses
    gain = leak_gain(time_constants(neuron, n), dt, neuron.solver)
    in_turn = bool((turns != turns[0]).any())
    # What takes longer than the record never arrives; a lag beyond it would only cost memory.
    extremes = network.delays.min(), network.delays.max()
    shortest, longest = (1 + int(min(_steps.nearest(delay / dt), n_steps)) for delay in extremes)
    lags = (shortest, longest)
    n_bytes = _memory.of_activity(n, network.n_sensors, n_steps, lags=lags, in_turn=in_turn)
    _memory.fits("inputs", "the activity", n_bytes, n, "neurons over", n_steps, "steps")
    lag = synaptic_lags(network, dt, update, at_most=n_steps)
    run = _run_in_turn if in_turn else _run_together
    return run(network, activity, lag, (static, gain, float(neuron.shunting)), turns)


Neurons = tuple[Array, Array, float]  # static leak, gain of the dynamic leak, shunting


def _run_in_turn(
    network: Network, inputs: Array, lag: NDArray, neurons: Neurons, turns: NDArray
) -> Array:
    out = np.empty((network.n_neurons, inputs.shape[1]))
    order = np.argsort(turns, kind="stable")
    _kernels.run_in_turn(inputs, network.w_in, network.w_rec, lag, neurons, order, out)
    return out


def _run_together(
    network: Network, inputs: Array, lag: NDArray, neurons: Neurons, _: NDArray
) -> Array:
    n, n_sensors = network.n_neurons, network.n_sensors
    # Sources sorted, sensors and excitatory neurons first: no sum then tests for a sign.
    order = np.argsort(-network.sign, kind="stable")
    first_inh = n_sensors + int((network.sign > 0).sum())
    by_source = np.abs(
        np.concatenate([network.w_in[order].T, network.w_rec[np.ix_(order, order)].T])
    )
    longest = int(lag.max())
    n_targets = -(-n // _kernels.VECTOR) * _kernels.VECTOR
    reads_exc = reads_inh = None
    if lag.min() < longest:
        ago = np.concatenate([np.full((n_sensors, n), longest), lag.T[np.ix_(order, order)]])
        width = n_sensors + n_targets + _kernels.VECTOR
        reads = (longest - ago) * width + np.arange(len(ago))[:, None]
        reads_exc, reads_inh = _packed(reads[:first_inh]), _packed(reads[first_inh:])
    static, gain, shunting = neurons
    padding = (0, n_targets - n)
    out = np.empty((n, inputs.shape[1]))
    _kernels.run_network(
        inputs,
        (_packed(by_source[:first_inh]), reads_exc, 0),
        (_packed(by_source[first_inh:]), reads_inh, first_inh if reads_inh is None else 0),
        (
            _aligned(np.pad(static[order], padding, constant_values=1.0)),
            _aligned(np.pad(gain[order], padding)),
            shunting,
        ),
        longest,
        order,
        (0,) * n_targets if n_targets <= _MOST_CONSTANT else np.zeros(n_targets, dtype=np.int64),
        out,
    )
    return out


def internal_activity(
    network: Network,
    inputs: ArrayLike,
    activity: ArrayLike,
    neuron: LSM,
    *,
    dt: float,
    update: str = "together",
) -> Array:
    """What neurons would be without the threshold of Eq. 3, given what the others send.

    The left side of Eq. 1 and Eq. 2 before anything is cut off at zero, while neurons still hear
    the others' activity with its threshold. The legends of Supplementary Figures 2 and 3 speak of
    an internal activity.

    Parameters
    ----------
    network, inputs, neuron, dt, update
        As in `simulate`.
    activity : (n_neurons, n_steps) array
        What neurons send, as of `simulate`.

    Returns
    -------
    (n_neurons, n_steps) array
        From above -1 to below 1 (a.u.); these are reached only with a `k_static` of 0. Without
        dynamic leak the part above zero is what `simulate` gives.

    Raises
    ------
    ValueError
        As of `simulate`.
    """
    check.instance("network", network, Network)
    check.instance("neuron", neuron, LSM)
    sensors = check.array("inputs", inputs, shape=(network.n_sensors, "n_steps"), low=0)
    n, n_steps = network.n_neurons, sensors.shape[1]
    sent = check.array("activity", activity, shape=(n, n_steps), low=0)
    n_bytes = _memory.of_internal(n, n_steps)
    _memory.fits("activity", "what it leads to", n_bytes, n, "neurons over", n_steps, "steps")
    lag = synaptic_lags(network, dt, update, at_most=n_steps)
    excitation, inhibition = network.w_in @ sensors, np.zeros((n, n_steps))
    for late in np.unique(lag[lag < n_steps]):
        weights = np.where(lag == late, network.w_rec, 0.0)
        heard = sent[:, : n_steps - late]
        excitation[:, late:] += np.maximum(weights, 0.0) @ heard
        inhibition[:, late:] += np.maximum(-weights, 0.0) @ heard
    # The larger of the two, of which Eq. 1 has but the first where the neuron is active.
    opened = neuron.shunting * inhibition
    opened += excitation
    np.maximum(opened, neuron.shunting * excitation + inhibition, out=opened)
    opened += (neuron.k_static * network.n_synapses)[:, None]
    excitation -= inhibition
    undamped = np.divide(excitation, opened, out=np.zeros_like(opened), where=opened > 0)
    gain = leak_gain(time_constants(neuron, n), dt, neuron.solver)
    for row in np.flatnonzero(gain < 1):
        undamped[row] = scipy.signal.lfilter([gain[row]], [1.0, gain[row] - 1.0], undamped[row])
    return undamped
