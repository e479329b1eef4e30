"""What the claims are made of: numbers measured on signals and spectra."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, csd, find_peaks, periodogram, sosfiltfilt, welch
from scipy.stats import median_abs_deviation, norm, spearmanr

from lsm import _validate as check
from lsm._validate import Array

REFERENCE_BAND = (4.0, 30.0)  # Hz: where the sensory input has its dynamics
HIGH_FREQUENCY = 100.0  # Hz: above it the input has next to none


def _signal(name: str, value: ArrayLike, *, n_min: int = 1, finite: bool = True) -> Array:
    """An array of signals of at least `n_min` steps."""
    signal = check.array(name, value, finite=finite)
    if signal.ndim == 0 or signal.shape[-1] < n_min:
        raise ValueError(
            f"{name}: expected shape (..., n_steps) with n_steps >= {n_min}, got {signal.shape}"
        )
    return signal


def _pair(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    first, second = _signal("x", x), _signal("y", y)
    try:
        if first.shape[-1] != second.shape[-1]:
            raise ValueError
        np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise ValueError(
            f"y: expected a shape that fits x of shape {first.shape}, got {second.shape}"
        ) from None
    return first, second


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
    first, second = _pair(x, y)
    power = (first**2).sum(axis=-1) * (second**2).sum(axis=-1)
    product = (first * second).sum(axis=-1)
    return np.divide(product, np.sqrt(power), out=np.full(product.shape, np.nan), where=power > 0)


def _centred(signal: Array) -> Array:
    """Without its mean, and exactly zero where it is constant."""
    constant = np.ptp(signal, axis=-1, keepdims=True) == 0
    return np.where(constant, 0.0, signal - signal.mean(axis=-1, keepdims=True))


def pearson(x: ArrayLike, y: ArrayLike) -> Array:
    """Pearson's correlation: as `correlation`, of signals whose mean is removed."""
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
    signal = _signal("x", x)
    mean = signal.mean(axis=-1)
    return np.divide(signal.std(axis=-1), mean, out=np.full(mean.shape, np.nan), where=mean != 0)


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
    signal = _signal("x", x, n_min=2)
    check.number("dt", dt, above=0)
    freqs, density = periodogram(signal, fs=1 / dt, window="hann", detrend="constant")
    inside = _in_band(freqs, band) & (freqs > 0)
    return density[..., inside].sum(axis=-1) * freqs[1]


def _in_band(freqs: ArrayLike, band: tuple[float, float]) -> NDArray[np.bool_]:
    f = check.array("freqs", freqs, shape=("n_freqs",), low=0)
    inside = (f >= band[0]) & (f <= band[1])
    if not inside.any():
        raise ValueError(
            f"freqs: expected at least one in {band[0]:g} to {band[1]:g} Hz, got "
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
    source = check.array("input_power", input_power, low=0)
    for name, values in (("power", output), ("input_power", source)):
        if values.ndim == 0 or values.shape[-1] != reference.size:
            raise ValueError(f"{name}: expected shape (..., {reference.size}), got {values.shape}")
    if (source <= 0).any():
        raise ValueError("input_power: expected values > 0, got zero")
    try:
        ratio = output / source
    except ValueError:
        raise ValueError(
            f"input_power: expected a shape that fits power of shape {output.shape}, "
            f"got {source.shape}"
        ) from None
    scale = ratio[..., reference].mean(axis=-1, keepdims=True)
    return np.divide(ratio, scale, out=np.full(ratio.shape, np.nan), where=scale > 0)


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
    """Mean `gain` from 100 Hz to the top of the band: the HF of the claims.

    Parameters
    ----------
    power, input_power, freqs
        As in `gain`.

    Returns
    -------
    (...) array
    """
    return band_gain(power, input_power, freqs, (HIGH_FREQUENCY, np.inf))


def corner_frequency(transfer: ArrayLike, freqs: ArrayLike) -> float:
    """Frequency from which on a power transfer is less than half of that at the lowest one.

    Parameters
    ----------
    transfer : (n_freqs,) array
    freqs : (n_freqs,) array
        Rising (Hz).

    Returns
    -------
    float
        Hz, interpolated; NaN if the transfer has not fallen for good at the end.
    """
    f = _rising("freqs", freqs)
    values = check.array("transfer", transfer, shape=f.shape, low=0)
    return crossing(f, values, 0.5 * values[0])


def _rising(name: str, value: ArrayLike) -> Array:
    """At least one positive number, each above the one before."""
    points = check.array(name, value, shape=("n_points",))
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
        NaN with fewer than two points.
    """
    first = check.array("x", x, shape=("n_points",), finite=False)
    second = check.array("y", y, shape=first.shape, finite=False)
    for name, values in (("x", first), ("y", second)):
        if ((values <= 0) | np.isinf(values)).any():
            raise ValueError(f"{name}: expected positive, finite numbers or NaN, got others")
    known = ~(np.isnan(first) | np.isnan(second))
    if known.sum() < 2:
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
    rho = float(spearmanr(first, second).statistic)
    error = np.sqrt((1 + rho**2 / 2) / (first.size - 3))
    half = float(norm.ppf(0.5 + confidence / 2) * error)
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
    values = _signal("ratio", ratio, n_min=last, finite=False)
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
    values = _signal("ratio", ratio, n_min=n_last, finite=False)
    silent = np.isnan(values).any(axis=-1) | (values.max(axis=-1) == 0)
    smooth = uniform_filter1d(np.nan_to_num(values), size=width, axis=-1, mode="nearest")
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


def _outside(x: Array, scale: Array | None, cutoff: float, threshold: float, dt: float) -> NDArray:
    """Where the part of x above `cutoff` exceeds `threshold` robust deviations of `scale`'s."""
    sos = butter(4, cutoff, btype="highpass", fs=1 / dt, output="sos")
    signal = _signal("x", x, n_min=6 * len(sos) + 4)  # what filtering both ways needs at the ends
    fast = sosfiltfilt(sos, signal, axis=-1)
    base = fast if scale is None else sosfiltfilt(sos, scale, axis=-1)
    deviation = median_abs_deviation(base, axis=-1, scale="normal")
    return np.abs(fast) > threshold * np.asarray(deviation)[..., None]


def n_excursions(
    x: ArrayLike,
    *,
    dt: float,
    scale_of: ArrayLike | None = None,
    apart_from: ArrayLike | None = None,
    apart: float = 0.0,
    cutoff: float = HIGH_FREQUENCY,
    threshold: float = 5.0,
) -> NDArray[np.int64]:
    """Number of transients: excursions of the high-passed signal beyond a robust deviation.

    Parameters
    ----------
    x : (..., n_steps) array
    dt : float
        Step (s).
    scale_of : array like `x`, optional
        Signal whose high-passed deviation is the scale; `x` itself by default.
    apart_from : array like `x`, optional
        Signal that excuses a transient: one that lies within `apart` of an excursion of this
        signal, on its own scale, is not counted.
    apart : float
        Excursions of `x` up to this far apart are one transient (s); 0 for none but neighbours.
    cutoff : float
        Corner of the high-pass (Hz), fourth order, without phase shift.
    threshold : float
        In robust standard deviations (1.4826 times the median absolute deviation).

    Returns
    -------
    (...) int array
        Runs of steps beyond the threshold, either sign.
    """
    check.number("dt", dt, above=0)
    check.number("apart", apart, low=0)
    check.number("cutoff", cutoff, above=0, below=0.5 / dt)
    check.number("threshold", threshold, above=0)
    signal = _signal("x", x)
    others = [
        None if other is None else check.array(name, other, shape=signal.shape)
        for name, other in (("scale_of", scale_of), ("apart_from", apart_from))
    ]
    outside = _outside(signal, others[0], cutoff, threshold, dt).reshape(-1, signal.shape[-1])
    excuse = np.zeros_like(outside)
    if others[1] is not None:
        excuse = _outside(others[1], None, cutoff, threshold, dt).reshape(outside.shape)
    width = max(1, round(apart / dt))
    counts = []
    for rows in zip(outside, excuse, strict=True):
        steps, known = (np.flatnonzero(row) for row in rows)
        first = np.flatnonzero(np.diff(steps, prepend=-2 * width) > width)
        starts, ends = steps[first], steps[np.append(first, steps.size)[1:] - 1]
        near = np.searchsorted(known, ends + width, "right") > np.searchsorted(
            known, starts - width
        )
        counts.append(starts.size - int(near.sum()))
    return np.reshape(counts, signal.shape[:-1])


def cutoff_frequency(x: ArrayLike, y: ArrayLike, *, dt: float, segment: float = 2.0) -> float:
    """Frequency at which the transfer from `x` to `y` has lost half of its power (-3 dB).

    The transfer is estimated by Welch's method; its low-frequency value is 1 for the leak.

    Parameters
    ----------
    x, y : (n_steps,) array
        Signal before and after the filter.
    dt : float
        Step (s).
    segment : float
        Length of the segments averaged (s); frequencies are known to its inverse.

    Returns
    -------
    float
        Hz, interpolated between frequencies; NaN if the transfer never falls that far.

    Raises
    ------
    ValueError
        If the signals are shorter than a segment.
    """
    check.number("dt", dt, above=0)
    n = round(check.number("segment", segment, low=8 * dt) / dt)
    first = check.array("x", x, shape=("n_steps",))
    second = check.array("y", y, shape=first.shape)
    if first.size < n:
        raise ValueError(f"x: expected at least {n} steps, a segment, got {first.size}")
    f, cross = csd(first, second, fs=1 / dt, nperseg=n)
    _, power = welch(first, fs=1 / dt, nperseg=n)
    # The mean is removed, so frequency 0 has no power; nor has a constant any.
    transfer = np.divide(np.abs(cross), power, out=np.ones(f.shape), where=power > 0) ** 2
    below = np.flatnonzero((transfer < 0.5) & (f > 0))
    if below.size == 0:
        return float("nan")
    i = below[0]
    share = (transfer[i - 1] - 0.5) / (transfer[i - 1] - transfer[i])
    return float(f[i - 1] + share * (f[i] - f[i - 1]))


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
    found, _ = find_peaks(values, height=height)
    found = found[f[found] >= f_min]
    return f[found[np.argsort(-values[found], kind="stable")]]
