"""Checks of arguments: each error names the argument, what it must be and what it got."""

from __future__ import annotations

from collections.abc import Collection
from math import isfinite
from numbers import Integral, Real
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Kind = TypeVar("Kind")


def _shape(shape: tuple[int | str | None, ...]) -> str:
    inner = ", ".join("n" if size is None else str(size) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def number(
    name: str,
    value: float,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """`value` as a float within [low, high], or strictly above/below a limit.

    Raises
    ------
    ValueError
        If `value` is not a finite real number within the limits.
    """
    limits = []
    if above is not None:
        limits.append(f"> {above:g}")
    elif low > -np.inf:
        limits.append(f">= {low:g}")
    if below is not None:
        limits.append(f"< {below:g}")
    elif high < np.inf:
        limits.append(f"<= {high:g}")
    expected = " ".join(["a finite number", " and ".join(limits)]).strip()
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
        raise ValueError(f"{name}: expected {expected}, got {value!r}")
    inside = low <= value <= high
    inside = inside and (above is None or value > above) and (below is None or value < below)
    if not inside:
        raise ValueError(f"{name}: expected {expected}, got {value!r}")
    return float(value)


def integer(name: str, value: int, *, low: int = 0) -> int:
    """`value` as an int of at least `low`, else a ValueError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < low:
        raise ValueError(f"{name}: expected an integer >= {low}, got {value!r}")
    return int(value)


def choice(name: str, value: str, known: Collection[str]) -> str:
    """`value` if it is one of `known`, else a ValueError."""
    if value not in known:
        raise ValueError(f"{name}: expected one of {', '.join(sorted(known))}, got {value!r}")
    return value


def array(
    name: str,
    value: ArrayLike,
    *,
    shape: tuple[int | str | None, ...] | None = None,
    ndim: tuple[int, ...] | None = None,
    low: float | None = None,
    finite: bool = True,
) -> Array:
    """`value` as a C-contiguous float64 array.

    Parameters
    ----------
    shape : tuple, optional
        Required sizes; a string or None stands for any size and names it in the message.
    ndim : tuple of int, optional
        Numbers of axes allowed.
    low : float, optional
        Smallest value allowed.
    finite : bool
        Whether NaN and infinity are refused.

    Raises
    ------
    ValueError
        If the shape differs, an element is not finite, or one is below `low`.
    """
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "biuf":
            raise TypeError(f"dtype {given.dtype}")
        result: Array = np.ascontiguousarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        got = f"{type(value).__name__} ({error})"
        raise ValueError(f"{name}: expected an array of real numbers, got {got}") from error
    result = result.reshape(given.shape)  # ascontiguousarray turns a scalar into one axis
    if shape is not None:
        sizes: tuple[int, ...] = result.shape
        fits = result.ndim == len(shape) and all(
            not isinstance(want, int) or want == size
            for want, size in zip(shape, sizes, strict=False)
        )
        if not fits:
            raise ValueError(f"{name}: expected shape {_shape(shape)}, got {result.shape}")
    if ndim is not None and result.ndim not in ndim:
        axes = " or ".join(str(n) for n in ndim)
        raise ValueError(f"{name}: expected {axes} axes, got shape {result.shape}")
    if finite and not np.isfinite(result).all():
        n_bad = int((~np.isfinite(result)).sum())
        raise ValueError(f"{name}: expected finite numbers, got {n_bad} NaN or infinite")
    if low is not None and result.size and result.min() < low:
        raise ValueError(f"{name}: expected values >= {low:g}, got {result.min():g}")
    return result


def signal(name: str, value: ArrayLike, *, n_min: int = 1, finite: bool = True) -> Array:
    """`value` as signals (..., n_steps) of at least `n_min` steps, else a ValueError."""
    signals = array(name, value, finite=finite)
    if signals.ndim == 0 or signals.shape[-1] < n_min:
        raise ValueError(
            f"{name}: expected shape (..., n_steps) with n_steps >= {n_min}, got {signals.shape}"
        )
    return signals


def instance(name: str, value: Kind, kind: type[Kind]) -> Kind:
    """`value` if it is an instance of `kind`, else a ValueError."""
    if not isinstance(value, kind):
        got = value if isinstance(value, type) else type(value).__name__
        raise ValueError(f"{name}: expected {kind.__name__}, got {got}")
    return value


def generator(rng: np.random.Generator) -> np.random.Generator:
    """`rng` if it is a numpy Generator, else a ValueError."""
    return instance("rng", rng, np.random.Generator)
