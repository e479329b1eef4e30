"""The rule by which the static leak of the networks is chosen (page Calibration)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm import _validate as check
from lsm.measures import crossing
from lsm.runs import Setting
from rongala2021.populations import population
from rongala2021.scale import Scale
from rongala2021.settings import AMPLIFIED_FROM, static_leaks
from rongala2021.spectra import high_frequency_ratio

#: Mean weights of normal networks between which the rule puts the threshold: high frequencies are
#: amplified from the second one on, and not up to the first (Figure 5D).
BETWEEN = (0.3, 0.4)


class Calibration(NamedTuple):
    """What the rule gives.

    Attributes
    ----------
    k_static : float
        The static leak constant by the rule, to two digits; where none satisfies it, that of the
        scan with the most high frequencies.
    begin, end : float
        Between which constants satisfy the rule; NaN where none does.
    largest : float
        The highest HF of the scan.
    """

    k_static: float
    begin: float
    end: float
    largest: float

    @property
    def satisfied(self) -> bool:
        """Whether a constant satisfies the rule."""
        return bool(np.isfinite(self.end))


def by_rule(constants: ArrayLike, ratios: ArrayLike) -> Calibration:
    """The static leak constant by the rule.

    HF of normal weights shall be at least 2 for mean weights of 0.4 and more, and below for 0.3 and
    less. Mean weight and static leak are one parameter, their ratio, so that one curve tells both.
    Of all constants that do this, the geometric middle is taken.

    Parameters
    ----------
    constants : (n_constants,) array
        Rising values of `k_static`.
    ratios : (n_constants,) array
        HF of normal weights of mean 0.4 at each.

    Returns
    -------
    Calibration
    """
    each = check.array("constants", constants, shape=("n_constants",), low=0)
    curve = check.array("ratios", ratios, shape=each.shape)
    end = crossing(each, curve, AMPLIFIED_FROM)
    begin = BETWEEN[0] / BETWEEN[1] * end
    chosen = np.sqrt(begin * end) if np.isfinite(end) else each[curve.argmax()]
    return Calibration(float(f"{chosen:.2g}"), begin, end, float(curve.max()))


def of_normal_weights(base: Setting, constants: ArrayLike, scale: Scale) -> xr.DataArray:
    """HF of the mean power of many networks with normal weights of mean 0.4, over `k_static`.

    Parameters
    ----------
    base : Setting
        Without dynamic leak.
    constants : (n_constants,) array
        Values of `k_static`.
    scale : Scale
    """
    settings = static_leaks(base, constants).sel(kind="normal", mean=BETWEEN[1])
    return high_frequency_ratio(population(settings, scale).mean("network"))


def calibrated(base: Setting, constants: ArrayLike, scale: Scale) -> Calibration:
    """The static leak constant by the rule, for networks as a setting reads the text.

    Parameters
    ----------
    base, constants, scale
        As in `of_normal_weights`.
    """
    return by_rule(constants, of_normal_weights(base, constants, scale))
