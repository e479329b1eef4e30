"""Claims on conduction delays: Figure 6."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lsm import measures
from rongala2021.samples.rows import Samples, along, largest, samples_of
from rongala2021.spectra import gain

#: A peak counts as the same within this share of its frequency.
PEAK_WITHIN = 0.25


def over_no_delay(power: xr.DataArray) -> xr.DataArray:
    """Power with each delay over that of the same network without, the first along `delay`."""
    return power.isel(delay=slice(1, None)) / power.isel(delay=0, drop=True)


def added_peaks(power: xr.DataArray) -> xr.DataArray:
    """Frequency of the highest peak that a delay adds: over the same network without delay.

    Parameters
    ----------
    power : DataArray over delay, frequency and others
        The first without delay.

    Returns
    -------
    DataArray over delay and others
        Hz, above 10 Hz; NaN where there is no peak, as of a silent network.
    """
    freqs = power["frequency"].values

    def highest(added: np.ndarray) -> float:
        if not np.isfinite(added).all():
            return np.nan
        return next(iter(measures.peak_frequencies(added, freqs, f_min=10.0)), np.nan)

    found = along(highest, over_no_delay(power), "frequency")
    assert isinstance(found, xr.DataArray)
    return found


def delay_slopes(peaks: xr.DataArray, *, dt: float) -> xr.DataArray:
    """Exponent of the peaks' frequency over the mean delay and one step, in each network.

    Parameters
    ----------
    peaks : DataArray over delay (s) and others
        From `added_peaks`.
    dt : float
        Step (s).
    """
    steps = peaks["delay"].values + dt
    found = along(lambda each: measures.loglog_slope(steps, each), peaks, "delay")
    assert isinstance(found, xr.DataArray)
    return found


def peaks_left(found: xr.Dataset) -> xr.DataArray:
    """Number of peaks of gain above 1 beyond 30 Hz.

    Parameters
    ----------
    found : Dataset
        Of `populations.population`.

    Returns
    -------
    DataArray
        NaN for a silent network, which has no gain.
    """
    freqs = found["frequency"].values

    def count(row: np.ndarray) -> float:
        if not np.isfinite(row).all():
            return np.nan
        return float(measures.peak_frequencies(row, freqs, f_min=30.0, height=1.0).size)

    counted = along(count, gain(found), "frequency")
    assert isinstance(counted, xr.DataArray)
    return counted


def peaks_kept(no_leak: xr.DataArray, leak: xr.DataArray) -> xr.DataArray:
    """Whether the peak that a delay adds is there with leak too.

    Parameters
    ----------
    no_leak, leak : DataArray over delay, frequency and others
        Power of the same networks in both forms, the first without delay.

    Returns
    -------
    DataArray over delay and others
        1 if the peak that the delay adds with leak lies within 25 % of the frequency of that
        without, else 0, both as of `added_peaks`. NaN where there is no peak to be kept, and for a
        silent network.
    """
    peaks = added_peaks(no_leak)
    near = abs(added_peaks(leak) / peaks - 1) <= PEAK_WITHIN
    sounding = (over_no_delay(leak) > 0).any("frequency")
    return near.astype(float).where(peaks.notnull() & sounding)


def samples_6(found: xr.Dataset, *, dt: float) -> Samples:
    """What claims 6a and 6b measure in each network.

    Parameters
    ----------
    found : Dataset
        Of `populations.population`, over the axes of `settings.figure_6` and network.
    dt : float
        Step (s).
    """
    no_leak, leak = (found["power"].sel(form=form) for form in ("no leak", "leak"))
    peaks, kept = added_peaks(no_leak), peaks_kept(no_leak, leak)
    # Of each peak that is added it must be known whether it is kept.
    known = (kept.notnull() == peaks.notnull()).all("delay")
    return {
        "6a": samples_of(slope=delay_slopes(peaks, dt=dt), n_delays=peaks.notnull().sum("delay")),
        "6b": samples_of(
            peaks_kept=kept.sum("delay", min_count=1).where(known),
            n_peaks=peaks_left(found.sel(form="leak")).sum("delay", skipna=False),
            highest_over_no_delay=largest(over_no_delay(leak), ["delay", "frequency"]),
        ),
    }
