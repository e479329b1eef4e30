"""Continuous wavelet transform and the maximum power of each frequency in each window.

The default wavelet is MATLAB's, because the paper used `cwt` there: a generalised Morse wavelet
(gamma 3, time-bandwidth product 60), L1 norm, 10 voices per octave, and a signal reflected by
half its length at both ends. Every continuous wavelet of PyWavelets is available by name.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pywt
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.optimize import brentq

from lsm import _validate as check
from lsm._validate import Array

GAMMA = 3.0
BETA = 20.0  # MATLAB's time-bandwidth product is beta * gamma = 60

# Below this share of its peak the Morse wavelet counts as zero.
_NEGLIGIBLE = 1e-6
# The envelope is sampled this often in each cycle of its frequency and interpolated between.
_SAMPLES_PER_CYCLE = 6.0
# Points of the interpolating polynomial.
_N_TAPS = 6
# Peaks of the samples this near to the highest may hold the highest value between the samples.
_CONTENDER = 0.85
# Families of PyWavelets that need parameters in their name: bandwidth and centre frequency.
_PYWT_PARAMETERS = {"cmor": "B-C", "fbsp": "M-B-C", "shan": "B-C"}
# Samples transformed at a time: enough to batch, few enough to stay in the cache.
_BATCH = 200_000


def morse(ratio: ArrayLike) -> Array:
    """Fourier transform of the Morse wavelet, 2 at its peak so that a cosine has amplitude 1.

    Parameters
    ----------
    ratio : array_like
        Frequency divided by the wavelet's peak frequency.

    Returns
    -------
    array of the same shape
        Zero at and below frequency zero: the wavelet is analytic.
    """
    x = np.maximum(np.asarray(ratio, dtype=np.float64), 0.0)
    with np.errstate(divide="ignore"):
        return 2.0 * np.exp(BETA * np.log(x) + BETA / GAMMA * (1.0 - x**GAMMA))


# The wavelet is symmetric enough that two brackets hold its two roots at any level in (0, 1).
def _morse_edge(level: float, low: float, high: float) -> float:
    return float(brentq(lambda x: float(morse(x)) / 2.0 - level, low, high))


_BAND = (_morse_edge(_NEGLIGIBLE, 1e-3, 1.0), _morse_edge(_NEGLIGIBLE, 1.0, 5.0))


def highest_frequency(dt: float) -> float:
    """Top of MATLAB's default band: there the wavelet has fallen to half its peak at Nyquist.

    Parameters
    ----------
    dt : float
        Step (s).

    Returns
    -------
    float
        Frequency (Hz), 434 Hz at 1 ms.
    """
    check.number("dt", dt, above=0)
    return 0.5 / dt / _morse_edge(0.5, 1.0, 5.0)


def log_frequencies(f_min: float, f_max: float, *, voices: int = 10) -> Array:
    """Frequencies with equal ratios, from `f_max` down to not below `f_min`, in rising order.

    Parameters
    ----------
    f_min, f_max : float
        Limits (Hz).
    voices : int
        Frequencies per octave.

    Returns
    -------
    (n_freqs,) array
        Hz.

    Raises
    ------
    ValueError
        If the limits are not positive and rising.
    """
    check.number("f_min", f_min, above=0)
    check.number("f_max", f_max, low=f_min)
    check.integer("voices", voices, low=1)
    n = int(np.floor(voices * np.log2(f_max / f_min) + 1e-9)) + 1
    return f_max * 2.0 ** (-np.arange(n)[::-1] / voices)


def _checked(x: ArrayLike, freqs: ArrayLike, dt: float, wavelet: str) -> tuple[Array, Array]:
    check.number("dt", dt, above=0)
    signals = check.array("x", x)
    if signals.ndim == 0 or signals.shape[-1] < 4:
        raise ValueError(f"x: expected shape (..., n_steps) with n_steps >= 4, got {signals.shape}")
    f = check.array("freqs", freqs, shape=("n_freqs",))
    nyquist = 0.5 / dt
    if f.size and (f.min() <= 0 or f.max() > nyquist):
        raise ValueError(
            f"freqs: expected values above 0 and up to the Nyquist frequency {nyquist:g} Hz, "
            f"got {f.min():g} to {f.max():g}"
        )
    check.choice("wavelet", wavelet, ("morse", *_pywt_names(wavelet)))
    return signals, f


def _pywt_names(wavelet: str) -> list[str]:
    """PyWavelets' continuous wavelets, and `wavelet` too if PyWavelets can make it."""
    names = pywt.wavelist(kind="continuous")
    names = [f"{name}{_PYWT_PARAMETERS.get(name, '')}" for name in names]
    try:
        if wavelet not in _PYWT_PARAMETERS:
            pywt.ContinuousWavelet(wavelet)
            names.append(wavelet)
    except (ValueError, TypeError, AttributeError):
        pass  # no such wavelet
    return names


def _half_reflected(x: Array) -> tuple[Array, int]:
    """`x` with half its length reflected at both ends, and where `x` starts in it."""
    n = x.shape[-1]
    before = n // 2
    pad = [(0, 0)] * (x.ndim - 1) + [(before, n - before)]
    return np.pad(x, pad, mode="symmetric"), before


def _pywt_rows(x: Array, freqs: Array, dt: float, wavelet: str) -> Iterator[NDArray]:
    """One frequency after the other, scaled to amplitude 1 for a cosine: L1 norm like `morse`."""
    mother = pywt.ContinuousWavelet(wavelet)
    psi, t = mother.wavefun(level=12)
    extended, start = _half_reflected(x)
    for f in freqs:
        scale = pywt.frequency2scale(mother, f * dt)
        # Response at the frequency that PyWavelets assigns; its conventions of sign differ.
        turn = 2j * np.pi * pywt.central_frequency(mother) * t
        response = max(abs(np.trapezoid(psi * np.exp(sign * turn), t)) for sign in (-1, 1))
        parts = 2.0 if mother.complex_cwt else 1.0  # a complex one sees half of a cosine
        coefs, _ = pywt.cwt(extended, [scale], mother, method="fft", axis=-1)
        yield coefs[0][..., start : start + x.shape[-1]] * parts / response / np.sqrt(scale)


def _band(f: float, n: int, dt: float) -> tuple[slice, Array]:
    """Bins in which the Morse wavelet at `f` acts on a DCT-II of length n, and its factors there.

    The DCT-II of a signal is the spectrum of its even extension, that is of half a length
    reflected at both ends; bin k is frequency k / (2 n dt).
    """
    per_bin = 1.0 / (2 * n * dt * f)
    first = max(1, int(np.ceil(_BAND[0] / per_bin)))
    last = min(n - 1, int(_BAND[1] / per_bin))
    band = slice(first, max(last + 1, first))
    return band, morse(np.arange(band.start, band.stop) * per_bin) / (4 * n)


def _envelope(band: slice, coefs: NDArray, n_samples: int) -> tuple[NDArray, NDArray]:
    """Real and imaginary part of the transform at the centres of `n_samples` equal cells.

    The coefficients of an even signal are real, so the two parts are a DCT-III and a DST-III,
    as long as the samples wanted and not as the signal.
    """
    padded = np.zeros((*coefs.shape[:-1], n_samples), dtype=coefs.dtype)
    padded[..., band] = coefs
    real = fft.dct(padded, type=3, axis=-1, overwrite_x=True)
    # The DST counts its bins from 1.
    padded = np.zeros((*coefs.shape[:-1], n_samples), dtype=coefs.dtype)
    padded[..., band.start - 1 : band.stop - 1] = coefs
    return real, fft.dst(padded, type=3, axis=-1, overwrite_x=True)


def cwt(x: ArrayLike, freqs: ArrayLike, *, dt: float, wavelet: str = "morse") -> NDArray:
    """Continuous wavelet transform with reflected ends.

    Holds the whole transform in memory: for long signals use `max_power`.

    Parameters
    ----------
    x : (..., n_steps) array
        Signals.
    freqs : (n_freqs,) array
        Frequencies (Hz), up to Nyquist.
    dt : float
        Step (s).
    wavelet : str
        "morse", or a continuous wavelet of PyWavelets such as "cmor1.5-1.0".

    Returns
    -------
    (..., n_freqs, n_steps) array
        Coefficients; a cosine of amplitude 1 has magnitude 1 at its frequency. Real for a real
        wavelet. PyWavelets samples its wavelets too coarsely near the Nyquist frequency, where
        magnitudes can be off by tens of percent.

    Raises
    ------
    ValueError
        If a frequency lies outside (0, Nyquist], the wavelet is unknown, or `x` is not finite.
    """
    signals, f = _checked(x, freqs, dt, wavelet)
    if wavelet == "morse":
        spectrum = fft.dct(signals, type=2, axis=-1)
        rows = []
        for value in f:
            band, factors = _band(value, signals.shape[-1], dt)
            real, imaginary = _envelope(band, spectrum[..., band] * factors, signals.shape[-1])
            rows.append(real + 1j * imaginary)
    else:
        rows = list(_pywt_rows(signals, f, dt, wavelet))
    if not rows:
        return np.empty((*signals.shape[:-1], 0, signals.shape[-1]), dtype=np.complex128)
    return np.stack(rows, axis=-2)


def _interpolated(power: NDArray, signal: NDArray, position: Array) -> Array:
    """Values of `power` (n_signals, n_samples) between its samples, by Lagrange polynomials.

    `signal` and `position` broadcast; `position` counts samples from the centre of the first.
    Beyond the ends `power` continues mirrored, as the transform does.
    """
    n_samples = power.shape[-1]
    first = np.floor(position).astype(np.int64) - (_N_TAPS // 2 - 1)
    offset = position - first
    value = np.zeros(np.broadcast_shapes(signal.shape, position.shape))
    for tap in range(_N_TAPS):
        others = [other for other in range(_N_TAPS) if other != tap]
        weight = np.prod([(offset - other) / (tap - other) for other in others], axis=0)
        index = first + tap
        index = np.where(index < 0, -1 - index, index)
        index = np.where(index >= n_samples, 2 * n_samples - 1 - index, index)
        value += weight * power[signal, index]
    return value


def _window_maxima(power: NDArray, n_steps: int, n_windows: int, n_skipped: int) -> Array:
    """Highest value at a step of each window, from fewer samples of `power` than steps.

    `power` (n_signals, n_samples) lies at the centres of n_samples equal cells of the n_steps
    steps, a whole number of cells to each window.
    """
    n_signals, n_samples = power.shape
    per_step = n_samples / n_steps
    per_window = n_samples // n_windows
    starts = n_steps // n_windows * np.arange(n_windows)
    starts[0] += n_skipped
    ends = n_steps // n_windows * np.arange(1, n_windows + 1) - 1

    def at(signal: NDArray, step: NDArray) -> Array:
        return _interpolated(power, signal, (step + 0.5) * per_step - 0.5)

    # The ends of the windows, where the envelope may still be rising outwards ...
    every = np.arange(n_signals)[:, None]
    highest = np.maximum(at(every, starts), at(every, ends))
    # ... and the steps on both sides of each peak that may be the highest.
    first = int(np.ceil(n_skipped * per_step - 0.5))  # the sample after the start of the first one
    counted = np.where(np.arange(n_samples) < first, 0.0, power) if n_skipped else power
    coarse = counted.reshape(n_signals, n_windows, per_window).max(axis=-1)
    near = power > np.repeat(_CONTENDER * coarse, per_window, axis=-1)
    near[:, : max(first - 1, 0)] = False
    near[:, 1:] &= power[:, 1:] >= power[:, :-1]
    near[:, :-1] &= power[:, :-1] >= power[:, 1:]
    signal, sample = np.nonzero(near)
    middle = power[signal, sample].astype(np.float64)
    left = power[signal, np.maximum(sample - 1, 0)]
    right = power[signal, np.minimum(sample + 1, n_samples - 1)]
    bend = 2 * middle - left - right
    shift = np.divide(right - left, 2 * bend, out=np.zeros_like(middle), where=bend > 0)
    window = sample // per_window
    vertex = (sample + shift + 0.5) / per_step - 0.5
    for step in (np.floor(vertex), np.floor(vertex) + 1):
        inside = np.clip(step, starts[window], ends[window])
        np.maximum.at(highest, (signal, window), at(signal, inside))
    return highest


def _morse_maxima(spectrum: Array, f: float, dt: float, n_windows: int, n_skipped: int) -> Array:
    """Maximum power at frequency `f` in each window, from the DCT-II of (n_signals, n) signals."""
    n = spectrum.shape[-1]
    band, factors = _band(f, n, dt)
    wanted = _SAMPLES_PER_CYCLE * f * dt * n
    n_samples = n_windows * fft.next_fast_len(int(np.ceil(wanted / n_windows)), real=True)
    n_samples = n_samples if band.stop < n_samples < 0.8 * n else n
    result = np.empty((spectrum.shape[0], n_windows))
    n_batch = max(1, _BATCH // n_samples)
    for first in range(0, spectrum.shape[0], n_batch):
        batch = slice(first, first + n_batch)
        coefs = spectrum[batch, band] * factors
        # Single precision is enough inside one band, once its scale is taken out.
        scale = np.abs(coefs).max(axis=-1, initial=0.0, keepdims=True)
        scale[scale == 0] = 1.0
        real, imaginary = _envelope(band, (coefs / scale).astype(np.float32), n_samples)
        power = real * real + imaginary * imaginary
        if n_samples < n:
            highest = _window_maxima(power, n, n_windows, n_skipped)
        else:
            power[:, :n_skipped] = 0.0
            highest = power.reshape(-1, n_windows, n // n_windows).max(axis=-1)
        result[batch] = highest * scale**2
    return result


def max_power(
    x: ArrayLike,
    freqs: ArrayLike,
    *,
    dt: float,
    n_windows: int,
    wavelet: str = "morse",
    skip: float = 0.0,
) -> Array:
    """Maximum power of each frequency in each window (section Frequency Analysis).

    ``(abs(cwt(x, freqs)) ** 2)`` maximised over the steps of each window, but one frequency at a
    time, and for the Morse wavelet from no more samples than its band needs: the two agree to
    1e-3 of the frequency's maximum. Windows far weaker than it can be off by more of their own.

    Parameters
    ----------
    x : (..., n_steps) array
        Signals.
    freqs : (n_freqs,) array
        Frequencies (Hz), up to Nyquist.
    dt : float
        Step (s).
    n_windows : int
        Number of equal windows; must divide n_steps.
    wavelet : str
        "morse", or a continuous wavelet of PyWavelets such as "cmor1.5-1.0".
    skip : float
        Time at the start that is left out (s): the signal is reflected there, so that the edge
        where it starts from rest leaks into no frequency, and the first maximum begins there.

    Returns
    -------
    (..., n_freqs, n_windows) array
        Power in squared units of `x`; 1 for a cosine of amplitude 1.

    Raises
    ------
    ValueError
        If a frequency lies outside (0, Nyquist], the windows do not divide the signal, the
        wavelet is unknown, or `x` is not finite.
    """
    signals, f = _checked(x, freqs, dt, wavelet)
    n = signals.shape[-1]
    check.integer("n_windows", n_windows, low=1)
    if n % n_windows:
        raise ValueError(f"n_windows: expected a divisor of n_steps = {n}, got {n_windows}")
    n_skipped = round(check.number("skip", skip, low=0) / dt)
    most = min(n // n_windows - 1, n // 2)
    if n_skipped > most:
        raise ValueError(
            f"skip: expected <= {most * dt:g} s, within the first window, got {skip:g}"
        )
    flat = signals.reshape(-1, n)
    if n_skipped:
        mirrored = flat[:, n_skipped : 2 * n_skipped][:, ::-1]
        flat = np.concatenate([mirrored, flat[:, n_skipped:]], axis=-1)
    result = np.empty((flat.shape[0], f.size, n_windows))
    if wavelet == "morse":
        spectrum = fft.dct(flat, type=2, axis=-1)
        for i, value in enumerate(f):
            result[:, i] = _morse_maxima(spectrum, value, dt, n_windows, n_skipped)
    else:
        for j, signal in enumerate(flat):  # one at a time: PyWavelets pads generously
            for i, row in enumerate(_pywt_rows(signal[None], f, dt, wavelet)):
                power = np.abs(row) ** 2
                power[:, :n_skipped] = 0.0
                result[j, i] = power.reshape(n_windows, n // n_windows).max(axis=-1)
    return result.reshape(*signals.shape[:-1], f.size, n_windows)
