"""States of networks in which small deviations grow: how long they last, what goes with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from rongala2021 import claim_measures


def growing_states(radii: xr.DataArray) -> xr.Dataset:
    """How long networks are in states in which deviations grow, and how fast these grow.

    Parameters
    ----------
    radii : DataArray over instant and others
        Spectral radius at instants evenly spread over a run.

    Returns
    -------
    Dataset
        `share` of the instants with a radius of at least 1; and the mean radius of these, `above`,
        NaN if there are none.
    """
    grow = radii >= 1
    n_growing = grow.sum("instant")
    # NaN without a warning where nothing is looked at, as of networks with delays.
    n, some = radii.sizes["instant"] or np.nan, n_growing.where(n_growing > 0)
    return xr.Dataset(
        {"share": n_growing / n, "above": radii.where(grow, 0.0).sum("instant") / some}
    )


def n_seen_growing(radii: xr.DataArray, n_instants: int) -> int:
    """Networks with a radius of at least 1 at one of so many instants, evenly spread.

    Parameters
    ----------
    radii : DataArray over instant and others
    n_instants : int
        Divides the number of instants that there are.
    """
    step = radii.sizes["instant"] // n_instants
    some = radii.isel(instant=slice(step - 1, None, step))
    return int((some >= 1).any("instant").sum())


# Parts of the instants at which a network is looked at, by the number that they are of all.
_PARTS = {"a twentieth of the instants": 20, "a quarter": 4, "all": 1}


def in_groups(
    radii: Mapping[str, xr.DataArray], *, n_steps: int
) -> dict[str, Sequence[str | float]]:
    """Growing states of groups of networks, as columns of a table.

    Parameters
    ----------
    radii : mapping of str to DataArray
        As of `growing_states`, with a number of instants that 20 divides; groups without instants
        are left out.
    n_steps : int
        For how long growth is told: a step of a neuron with leak is a small part of its time.
    """
    looked = {name: x for name, x in radii.items() if x.sizes["instant"]}
    found = [growing_states(x) for x in looked.values()]
    seen = {
        f"seen in one, {part}": [
            n_seen_growing(x, x.sizes["instant"] // n) for x in looked.values()
        ]
        for part, n in _PARTS.items()
    }
    return {
        "networks": [*looked],
        "share of time, mean (%)": [100 * float(x["share"].mean()) for x in found],
        "largest (%)": [100 * float(x["share"].max()) for x in found],
        "radius in such states, mean over networks": [float(x["above"].mean()) for x in found],
        f"growth by that in {n_steps} steps": [float(x["above"].mean()) ** n_steps for x in found],
        "instants": [x.sizes["instant"] for x in looked.values()],
        **seen,
    }


def beside_hf(radii: Mapping[str, xr.DataArray], hf: xr.DataArray) -> xr.Dataset:
    """Whether networks that are in growing states for longer have a higher HF.

    Parameters
    ----------
    radii : mapping of kind to DataArray over setting, network, instant
        Settings are the means of each kind, in the order of `hf`.
    hf : DataArray over kind, mean, network
        High-frequency ratio.

    Returns
    -------
    Dataset over kind, mean
        `share` of time in such states, mean over networks; Spearman's rank correlation `rho` of
        that and HF over networks, and the ends of its interval, `low` and `high`. NaN where no
        network is in one.
    """
    each = [growing_states(radii[kind])["share"] for kind in hf["kind"].values]
    share = xr.concat([x.rename(setting="mean") for x in each], hf["kind"])
    share = share.assign_coords(mean=hf["mean"].values)
    rho, low, high = xr.apply_ufunc(
        claim_measures.spearman,
        share,
        hf,
        input_core_dims=[["network"], ["network"]],
        output_core_dims=[[], [], []],
        vectorize=True,
    )
    return xr.Dataset({"share": share.mean("network"), "rho": rho, "low": low, "high": high})
