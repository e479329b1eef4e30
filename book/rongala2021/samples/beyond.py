"""Claims of the Introduction and the Discussion."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from rongala2021.samples.rows import Samples, largest, mean, samples_of, smallest


def samples_d1(radii: Mapping[str, xr.Dataset]) -> Samples:
    """What claim D1 measures in each draw: the worst of all groups of networks.

    Parameters
    ----------
    radii : mapping of str to Dataset
        Of `linear.stability`, over setting and network.
    """
    measured = ["at_mean", "remainder", "motion"]
    every = xr.concat([found[measured] for found in radii.values()], "setting", join="exact")
    return {
        "D1": samples_of(
            spectral_radius=largest(every["at_mean"], "setting"),
            # What is left by rounding alone is nothing.
            left_of_perturbation=largest(every["remainder"], "setting").round(9),
            motion_under_constant_input=largest(every["motion"], "setting").round(9),
        )
    }


def samples_d2(explained: xr.DataArray) -> Samples:
    """What claim D2 measures in each network.

    Parameters
    ----------
    explained : DataArray over form, network, sensor
        Shares from `run_measures.read_out`.
    """
    share = mean(explained, "sensor")
    no_leak, leak = (share.sel(form=form) for form in ("no leak", "leak"))
    return {"D2": samples_of(loss=no_leak - leak, no_leak=no_leak, leak=leak)}


def samples_d3(no_leak: xr.DataArray, leak: xr.DataArray, filtered: xr.DataArray) -> Samples:
    """What claim D3 measures in each draw of networks.

    Of each kind of weights that setting counts in which the network without leak has the most high
    frequencies.

    Parameters
    ----------
    no_leak, leak, filtered : DataArray over kind, mean, network
        High-frequency ratio without leak, with the leak in the network, and with the same filter
        applied to the output of the network without leak.
    """
    most = no_leak == no_leak.max("mean")
    ratio = (leak / filtered).where(most).max("mean")
    every = ["kind", "mean"]
    return {
        "D3": samples_of(
            largest_ratio_to_filter=largest(ratio, "kind"),
            smallest_ratio_to_filter=smallest(ratio, "kind"),
            largest_HF_leak=leak.max(every),
            largest_HF_filter=filtered.max(every),
        )
    }
