"""Claims on weights and on rates: Figures 5 and 7."""

from __future__ import annotations

import numpy as np
import xarray as xr

from rongala2021.samples.rows import Samples, largest, mean, samples_of, smallest
from rongala2021.settings import AMPLIFIED, AMPLIFIED_FROM
from rongala2021.spectra import band_gain, high_frequency_ratio


def thresholds(hf: xr.DataArray) -> xr.DataArray:
    """Mean weight from which high frequencies are amplified, of some kinds of weights.

    Where a straight line through the logarithm of HF over that of the mean weight passes
    `AMPLIFIED_FROM`. The lines of all kinds have the same slope, so that all means tell how far
    they are apart; of the first mean above the bound, chance decides.

    Parameters
    ----------
    hf : DataArray over kind, mean and others
        High-frequency ratio.

    Returns
    -------
    DataArray over kind and the others
        NaN where the lines do not rise, or do not pass within the means.
    """
    means = xr.apply_ufunc(np.log, hf["mean"])
    centred = means - means.mean()
    above = xr.apply_ufunc(np.log, hf.where(hf > 0) / AMPLIFIED_FROM)
    slope = mean(above, "kind").dot(centred, dim="mean") / (centred**2).sum()
    passes = means.mean() - mean(above, "mean") / slope.where(slope > 0)
    inside = passes.where((passes >= means.min()) & (passes <= means.max()))
    found: xr.DataArray = xr.apply_ufunc(np.exp, inside)
    return found


def samples_5a(hf: xr.DataArray) -> list[dict[str, float]]:
    """What claim 5a measures in each group of networks.

    Parameters
    ----------
    hf : DataArray over kind, mean and one more
        High-frequency ratio without leak.
    """
    threshold = thresholds(hf.sel(kind=["normal", "lognormal"]))
    normal, lognormal = (threshold.sel(kind=kind) for kind in ("normal", "lognormal"))
    binary, above_10 = hf.sel(kind="binary"), AMPLIFIED.sel(kind="binary")
    # Silent networks have no HF, which is as the paper says nowhere.
    against = ((hf >= AMPLIFIED_FROM) != AMPLIFIED) | hf.isnull()
    return samples_of(
        lead_of_lognormal=normal - lognormal,
        HF_binary_10=largest(binary.where(~above_10, drop=True), "mean"),
        smallest_HF_binary_above_10=smallest(binary.where(above_10, drop=True), "mean"),
        threshold_normal=normal,
        threshold_lognormal=lognormal,
        settings_against=against.sum(["kind", "mean"]),
    )


def samples_5(groups: xr.Dataset) -> Samples:
    """What claims 5a to 5d measure in each group of networks.

    Parameters
    ----------
    groups : Dataset
        Of `populations.population`, over the axes of `settings.figure_5` and one more: mean
        power of the networks of a group, of their inputs, and mean activity.
    """
    hf = high_frequency_ratio(groups)
    activity = groups["activity"].sel(form="no leak")
    damping = band_gain(groups.sel(form="leak"), (20.0, 200.0))
    every = ["kind", "mean"]
    return {
        "5a": samples_5a(hf.sel(form="no leak")),
        "5b": samples_of(
            largest_activity_ratio=largest(activity.isel(mean=0) / activity.isel(mean=-1), "kind")
        ),
        "5c": samples_of(largest_HF=largest(hf.sel(form="leak"), every)),
        "5d": samples_of(
            largest_gain_20_200_hz=largest(damping, every), gain_20_200_hz=mean(damping, every)
        ),
    }


def samples_7(found: xr.Dataset) -> Samples:
    """What claims 7a to 7c measure in each network.

    Parameters
    ----------
    found : Dataset
        Of `populations.population`, over the axes of `settings.figure_7` and network.
    """
    hf = high_frequency_ratio(found)
    no_leak = found["power"].sel(form="no leak")
    dense = no_leak.where(found["dense"], drop=True) / no_leak.isel(density=0, drop=True)
    sparse = hf.sel(form="no leak").where(~found["dense"], drop=True)
    return {
        "7a": samples_of(smallest_HF=smallest(sparse, "density")),
        "7b": samples_of(largest_power_ratio=largest(dense, ["density", "frequency"])),
        "7c": samples_of(largest_HF=largest(hf.sel(form="leak"), "density")),
    }
