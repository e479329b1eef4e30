"""Continuous wavelet transform and the maximum power of each frequency in each window.

The default wavelet is MATLAB's, because the paper used `cwt` there: a generalised Morse wavelet
(gamma 3, time-bandwidth product 60), L1 norm, 10 voices per octave, and a signal reflected by
half its length at both ends. Every continuous wavelet of PyWavelets is available by name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.optimize import brentq

from lsm import _kernels, _memory, _pywavelets, _steps
from lsm import _validate as check
from lsm._validate import Array

GAMMA = 3.0
BETA = 20.0  # MATLAB's time-bandwidth product is beta * gamma = 60

# Below this share of its peak the Morse wavelet counts as zero. What is cut off may be compared
# with what little a pure tone leaves at other frequencies, so that 1e-6 is not yet enough.
_NEGLIGIBLE = 1e-8
# Between these shares of its peak lies what a value between samples needs to be right about;
# samples of that core for each one that its width demands, which is all of the band once.
_CORE_SHARE = 1e-3
_OVERSAMPLING = 1.75
# Samples of a batch of signals: the FFT works on several at once, which should stay in the cache.
_N_BATCH_SAMPLES = 32768
# A signal whose amplitude is below this has no power: some squares here would be denormal.
_SILENT = 1e-130
# The largest coefficient, so that no square of the smallest is denormal in single precision.
_LARGEST = 1e9
# Steps of the longest window whose interpolation is kept: 1 s at 0.1 ms.
_N_KEPT_STEPS = 10000
# What may lie beyond a signal, and how numpy pads it so.
_PADDING: dict[str, Literal["constant", "wrap"] | None] = {
    "reflected": None,
    "zero": "constant",
    "periodic": "wrap",
}


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
    x = np.maximum(check.array("ratio", ratio), 0.0)
    with np.errstate(divide="ignore"):
        return 2.0 * np.exp(BETA * np.log(x) + BETA / GAMMA * (1.0 - x**GAMMA))


# The wavelet is symmetric enough that two brackets hold its two roots at any level in (0, 1).
def _morse_edge(level: float, low: float, high: float) -> float:
    return float(brentq(lambda x: float(morse(x)) / 2.0 - level, low, high))


_BAND = (_morse_edge(_NEGLIGIBLE, 1e-3, 1.0), _morse_edge(_NEGLIGIBLE, 1.0, 5.0))
_CORE = (_morse_edge(_CORE_SHARE, 1e-3, 1.0), _morse_edge(_CORE_SHARE, 1.0, 5.0))


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
    check.integer("voices", voices, low=1, high=_steps.MOST)
    n = int(np.floor(voices * np.log2(f_max / f_min) + 1e-9)) + 1
    _memory.fits("voices", "an array", 16 * n, n, "frequencies")
    return f_max * 2.0 ** (-np.arange(n)[::-1] / voices)


def _checked(x: ArrayLike, freqs: ArrayLike, dt: float, wavelet: str) -> tuple[Array, Array]:
    check.number("dt", dt, above=0)
    signals = check.signal("x", x, n_min=4)
    f = check.array("freqs", freqs, shape=("n_freqs",), divides=True)
    nyquist = 0.5 / dt
    if f.size and (f.min() <= 0 or f.max() > nyquist):
        raise ValueError(
            f"freqs: expected values above 0 and up to the Nyquist frequency {nyquist:g} Hz, "
            f"got {f.min():g} to {f.max():g}"
        )
    check.choice("wavelet", wavelet, ("morse", *_pywavelets.names(wavelet)))
    return signals, f


def _band(f: float, n: int, dt: float) -> tuple[slice, Array]:
    """Bins in which the Morse wavelet at `f` acts on a DCT-II of length n, and itself there.

    The DCT-II of a signal is the spectrum of its even extension, that is of half a length
    reflected at both ends; bin k is frequency k / (2 n dt).
    """
    per_bin = 1.0 / (2 * n * dt * f)
    first = max(1, int(np.ceil(_BAND[0] / per_bin)))
    last = min(n - 1, int(_BAND[1] / per_bin))
    band = slice(first, max(last + 1, first))
    return band, morse(np.arange(band.start, band.stop) * per_bin)


@lru_cache(maxsize=256)
def _kept_band(f: float, n: int, dt: float) -> tuple[slice, NDArray]:
    """`_band` in single precision: sweeps ask for the same frequencies again and again."""
    band, factors = _band(f, n, dt)
    return band, check.read_only(factors.astype(np.float32))


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
        n_bytes = _memory.of_transform(signals.size, f.size)
    else:
        n_bytes = _pywavelets.of_transform(signals.size, f.size, wavelet)
    _memory.fits("freqs", "a transform", n_bytes, f.size, "for signals of shape", signals.shape)
    if wavelet == "morse":
        spectrum = fft.dct(signals, type=2, axis=-1)
        rows = []
        for value in f:
            band, factors = _band(value, signals.shape[-1], dt)
            coefs = spectrum[..., band] * (factors / (4 * signals.shape[-1]))
            real, imaginary = _samples(coefs, band.start, 0, signals.shape[-1])
            rows.append(real + 1j * imaginary)
    else:
        rows = list(_pywavelets.rows(signals, f, dt, wavelet))
    if not rows:
        return np.empty((*signals.shape[:-1], 0, signals.shape[-1]), dtype=np.complex128)
    return np.stack(rows, axis=-2)


def _interpolation(n_steps: int, n_samples: int) -> tuple[NDArray[np.int64], Array]:
    """First sample and weights (n_steps, n_taps) for the value at each step of a window.

    Steps lie in the middle of `n_steps` equal cells of the window, samples at the start of each
    of `n_samples`. The weights are a sinc that ends in a "semicircle" window, as good as Kaiser's
    without its Bessel function (Barnett et al. 2019, SIAM J. Sci. Comput. 41:C479).
    """
    n_taps = _kernels.N_TAPS
    position = (np.arange(n_steps) + 0.5) * n_samples / n_steps
    first = np.floor(position).astype(np.int64) - (n_taps // 2 - 1)
    distance = (first - position)[:, None] + np.arange(n_taps)
    # So steep that the window's spectrum fades out where the core of that of the samples repeats.
    shape = np.pi * n_taps / 2 * (1 - 1 / _OVERSAMPLING)
    window = np.exp(shape * np.sqrt(np.maximum(1 - (2 * distance / n_taps) ** 2, 0)) - shape)
    weights = np.sinc(distance) * window
    return first, (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


@lru_cache(maxsize=128)
def _kept_interpolation(n_steps: int, n_samples: int) -> tuple[NDArray[np.int64], Array]:
    """`_interpolation` of windows of up to 0.9 MB, which sweeps ask for again and again."""
    first, weights = _interpolation(n_steps, n_samples)
    return check.read_only(first), check.read_only(weights)


def _coarse_samples(
    spectrum: NDArray, band: slice, factors: NDArray, centre: int, work: NDArray
) -> NDArray:
    """Real and imaginary parts, in turn, at the ends of equal cells of the signal.

    Like `_samples`, with coefficients that count once: those of an even signal are real, so that
    one real FFT of `work`, two elements for each cell, gives both. Bin `centre` is moved to zero.
    What comes out is the conjugate, which power does not see.
    """
    n = len(spectrum)
    n_below, n_above = centre - band.start, band.stop - centre
    np.multiply(spectrum[:, centre : band.stop], factors[n_below:], out=work[:n, :n_above])
    work[:, n_above : work.shape[1] - n_below] = 0.0
    below = work[:n, work.shape[1] - n_below :]
    np.multiply(spectrum[:, band.start : centre], factors[:n_below], out=below)
    # Four at once: two or three together would be done one after the other, and take longer.
    n_rows = n if n % 4 == 1 else n + -n % 4
    return fft.rfft(work[:n_rows])[:n].view(work.dtype)


def _morse_maxima(
    spectrum: NDArray, f: float, dt: float, n_windows: int, n_before: int, n_skipped: int
) -> Array:
    """Maximum power at `f` in each window, from the DCT-II of (n_signals, n) signals."""
    n_signals, n = spectrum.shape
    n_steps = n // n_windows
    band, factors = _kept_band(f, n, dt)
    low, high = (min(round(edge * 2 * n * dt * f), n) for edge in _CORE)
    centre = min(max((low + high) // 2, band.start), band.stop)
    width = max(_OVERSAMPLING * (high - low), band.stop - band.start)
    wanted = max(width / 2, 2 * _kernels.N_TAPS)
    per_window = fft.next_fast_len(int(np.ceil(wanted / n_windows)), real=True)
    coarse = per_window < 0.9 * n_steps
    result = np.empty((n_signals, n_windows))
    if coarse:
        make = _kept_interpolation if n_steps <= _N_KEPT_STEPS else _interpolation
        first, weights = make(n_steps, per_window)
        n_samples = n_windows * per_window
        n_batch = 4 * max(1, _N_BATCH_SAMPLES // (4 * n_samples))
        work = np.zeros((min(n_batch, n_signals + -n_signals % 4), 2 * n_samples), spectrum.dtype)
    else:
        n_batch = 4
    for start in range(0, n_signals, n_batch):
        batch = slice(start, start + n_batch)
        some = spectrum[batch]
        if coarse:
            samples = _coarse_samples(some, band, factors, centre, work)
            _kernels.run_window_maxima(samples, first, weights, n_before, n_skipped, result[batch])
        else:
            real, imaginary = _samples(some[:, band] * (factors / 2), band.start, 0, n)
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
    warm_up: float = 0.0,
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
    warm_up : float
        Time at the start that is left out (s), rounded to whole steps, halves up. The first maximum
        begins after it, and the mirror image of as long after it stands in its place, so that the
        edge where the signal starts from rest leaks into no frequency.

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
    n_skipped = _steps.n_steps("warm_up", warm_up, dt)
    most = min(n // n_windows - 1, n // 2)
    if n_skipped > most:
        raise ValueError(
            f"warm_up: expected <= {most * dt:g} s, within the first window, got {warm_up:g}"
        )
    flat = signals.reshape(-1, n)
    if n_skipped:
        mirrored = flat[:, n_skipped : 2 * n_skipped][:, ::-1]
        flat = np.concatenate([mirrored, flat[:, n_skipped:]], axis=-1)
    # Silent signals, of which networks have many, have no power and cost no time.
    sounding = np.abs(flat).max(axis=-1) > _SILENT
    flat = flat[sounding]
    mode = _PADDING[ends]
    # By whole windows, beyond which what is reflected is out of the wavelet's reach.
    n_before = -(-n_windows // 2) if mode else 0
    margin = n_before * (n // n_windows)
    n_all = n_windows + 2 * n_before
    n_maxima = (len(flat) + sounding.size) * f.size * n_windows
    if wavelet == "morse":
        n_bytes = _memory.of_spectra(len(flat) * (n + 2 * margin), n_maxima)
    else:
        n_bytes = flat.nbytes + max(_pywavelets.of_rows(flat, f.size, wavelet), 8 * n_maxima)
    _memory.fits("n_windows", "a result", n_bytes, n_windows, "windows of", f.size, "frequencies")
    result = np.zeros((sounding.size, f.size, n_windows))
    if wavelet == "morse":
        if mode:
            flat = np.pad(flat, [(0, 0), (margin, margin)], mode=mode)
        spectrum = fft.dct(flat, type=2, axis=-1)
        # Single precision is enough from here on, once the scale of each signal is taken out.
        scale = np.abs(spectrum).max(axis=-1, keepdims=True)
        spectrum = (spectrum / scale).astype(np.float32) * np.float32(_LARGEST)
        scale /= _LARGEST * 2 * flat.shape[-1]
        inside = slice(n_before, n_before + n_windows)
        found = np.empty((len(flat), f.size, n_windows))
        for i, value in enumerate(f):
            maxima = _morse_maxima(spectrum, value, dt, n_all, n_before, n_skipped)
            found[:, i] = maxima[:, inside] * scale**2
    else:
        found = _pywavelets.maxima(flat, f, dt, wavelet, n_windows=n_windows, n_skipped=n_skipped)
    result[sounding] = found
    return result.reshape(*signals.shape[:-1], f.size, n_windows)
