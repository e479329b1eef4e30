"""Grids of settings: arrays with named axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from lsm.runs import Setting


def grid(settings: Sequence[Setting], **axes: Sequence[Any]) -> xr.DataArray:
    """Settings as an array with named axes.

    Parameters
    ----------
    settings : sequence of Setting
        All combinations of the labels, the last axis varying fastest.
    **axes
        Labels of each axis.
    """
    cells = np.empty(len(settings), dtype=object)
    cells[:] = settings
    shape = [len(labels) for labels in axes.values()]
    return xr.DataArray(cells.reshape(shape), coords={k: list(v) for k, v in axes.items()})


def changed(settings: xr.DataArray, change: Callable[[Setting], Setting]) -> xr.DataArray:
    """A grid of settings, each of them changed."""
    return xr.apply_ufunc(np.frompyfunc(change, 1, 1), settings)
