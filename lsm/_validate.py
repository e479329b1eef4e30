"""Checks of arguments: each error names the argument, what it must be and what it got."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf, isfinite, nan
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Kind = TypeVar("Kind")

#: Magnitudes of numbers, zero apart. Far from the limits of float64 (1e308), so that a product of
#: four of them, or a sum of many products, is neither infinite nor zero nor of few digits.
LARGEST, SMALLEST = 1e70, 1e-70
_MAGNITUDE = f"of magnitude {SMALLEST:g} to {LARGEST:g}"

# By these, tables and labelled arrays name their axes.
_NAMES = ("columns", "coords", "dims")
# Arrays without a meaning beyond their values. Others may have units, or a mask of their own.
_PLAIN = (np.ndarray, np.memmap, np.matrix, np.recarray)


def shown(value: object) -> str:
    """`value` as an error shows it, in one line."""
    try:
        text = repr(value)
    except Exception:  # of an integer of more digits than Python shows, say
        text = "\n"
    return text if len(text) <= 200 and "\n" not in text else f"a {type(value).__name__}"


def _has_names(value: object, *words: str) -> bool:
    """Whether it is of a class that names its entries by one of these words."""
    return any(hasattr(type(value), word) for word in words)


def refuse_units(name: str, value: object) -> None:
    """Refuse what carries units, which would be lost: of astropy, pint, unyt, Brian, xarray."""
    words = ("unit", "units")
    if isinstance(value, np.ndarray):
        units = any(getattr(value, word, None) is not None for word in (*words, "dim"))
    else:
        attributes = getattr(value, "attrs", None)
        # An entry of a table may have such a name; units of its own are in its class or attributes.
        holder = type(value) if _has_names(value, *_NAMES, "index") else value
        units = any(hasattr(holder, word) for word in words)
        units |= isinstance(attributes, Mapping) and any(word in attributes for word in words)
        units |= hasattr(getattr(value, "dtype", None), "units")
    if units:
        raise ValueError(
            f"{name}: expected plain numbers in the documented unit, "
            f"got a {type(value).__name__}, which has units of its own"
        )


def _refuse_meaning(name: str, value: Any) -> None:
    """Refuse what means more than its values, which are all that numpy takes from it."""
    if isinstance(value, list | tuple):
        for item in value:
            if not isinstance(item, float | int):
                _refuse_meaning(name, item)
        return
    refuse_units(name, value)
    labelled = _has_names(value, *_NAMES)
    if labelled and getattr(value, "ndim", None) not in (0, 1):  # one axis has no order
        raise ValueError(
            f"{name}: expected plain values with the axes in the documented order, "
            f"got a {type(value).__name__}, whose axes have names"
        )
    if labelled:
        _refuse_meaning(name, getattr(value, "data", None))  # what it wraps may have units
    if isinstance(value, np.ma.MaskedArray):
        n_masked = np.ma.count_masked(value) if value.dtype.names is None else 0
        if n_masked:
            raise ValueError(f"{name}: expected no masked elements, got {n_masked} masked")
    elif isinstance(value, np.ndarray) and type(value) not in _PLAIN:
        raise ValueError(f"{name}: expected a plain array, got a {type(value).__name__}")


def _shape(shape: tuple[int | str | None, ...]) -> str:
    inner = ", ".join("n" if size is None else str(size) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def _is_a(kind: type, value: object) -> bool:
    """Whether it is a number of a kind; for numpy a span of time is an integer."""
    return isinstance(value, kind) and not isinstance(value, bool | np.timedelta64)


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
    refuse_units(name, value)
    try:
        result = float(value) if _is_a(Real, value) else nan
    except OverflowError:  # of an integer or a fraction
        result = inf
    inside = isfinite(result) and low <= result <= high
    inside = inside and (above is None or result > above) and (below is None or result < below)
    if not inside:
        raise ValueError(f"{name}: expected {expected}, got {shown(value)}")
    if result and not SMALLEST <= abs(result) <= LARGEST:
        raise ValueError(f"{name}: expected {expected} {_MAGNITUDE}, got {shown(value)}")
    return result


def integer(name: str, value: int, *, low: int = 0, high: int | None = None) -> int:
    """`value` as an int from `low` to `high`, else a ValueError."""
    if not _is_a(Integral, value) or value < low or (high is not None and value > high):
        limits = f">= {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name}: expected an integer {limits}, got {shown(value)}")
    return int(value)


def choice(name: str, value: str, known: Collection[str]) -> str:
    """`value` if it is one of `known`, else a ValueError."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name}: expected one of {', '.join(sorted(known))}, got {shown(value)}")
    return str(value)


def array(
    name: str,
    value: ArrayLike,
    *,
    shape: tuple[int | str | None, ...] | None = None,
    ndim: tuple[int, ...] | None = None,
    low: float | None = None,
    finite: bool = True,
    divides: bool = False,
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
    divides : bool
        Whether other values are divided by these: those near zero are then refused. In signals
        they are common, which decay.

    Raises
    ------
    ValueError
        If the value means more than an array does, the shape differs, or an element is not finite,
        below `low`, or of a magnitude near the limits of float64.
    """
    _refuse_meaning(name, value)
    try:
        given = np.asanyarray(value)
    except Exception as error:  # of any kind: other classes make arrays of themselves
        got = f"a {type(value).__name__} ({str(error).partition(chr(10))[0]})"
        raise ValueError(f"{name}: expected an array of real numbers, got {got}") from error
    if given.dtype.kind not in "biuf":
        got = f"a {type(value).__name__} (dtype {given.dtype})"
        raise ValueError(f"{name}: expected an array of real numbers, got {got}")
    _refuse_meaning(name, given)
    with np.errstate(over="ignore"):  # what is too large for float64 is refused below
        result: Array = np.ascontiguousarray(given, dtype=np.float64).reshape(given.shape)
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
    if result.size:
        _check_values(name, result, low=low, finite=finite, divides=divides)
    return result


def _check_values(
    name: str, values: Array, *, low: float | None, finite: bool, divides: bool
) -> None:
    least, most = values.min(), values.max()  # NaN if one is
    if not (isfinite(least) and isfinite(most)):
        if finite:
            n_bad = values.size - np.isfinite(values).sum()
            raise ValueError(f"{name}: expected finite numbers, got {n_bad} NaN or infinite")
        known = values[np.isfinite(values)]
        least, most = known.min(initial=0.0), known.max(initial=0.0)
    if low is not None and least < low:
        raise ValueError(f"{name}: expected values >= {low:g}, got {least:g}")
    largest = max(-least, most)
    if largest > LARGEST:
        raise ValueError(f"{name}: expected magnitudes <= {LARGEST:g}, got {largest:g}")
    if divides:
        tiny = values[(np.abs(values) < SMALLEST) & (values != 0)]
        if tiny.size:
            raise ValueError(f"{name}: expected values {_MAGNITUDE}, got {tiny[0]:g}")


def computed(name: str, result: Array) -> Array:
    """`result`, which may have NaN for no value, else a ValueError that blames the argument."""
    if (np.abs(result) > LARGEST).any():
        raise ValueError(
            f"{name}: expected values of which no result is above {LARGEST:g}, got others"
        )
    return result


def read_only(values: NDArray) -> NDArray:
    """A view that cannot be written to.

    What a caller's array allows is part of its type for numba, which would compile once for each.
    """
    view = values.view()
    view.setflags(write=False)
    return view


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
