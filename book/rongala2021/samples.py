"""What each claim measures, from the datasets of its figure.

Pages of the book measure at full scale; the page on readings repeats it, smaller, under other
readings of the text. So what a claim measures stands once, here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm import measures
from lsm.inputs import PSPKernel
from rongala2021 import claim_measures
from rongala2021.settings import AMPLIFIED, AMPLIFIED_FROM, FORMS
from rongala2021.spectra import band_gain, band_mean, gain, high_frequency_ratio

Samples = dict[str, list[dict[str, float]]]
Labelled = TypeVar("Labelled", xr.DataArray, xr.Dataset)

#: Rates that claim 3g names: where it says that the Izhikevich neuron is beaten, and the highest
#: one, where it says that it is not (Hz).
RATES_3G = (50.0, 100.0, 200.0)
#: A peak counts as the same within this share of its frequency.
PEAK_WITHIN = 0.25


def samples_of(**measured: xr.DataArray | ArrayLike) -> list[dict[str, float]]:
    """A sample for each network, input or group: the values of each measure along that one axis."""
    columns = {name: np.asarray(values) for name, values in measured.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def largest(values: Labelled, over: str | Sequence[str]) -> Labelled:
    """Maximum along axes; NaN if any value is, so that what is not known meets no criterion."""
    return values.max(over, skipna=False)


def smallest(values: Labelled, over: str | Sequence[str]) -> Labelled:
    """Minimum along axes; NaN if any value is, so that what is not known meets no criterion."""
    return values.min(over, skipna=False)


def mean(values: Labelled, over: str | Sequence[str]) -> Labelled:
    """Mean along axes; NaN if any value is."""
    return values.mean(over, skipna=False)


def n_not_falling(values: xr.DataArray, axis: str) -> xr.DataArray:
    """Steps along an axis at which a value does not fall; one that is not known does not."""
    return (~(values.diff(axis) < 0)).sum(axis)


def along(
    function: Callable[..., object], values: xr.DataArray, axis: str, n_results: int = 1
) -> xr.DataArray | tuple[xr.DataArray, ...]:
    """A function of one row of numbers, for each row of an array along an axis."""
    return xr.apply_ufunc(
        function,
        values,
        input_core_dims=[[axis]],
        output_core_dims=[[]] * n_results,
        vectorize=True,
    )


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
