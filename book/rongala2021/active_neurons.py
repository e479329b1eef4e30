"""Which neurons take part in what a network does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lsm import _steps
from lsm._validate import Array
from lsm.runs import Run

#: A neuron is active if its standard deviation is at least this share of layer 1's median one.
ACTIVE_FROM = 0.1
#: Start of the record that is left out (s), as of the spectra.
START = 0.1


def relative_swings(result: Run, start: float) -> Array:
    """Standard deviation of what is recorded of each neuron, in units of layer 1's median one.

    Parameters
    ----------
    result : Run
    start : float
        Of the record, left out (s): a rise from rest is no activity that lasts.

    Returns
    -------
    (n_neurons,) array
        0 for a neuron that does not move, whatever the others do.

    Raises
    ------
    ValueError
        If nothing is left of the record.
    """
    dt, n_steps = result.setting.dt, result.activity.shape[-1]
    first = _steps.n_steps("start", start, dt)
    if first >= n_steps:
        raise ValueError(
            f"start: expected less than the record of {n_steps * dt:g} s, got {start:g}"
        )
    each = result.activity[:, first:].std(axis=-1)
    typical = np.median(each[result.network.layer == 1])
    if typical == 0:
        return np.where(each > 0, np.inf, 0.0)
    return each / typical


class LayerTwo(NamedTuple):
    """Activity of layer 2.

    Attributes
    ----------
    n_active : float
        Active neurons.
    """

    n_active: float


def layer_two(result: Run) -> LayerTwo:
    """How many neurons of layer 2 are active.

    Parameters
    ----------
    result : Run

    Returns
    -------
    LayerTwo

    Raises
    ------
    ValueError
        If the record is not longer than its start that the spectra leave out.
    """
    second = relative_swings(result, START)[result.network.layer == 2]
    return LayerTwo(n_active=float((second >= ACTIVE_FROM).sum()))
