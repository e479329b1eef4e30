"""Times in steps of a simulation, in one place, because each rounding is a choice."""

from __future__ import annotations

import numpy as np

from lsm import _validate as check
from lsm._validate import Array

# A quotient of two times is off by rounding: 0.6 / 2e-4, which is 2999.9999999999995, is meant to
# be 3000, and 0.0215 / 0.001, which is 21.499999999999996, to be 21.5.
_ROUNDING = 1 + 4 * np.finfo(float).eps
#: Beyond it float64 does not tell a step from the next. How many fit into memory is another matter,
#: which each call decides for this machine (`lsm._memory`).
MOST = 2**53


def whole(numbers: Array | float) -> Array:
    """Largest whole numbers not above `numbers`, or above them by rounding alone."""
    return np.floor(numbers * _ROUNDING)


def nearest(numbers: Array | float) -> Array:
    """Nearest whole numbers, halves up.

    Not to the even neighbour, as Python and NumPy round: delays of 1.5 and 2.5 steps would then be
    the same.
    """
    return whole(numbers + 0.5)


def n_steps(name: str, duration: float, dt: float) -> int:
    """`duration` as a number of steps, rounded, halves up; a ValueError if it has more than `MOST`.

    Other roundings in this package are of no times: of frequencies to bins, or of a place that is
    looked at, where either neighbour serves.
    """
    return int(nearest(check.number(name, duration, low=0, high=MOST * dt) / dt))
