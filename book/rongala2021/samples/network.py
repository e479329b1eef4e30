"""Claims on one network: Figures 4, S6 and S7."""

from __future__ import annotations

import xarray as xr

from rongala2021 import claim_measures
from rongala2021.samples.rows import Samples, along, samples_of


def samples_build_up(no_leak: xr.Dataset) -> Samples:
    """What claims 4b and 4c measure in each network without leak.

    Parameters
    ----------
    no_leak : Dataset
        Of `run_measures.high_frequencies`, over network; EN1 and IN1 are the neurons drawn.
    """
    hf = no_leak["hf_presentation"]
    build_up = {
        f"build_up_{name}": along(claim_measures.build_up, hf.sel(neuron=name), "presentation")
        for name in ("EN1", "IN1")
    }
    peak, left = along(claim_measures.fading, hf.sel(neuron="IN1"), "presentation", 2)
    return {
        "4b": samples_of(**build_up),
        "4c": samples_of(peak_presentation=peak, left_at_the_end=left),
    }


def samples_hf(found: xr.Dataset) -> list[dict[str, float]]:
    """What claims 4a and 4e measure in each network: HF of the neurons drawn, and its own.

    Parameters
    ----------
    found : Dataset
        Of `run_measures.high_frequencies`, over network; EN1 and IN1 are the neurons drawn.
    """
    each = {f"HF_{name}": found["hf_neuron"].sel(neuron=name) for name in ("EN1", "IN1")}
    return samples_of(**each, HF_network=found["hf"])


def samples_4d(counted: xr.Dataset, open_loop: xr.Dataset) -> list[dict[str, float]]:
    """What claim 4d measures in each network.

    Parameters
    ----------
    counted : Dataset
        Of `transients.transients` in the neurons drawn, over form and network.
    open_loop : Dataset
        The same without leak, the recurrent input of each neuron held at its mean.
    """
    total, opened = counted.sum("drawn"), open_loop.sum("drawn")
    without, with_leak = (total.sel(form=form) for form in ("no leak", "leak"))
    name = "without_counterpart"
    return samples_of(
        transients_beyond_open_loop=without[name] - opened[name],
        transients_no_leak=without[name],
        transients_leak=with_leak[name],
        transients_open_loop=opened[name],
        transients_open_loop_own_scale=opened[f"{name}_on_own_scale"],
        beyond_it_on_own_scales=without[name] - opened[f"{name}_on_own_scale"],
        excursions_no_leak=without["excursions"],
        excursions_drive=without["of_drive"],
        excursions_leak_on_its_own_scale=with_leak["on_own_scale"],
    )


def samples_s6(no_leak: xr.Dataset) -> list[dict[str, float]]:
    """What claim S6 measures in each network without leak, from `run_measures.high_frequencies`."""
    _, left = along(claim_measures.fading, no_leak["hf_presentation"], "presentation", 2)
    lead = [claim_measures.layer_lead(each, no_leak["layer"]) for each in left]
    return samples_of(lead_of_layer_2=lead)


def samples_4(found: xr.Dataset, counted: xr.Dataset, open_loop: xr.Dataset) -> Samples:
    """What claims 4a to 4e and S6 measure in each network.

    Parameters
    ----------
    found : Dataset
        Of `run_measures.high_frequencies`, over form and network.
    counted, open_loop : Dataset
        As in `samples_4d`.
    """
    no_leak, leak = (found.sel(form=form) for form in ("no leak", "leak"))
    return {
        "4a": samples_hf(no_leak),
        **samples_build_up(no_leak),
        "4d": samples_4d(counted, open_loop),
        "4e": samples_hf(leak),
        "S6": samples_s6(no_leak),
    }


def samples_s7(autapses: xr.Dataset, plain: xr.Dataset) -> Samples:
    """What claims S7a and S7b measure in each network.

    Parameters
    ----------
    autapses, plain : Dataset
        Of `run_measures.high_frequencies`, over form and network, with autapses and without.
    """
    own, leak = (autapses["hf"].sel(form=form) for form in ("no leak", "leak"))
    return {
        "S7a": samples_of(HF_ratio=own / plain["hf"].sel(form="no leak"), HF_network=own),
        "S7b": samples_of(HF_network=leak),
    }
