"""Small deviations from an operating point: the linear network that Eq. 1-3 become there."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsm import _memory
from lsm import _validate as check
from lsm._validate import Array
from lsm.delays import synaptic_lags
from lsm.dynamics import leak_gain
from lsm.network import Network
from lsm.neurons import LSM, time_constants

# Share of what a neuron hears below which its total input is that of rounding.
_ROUNDING = 1e-12


def jacobian(
    network: Network, neuron: LSM, sensors: ArrayLike, activity: ArrayLike
) -> tuple[Array, Array]:
    """Derivatives of Eq. 1 by the activity of each source.

    Parameters
    ----------
    network : Network
    neuron : LSM
    sensors : (n_sensors,) array
        Activity of the sensors at the operating point (a.u.).
    activity : (n_neurons,) array
        Activity of the neurons that arrives there (a.u.).

    Returns
    -------
    by_neurons : (n_neurons, n_neurons) array
        ``[target, source]``; a neuron that Eq. 3 silences has no derivative, and so has one in
        which excitation and inhibition cancel but for rounding. One whose sources are all silent
        has that of more activity: there is no less, and what excites it makes it active.
    by_sensors : (n_neurons, n_sensors) array

    Raises
    ------
    ValueError
        If shapes disagree, an activity is negative, or the derivatives have no limit there.
    """
    check.instance("network", network, Network)
    check.instance("neuron", neuron, LSM)
    a = check.array("activity", activity, shape=(network.n_neurons,), low=0)
    s = check.array("sensors", sensors, shape=(network.n_sensors,), low=0)
    opened = np.where(network.w_rec < 0, -neuron.shunting * network.w_rec, network.w_rec)
    total = network.w_rec @ a + network.w_in @ s
    heard = np.abs(network.w_rec) @ a + network.w_in @ s
    channels = neuron.k_static * network.n_synapses + opened @ a + network.w_in @ s
    at_rest = heard == 0
    active = ((total > _ROUNDING * heard) | at_rest) & (channels > 0)
    divisor = np.where(active, channels, np.inf)[:, None]
    output = np.where(active, total / np.where(active, channels, 1.0), 0.0)[:, None]
    rising = np.where(
        at_rest[:, None], np.maximum(network.w_rec, 0.0), network.w_rec - output * opened
    )
    with np.errstate(over="ignore"):
        found = rising / divisor, network.w_in * (1 - output) / divisor
    return check.computed("activity", found[0]), check.computed("sensors", found[1])


def spectral_radius(
    network: Network, neuron: LSM, sensors: ArrayLike, activity: ArrayLike, *, dt: float
) -> float:
    """Largest factor by which one step multiplies small deviations: below 1 they die out.

    Parameters
    ----------
    network, neuron, sensors, activity
        As in `jacobian`.
    dt : float
        Step (s).

    Returns
    -------
    float
        Largest magnitude of the eigenvalues of the update; with delays, of that of the activity
        of as many steps as the longest delay takes.

    Raises
    ------
    ValueError
        As in `jacobian`; or if the update of so many steps does not fit into memory.
    """
    by_neurons, _ = jacobian(network, neuron, sensors, activity)
    gain = leak_gain(time_constants(neuron, network.n_neurons), dt, neuron.solver)[:, None]
    # A neuron without derivative follows no other: it only forgets, and the others do without it.
    follows = by_neurons.any(axis=1)
    forgets = float((1 - gain)[~follows].max(initial=0.0))
    n = int(follows.sum())
    if n == 0:
        return forgets
    gain, by_neurons = gain[follows], by_neurons[np.ix_(follows, follows)]
    lags = synaptic_lags(network, dt)[np.ix_(follows, follows)]
    longest = int(lags.max())
    n_bytes = _memory.of_update(n, longest)
    _memory.fits("dt", "an update", n_bytes, n, "neurons over", longest, "steps of delay")
    update = np.eye(n * longest, k=-n)  # older states move on by one step
    for lag in np.unique(lags):
        columns = slice(n * (lag - 1), n * lag)
        update[:n, columns] = gain * by_neurons * (lags == lag)
    update[:n, :n] += np.eye(n) * (1 - gain)
    return max(forgets, float(np.abs(np.linalg.eigvals(update)).max()))


def linear_response(
    network: Network,
    neuron: LSM,
    sensors: ArrayLike,
    activity: ArrayLike,
    freqs: ArrayLike,
    *,
    dt: float,
) -> NDArray[np.complex128]:
    """Response of the neurons to small changes of each sensor, at each frequency.

    Parameters
    ----------
    network, neuron, sensors, activity
        As in `jacobian`.
    freqs : (n_freqs,) array
        Hz.
    dt : float
        Step (s).

    Returns
    -------
    (n_freqs, n_neurons, n_sensors) array
        Amplitude and phase of each neuron for a small oscillation of one sensor by 1.

    Raises
    ------
    ValueError
        As in `jacobian`; or if the response does not fit into memory.
    """
    by_neurons, by_sensors = jacobian(network, neuron, sensors, activity)
    f = check.array("freqs", freqs, shape=("n_freqs",), low=0)
    n_bytes = _memory.of_responses(f.size, *by_sensors.shape)
    _memory.fits("freqs", "a response", n_bytes, f.size, "of", network.n_neurons, "neurons")
    gain = leak_gain(time_constants(neuron, network.n_neurons), dt, neuron.solver)[:, None]
    step = np.exp(-2j * np.pi * f * dt)[:, None, None]  # one step ago
    loop = np.eye(network.n_neurons) * (1 - step * (1 - gain))
    return np.linalg.solve(
        loop - gain * by_neurons * step ** synaptic_lags(network, dt), gain * by_sensors
    )
