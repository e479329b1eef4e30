"""Continuous wavelets of PyWavelets, scaled and extended as those of `lsm.spectrum`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pywt
from numpy.typing import NDArray

from lsm._validate import Array

# Scales that PyWavelets is given at a time: it transforms the signal once for those alike.
_N_SCALES = 16
# Samples of signals that it is given at a time: it pads generously, and holds all of its scales.
_N_SAMPLES = 131072
# Families that need parameters in their name: bandwidth and centre frequency.
_PARAMETERS = {"cmor": "B-C", "fbsp": "M-B-C", "shan": "B-C"}


def names(wavelet: str) -> list[str]:
    """PyWavelets' continuous wavelets, and `wavelet` too if PyWavelets can make it."""
    known = pywt.wavelist(kind="continuous")
    known = [f"{name}{_PARAMETERS.get(name, '')}" for name in known]
    try:
        if wavelet not in _PARAMETERS:
            pywt.ContinuousWavelet(wavelet)
            known.append(wavelet)
    except (ValueError, TypeError, AttributeError):
        pass  # no such wavelet
    return known


def _half_reflected(x: Array) -> tuple[Array, int]:
    """`x` with half its length reflected at both ends, and where `x` starts in it."""
    n = x.shape[-1]
    before = n // 2
    pad = [(0, 0)] * (x.ndim - 1) + [(before, n - before)]
    return np.pad(x, pad, mode="symmetric"), before


def rows(x: Array, freqs: Array, dt: float, wavelet: str) -> Iterator[NDArray]:
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


def _n_batch(n_steps: int) -> int:
    return max(1, _N_SAMPLES // n_steps)


def maxima(
    x: Array, freqs: Array, dt: float, wavelet: str, *, n_windows: int, n_skipped: int
) -> Array:
    """Maximum power of (n_signals, n_steps) signals at each frequency in each window."""
    n_signals, n = x.shape
    found = np.empty((n_signals, freqs.size, n_windows))
    for start in range(0, n_signals, _n_batch(n)):
        batch = slice(start, start + _n_batch(n))
        for i, row in enumerate(rows(x[batch], freqs, dt, wavelet)):
            power = np.abs(row) ** 2
            power[:, :n_skipped] = 0.0
            found[batch, i] = power.reshape(-1, n_windows, n // n_windows).max(axis=-1)
    return found


# Bytes held at once, as in `lsm._memory`.


def _of_batches(n_freqs: int, n_parts: int) -> int:
    """For each sample: two batches of scales of twice its length, and what they are made with."""
    return 8 * (2 * n_parts * min(n_freqs, 2 * _N_SCALES) + 24)


def _n_parts(wavelet: str) -> int:
    return 2 if pywt.ContinuousWavelet(wavelet).complex_cwt else 1


def of_transform(n_values: int, n_freqs: int, wavelet: str) -> int:
    """All rows for `n_values` samples and the copy that stacks them, or rows and batches."""
    row = 8 * _n_parts(wavelet)
    done = row * _N_SCALES if n_freqs > _N_SCALES else 0
    return n_values * max(2 * row * n_freqs, done + _of_batches(n_freqs, _n_parts(wavelet)))


def of_rows(x: Array, n_freqs: int, wavelet: str) -> int:
    """What `maxima` works on, beside its signals and what it finds."""
    n_signals, n_steps = x.shape
    at_once = n_steps * min(n_signals, _n_batch(n_steps))
    return at_once * _of_batches(n_freqs, _n_parts(wavelet))
