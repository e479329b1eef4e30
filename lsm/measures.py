"""Numbers measured on any signal or spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import scipy  # its parts are loaded when used: that of stats takes half a second
from numpy.typing import ArrayLike, NDArray

from lsm import _memory, _steps
from lsm import _validate as check
from lsm._validate import Array

#: Band (Hz) in which the sensory input has its dynamics.
REFERENCE_BAND = (4.0, 30.0)
#: Frequency (Hz) above which the sensory input has next to no power.
HIGH_FREQUENCY = 100.0


def _pair(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    return _fitting("x", check.signal("x", x), "y", check.signal("y", y), 32)


def _fitting(one: str, x: Array, other: str, y: Array, per_index: int) -> tuple[Array, Array]:
    """Refuse leading axes that do not fit each other, or not into memory: bytes for each index."""
    try:
        if x.shape[-1] != y.shape[-1]:
            raise ValueError
        shape = np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        raise ValueError(
            f"{other}: expected a shape that fits {one} of shape {x.shape}, got {y.shape}"
        ) from None
    _memory.fits(other, "a result", per_index * prod(shape[:-1]), y.shape, "and", x.shape)
    return x, y


def correlation(x: ArrayLike, y: ArrayLike) -> Array:
    """Zero-lag normalised cross-correlation, the paper's index (section Cross-Correlation).

    The mean is not removed: two positive signals have an index near 1 whatever their dynamics.

    Parameters
    ----------
    x, y : (..., n_steps) array
        Signals; leading axes broadcast.

    Returns
    -------
    (...) array
        Between -1 and 1; NaN where a signal is zero throughout.

    Raises
    ------
    ValueError
        If the numbers of steps differ.
    """
    first, second = (_scaled(signal) for signal in _pair(x, y))
    power = np.vecdot(first, first) * np.vecdot(second, second)
    product = np.vecdot(first, second)
    return np.divide(product, np.sqrt(power), out=np.full(product.shape, np.nan), where=power > 0)


def _scaled(signal: Array) -> Array:
    """Signals times powers of two, which change no digit, where their squares are near zero."""
    peak = np.maximum(signal.max(axis=-1, keepdims=True), -signal.min(axis=-1, keepdims=True))
    if peak.min() >= check.SMALLEST:
        return signal
    return signal * np.ldexp(1.0, np.minimum(-np.frexp(peak)[1], 1000))


def _centred(signal: Array) -> Array:
    """Without its mean, and exactly zero where it is constant."""
    centred: Array = signal - signal.mean(axis=-1, keepdims=True)
    centred[np.ptp(signal, axis=-1) == 0] = 0.0
    return centred


def pearson(x: ArrayLike, y: ArrayLike) -> Array:
    """Pearson's correlation: as `correlation`, of signals whose mean is removed.

    Parameters
    ----------
    x, y : (..., n_steps) array
        Signals; leading axes broadcast.

    Returns
    -------
    (...) array
        Between -1 and 1; NaN where a signal is constant.
    """
    return correlation(*(_centred(signal) for signal in _pair(x, y)))


def coefficient_of_variation(x: ArrayLike) -> Array:
    """Standard deviation over mean along time; NaN where the mean is zero.

    Parameters
    ----------
    x : (..., n_steps) array

    Returns
    -------
    (...) array
    """
    signal = _scaled(check.signal("x", x))
    mean, deviation = signal.mean(axis=-1), signal.std(axis=-1)
    with np.errstate(over="ignore"):
        ratio = np.divide(deviation, mean, out=np.full(mean.shape, np.nan), where=mean != 0)
    return check.computed("x", ratio)


def band_power(x: ArrayLike, band: tuple[float, float], *, dt: float) -> Array:
    """Variance that frequencies of a band contribute, from a Hann-windowed periodogram.

    Parameters
    ----------
    x : (..., n_steps) array
    band : tuple of float
        Lowest and highest frequency (Hz); the mean of the signal never counts.
    dt : float
        Step (s).

    Returns
    -------
    (...) array
    """
    signal = check.signal("x", x, n_min=2)
    check.number("dt", dt, above=0)
    freqs, density = scipy.signal.periodogram(signal, fs=1 / dt, window="hann", detrend="constant")
    inside = _in_band(freqs, band) & (freqs > 0)
    return density[..., inside].sum(axis=-1) * freqs[1]


def _in_band(freqs: ArrayLike, band: tuple[float, float]) -> NDArray[np.bool_]:
    f = check.array("freqs", freqs, shape=("n_freqs",), low=0)
    if not isinstance(band, Sequence) or len(band) != 2:
        raise ValueError(f"band: expected two frequencies, got {check.shown(band)}")
    low = check.number("band", band[0], low=0)
    open_end = isinstance(band[1], float) and band[1] == np.inf
    high = np.inf if open_end else check.number("band", band[1], low=low)
    inside = (f >= low) & (f <= high)
    if not inside.any():
        raise ValueError(
            f"freqs: expected at least one in {low:g} to {high:g} Hz, got "
            + (f"{f.min():g} to {f.max():g} Hz" if f.size else "none")
        )
    return inside


def gain(power: ArrayLike, input_power: ArrayLike, freqs: ArrayLike) -> Array:
    """Power relative to the input's at each frequency, with a mean of 1 over 4-30 Hz.

    Parameters
    ----------
    power : (..., n_freqs) array
        Maximum power of the neurons, averaged as the question asks.
    input_power : (..., n_freqs) array
        Maximum power of the sensory input, averaged likewise; positive.
    freqs : (n_freqs,) array
        Hz.

    Returns
    -------
    (..., n_freqs) array
        NaN throughout for a silent neuron, whose gain has no scale.

    Raises
    ------
    ValueError
        If shapes disagree, the input has no power, or no frequency lies in 4-30 Hz.
    """
    reference = _in_band(freqs, REFERENCE_BAND)
    output = check.array("power", power, low=0)
    source = check.array("input_power", input_power, low=0, divides=True)
    for name, values in (("power", output), ("input_power", source)):
        if values.ndim == 0 or values.shape[-1] != reference.size:
            raise ValueError(f"{name}: expected shape (..., {reference.size}), got {values.shape}")
    if (source <= 0).any():
        raise ValueError("input_power: expected values > 0, got zero")
    _fitting("power", output, "input_power", source, 24 * reference.size)
    ratio = output / source
    scale = ratio[..., reference].mean(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):
        relative = np.divide(ratio, scale, out=np.full(ratio.shape, np.nan), where=scale > 0)
    return check.computed("power", relative)


def band_mean(values: ArrayLike, freqs: ArrayLike, band: tuple[float, float]) -> Array:
    """Mean of a spectrum over the frequencies of a band (Hz).

    Parameters
    ----------
    values : (..., n_freqs) array
    freqs : (n_freqs,) array
        Hz.
    band : tuple of float
        Lowest and highest frequency (Hz).

    Returns
    -------
    (...) array
    """
    inside = _in_band(freqs, band)
    spectra = check.array("values", values, finite=False)
    if spectra.ndim == 0 or spectra.shape[-1] != inside.size:
        raise ValueError(f"values: expected shape (..., {inside.size}), got {spectra.shape}")
    return spectra[..., inside].mean(axis=-1)


def band_gain(
    power: ArrayLike, input_power: ArrayLike, freqs: ArrayLike, band: tuple[float, float]
) -> Array:
    """Mean `gain` over the frequencies of a band (Hz).

    Parameters
    ----------
    power, input_power, freqs
        As in `gain`.
    band : tuple of float
        Lowest and highest frequency (Hz).

    Returns
    -------
    (...) array
        1 means that the band is as strong, relative to 4-30 Hz, as in the input.
    """
    return band_mean(gain(power, input_power, freqs), freqs, band)


def high_frequency_ratio(power: ArrayLike, input_power: ArrayLike, freqs: ArrayLike) -> Array:
    """Mean `gain` from 100 Hz to the top of the band: HF for short.

    Parameters
    ----------
    power, input_power, freqs
        As in `gain`.

    Returns
    -------
    (...) array
    """
    return band_gain(power, input_power, freqs, (HIGH_FREQUENCY, np.inf))


def cutoff_frequency(
    transfer: ArrayLike, freqs: ArrayLike, *, pass_band: float | None = None
) -> float:
    """Frequency from which on a power transfer is below half of that in the pass band (-3 dB).

    Parameters
    ----------
    transfer : (n_freqs,) array
    freqs : (n_freqs,) array
        Rising (Hz).
    pass_band : float, optional
        Transfer in the pass band; by default that at the lowest frequency.

    Returns
    -------
    float
        Hz, interpolated; NaN if the transfer has not fallen for good at the end.
    """
    f = _rising("freqs", freqs)
    values = check.array("transfer", transfer, shape=f.shape, low=0, divides=True)
    top = values[0] if pass_band is None else check.number("pass_band", pass_band, above=0)
    return crossing(f, values, 0.5 * top)


def _rising(name: str, value: ArrayLike) -> Array:
    """At least one positive number, each above the one before."""
    points = check.array(name, value, shape=("n_points",), divides=True)
    if points.size == 0 or points[0] <= 0 or (np.diff(points) <= 0).any():
        raise ValueError(f"{name}: expected positive, rising values, got others")
    return points


def loglog_slope(x: ArrayLike, y: ArrayLike) -> float:
    """Slope of log y on log x by least squares: the exponent of a power law.

    Parameters
    ----------
    x, y : (n_points,) array
        Positive; points of which either is NaN are left out.

    Returns
    -------
    float
        NaN with fewer than two values of `x`.
    """
    first = check.array("x", x, shape=("n_points",), finite=False)
    second = check.array("y", y, shape=first.shape, finite=False)
    for name, values in (("x", first), ("y", second)):
        if ((values <= 0) | np.isinf(values)).any():
            raise ValueError(f"{name}: expected positive, finite numbers or NaN, got others")
    known = ~(np.isnan(first) | np.isnan(second))
    if np.unique(first[known]).size < 2:
        return float("nan")
    return float(np.polyfit(np.log(first[known]), np.log(second[known]), 1)[0])


def crossing(x: ArrayLike, y: ArrayLike, level: float) -> float:
    """Where a falling curve passes a level.

    Parameters
    ----------
    x : (n_points,) array
        Positive and rising.
    y : (n_points,) array
    level : float

    Returns
    -------
    float
        Interpolated on log x between the last point at or above the level and the next; NaN if
        there is no such pair.
    """
    first = _rising("x", x)
    second = check.array("y", y, shape=first.shape)
    check.number("level", level)
    above = np.flatnonzero(second >= level)
    if above.size == 0 or above[-1] == first.size - 1:
        return float("nan")
    i = above[-1]
    share = (second[i] - level) / (second[i] - second[i + 1])
    return float(first[i] * (first[i + 1] / first[i]) ** share)


def power_transfer(
    x: ArrayLike, y: ArrayLike, *, dt: float, segment: float = 2.0
) -> tuple[Array, Array]:
    """Power transfer of a filter from the signals before and after it, by Welch's method.

    Parameters
    ----------
    x, y : (n_steps,) array
        Signal before and after the filter.
    dt : float
        Step (s).
    segment : float
        Length of the segments averaged (s), rounded to whole steps, halves up; frequencies are
        known to its inverse.

    Returns
    -------
    freqs : (n_freqs,) array
        Above zero (Hz): the mean is removed, so frequency 0 has no power.
    transfer : (n_freqs,) array
        1 where `x` has no power.

    Raises
    ------
    ValueError
        If the signals are shorter than a segment.
    """
    check.number("dt", dt, above=0)
    n = _steps.n_steps("segment", check.number("segment", segment, low=8 * dt), dt)
    first = check.array("x", x, shape=("n_steps",))
    second = check.array("y", y, shape=first.shape)
    if first.size < n:
        raise ValueError(f"x: expected at least {n} steps, a segment, got {first.size}")
    f, cross = scipy.signal.csd(first, second, fs=1 / dt, nperseg=n)
    _, power = scipy.signal.welch(first, fs=1 / dt, nperseg=n)
    known = power > np.finfo(float).tiny
    with np.errstate(over="ignore"):
        transfer = np.divide(np.abs(cross), power, out=np.ones(f.shape), where=known) ** 2
    return f[1:], check.computed("x", transfer[1:])


def peak_frequencies(
    spectrum: ArrayLike, freqs: ArrayLike, *, f_min: float = 0.0, height: float = 0.0
) -> Array:
    """Frequencies of the local maxima of a spectrum, highest first.

    Parameters
    ----------
    spectrum : (n_freqs,) array
    freqs : (n_freqs,) array
        Rising (Hz).
    f_min : float
        Maxima below it are left out (Hz).
    height : float
        So are maxima below this value.

    Returns
    -------
    (n_peaks,) array
        Hz; the ends of the band are not maxima.
    """
    f = check.array("freqs", freqs, shape=("n_freqs",))
    if (np.diff(f) <= 0).any():
        raise ValueError("freqs: expected rising values, got others")
    check.number("f_min", f_min)
    check.number("height", height)
    values = check.array("spectrum", spectrum, shape=(f.size,))
    found, _ = scipy.signal.find_peaks(values, height=height)
    found = found[f[found] >= f_min]
    return f[found[np.argsort(-values[found], kind="stable")]]
