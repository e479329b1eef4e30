"""When neurons hear each other: conduction delays, and the order in which neurons are updated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lsm import _memory, _steps
from lsm import _validate as check
from lsm.network import Network

UPDATES = ("together", "in turn", "layer by layer")
DELAY_LAWS = ("normal", "uniform")


def with_delays(
    network: Network,
    mean: float,
    *,
    cv: float = 0.2,
    law: str = "normal",
    rng: np.random.Generator,
) -> Network:
    """The same network with a random conduction delay at each recurrent synapse (Figure 6).

    The paper gives the mean delays but not their law. Taken here: normal with the coefficient of
    variation of the weights, 20 %, its magnitude where a draw falls below zero.

    Parameters
    ----------
    network : Network
    mean : float
        Mean delay (s).
    cv : float
        Coefficient of variation of normal delays.
    law : {"normal", "uniform"}
        "uniform": anything from 0 to twice the mean.
    rng : numpy.random.Generator

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If `mean` or `cv` is negative, the law unknown, or memory too small.
    """
    check.instance("network", network, Network)
    check.number("mean", mean, low=0)
    check.number("cv", cv, low=0)
    check.choice("law", law, DELAY_LAWS)
    check.generator(rng)
    shape = network.delays.shape
    n_bytes = _memory.of_delays(network.n_neurons, network.n_sensors)
    _memory.fits("network", "a copy", n_bytes, network.n_neurons, "neurons")
    if law == "uniform":
        return replace(network, delays=rng.uniform(0.0, 2 * mean, shape))
    return replace(network, delays=np.abs(rng.normal(mean, cv * mean, shape)))


def update_turns(network: Network, update: str) -> NDArray[np.int64]:
    """When each neuron is updated within a step: those of one number together, the lowest first."""
    check.instance("network", network, Network)
    check.choice("update", update, UPDATES)
    turns = {
        "together": np.zeros_like(network.layer),
        "in turn": np.arange(network.n_neurons),
        "layer by layer": network.layer,
    }
    return turns[update]


def synaptic_lags(
    network: Network, dt: float, update: str = "together", *, at_most: int | None = None
) -> NDArray[np.int64]:
    """Steps after which each neuron hears each other: the delay, and one more or none.

    One more, unless the source is updated before the target within a step.

    Parameters
    ----------
    network : Network
    dt : float
        Step (s).
    update : {"together", "in turn", "layer by layer"}
        As in `simulate`.
    at_most : int, optional
        Steps of a delay that longer ones count as.

    Returns
    -------
    (n_neurons, n_neurons) int array
        ``[target, source]``; the delay in whole steps, halves up.

    Raises
    ------
    ValueError
        If a delay has more steps than can be counted, the order is unknown, or an argument is out
        of range.
    """
    turn = update_turns(network, update)
    steps = _steps.nearest(network.delays / check.number("dt", dt, above=0))
    if at_most is not None:
        steps = np.minimum(steps, check.integer("at_most", at_most, low=0, high=_steps.MOST))
    if steps.max() > _steps.MOST:
        raise ValueError(
            f"dt: expected delays of at most {_steps.MOST:g} steps, got {steps.max():g}"
        )
    return steps.astype(np.int64) + (turn[:, None] <= turn)
