"""Controls for the claims on delays, sizes and stability: systems made of what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from lsm.measures import HIGH_FREQUENCY
from lsm.runs import Run, Setting, respond, run
from rongala2021.grids import grid
from rongala2021.samples import Samples, largest, samples_6, samples_8, samples_of
from rongala2021.settings import leaky
from rongala2021.spectra import high_frequency_ratio


def instead(found: xr.Dataset, axis: str, others: Mapping[str, str]) -> xr.Dataset:
    """The same, cells of some labels replaced by those of others.

    Parameters
    ----------
    found : Dataset
    axis : str
    others : mapping of str to str
        From the label of cells to that of those which take their place.
    """
    labels = found[axis].values
    taken = found.sel({axis: [others.get(label, label) for label in labels]})
    return taken.assign_coords({axis: labels})


def one_delay(found: xr.Dataset) -> xr.Dataset:
    """Networks of one delay in place of all: of the middle one, a later network for each delay.

    Parameters
    ----------
    found : Dataset
        Of `populations.population`, over delay, the first 0, and network.

    Returns
    -------
    Dataset
        With `power` over that without delay, of other networks, times the own one without delay.
    """
    power = found["power"]
    without = power.isel(delay=0, drop=True)
    n_delays = found.sizes["delay"] - 1
    added = power.isel(delay=(n_delays + 1) // 2, drop=True) / without
    n = found.sizes["network"]
    later = [np.minimum(np.arange(n) + i, n - 1) for i in range(n_delays)]
    of_others = [added.isel(network=i).assign_coords(network=found["network"]) for i in later]
    same = [without, *(without * other for other in of_others)]
    return found.assign(power=xr.concat(same, found["delay"]))


def delays_without_effect(found: xr.Dataset) -> xr.Dataset:
    """The same, networks with leak being those without delay, whatever the delay.

    Parameters
    ----------
    found : Dataset
        Of `populations.population`, over form and delay, the first 0.
    """
    power = found["power"]
    return found.assign(power=power.where(power["form"] != "leak", power.isel(delay=0, drop=True)))


def controls_6(found: xr.Dataset, afterwards: xr.Dataset, *, dt: float) -> dict[str, Samples]:
    """What claims 6a and 6b measure on their controls.

    Parameters
    ----------
    found, dt
        As of `samples_6`.
    afterwards : Dataset
        Networks with leak, the leak as a filter of the output (`controls.filtered`).

    Returns
    -------
    dict of control to Samples
    """
    no_leak = instead(found, "form", {"leak": "no leak"})
    both = xr.concat([found.sel(form=["no leak"]), afterwards], "form", join="inner")
    return {
        "negative": {
            "6a": samples_6(one_delay(found), dt=dt)["6a"],
            "6b": samples_6(no_leak, dt=dt)["6b"],
        },
        "positive": samples_6(delays_without_effect(found), dt=dt),
        "filter": samples_6(both, dt=dt),
    }


def one_size(found: xr.Dataset) -> xr.Dataset:
    """Networks of the smallest size in place of all, another one for each size.

    Parameters
    ----------
    found : Dataset
        Of `populations.population`, over size and network.
    """
    smallest = found.isel(size=0, drop=True)
    each = [smallest.roll(network=-i) for i in range(found.sizes["size"])]
    return xr.concat(each, found["size"])


def reversed_sizes(found: xr.Dataset) -> xr.Dataset:
    """The same, each size labelled as if sizes fell instead of rising."""
    return found.isel(size=slice(None, None, -1)).assign_coords(size=found["size"].values)


def amplified(found: xr.Dataset, factor: float | xr.DataArray) -> xr.Dataset:
    """The same with `factor` times the power above 100 Hz: high frequencies that are planted."""
    high = found["frequency"] >= HIGH_FREQUENCY
    return found.assign(power=found["power"] * xr.where(high, factor, 1.0))


def doubled_by_size(found: xr.Dataset) -> xr.Dataset:
    """The same with power above 100 Hz doubled from size to size, largest first."""
    n_sizes = found.sizes["size"]
    factors = 2.0 ** (n_sizes - np.arange(n_sizes))
    return amplified(found, xr.DataArray(factors, coords={"size": found["size"].values}))


def controls_8(
    found: xr.Dataset,
    ends: xr.Dataset,
    smallest: xr.Dataset,
    *,
    second_keeps: list[dict[str, float]],
) -> dict[str, Samples]:
    """What claims 8a to 8e measure on their controls.

    Parameters
    ----------
    found : Dataset
        As of `samples_8`.
    ends, smallest : Dataset
        Networks of the smallest and the largest size, and more of the smallest with the fixed leak,
        their leaks as filters of the output (`controls.filtered`).
    second_keeps : list of samples
        Of 8d, where the second size keeps its time constant: the smallest has a shorter one.

    Returns
    -------
    dict of control to Samples
    """
    systems = {
        "8a": amplified(one_size(found), 3.0),
        "8b": reversed_sizes(found),
        "8c": instead(found, "leak", {"fixed leak": "no leak"}),
        "8d": instead(found, "leak", {"leak ~ √synapses": "fixed leak"}),
        "8e": instead(found, "leak", {"leak ~ synapses": "fixed leak"}),
    }
    hf = largest(high_frequency_ratio(smallest), "weights")
    return {
        "negative": {claim: samples_8(system)[claim] for claim, system in systems.items()},
        "positive": {"8a": samples_8(doubled_by_size(found))["8a"], "8d": second_keeps},
        "filter": samples_8(ends) | {"8c": samples_of(largest_HF=hf)},
    }


def oscillating(base: Setting, tau_dyn: float) -> xr.DataArray:
    """What `inhibition_alone` makes oscillate by itself in spite of the leak: axis setting.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s); the delay is twice that.
    """
    late = replace(leaky(base, tau_dyn), n_sensors=2, delay=2 * tau_dyn)
    return grid([late], setting=[0])


def contracting(base: Setting, tau_dyn: float) -> xr.DataArray:
    """Networks that are stable by proof, if no weight exceeds 1: axis setting.

    By Eq. 1 a source changes the activity by at most twice its weight over `k_static` times the
    number of synapses. With `k_static` = 3 all sources together change it by two thirds of the
    most that any of them changes: deviations shrink, whatever the state.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s).
    """
    neuron = replace(base.neuron, k_static=3.0)
    return grid([leaky(replace(base, neuron=neuron), tau_dyn)], setting=[0])


def inhibition_alone(setting: Setting, *, seed: int, repeat: int = 0) -> Run:
    """The run of a setting whose excitatory neurons are inhibitory too, with the same weights.

    Inhibition that is strong and returns late turns a deviation into a larger one of the other
    sign. Where excitation comes with it, the two nearly cancel; alone, it makes the network
    oscillate.

    Parameters
    ----------
    setting : Setting
    seed, repeat
        As in `run`.

    Returns
    -------
    Run
    """
    found = run(setting, seed=seed, repeat=repeat)
    sign = np.full_like(found.network.sign, -1)
    network = replace(found.network, w_rec=-np.abs(found.network.w_rec), sign=sign)
    return respond(setting, network, found.inputs)
