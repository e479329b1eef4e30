"""One row of measures for each network, input or group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

Samples = dict[str, list[dict[str, float]]]
Labelled = TypeVar("Labelled", xr.DataArray, xr.Dataset)


def samples_of(**measured: xr.DataArray | ArrayLike) -> list[dict[str, float]]:
    """A sample for each network, input or group: the values of each measure along that one axis."""
    columns = {name: np.asarray(values) for name, values in measured.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def largest(values: Labelled, over: str | Sequence[str]) -> Labelled:
    """Maximum along axes; NaN if any value is, so that what is not known meets no criterion."""
    return values.max(over, skipna=False)


def smallest(values: Labelled, over: str | Sequence[str]) -> Labelled:
    """Minimum along axes; NaN if any value is, so that what is not known meets no criterion."""
    return values.min(over, skipna=False)


def mean(values: Labelled, over: str | Sequence[str]) -> Labelled:
    """Mean along axes; NaN if any value is."""
    return values.mean(over, skipna=False)


def n_not_falling(values: xr.DataArray, axis: str) -> xr.DataArray:
    """Steps along an axis at which a value does not fall; one that is not known does not."""
    return (~(values.diff(axis) < 0)).sum(axis)


def along(
    function: Callable[..., object], values: xr.DataArray, axis: str, n_results: int = 1
) -> xr.DataArray | tuple[xr.DataArray, ...]:
    """A function of one row of numbers, for each row of an array along an axis."""
    return xr.apply_ufunc(
        function,
        values,
        input_core_dims=[[axis]],
        output_core_dims=[[]] * n_results,
        vectorize=True,
    )
