"""Phase diagram: HF over static leak, mean weight, delay and law of the weights, and its theory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.runs import Setting
from lsm.weights import weight_distribution
from rongala2021.grids import grid
from rongala2021.linear import Point as Point
from rongala2021.linear import point as point
from rongala2021.settings import AMPLIFIED_FROM, KINDS, MEANS
from rongala2021.spectra import Spectrum


def static_leaks_around(k_static: float, k_highest: float, n_values: int) -> Array:
    """Static leak constants of equal ratios, as far above a given one as below it.

    Parameters
    ----------
    k_static : float
        One of them, if they are odd in number.
    k_highest : float
        The last of them.
    n_values : int

    Returns
    -------
    (n_values,) array
    """
    middle = check.number("k_static", k_static, above=0)
    highest = check.number("k_highest", k_highest, above=middle)
    check.integer("n_values", n_values, low=2)
    return middle * (highest / middle) ** np.linspace(-1.0, 1.0, n_values)


def diagram(base: Setting, *, delays: ArrayLike, constants: ArrayLike) -> xr.DataArray:
    """Laws, mean weights, delays and static leaks: axes kind, mean, delay (s), k_static.

    As in `settings.figure_5` each law and mean has a stream of random numbers of its own; its
    delays and static leaks share it, network by network.

    Parameters
    ----------
    base : Setting
    delays : (n_delays,) array
        Mean conduction delays (s).
    constants : (n_constants,) array
        Values of `k_static`.
    """
    every = check.array("delays", delays, shape=("n_delays",), low=0).tolist()
    leaks = check.array("constants", constants, shape=("n_constants",), low=0).tolist()
    weights = [weight_distribution(kind, mean) for kind in KINDS for mean in MEANS]
    settings = [
        replace(base, weights=law, stream=i, delay=d, neuron=replace(base.neuron, k_static=k))
        for i, law in enumerate(weights)
        for d in every
        for k in leaks
    ]
    return grid(settings, kind=KINDS, mean=MEANS, delay=every, k_static=leaks)


def of_hf(spectrum: Spectrum) -> Spectrum:
    """The same spectrum at the frequencies alone that HF is made of."""
    freqs, (low, high) = spectrum.freqs, measures.REFERENCE_BAND
    counts = ((freqs >= low) & (freqs <= high)) | (freqs >= measures.HIGH_FREQUENCY)
    return replace(spectrum, freqs=freqs[counts])


def typical(ratios: xr.DataArray) -> xr.DataArray:
    """Geometric mean over networks, without silent ones; NaN where all are silent."""
    logarithms = xr.apply_ufunc(np.log, ratios.where(ratios > 0))
    found: xr.DataArray = xr.apply_ufunc(np.exp, logarithms.mean("network"))
    return found


def halves(ratios: xr.DataArray) -> xr.DataArray:
    """`typical` of the first half of the networks and of the others: axis half."""
    middle = ratios.sizes["network"] // 2
    parts = [ratios.isel(network=slice(middle)), ratios.isel(network=slice(middle, None))]
    return xr.concat(
        [typical(part) for part in parts], xr.DataArray(["first", "second"], dims="half")
    )


def boundary(ratios: xr.DataArray, level: float) -> xr.DataArray:
    """The static leak at which a ratio falls through a level, interpolated.

    Parameters
    ----------
    ratios : DataArray over k_static and others
        NaN where it is not known.
    level : float

    Returns
    -------
    DataArray over the others
        NaN where the ratio does not fall through the level.
    """

    def of_one(constants: Array, values: Array) -> float:
        known = ~np.isnan(values)
        return measures.crossing(constants[known], values[known], level) if known.any() else np.nan

    return xr.apply_ufunc(
        of_one,
        ratios["k_static"],
        ratios,
        input_core_dims=[["k_static"], ["k_static"]],
        vectorize=True,
    )


def apart(thresholds: xr.DataArray, other: xr.DataArray) -> xr.DataArray:
    """The larger over the smaller of two thresholds, each: 1 where they are the same."""
    return np.exp(abs(np.log(thresholds / other)))


def sides(points: xr.Dataset, level: float = AMPLIFIED_FROM) -> xr.Dataset:
    """How many networks lie above a level, as simulated and by theory, and on the same side.

    Parameters
    ----------
    points : Dataset over kind, delay and others
        Variables of `Point`.
    level : float

    Returns
    -------
    Dataset over kind, delay
        `networks` that are not silent; `simulated` and `predicted`, those at or above the level;
        `both` of these, and `same`, those on the same side.
    """
    sounding = points["simulated"].notnull()
    above, expected = points["simulated"] >= level, points["predicted"] >= level
    counted = {
        "networks": sounding,
        "simulated": above,
        "predicted": expected,
        "both": above & expected,
        "same": sounding & (above == expected),
    }
    others = [axis for axis in sounding.dims if axis not in ("kind", "delay")]
    return xr.Dataset(counted).sum(others)
