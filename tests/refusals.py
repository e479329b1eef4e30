"""Wrong arguments, and a test for each argument of a call: it is refused by its name.

A table has rows ``(call, arguments that it accepts, {argument: values that it refuses})``.
"""

import re

import numpy as np
import pytest

RNG = np.random.default_rng(0)
NAN, INF = np.nan, np.inf

NO_NUMBER = (NAN, INF, -INF, None, "1", True, 1j, [1.0])
NOT_POSITIVE = (0.0, -1.0, *NO_NUMBER)
NEGATIVE = (-1.0, -1e-300, *NO_NUMBER)
NO_INTEGER = (-1, 1.5, 2.0, NAN, None, "1", True)
NO_COUNT = (0, *NO_INTEGER)
NO_RNG = (None, 0, np.random, np.random.RandomState(0))
NO_NAME = ("unknown", "", None, 1)


def no_array(*shape, negative=False):
    """Arrays of this shape with something wrong in them, or no arrays of numbers at all."""

    def last(value):
        array = np.ones(shape)
        array[(-1,) * len(shape)] = value
        return array

    wrong = (last(NAN), last(INF), last(1.0) * 1j, "text", None, [[1.0], [1.0, 2.0]])
    return (*wrong, last(-1.0)) if negative else wrong


def shapes(*wrong):
    return tuple(np.ones(shape) for shape in wrong)


def label(value):
    """A value as a failing test shows it."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return repr(value)


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
        assert error is not None, f"accepted {argument} = {label(value)}"
        assert type(error) is ValueError, label(value)  # not a subclass out of a library
        assert re.match(rf"{argument}: expected .*, got ", str(error)), (label(value), str(error))
