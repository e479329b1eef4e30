"""What only this paper's claims need: build-up, fading, orders, overlap."""

from __future__ import annotations

import numpy as np
import scipy  # its parts are loaded when used: that of stats takes half a second
from numpy.typing import ArrayLike

from lsm import _validate as check
from lsm._validate import Array


def spearman(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Rank correlation and its confidence interval by Fisher's transformation.

    With the standard error of Bonett and Wright (2000, Psychometrika 65:23).

    Parameters
    ----------
    x, y : (n,) array
        Pairs of which either is NaN are left out.
    confidence : float

    Returns
    -------
    rho, low, high : float
        NaN where a signal is constant.
    """
    first = check.array("x", x, shape=("n",), finite=False)
    second = check.array("y", y, shape=first.shape, finite=False)
    check.number("confidence", confidence, above=0, below=1)
    known = ~(np.isnan(first) | np.isnan(second))
    first, second = first[known], second[known]
    if first.size < 4:
        raise ValueError(f"x: expected at least 4 pairs without NaN, got {first.size}")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan"), float("nan"), float("nan")
    rho = float(scipy.stats.spearmanr(first, second).statistic)
    error = np.sqrt((1 + rho**2 / 2) / (first.size - 3))
    half = float(scipy.stats.norm.ppf(0.5 + confidence / 2) * error)
    z = np.arctanh(np.clip(rho, -1 + 1e-15, 1 - 1e-15))
    return rho, float(np.tanh(z - half)), float(np.tanh(z + half))


def overlap(lower: ArrayLike, higher: ArrayLike) -> float:
    """Probability that a value of `higher` lies below one of `lower`, ties counting half.

    Parameters
    ----------
    lower, higher : (n,) array
        NaN are left out.

    Returns
    -------
    float
        0 for groups that are apart, 0.5 for the same distribution; NaN if one is empty.
    """
    first = check.array("lower", lower, shape=("n",), finite=False)
    second = check.array("higher", higher, shape=("n",), finite=False)
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if first.size == 0 or second.size == 0:
        return float("nan")
    below = second[:, None] < first
    return float((below + 0.5 * (second[:, None] == first)).mean())


def build_up(ratio: ArrayLike, *, first: int = 5, last: int = 20) -> Array:
    """Mean over presentations `first` to `last` (counted from 1) over that of presentation 1.

    Parameters
    ----------
    ratio : (..., n_presentations) array
        High-frequency ratio of each presentation.

    Returns
    -------
    (...) array
        NaN for a silent neuron.

    Raises
    ------
    ValueError
        If there are fewer than `last` presentations.
    """
    check.integer("first", first, low=2)
    check.integer("last", last, low=first)
    values = check.signal("ratio", ratio, n_min=last, finite=False)
    later, start = values[..., first - 1 : last].mean(axis=-1), values[..., 0]
    return np.divide(later, start, out=np.full(later.shape, np.nan), where=start > 0)


def fading(ratio: ArrayLike, *, width: int = 5, n_last: int = 10) -> tuple[Array, Array]:
    """When the smoothed ratio peaks, and how much of the peak is left at the end.

    Parameters
    ----------
    ratio : (..., n_presentations) array
        High-frequency ratio of each presentation.
    width : int
        Presentations in the running mean.
    n_last : int
        Presentations at the end that are averaged.

    Returns
    -------
    peak : (...) array
        Presentation of the peak, counted from 1; NaN for a silent neuron.
    remainder : (...) array
        Mean smoothed ratio of the last `n_last` presentations over that of the peak.

    Raises
    ------
    ValueError
        If there are fewer than `n_last` presentations.
    """
    check.integer("width", width, low=1)
    check.integer("n_last", n_last, low=1)
    values = check.signal("ratio", ratio, n_min=n_last, finite=False)
    silent = np.isnan(values).any(axis=-1) | (values.max(axis=-1) == 0)
    smooth = scipy.ndimage.uniform_filter1d(
        np.nan_to_num(values), size=width, axis=-1, mode="nearest"
    )
    peak = np.where(silent, np.nan, smooth.argmax(axis=-1) + 1.0)
    rest = smooth[..., -n_last:].mean(axis=-1) / np.where(silent, np.nan, smooth.max(axis=-1))
    return peak, rest


def layer_lead(values: ArrayLike, layer: ArrayLike) -> float:
    """Median over the neurons of layer 2 minus that over layer 1.

    Parameters
    ----------
    values : (n_neurons,) array
        NaN for silent neurons, which are left out.
    layer : (n_neurons,) array
        Layer of each neuron, counted from 1.

    Returns
    -------
    float
        NaN if a layer is silent.
    """
    each, layers = np.asarray(values, dtype=np.float64), np.asarray(layer)
    active = [each[(layers == number) & ~np.isnan(each)] for number in (1, 2)]
    first, second = (np.median(found) if found.size else np.nan for found in active)
    return float(second - first)
