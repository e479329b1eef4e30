"""Which neurons take part in what a network does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lsm import _steps
from lsm.runs import Run

#: A neuron is active if its standard deviation is at least this share of layer 1's median one.
ACTIVE_FROM = 0.1
#: Start of the record that is left out (s).
START = 0.1


class LayerTwo(NamedTuple):
    """Activity of layer 2.

    Attributes
    ----------
    n_active : float
        Active neurons.
    """

    n_active: float


def layer_two(result: Run) -> LayerTwo:
    """How many neurons of layer 2 are active, by the swings of what is recorded of them.

    The rise from rest does not count: the start of the record is left out, as of the spectra.

    Parameters
    ----------
    result : Run

    Returns
    -------
    LayerTwo
    """
    start = _steps.n_steps("START", START, result.setting.dt)
    swings = result.activity[:, start:].std(axis=-1)
    layer = result.network.layer
    typical = np.median(swings[layer == 1])
    active = (swings >= ACTIVE_FROM * typical) & (swings > 0)
    return LayerTwo(n_active=float(active[layer == 2].sum()))
