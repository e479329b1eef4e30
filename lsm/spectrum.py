"""Continuous wavelet transform and the maximum power of each frequency in each window.

The default wavelet is MATLAB's, because the paper used `cwt` there: a generalised Morse wavelet
(gamma 3, time-bandwidth product 60), L1 norm, 10 voices per octave, and a signal reflected by
half its length at both ends. Every continuous wavelet of PyWavelets is available by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import numpy as np
import pywt
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.optimize import brentq

from lsm import _validate as check
from lsm._validate import Array

GAMMA = 3.0
BETA = 20.0  # MATLAB's time-bandwidth product is beta * gamma = 60

# Below this share of its peak the Morse wavelet counts as zero. What is cut off may be compared
# with what little a pure tone leaves at other frequencies, so that 1e-6 is not yet enough.
_NEGLIGIBLE = 1e-8
# Samples of a band for each one that its width demands, and how many of them a value between
# them is interpolated from.
_OVERSAMPLING = 2.3
_N_TAPS = 12
# A peak of the samples that reaches this share of the highest one may hold the highest value
# between its samples.
_CONTENDER = 0.7
# Signals transformed at a time: the FFT works on several at once, which should stay in the cache.
_N_BATCH = 8
# Steps of the longest window whose interpolation is kept: 1 s at 1 ms, or at 0.5 ms.
_N_KEPT_STEPS = 2000
# Scales that PyWavelets is given at a time: it transforms the signal once for those alike.
_N_SCALES = 16
# What may lie beyond a signal, and how numpy pads it so.
_PADDING: dict[str, Literal["constant", "wrap"] | None] = {
    "reflected": None,
    "zero": "constant",
    "periodic": "wrap",
}
# Families of PyWavelets that need parameters in their name: bandwidth and centre frequency.
_PYWT_PARAMETERS = {"cmor": "B-C", "fbsp": "M-B-C", "shan": "B-C"}


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
    # Response at the frequency that PyWavelets assigns; its conventions of sign differ.
    turn = 2j * np.pi * pywt.central_frequency(mother) * t
    response = max(abs(np.trapezoid(psi * np.exp(sign * turn), t)) for sign in (-1, 1))
    parts = 2.0 if mother.complex_cwt else 1.0  # a complex one sees half of a cosine
    extended, start = _half_reflected(x)
    inside = slice(start, start + x.shape[-1])
    scales = pywt.frequency2scale(mother, freqs * dt)
    for first in range(0, freqs.size, _N_SCALES):
        some = scales[first : first + _N_SCALES]
        coefs, _ = pywt.cwt(extended, some, mother, method="fft", axis=-1)
        for row, scale in zip(coefs, some, strict=True):
            yield row[..., inside] * (parts / response / np.sqrt(scale))


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


def _samples(coefs: NDArray, first: int, centre: int, n_samples: int) -> tuple[NDArray, NDArray]:
    """Real and imaginary part of a band at the middle of `n_samples` equal cells of the signal.

    `coefs` start at bin `first`. Those of an even signal are real, so the parts are a DCT-III and
    a DST-III, as long as the samples wanted and not as the signal. Bin `centre` is moved to zero,
    which turns phases but no magnitude: in the middle of its band the fewest samples are needed.
    """
    n_below = max(centre - first, 0)
    offset = max(first - centre, 0)
    below = coefs[..., :n_below][..., ::-1]
    above = coefs[..., n_below:]
    even = np.zeros((*coefs.shape[:-1], n_samples), dtype=coefs.dtype)
    odd = np.zeros((*coefs.shape[:-1], n_samples + 1), dtype=coefs.dtype)
    for part in (even, odd):
        part[..., offset : offset + above.shape[-1]] = above
    even[..., 1 : 1 + n_below] += below
    odd[..., 1 : 1 + n_below] -= below
    even[..., 0] *= 2  # the DCT counts every other bin twice; the DST counts them from 1
    return fft.dct(even, type=3, overwrite_x=True), fft.dst(odd[..., 1:], type=3, overwrite_x=True)


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
            coefs = spectrum[..., band] * factors
            real, imaginary = _samples(coefs, band.start, 0, signals.shape[-1])
            rows.append(real + 1j * imaginary)
    else:
        rows = list(_pywt_rows(signals, f, dt, wavelet))
    if not rows:
        return np.empty((*signals.shape[:-1], 0, signals.shape[-1]), dtype=np.complex128)
    return np.stack(rows, axis=-2)


def _interpolation(n_steps: int, n_samples: int) -> tuple[NDArray[np.int64], Array]:
    """First sample and weights (n_steps, n_taps) for the value at each step of a window.

    Steps lie in the middle of `n_steps` equal cells of the window, samples in `n_samples`. The
    weights are a sinc that ends in a "semicircle" window, as good as Kaiser's without its Bessel
    function (Barnett et al. 2019, SIAM J. Sci. Comput. 41:C479).
    """
    position = (np.arange(n_steps) + 0.5) * n_samples / n_steps - 0.5
    first = np.floor(position).astype(np.int64) - (_N_TAPS // 2 - 1)
    distance = (first - position)[:, None] + np.arange(_N_TAPS)
    # So steep that the window's spectrum fades out where that of the samples repeats.
    shape = np.pi * _N_TAPS / 2 * (1 - 1 / _OVERSAMPLING)
    window = np.exp(shape * np.sqrt(np.maximum(1 - (2 * distance / _N_TAPS) ** 2, 0)) - shape)
    weights = np.sinc(distance) * window
    return first, weights / weights.sum(axis=1, keepdims=True)


@lru_cache(maxsize=256)
def _kept_interpolation(n_steps: int, n_samples: int) -> tuple[NDArray[np.int64], Array]:
    """`_interpolation` of short windows, some 0.1 MB each, which sweeps ask for again and again."""
    found = _interpolation(n_steps, n_samples)
    for values in found:
        values.setflags(write=False)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _power_at(start: int, weights: Array, real: NDArray, imaginary: NDArray) -> float:
    x = 0.0
    y = 0.0
    for tap in range(weights.size):
        x += weights[tap] * real[start + tap]
        y += weights[tap] * imaginary[start + tap]
    return x * x + y * y


@njit(cache=True, nogil=True, error_model="numpy")
def _run_window_maxima(
    all_real: NDArray,
    all_imaginary: NDArray,
    first: NDArray[np.int64],
    weights: Array,
    n_before: int,
    n_skipped: int,
    share: float,
    out: Array,
) -> None:
    """Highest power at a step of each window, from fewer samples than steps.

    Steps are skipped at the start of window `n_before`.
    """
    n_signals, n_windows = out.shape
    n_steps, margin = weights.shape
    n_all = all_real.shape[1]
    n_samples = n_all // n_windows
    real = np.empty(n_all + 2 * margin, dtype=all_real.dtype)
    imaginary = np.empty_like(real)
    power = np.empty_like(real)
    for i in range(n_signals):
        for m in range(n_all):
            real[margin + m] = all_real[i, m]
            imaginary[margin + m] = all_imaginary[i, m]
        # An even signal continues mirrored, its transform as the conjugate.
        for m in range(margin):
            real[margin - 1 - m] = all_real[i, m]
            imaginary[margin - 1 - m] = -all_imaginary[i, m]
            real[margin + n_all + m] = all_real[i, n_all - 1 - m]
            imaginary[margin + n_all + m] = -all_imaginary[i, n_all - 1 - m]
        for m in range(power.size):
            power[m] = real[m] * real[m] + imaginary[m] * imaginary[m]
        for w in range(n_windows):
            start = margin + w * n_samples
            stop = start + n_samples
            low = n_skipped if w == n_before else 0
            high = n_steps - 1
            # The ends of the window, where power may still be rising outwards ...
            highest = max(
                _power_at(start + first[low], weights[low], real, imaginary),
                _power_at(start + first[high], weights[high], real, imaginary),
            )
            inside = start + int(np.ceil((low + 0.5) * n_samples / n_steps - 0.5))
            bound = highest
            for m in range(inside, stop):
                if power[m] > bound:
                    bound = power[m]
            bound *= share
            # ... and the steps around each peak of the samples that may exceed all others.
            for m in range(inside - 1, stop + 1):
                if not power[m] > bound or power[m] < power[m - 1] or power[m] < power[m + 1]:
                    continue
                a = max(low, int((m - start - 0.5) * n_steps / n_samples))
                b = min(high, int((m - start + 1.5) * n_steps / n_samples))
                while a < b:
                    step = (a + b) // 2
                    rising = _power_at(start + first[step], weights[step], real, imaginary)
                    step += 1
                    falling = _power_at(start + first[step], weights[step], real, imaginary)
                    if rising < falling:
                        a = step
                    else:
                        b = step - 1
                value = _power_at(start + first[a], weights[a], real, imaginary)
                highest = max(highest, value)
            out[i, w] = highest


def _morse_maxima(
    spectrum: NDArray, f: float, dt: float, n_windows: int, n_before: int, n_skipped: int
) -> Array:
    """Maximum power at `f` in each window, from the DCT-II of (n_signals, n) signals."""
    n_signals, n = spectrum.shape
    n_steps = n // n_windows
    band, factors = _band(f, n, dt)
    factors = factors.astype(spectrum.dtype)
    centre = (band.start + band.stop) // 2
    wanted = max(_OVERSAMPLING * (centre - band.start + 1), 2 * _N_TAPS)
    per_window = fft.next_fast_len(int(np.ceil(wanted / n_windows)), real=True)
    # A band that ends at the Nyquist frequency ends abruptly, too much so to interpolate.
    coarse = per_window < 0.8 * n_steps and band.stop < n
    per_window = per_window if coarse else n_steps
    if coarse:
        make = _kept_interpolation if n_steps <= _N_KEPT_STEPS else _interpolation
        first, weights = make(n_steps, per_window)
    result = np.empty((n_signals, n_windows))
    for start in range(0, n_signals, _N_BATCH):
        batch = slice(start, start + _N_BATCH)
        coefs = spectrum[batch, band] * factors
        real, imaginary = _samples(coefs, band.start, centre, n_windows * per_window)
        if coarse:
            _run_window_maxima(
                real, imaginary, first, weights, n_before, n_skipped, _CONTENDER, result[batch]
            )
        else:
            power = real * real + imaginary * imaginary
            power[:, n_before * n_steps : n_before * n_steps + n_skipped] = 0.0
            result[batch] = power.reshape(-1, n_windows, n_steps).max(axis=-1)
    return result


def max_power(
    x: ArrayLike,
    freqs: ArrayLike,
    *,
    dt: float,
    n_windows: int,
    wavelet: str = "morse",
    ends: str = "reflected",
    skip: float = 0.0,
) -> Array:
    """Maximum power of each frequency in each window (section Frequency Analysis).

    ``(abs(cwt(x, freqs)) ** 2)`` maximised over the steps of each window, but one frequency at a
    time, and for the Morse wavelet in single precision from little more samples than its band
    needs. The two agree to 1e-3 in every window above 1e-4 of its frequency's maximum.

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
    ends : {"reflected", "zero", "periodic"}
        What lies beyond the signal, by at least half its length; others than "reflected" for the
        Morse wavelet alone.
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
    check.choice("ends", ends, _PADDING if wavelet == "morse" else ("reflected",))
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
    # Silent signals, of which networks have many, have no power and cost no time.
    sounding = flat.any(axis=-1)
    flat = flat[sounding]
    result = np.zeros((sounding.size, f.size, n_windows))
    found = np.empty((len(flat), f.size, n_windows))
    if wavelet == "morse":
        n_before, mode = 0, _PADDING[ends]
        if mode:  # by whole windows, beyond which what is reflected is out of the wavelet's reach
            n_before = -(-n_windows // 2)
            margin = n_before * (n // n_windows)
            flat = np.pad(flat, [(0, 0), (margin, margin)], mode=mode)
        spectrum = fft.dct(flat, type=2, axis=-1)
        # Single precision is enough from here on, once the scale of each signal is taken out.
        scale = np.abs(spectrum).max(axis=-1, keepdims=True)
        spectrum = (spectrum / scale).astype(np.float32)
        inside = slice(n_before, n_before + n_windows)
        for i, value in enumerate(f):
            maxima = _morse_maxima(
                spectrum, value, dt, n_windows + 2 * n_before, n_before, n_skipped
            )
            found[:, i] = maxima[:, inside] * scale**2
    else:
        for j, signal in enumerate(flat):  # one at a time: PyWavelets pads generously
            for i, row in enumerate(_pywt_rows(signal[None], f, dt, wavelet)):
                power = np.abs(row) ** 2
                power[:, :n_skipped] = 0.0
                found[j, i] = power.reshape(n_windows, n // n_windows).max(axis=-1)
    result[sounding] = found
    return result.reshape(*signals.shape[:-1], f.size, n_windows)
