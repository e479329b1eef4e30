"""How the study takes its spectra, and what it reads off them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import xarray as xr

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.runs import Setting
from lsm.spectrum import max_power


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrum:
    """Frequencies and analysis choices of maximum power, as in `lsm.max_power`.

    Attributes
    ----------
    freqs : (n_freqs,) array
        Hz.
    wavelet, ends : str
    warm_up : float
        Start of the record that is left out (s).

    Raises
    ------
    ValueError
        If `freqs` is no row of numbers, or the warm-up is negative.
    """

    freqs: Array
    wavelet: str = "morse"
    ends: str = "reflected"
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        freqs = check.array("freqs", self.freqs, shape=("n_freqs",), low=0)
        object.__setattr__(self, "freqs", freqs)
        object.__setattr__(self, "warm_up", check.number("warm_up", self.warm_up, low=0))

    def max_power(self, signals: Array, *, dt: float, n_windows: int) -> Array:
        """Maximum power of signals in each window, (..., n_freqs, n_windows)."""
        return max_power(
            signals,
            self.freqs,
            dt=dt,
            n_windows=n_windows,
            wavelet=self.wavelet,
            ends=self.ends,
            warm_up=self.warm_up,
        )

    def in_presentations(self, signals: Array, setting: Setting) -> Array:
        """Maximum power in each presentation of a setting, (..., n_freqs, n_presentations)."""
        return self.max_power(signals, dt=setting.dt, n_windows=setting.n_presentations)


def _over_frequency(function: Callable[..., Array], *spectra: xr.DataArray) -> xr.DataArray:
    """A function of spectra and their frequencies that leaves an axis of frequency or none."""
    freqs = spectra[0]["frequency"]
    core: list[list[str]] = [["frequency"]] * (len(spectra) + 1)
    kept = function is measures.gain
    return xr.apply_ufunc(
        function, *spectra, freqs, input_core_dims=core, output_core_dims=[["frequency"] * kept]
    )


def gain(found: xr.Dataset) -> xr.DataArray:
    """`lsm.measures.gain` of the variables `power` over `input`."""
    return _over_frequency(measures.gain, found["power"], found["input"])


def high_frequency_ratio(found: xr.Dataset) -> xr.DataArray:
    """`lsm.measures.high_frequency_ratio` of the variables `power` over `input`: HF."""
    return _over_frequency(measures.high_frequency_ratio, found["power"], found["input"])


def band_gain(found: xr.Dataset, band: tuple[float, float]) -> xr.DataArray:
    """Mean `gain` over the frequencies of a band (Hz)."""
    return band_mean(gain(found), band)


def band_mean(spectra: xr.DataArray, band: tuple[float, float]) -> xr.DataArray:
    """Mean of spectra over the frequencies of a band (Hz)."""
    return _over_frequency(lambda values, freqs: measures.band_mean(values, freqs, band), spectra)
