"""Tables of mechanisms, as columns."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from rongala2021 import phase
from rongala2021.ledger import Claim
from rongala2021.mechanisms import columns, counts, drifts, late_over_early, meeting
from rongala2021.network_controls import shuffled

Columns = dict[str, xr.DataArray]


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
        "above zero": found["above_zero"].mean("network"),
        **columns("HF", found["hf"], geometric=True),
        "HF of layer 2, median": found["hf_layer_2"].median("network"),
    }


def of_orders(found: xr.Dataset, ratios: xr.DataArray, *, bound: float = 1.5) -> Columns:
    """Of `mechanisms.in_orders`, and the ratios of HF with autapses to HF without.

    Parameters
    ----------
    found : Dataset over order, autapses, network
    ratios : DataArray over order, network
    bound : float
        Of claim S7a.
    """
    return {
        "later at ENs": found["at_ens"],
        "at INs": found["at_ins"],
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
