"""Claims on network size: Figures 8 and S8."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lsm import measures
from rongala2021 import claim_measures
from rongala2021.samples.rows import Samples, along, largest, mean, samples_of, smallest
from rongala2021.spectra import band_mean, high_frequency_ratio


def growing_leak(growing: xr.Dataset, fixed: xr.Dataset) -> xr.Dataset:
    """How networks do with a leak that grows with the root of their synapses.

    Parameters
    ----------
    growing, fixed : Dataset
        Of `populations.population`, over weights, size and others: with that leak, and with the
        same one for all sizes.

    Returns
    -------
    Dataset
        Power in 4-30 Hz with the one leak over that with the other (`low_frequency_ratio`), and
        the high-frequency ratio `HF` with the leak that grows.
    """
    low, reference = (band_mean(x["power"], measures.REFERENCE_BAND) for x in (growing, fixed))
    return xr.Dataset({"low_frequency_ratio": low / reference, "HF": high_frequency_ratio(growing)})


def largest_of_sizes(found: xr.Dataset) -> xr.Dataset:
    """The largest of each variable over weights and sizes, as `largest_...`: measures of 8d."""
    most = largest(found, ["weights", "size"])
    return most.rename({name: f"largest_{name}" for name in most.data_vars})


def _ratio(values: xr.DataArray, over: str) -> xr.DataArray:
    """Maximum over minimum along an axis."""
    return largest(values, over) / smallest(values, over)


def spread_over_one_size(hf: xr.DataArray) -> xr.DataArray:
    """Spread of HF among networks of all sizes, over that among as many networks of one size.

    Networks with the same number have the same input. So that the two spreads differ in nothing
    but size, both are of networks with consecutive numbers.

    Parameters
    ----------
    hf : DataArray over size, network and others

    Returns
    -------
    DataArray over network and others
        Spreads are the maximum over the minimum, of a network and the next ones, in a circle. Of
        those of one size the geometric mean over sizes is taken.
    """
    following = xr.concat([hf.roll(network=-i) for i in range(hf.sizes["size"])], "draw")
    of_sizes = [following.isel(size=i, draw=i, drop=True) for i in range(hf.sizes["size"])]
    logs = xr.apply_ufunc(np.log, _ratio(following, "draw"))
    of_one_size = xr.apply_ufunc(np.exp, mean(logs, "size"))
    return _ratio(xr.concat(of_sizes, "size"), "size") / of_one_size


def cutoffs(transfer: xr.DataArray) -> xr.DataArray:
    """Frequency (Hz) at which power transfers fall below half of that at the lowest frequency."""
    freqs = transfer["frequency"].values

    def last_fall(row: np.ndarray) -> float:
        return measures.cutoff_frequency(row, freqs) if np.isfinite(row).all() else np.nan

    found = along(last_fall, transfer, "frequency")
    assert isinstance(found, xr.DataArray)
    return found


def samples_8(found: xr.Dataset) -> Samples:
    """What claims 8a to 8e measure in each network.

    Parameters
    ----------
    found : Dataset
        Of `populations.population`, over the axes of `settings.figure_8` and network, sizes
        rising.
    """
    every = ["weights", "size"]
    hf = high_frequency_ratio(found)
    no_leak = hf.sel(leak="no leak")
    variance = found["variance"].sel(leak="no leak")
    rank = (variance < variance.isel(size=-1, drop=True)).sum("size") + 1
    of_largest = found["power"].isel(size=-1)
    grown, fixed = (of_largest.sel(leak=leak) for leak in ("leak ~ synapses", "fixed leak"))
    low = [band_mean(power, measures.REFERENCE_BAND) for power in (grown, fixed)]
    cutoff, of_fixed = (cutoffs(power / of_largest.sel(leak="no leak")) for power in (grown, fixed))
    growing = growing_leak(found.sel(leak="leak ~ √synapses"), found.sel(leak="fixed leak"))
    return {
        "8a": samples_of(
            smallest_HF=smallest(no_leak, every),
            spread_over_one_size=smallest(spread_over_one_size(no_leak), "weights"),
            spread_of_HF=largest(_ratio(no_leak, "size"), "weights"),
        ),
        "8b": samples_of(rank_of_largest_in_variance=rank.max("weights")),
        "8c": samples_of(largest_HF=largest(hf.sel(leak="fixed leak"), every)),
        "8d": samples_of(**{str(k): v for k, v in largest_of_sizes(growing).items()}),
        "8e": samples_of(
            low_frequency_ratio_of_largest=largest(low[0] / low[1], "weights"),
            cutoff_of_largest=largest(cutoff, "weights"),
            cutoff_over_fixed=largest(cutoff / of_fixed, "weights"),
        ),
    }


def structure(hf: xr.DataArray) -> xr.Dataset:
    """How the mean weight orders the high-frequency ratio of single networks (Suppl. Fig. 8).

    Parameters
    ----------
    hf : DataArray over mean, draw and others

    Returns
    -------
    Dataset
        Spearman's rank correlation `rho` of mean weight with HF, the ends `low` and `high` of its
        interval, and `low_jointly` and `high_jointly` of one that holds for all kinds together;
        over `lower_mean`, `overlap` of HF at neighbouring means, and `apart`, the share of pairs
        in the less frequent order.
    """
    order = np.broadcast_to(
        hf["mean"].values[:, None], (hf.sizes["mean"], hf.sizes["draw"])
    ).ravel()

    def ranked(confidence: float) -> tuple[xr.DataArray, ...]:
        found: tuple[xr.DataArray, ...] = xr.apply_ufunc(
            lambda each: claim_measures.spearman(order, each.ravel(), confidence=confidence),
            hf,
            input_core_dims=[["mean", "draw"]],
            output_core_dims=[[], [], []],
            vectorize=True,
        )
        return found

    rho, low, high = ranked(0.95)
    _, low_jointly, high_jointly = ranked(1 - 0.05 / hf.sizes.get("kind", 1))
    overlap = xr.apply_ufunc(
        claim_measures.overlap,
        hf.isel(mean=slice(-1)).rename(mean="lower_mean"),
        hf.isel(mean=slice(1, None)).rename(mean="lower_mean").drop_vars("lower_mean"),
        input_core_dims=[["draw"], ["draw"]],
        vectorize=True,
    )
    apart = overlap.where(overlap < 0.5, 1 - overlap)
    return xr.Dataset(
        {
            "rho": rho,
            "low": low,
            "high": high,
            "low_jointly": low_jointly,
            "high_jointly": high_jointly,
            "overlap": overlap,
            "apart": apart,
        }
    )


def samples_s8(found: xr.Dataset) -> Samples:
    """What claim S8 measures in each group of networks, from `structure` over kind and group."""
    return {
        "S8": samples_of(
            largest_spearman_low_end_jointly=largest(found["low_jointly"], "kind"),
            smallest_spearman_high_end_jointly=smallest(found["high_jointly"], "kind"),
            largest_spearman_low_end=largest(found["low"], "kind"),
            smallest_spearman_high_end=smallest(found["high"], "kind"),
            overlap_of_neighbours=smallest(found["apart"], ["kind", "lower_mean"]),
        )
    }
