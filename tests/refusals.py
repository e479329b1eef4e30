"""Wrong arguments, and a test for each argument of a call: it is refused by its name.

A table has rows ``(call, arguments that it accepts, {argument: values that it refuses})``.
"""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import xarray as xr

RNG = np.random.default_rng(0)
NAN, INF = np.nan, np.inf


class Quantity(np.ndarray):
    """An array with units, as astropy's, unyt's and Brian's are."""

    unit = "ms"


class Magnitude:
    """A number or an array with units, as pint's are."""

    units = "ms"

    def __init__(self, value):
        self.value = value

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value)

    def __float__(self):
        return float(self.value)


class Variable:
    """An array that is told its units, as those in files are."""

    def __init__(self, value):
        self.value = value
        self.units = "ms"

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value)


class Calibrated(np.ndarray):
    """An array of which only its authors know what its values mean."""


TOO_LARGE = (1e200, -1e308, 10**400)
WITH_UNITS = (np.array(1.0).view(Quantity), Magnitude(1.0), np.timedelta64(1, "s"))
NO_NUMBER = (
    *(NAN, INF, -INF, None, "1", True, 1j, [1.0]),
    *(np.array(1.0), np.ma.masked, pd.NA, Decimal(1), *WITH_UNITS, *TOO_LARGE),
)
NOT_POSITIVE = (0.0, -1.0, *NO_NUMBER)
NEGATIVE = (-1.0, -1e-300, *NO_NUMBER)
NO_MAGNITUDE = (5e-324, 1e-300, 1e200, 1e308)
NO_INTEGER = (-1, 1.5, 2.0, NAN, None, "1", True, np.array(1), np.ma.masked, *WITH_UNITS)
NO_COUNT = (0, *NO_INTEGER)
NO_RNG = (None, 0, np.random, np.random.RandomState(0))
NO_NAME = ("unknown", "", None, 1, np.array(["unknown"]), pd.NA)


def no_array(*shape, negative=False):
    """Arrays of this shape with something wrong in them, or no arrays of numbers at all."""

    def last(value):
        array = np.ones(shape)
        array[(-1,) * len(shape)] = value
        return array

    wrong = (last(NAN), last(INF), last(1e200), *without_meaning(last(1.0)))
    wrong = (*wrong, last(1.0) * 1j, "text", None, [[1.0], [1.0, 2.0]])
    return (*wrong, last(-1.0)) if negative else wrong


def without_meaning(array):
    """What numpy would make such an array of, and lose a mask, units or names of axes."""
    masked = np.ma.array(array, mask=np.zeros(array.shape))
    masked[(-1,) * array.ndim] = np.ma.masked
    axes = [f"axis_{i}" for i in range(array.ndim)]
    found = [
        masked,
        [masked] if array.ndim > 1 else [*array[:-1], np.ma.masked],
        array.view(Quantity),
        array.view(Calibrated),
        Magnitude(array),
        Variable(array),
        xr.DataArray(array, dims=axes, attrs={"units": "ms"}),
        xr.Dataset({"values": (axes, array)}),
        array.astype("timedelta64[s]"),
        array.astype("datetime64[s]"),
        array.astype(str),
        array.astype(object),
        array.astype([("values", float)]),
    ]
    if array.ndim == 1:
        found += [
            pd.Series([*array[:-1], pd.NA], dtype="Float64"),
            pd.Series([*array[:-1].astype(int), pd.NA], dtype="Int64"),
            pd.DataFrame({"values": array}),
        ]
    else:
        found.append(xr.DataArray(array, dims=axes))
    if array.ndim == 2:
        found += [pd.DataFrame(array), scipy.sparse.csr_array(array)]
    return found


def shapes(*wrong):
    return tuple(np.ones(shape) for shape in wrong)


def label(value):
    """A value as a failing test shows it."""
    if isinstance(value, np.ndarray):
        return f"{type(value).__name__} {value.dtype}{list(value.shape)}"
    return repr(value) if np.isscalar(value) else type(value).__name__


def accepted(table):
    """Parameters of a test that calls with what the table calls valid."""
    return pytest.mark.parametrize(
        ("call", "valid"), [pytest.param(*row[:2], id=row[0].__qualname__) for row in table]
    )


def refused(table):
    """Parameters of a test for each argument that a call refuses some values of."""
    cases = [
        pytest.param(call, valid, argument, values, id=f"{call.__qualname__}-{argument}")
        for call, valid, wrong in table
        for argument, values in wrong.items()
    ]
    return pytest.mark.parametrize(("call", "valid", "argument", "values"), cases)


def refusal(call, arguments):
    """The error by which a call refuses its arguments, None if it accepts them."""
    try:
        call(**arguments)
    except ValueError as error:
        return error
    return None


def assert_refused(call, valid, argument, values):
    """Each of the values is refused in one line that names the argument."""
    assert len(values) > 0
    for value in values:
        error = refusal(call, valid | {argument: value})
        assert error is None or "\n" not in str(error)
        assert error is not None, f"accepted {argument} = {label(value)}"
        assert type(error) is ValueError, label(value)  # not a subclass out of a library
        assert re.match(rf"{argument}: expected .*, got ", str(error)), (label(value), str(error))
