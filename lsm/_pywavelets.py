"""Continuous wavelets of PyWavelets, scaled and extended as those of `lsm.spectrum`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pywt
from numpy.typing import NDArray

from lsm._validate import Array

# Scales that PyWavelets is given at a time: it transforms the signal once for those alike.
_N_SCALES = 16
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
