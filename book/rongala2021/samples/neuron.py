"""Claims on the isolated neuron and on its input: Figures 1-3, S1, S4, S5 and the appendix."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm import measures
from lsm.inputs import PSPKernel
from rongala2021.samples.rows import Samples, largest, mean, n_not_falling, samples_of, smallest
from rongala2021.settings import FORMS

#: Rates that claim 3g names: where it says that the Izhikevich neuron is beaten, and the highest
#: one, where it says that it is not (Hz).
RATES_3G = (50.0, 100.0, 200.0)


def samples_k1(potential: ArrayLike, *, dt: float) -> Samples:
    """What claim K1 measures: peak of a spike's potential (a.u.), and how far its area is off.

    Parameters
    ----------
    potential : (n_steps,) array
        Post-synaptic potential of one spike (a.u.).
    dt : float
        Step (s).
    """
    psp = np.asarray(potential)
    error = abs(psp.sum() * dt / PSPKernel().tau_m - 1)
    return {"K1": samples_of(peak=[psp.max()], area_error=[error])}


def samples_1_static(
    drawn: xr.Dataset, doubled: xr.Dataset, random: xr.Dataset, *, last_spike: float
) -> Samples:
    """What claims 1a and 1b measure.

    Parameters
    ----------
    drawn, doubled, random : Dataset
        Of `isolated.responses`, with the spikes of the figure, with every synapse of these twice,
        and with random spikes.
    last_spike : float
        When the last spike of the figure falls (s).
    """
    activity, twice, more = (
        found[["activity_no_leak", "activity_leak"]].to_array("form")
        for found in (drawn, doubled, random)
    )
    without_input = drawn["activity_no_leak"].where(drawn["summed_input"] <= 0, drop=True)
    late = activity.sel(time=slice(last_spike + 0.1, None))
    left = largest(largest(late, "time") / largest(activity, "time"), "form")
    outputs = np.concatenate([activity.values.ravel(), more.values.ravel()])
    return {
        "1a": samples_of(
            max_input=[drawn["summed_input"].max()],
            max_input_random=[random["summed_input"].max()],
            min_output=[outputs.min()],
            max_output=[outputs.max()],
        ),
        "1b": samples_of(
            change_by_doubling=[largest(abs(twice - activity), ["form", "time"])],
            lowest_summed_input=[drawn["summed_input"].min()],
            lowest_activity=[smallest(activity, ["form", "time"])],
            share_left_after_100_ms=[left],
            activity_without_net_input=[largest(without_input, "time")],
        ),
    }


def samples_1(cutoffs: ArrayLike, tau_dyn: float) -> Samples:
    """What claim 1c measures: the cutoff frequency (Hz) of leak over no leak, with each input."""
    hz = np.asarray(cutoffs)
    error = np.abs(hz * 2 * np.pi * tau_dyn - 1)
    return {"1c": samples_of(relative_error_of_cutoff=error, cutoff_hz=hz)}


def samples_2(varied: xr.Dataset) -> Samples:
    """What claims 2a to 2c measure with each input.

    Parameters
    ----------
    varied : Dataset
        Of `single.variation`, over input, k_static and tau_dyn.
    """
    large = varied["rho"].where(varied["k_static"] >= 0.5, drop=True)
    cv, activity = varied["cv"], varied["mean_activity"]
    return {
        "2a": samples_of(
            rises_of_mean=n_not_falling(activity, "k_static"),
            lowest_rho=smallest(large, "k_static"),
        ),
        "2b": samples_of(
            mean_at_lowest=activity.isel(k_static=0),
            cv_ratio=cv.isel(k_static=0) / cv.isel(k_static=-1),
        ),
        "2c": samples_of(
            rises_of_cv=n_not_falling(varied["cv_leak"], "tau_dyn"),
            rises_of_roughness=n_not_falling(varied["roughness"], "tau_dyn"),
            rises_with_start=n_not_falling(varied["cv_leak_from_rest"], "tau_dyn"),
        ),
    }


def _leads(quality: xr.Dataset) -> dict[str, xr.DataArray]:
    """By how much the poorer form of the LSM exceeds the Izhikevich neuron."""
    index = mean(quality[["r", "rho"]], "presentation")
    spiking = index.sel(model="Izhikevich", drop=True)
    lead = smallest(index.sel(model=list(FORMS)), "model") - spiking
    return {"smallest_lead_r": lead["r"], "smallest_lead_rho": lead["rho"]}


def samples_3(quality: xr.Dataset) -> Samples:
    """What claims 3a to 3e measure with each input.

    Parameters
    ----------
    quality : Dataset
        Of `single.faithfulness`, over input.
    """
    r = mean(quality["r"], "presentation")
    no_leak = r.sel(model="no leak", drop=True)
    loss = no_leak - r.sel(model="leak", drop=True)
    rho, rho_relay = quality["rho_mean_reference"], quality["rho_relay"]
    share = quality["share_above_30_hz"]
    return {
        "3a": samples_of(
            rho_mean_input=quality["rho_mean_input"],
            loss_to_relay=rho_relay - rho,
            rho_reference=rho,
            rho_reference_relay=rho_relay,
        ),
        "3b": samples_of(
            relative_noise_ratio=quality["relative_noise_ratio"],
            noise_ratio=quality["noise_ratio"],
        ),
        "3c": samples_of(**_leads(quality)),
        "3d": samples_of(
            loss_of_r=loss, share_of_loss_of_constant=loss / (no_leak - quality["r_constant"])
        ),
        "3e": samples_of(
            share_above_30_hz_ratio=share.sel(signal="Izhikevich") / share.sel(signal="input")
        ),
    }


def beaten(quality: xr.Dataset, models: xr.Dataset, index: str = "r") -> xr.DataArray:
    """Share of Izhikevich neurons that follow the input less faithfully than both LSMs.

    Parameters
    ----------
    quality, models : Dataset
        Of `single.faithfulness` and `single.izhikevich_faithfulness`, over rate and input.
    index : {"r", "rho"}
        By which index.
    """
    forms = quality[index].sel(model=list(FORMS))
    poorer = smallest(mean(forms, "presentation"), "model")
    return (models[index] < poorer).mean("parameters")


def samples_3g(shares: xr.DataArray) -> Samples:
    """What claim 3g measures with each input; nothing if a rate that it names is missing.

    Parameters
    ----------
    shares : DataArray over rate, input
        From `beaten`.
    """
    rates = shares["rate"].values
    if not set(RATES_3G) <= set(rates):
        return {}
    return {"3g": samples_of(**{f"share_beaten_{x:g}_hz": shares.sel(rate=x) for x in rates})}


def samples_s1(likeness: xr.Dataset) -> Samples:
    """What claim S1 measures with each input, from `single.membrane_likeness`."""
    return {"S1": samples_of(r=likeness["r"], rho=likeness["rho"])}


def samples_s4(quality: xr.Dataset) -> Samples:
    """What claim S4 measures with each input, from `single.faithfulness` over rate and input."""
    leads = {name: smallest(lead, "rate") for name, lead in _leads(quality).items()}
    return {"S4": samples_of(**leads)}


def samples_s5(source: xr.DataArray) -> Samples:
    """What claim S5 measures with each input: rises above 30 Hz, and power at 100 Hz.

    Parameters
    ----------
    source : DataArray over rate, input, frequency
        Mean maximum power of the sensors.
    """
    high = source.where(source["frequency"] >= 30.0, drop=True)
    at_100_hz = source.sel(frequency=measures.HIGH_FREQUENCY, method="nearest", drop=True)
    share = at_100_hz / largest(source, "frequency")
    return {
        "S5": samples_of(
            rises_above_30_hz=(~(high.diff("frequency") <= 0)).sum(["rate", "frequency"]),
            share_of_peak_at_100_hz=largest(share, "rate"),
        )
    }


def samples_appendix(found: xr.Dataset, *, solved: bool, bounded: bool) -> Samples:
    """What claims A1 to A3 of Appendix 1 measure, A2 and A3 with each input.

    Parameters
    ----------
    found : Dataset
        Of `appendix.properties`, over input.
    solved, bounded : bool
        Whether A8 is the solution of A7, and whether it keeps to the bounds, by algebra.
    """
    exact = 1e-14
    simulated = bool(largest(found["from_solution"], "input") <= exact)
    return {
        "A1": [{"identity": solved, "simulator_within_1e-14": simulated}],
        "A2": samples_of(
            largest_potential=found["largest_potential"],
            proved=np.full(found.sizes["input"], bounded),
        ),
        "A3": samples_of(
            **{
                "relative_difference": found["from_steady_state"],
                "LSM_within_1e-14": found["lsm_from_steady_state"] <= exact,
            }
        ),
    }
