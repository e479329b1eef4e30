"""Tables of mechanisms, as columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from rongala2021 import phase
from rongala2021.judging import share
from rongala2021.ledger import Claim
from rongala2021.mechanisms import (
    LOOSE,
    STRICT,
    columns,
    counts,
    drifts,
    late_over_early,
    meeting,
    with_imbalance,
    with_interval,
)
from rongala2021.network_controls import shuffled

Columns = dict[str, xr.DataArray]
#: Numbers of the text by their names.
Told = dict[str, int | float]


def of_balances(found: xr.Dataset) -> Columns:
    """Of `mechanisms.balances`; how far it is off in units of 1e-9."""
    return {
        "INs − ENs, layer 1": found["apart"],
        "drive of layer 2": found["drive"],
        "q*": found["least_inhibition"],
        "off by (10⁻⁹)": (1e9 * found["off"]).round(1),
    }


def of_driven(found: xr.Dataset) -> Columns:
    """Of `mechanisms.driven`, over network and others."""
    predicted = found["predicted"].mean("network")
    return {"driven, by theory": predicted, **columns("driven, simulated", found["share"])}


def of_flat(found: xr.Dataset) -> Columns:
    """Of `mechanisms.flat`, over network and others."""
    mean = found.mean("network")
    return {
        "drive of layer 2": mean["drive"],
        "above zero (%)": 100 * mean["above_zero"],
        "INs below ENs (%)": 100 * mean["fewer"],
    }


def of_awake(found: xr.Dataset) -> Columns:
    """Of `mechanisms.awake`, over network and others."""
    return {
        **columns("active", found["active"]),
        f"at {LOOSE:g}": found["loosely"].mean("network"),
        f"at {STRICT:g}": found["strictly"].mean("network"),
        "above zero": found["above_zero"].mean("network"),
        **columns("HF", found["hf"], geometric=True),
        "HF of layer 1, median": found["hf_layer_1"].median("network"),
        "HF of layer 2, median": found["hf_layer_2"].median("network"),
    }


def of_orders(found: xr.Dataset, ratios: xr.DataArray, *, bound: float = 1.5) -> Columns:
    """Of `mechanisms.in_orders`, and the ratios of HF with autapses to HF without.

    Parameters
    ----------
    found : Dataset over order, autapses, network
        Of how late inhibition is, the mean over networks, and its range at ENs.
    ratios : DataArray over order, network
    bound : float
        Of claim S7a.
    """
    return {
        "later at ENs": found["at_ens"].mean("network"),
        "least": found["at_ens"].min("network"),
        "most": found["at_ens"].max("network"),
        "at INs": found["at_ins"].mean("network"),
        "HF without": phase.typical(found["hf"].sel(autapses=False)),
        **columns("ratio", ratios, geometric=True),
        f"networks ≥ {bound:g}": (ratios >= bound).sum("network"),
    }


def of_linear(found: xr.Dataset) -> Columns:
    """Of `mechanisms.linear`, over autapses, network and others."""
    without, with_them = (found.sel(autapses=autapses) for autapses in (False, True))
    over = with_them / without
    return {
        "HF without": phase.typical(without["simulated"]),
        "the same, linear": phase.typical(without["predicted"]),
        **columns("ratio", over["simulated"], geometric=True),
        **columns("ratio, linear", over["predicted"], geometric=True),
        "radius without": without["radius"].mean("network"),
        "radius with": with_them["radius"].mean("network"),
    }


def of_memory(echoes: xr.Dataset, steps: xr.DataArray) -> Columns:
    """Of `mechanisms.echoes` and the steps of `mechanisms.memory`, over reading."""
    first = echoes.sel(lag=1, drop=True)
    outside = (echoes["seen"] < echoes["low"]) | (echoes["seen"] > echoes["high"])
    return {
        "lag 1": first["seen"],
        "shuffled: from": first["low"],
        "shuffled: to": first["high"],
        f"outside, of {echoes.sizes['lag']}": outside.sum("lag"),
        "steps, median": steps.median("network"),
        "steps, longest": steps.max("network"),
    }


def of_walks(
    hf: xr.DataArray, power: xr.DataArray, spikes: xr.DataArray, *, factor: float = 1.2
) -> Columns:
    """What the last presentations are over the first: HF, and power and spikes of the input.

    Parameters
    ----------
    hf, power, spikes : DataArray over network, presentation and others
    factor : float
        By which HF of a network counts as risen or fallen; that of claim 4b.
    """
    return {
        **columns("late HF", late_over_early(hf), geometric=True),
        **drifts(hf, factor),
        **columns("late input", late_over_early(power), geometric=True),
        "late spikes": late_over_early(spikes).mean("network"),
    }


def of_criteria(found: xr.Dataset, claims: Mapping[str, Claim], *, seed: int) -> Columns:
    """Networks that meet 4b and 4c, and so many with their presentations in a random order."""
    met = meeting(found, claims)
    mixed = meeting(shuffled(found, "presentation", seed=seed), claims).sum("network")
    return {
        **counts(met["4b"]),
        "4b, shuffled": mixed["4b"],
        **counts(met["4c"]),
        "4c, shuffled": mixed["4c"],
        "both": met["both"].sum("network"),
    }


def of_density(slope: xr.DataArray, spikes: xr.DataArray, hf: xr.DataArray) -> Columns:
    """What fewer spikes should make of HF by its exponent over the rate, and what is seen.

    Parameters
    ----------
    slope : DataArray over network
        Of `mechanisms.slopes`.
    spikes, hf : DataArray over network, presentation and others
    """
    fewer, seen = late_over_early(spikes), late_over_early(hf)
    found = columns("by lost spikes", fewer**slope, geometric=True)
    found |= columns("seen", seen, geometric=True)
    return {"exponent": slope.mean() + xr.zeros_like(found["seen"]), **found}


# Numbers of the text


def told_of_orders(found: xr.Dataset, ratios: xr.DataArray) -> Told:
    """HF with autapses if INs are first, and how the ratio goes with the imbalance at random."""
    hf = phase.typical(found["hf"].sel(autapses=True))
    r, low, high = with_imbalance(found, ratios, "in turn, at random")
    return {
        "hf_ins_first": float(hf.sel(order="in turn, INs first")),
        "hf_together": float(hf.sel(order="together")),
        "random_r": r,
        "random_low": low,
        "random_high": high,
    }


def told_of_autapses(ratios: xr.DataArray) -> Told:
    """Mean and interval of `mechanisms.of_some_autapses`, in turn: of all, and of INs alone."""
    found = with_interval(ratios.sel(update="in turn"), geometric=True)
    every, some = (found.sel(which=which) for which in ("all", "of INs alone"))
    return {
        f"{name}_{part}": float(one[part])
        for name, one in (("all", every), ("of_ins", some))
        for part in ("average", "low", "high")
    }


def told_of_memory(table: Columns) -> Told:
    """Counts of a table of `of_memory`: over readings that are no controls, and of each."""
    control = ["control" in str(reading) for reading in table["steps, longest"]["reading"].values]
    outside = next(column for name, column in table.items() if name.startswith("outside"))
    n_lags = int(next(name for name in table if name.startswith("outside")).split()[-1])
    free = outside[~np.array(control)]
    longest = table["steps, longest"].values
    return {
        "lags": n_lags * free.size,
        "lags_outside": int(free.sum()),
        "lags_by_chance": round(0.05 * n_lags * free.size),
        **{f"lags_{k}": int(n) for k, n in enumerate(outside.values)},
        **{f"steps_{k}": int(n) for k, n in enumerate(longest)},
    }


def told_of_walks(walks: Columns, criteria: Columns, n: int) -> Told:
    """Counts of tables of `of_walks` and `of_criteria`, of n networks in each row."""
    of_one = (walks["late HF: from"] > 1) | (walks["late HF: to"] < 1)
    rise, fall = (
        next(column for name, column in walks.items() if name.startswith(kind))
        for kind in ("rise", "fall")
    )
    farthest = {"law": "lossy walk", "step_ms": rise["step_ms"].values.max()}
    walking = criteria["4b"].drop_sel(law="uniform")
    # As `judging.judge` calls what is within sampling error of half.
    spans = [share(int(k), n, confidence=0.9) for k in walking.values.ravel()]
    summed = {
        f"{name}_{law.split()[0]}": int(criteria[column].sel(law=law).sum())
        for law in criteria["4b"]["law"].values
        for name, column in (("drawn", "4b"), ("mixed", "4b, shuffled"))
    }
    return {
        "rows": of_one.size,
        "rows_off_one": int(of_one.sum()),
        "rows_off_one_uniform": int(of_one.sel(law="uniform").sum()),
        "lossy_rise": int(rise.sel(farthest)),
        "lossy_fall": int(fall.sel(farthest)),
        "most_4b": int(criteria["4b"].max()),
        "most_4c": int(criteria["4c"].max()),
        "most_4c_mixed": int(criteria["4c, shuffled"].max()),
        "rows_walking": walking.size,
        "rows_borderline": sum(low <= 0.5 <= high for low, high in spans),
        **summed,
    }
