"""Systems in which what the paper says of Figures 5, 7 and S8 is known to be false, or true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm.runs import Setting
from rongala2021.grids import changed
from rongala2021.judging import judge, mean_interval, met
from rongala2021.ledger import Claim
from rongala2021.samples import Samples, samples_5, samples_5a, samples_7, samples_s8, structure
from rongala2021.settings import AMPLIFIED, AMPLIFIED_FROM


def with_static_leak(settings: xr.DataArray, k_static: float) -> xr.DataArray:
    """The same settings with another static leak constant."""

    def change(setting: Setting) -> Setting:
        return replace(setting, neuron=replace(setting.neuron, k_static=k_static))

    return changed(settings, change)


def with_static_leaks(settings: xr.DataArray, constants: ArrayLike) -> xr.DataArray:
    """The same settings with static leaks of several sizes: one more axis, k_static, the first."""
    each = np.asarray(constants, dtype=float).tolist()
    found = [with_static_leak(settings, k) for k in each]
    return xr.concat(found, xr.Variable("k_static", each))


def in_place(found: xr.Dataset, part: xr.Dataset, **labels: Any) -> xr.Dataset:
    """A dataset in which another stands in the place of the cells of some labels."""
    whole = found.copy(deep=True)
    for name, values in whole.items():
        of_cells = values.loc[labels]
        new = part[name].broadcast_like(of_cells).transpose(*of_cells.dims)
        values.loc[labels] = new.values
    return whole


def negative_5(groups: xr.Dataset) -> Samples:
    """What claims 5a to 5d measure where they are known to be false.

    Parameters
    ----------
    groups : Dataset
        As for `samples.samples_5`.

    Returns
    -------
    dict of claim to samples
        Lognormal weights are the normal ones of another group, so that their thresholds do not
        differ; binary ones do as the paper says. Networks of the lowest mean are as active as
        others of the highest. And the dynamic leak does nothing.
    """
    others = groups.sel(form="no leak").roll(group=1)
    normal, plain = others.sel(kind="normal"), {"form": "no leak"}
    low, high = groups["mean"].values[[0, -1]]
    found = in_place(groups, normal, kind="lognormal", **plain)
    found = in_place(found, normal.sel(mean=low), kind="binary", mean=low, **plain)
    activity = found[["activity"]]
    as_active = in_place(activity, others[["activity"]].sel(mean=high), mean=low, **plain)
    found = in_place(found, groups.sel(form="no leak"), form="leak")
    return samples_5(found.assign(activity=as_active["activity"]))


def positive_5(groups: xr.Dataset, earlier: xr.Dataset, proportional: xr.Dataset) -> Samples:
    """What claims 5a and 5b measure where they are known to be true.

    Parameters
    ----------
    groups : Dataset
        As for `samples.samples_5`.
    earlier : Dataset over mean, group
        Of networks without leak whose lognormal weights amplify a step of the mean earlier: with
        as much less static leak, for the two act as one parameter.
    proportional : Dataset over kind, mean, group
        Of networks without leak with so much static leak that activity is nearly proportional to
        the mean weight.

    Returns
    -------
    dict of claim to samples
        Networks of sparse binary weights, at the lowest mean, are normal ones of another group.
    """
    low, plain = float(groups["mean"][0]), {"form": "no leak"}
    sparse = groups.sel(plain).sel(kind="normal", mean=low).roll(group=1)
    found = in_place(groups, earlier, kind="lognormal", **plain)
    found = in_place(found, sparse, kind="binary", mean=low, **plain)
    activity = found[["activity"]]
    ends = groups["mean"].values[[0, -1]].tolist()
    linear = in_place(activity, proportional[["activity"]].sel(mean=ends), mean=ends, **plain)
    measured = samples_5(found.assign(activity=linear["activity"]))
    return {name: measured[name] for name in ("5a", "5b")}


def _first(found: xr.Dataset, after: xr.Dataset, axis: str) -> xr.Dataset:
    """As many of the first as there are with a filter afterwards, which takes the leak's place."""
    return in_place(found.isel({axis: slice(after.sizes[axis])}), after, form="leak")


def filter_5(groups: xr.Dataset, after: xr.Dataset) -> Samples:
    """What claims 5a to 5d measure if the leak acts on the output alone.

    Parameters
    ----------
    groups : Dataset
        As for `samples.samples_5`.
    after : Dataset over kind, mean, group
        The first of them with `controls.filtered`.
    """
    return samples_5(_first(groups, after, "group"))


def filter_7(found: xr.Dataset, after: xr.Dataset) -> Samples:
    """What claims 7a to 7c measure if the leak acts on the output alone.

    Parameters
    ----------
    found : Dataset
        As for `samples.samples_7`.
    after : Dataset over density, network
        The first of them with `controls.filtered`.
    """
    return samples_7(_first(found, after, "network"))


def _former(claim: Claim) -> Claim:
    """A claim as it was judged before its criterion was replaced."""
    return replace(claim, criterion=claim.former[-1].criterion, direction=())


def power_of_5a(claim: Claim, hf: xr.DataArray, earlier: xr.DataArray) -> dict[str, list[Any]]:
    """How often groups of networks meet the criteria of 5a, if it is true, false, or half true.

    Parameters
    ----------
    claim : Claim
        5a, with the criterion that was replaced.
    hf : DataArray over kind, mean, group
        High-frequency ratio without leak.
    earlier : DataArray over mean, group
        That of lognormal weights that amplify a step of the mean earlier, as in `positive_5`.

    Returns
    -------
    dict of str to column
        A row for each system: each group's normal weights with the others of every other group.
    """
    n = hf.sizes["group"]
    low = float(hf["mean"][0])
    old = _former(claim)
    log, sparse = {"kind": "lognormal"}, {"kind": "binary", "mean": low}
    normal = hf.sel(kind="normal")
    lognormal = {"as drawn": hf.sel(log), "as normal ones": normal, "a step earlier": earlier}
    binary = {"as drawn": hf.sel(sparse), "as normal 0.1": normal.sel(mean=low)}
    rows = []
    for name, row in lognormal.items():
        for of_sparse, cell in binary.items():
            own = hf.to_dataset(name="hf")
            mixed = []
            for shift in range(1, n):
                found = in_place(own, row.to_dataset(name="hf").roll(group=shift), **log)
                # From a third group, so that no two rows are of the same one.
                other = cell.to_dataset(name="hf").roll(group=shift % (n - 1) + 1)
                mixed.append(in_place(found, other, **sparse)["hf"])
            samples = samples_5a(xr.concat(mixed, "group"))
            shares = [float(np.mean(met(each, samples)[0])) for each in (claim, old)]
            rows.append((name, of_sparse, *shares))
    heads = ("lognormal", "binary, 10 %", "meet the criterion", "meet the former one")
    return {head: [row[i] for row in rows] for i, head in enumerate(heads)}


def readings_of_5a(claim: Claim, readings: Mapping[str, xr.DataArray]) -> dict[str, list[Any]]:
    """What 5a measures under several readings of "the average signal", and its verdicts.

    Parameters
    ----------
    claim : Claim
        5a, with the criterion that was replaced.
    readings : mapping of str to DataArray over kind, mean and one more
        High-frequency ratio of groups without leak.

    Returns
    -------
    dict of str to column
        A row for each reading; "against" counts settings by their mean HF.
    """
    old = _former(claim)
    columns: dict[str, list[Any]] = {"reading": list(readings)}
    for hf in readings.values():
        samples = samples_5a(hf)
        of_all = hf.mean([axis for axis in hf.dims if axis not in AMPLIFIED.dims])
        row: dict[str, Any] = {
            "settings against": int(((of_all >= AMPLIFIED_FROM) != AMPLIFIED).sum()),
            "HF, binary, 10 %": mean_interval([s["HF_binary_10"] for s in samples])[0],
            "groups with HF below 2 there": sum(
                s["HF_binary_10"] < AMPLIFIED_FROM for s in samples
            ),
            "lead of lognormal": mean_interval([s["lead_of_lognormal"] for s in samples])[0],
        }
        for head, each in (("5a", claim), ("by the former criterion", old)):
            verdict = judge(each, samples)
            row[head] = f"{verdict.verdict} ({verdict.k} of {len(samples)})"
        for head, value in row.items():
            columns.setdefault(head, []).append(value)
    return columns


def negative_7(found: xr.Dataset, open_loop: xr.Dataset) -> Samples:
    """What claims 7a to 7c measure where they are known to be false.

    Parameters
    ----------
    found : Dataset
        As for `samples.samples_7`.
    open_loop : Dataset over density, network
        Of the sparse inputs, without leak and without signals between neurons.

    Returns
    -------
    dict of claim to samples
        For 7b the dense inputs are other draws of the sparsest; for 7c the leak does nothing.
    """
    plain = {"form": "no leak"}
    opened = in_place(found, open_loop, density=open_loop["density"].values, **plain)
    again = found
    sparsest = found.sel(plain).isel(density=0, drop=True)
    for shift, dense in enumerate(found["density"].values[found["dense"].values], start=1):
        again = in_place(again, sparsest.roll(network=shift), density=dense, **plain)
    undamped = in_place(found, found.sel(plain), form="leak")
    return {
        name: samples_7(x)[name] for name, x in (("7a", opened), ("7b", again), ("7c", undamped))
    }


def positive_7(found: xr.Dataset, strong: xr.Dataset) -> Samples:
    """What claims 7a and 7b measure where they are known to be true.

    Parameters
    ----------
    found : Dataset
        As for `samples.samples_7`.
    strong : Dataset over density, network
        Of networks without leak, under the sparse inputs, whose high frequencies are far stronger.

    Returns
    -------
    dict of claim to samples
        For 7b all dense inputs are the densest of their kind.
    """
    plain = {"form": "no leak"}
    amplified = in_place(found, strong, density=strong["density"].values, **plain)
    densest = found
    for _, kind in found.sel(plain).groupby("varied"):
        dense = kind["density"].values[kind["dense"].values]
        densest = in_place(densest, kind.isel(density=-1, drop=True), density=dense, **plain)
    return {"7a": samples_7(amplified)["7a"], "7b": samples_7(densest)["7b"]}


def _in_order(hf: xr.DataArray, order: np.ndarray) -> xr.DataArray:
    """HF of the networks of each kind and group, put in an order, from the lowest mean on."""
    flat = hf.transpose("kind", "group", "mean", "draw")
    values = flat.values.reshape(*flat.shape[:2], -1)
    return flat.copy(data=np.take_along_axis(values, order, -1).reshape(flat.shape))


def negative_s8(hf: xr.DataArray) -> Samples:
    """What claim S8 measures if HF rises from network to network with their mean weights.

    Parameters
    ----------
    hf : DataArray over kind, mean, group, draw
        Of single networks; they are put in the order of their HF.
    """
    flat = hf.transpose("kind", "group", "mean", "draw").values
    return samples_s8(structure(_in_order(hf, flat.reshape(*flat.shape[:2], -1).argsort(axis=-1))))


def positive_s8(hf: xr.DataArray, *, seed: int) -> Samples:
    """What claim S8 measures if the mean weights tell nothing of HF.

    Parameters
    ----------
    hf : DataArray over kind, mean, group, draw
        Of single networks; those of each kind and group are shuffled.
    seed : int
    """
    n = hf.sizes["mean"] * hf.sizes["draw"]
    places = np.tile(np.arange(n), (hf.sizes["kind"], hf.sizes["group"], 1))
    order = np.random.default_rng(seed).permuted(places, axis=-1)
    return samples_s8(structure(_in_order(hf, order)))
