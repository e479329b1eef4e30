"""What the criteria on single networks are tried on: networks and measurements that are altered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm import _validate as check
from lsm._validate import Array
from lsm.measures import HIGH_FREQUENCY, REFERENCE_BAND
from lsm.runs import Run, Setting, respond, run
from rongala2021.controls import filtered, open_loop
from rongala2021.grids import changed
from rongala2021.populations import population
from rongala2021.run_measures import read_out
from rongala2021.samples import Samples, samples_4d, samples_build_up, samples_hf, samples_s6
from rongala2021.scale import Scale
from rongala2021.settings import FORMS, figure_4, figure_6
from rongala2021.spectra import Spectrum, band_mean, high_frequency_ratio

# Runs


def with_pulses(setting: Setting, *, seed: int, repeat: int = 0) -> Run:
    """The run of a setting with its loops cut open, and a pulse planted in every presentation.

    Each neuron receives from the others the mean of what it receives in the network. A pulse lasts
    one step in the middle of a presentation, and adds the most that the neuron is ever active.

    Parameters
    ----------
    setting : Setting
    seed, repeat
        As in `run`.

    Returns
    -------
    Run
        Its activity is not that of its network: for measures of the activity alone.
    """
    found = open_loop(setting, seed=seed, repeat=repeat)
    activity = found.activity.copy()
    n = activity.shape[1] // setting.n_presentations
    activity[:, n // 2 :: n] += found.activity.max(axis=1, keepdims=True)
    return found._replace(activity=activity)


def stronger_autapses(
    setting: Setting,
    *,
    excitatory: float = 1.0,
    inhibitory: float = 1.0,
    seed: int,
    repeat: int = 0,
) -> Run:
    """The run of a setting whose neurons excite or inhibit themselves more strongly.

    Parameters
    ----------
    setting : Setting
        With autapses.
    excitatory, inhibitory : float
        Factor of the autapses of excitatory and of inhibitory neurons.
    seed, repeat
        As in `run`.

    Returns
    -------
    Run
    """
    factors = [
        check.number(name, value, low=0)
        for name, value in (("excitatory", excitatory), ("inhibitory", inhibitory))
    ]
    found = run(setting, seed=seed, repeat=repeat)
    each = np.where(found.network.sign > 0, *factors)
    w_rec = found.network.w_rec * np.where(np.eye(each.size, dtype=bool), each, 1.0)
    network = replace(found.network, w_rec=w_rec)
    return respond(setting, network, found.inputs)


# Measures of runs


@dataclass(frozen=True, kw_only=True, eq=False)
class LaterMaximum(Spectrum):
    """Maximum power for which the start of the first window does not count.

    The record is not cut for it: what its edge does to lower frequencies reaches further.

    Attributes
    ----------
    n_parts : int
        Parts of a window, of which the first one of the first window is left out.
    """

    n_parts: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        check.integer("n_parts", self.n_parts, low=2)

    def max_power(self, signals: Array, *, dt: float, n_windows: int) -> Array:
        """Maximum power of signals in each window, (..., n_freqs, n_windows)."""
        parts = super().max_power(signals, dt=dt, n_windows=self.n_parts * n_windows)
        each = parts.reshape(*parts.shape[:-1], n_windows, self.n_parts)
        each[..., 0, 0] = 0.0
        return each.max(axis=-1)


class ReadOut(NamedTuple):
    """How well the sensors of a run can be read out of its activity.

    Attributes
    ----------
    explained : (n_sensors,) array
        Share of each sensor's variance.
    """

    explained: Annotated[Array, "sensor"]


def read_share(result: Run, *, n_steps: int = 1) -> ReadOut:
    """What `run_measures.read_out` explains of each sensor."""
    return ReadOut(read_out(result, n_steps=n_steps)[1])


# What is measured, altered


def shuffled(no_leak: xr.Dataset, axis: str, *, seed: int) -> xr.Dataset:
    """The HF of presentations in a random order along an axis, another one in each network.

    Parameters
    ----------
    no_leak : Dataset
        Of `run_measures.high_frequencies`, over network.
    axis : {"presentation", "neuron"}
        Presentations are shuffled for all neurons alike. Neurons take their presentations along.
    seed : int
    """
    check.choice("axis", axis, ("presentation", "neuron"))
    rng = np.random.default_rng(seed)
    hf = no_leak["hf_presentation"].transpose("network", axis, ...)
    rows = [each[rng.permutation(hf.sizes[axis])] for each in hf.values]
    return no_leak.assign(hf_presentation=hf.copy(data=np.array(rows)))


def built_up(no_leak: xr.Dataset, *, factor: float = 3.0) -> xr.Dataset:
    """The HF of presentations as the paper tells it: it builds up and fades again.

    It grows by a factor up to presentation 10, stays so up to presentation 20 and fades by the
    same factor up to presentation 30; in layer 2 four times as slowly.

    Parameters
    ----------
    no_leak : Dataset
        Of `run_measures.high_frequencies`, over network.
    factor : float
    """
    check.number("factor", factor, low=1)
    hf = no_leak["hf_presentation"]
    number = np.arange(hf.sizes["presentation"]) + 1.0
    low = 1 / factor
    layers = [
        np.interp(number, [1, 10, 20, 20 + width], [low, 1.0, 1.0, low]) for width in (10, 40)
    ]
    envelope = xr.DataArray(layers, dims=("layer", "presentation"))
    which = xr.DataArray(no_leak["layer"].values - 1, dims="neuron")
    return no_leak.assign(hf_presentation=hf * envelope.isel(layer=which))


def forms(no_leak: xr.Dataset, leak: xr.Dataset) -> xr.Dataset:
    """Two measurements as those of the two forms of the neuron: a new axis form."""
    plain = [found.drop_vars("form", errors="ignore") for found in (no_leak, leak)]
    return xr.concat(plain, "form", coords="minimal", compat="override").assign_coords(
        form=list(FORMS)
    )


# What claims measure in them


def negative_4(
    found: xr.Dataset,
    counted: xr.Dataset,
    opened: xr.Dataset,
    counted_open: xr.Dataset,
    *,
    seed: int,
) -> Samples:
    """What claims 4a to 4e and S6 measure where their sentences are false.

    For 4d the open loop of another network stands in the place of each network: against its own
    there would be no difference at all, and nothing would be told of chance.

    Parameters
    ----------
    found, counted : Dataset
        Of the networks, as in `samples.samples_4`.
    opened, counted_open : Dataset
        Of the same networks without leak, their loops cut open (`controls.open_loop`).
    seed : int
        Of the random orders.
    """
    no_leak = found.sel(form="no leak")
    leak = counted.sel(form="leak")
    return {
        "4a": samples_hf(opened),
        **samples_build_up(shuffled(no_leak, "presentation", seed=seed)),
        "4d": samples_4d(forms(counted_open.roll(network=1), leak), counted_open),
        "4e": samples_hf(no_leak),
        "S6": samples_s6(shuffled(no_leak, "neuron", seed=seed)),
    }


def positive_4(
    found: xr.Dataset,
    counted: xr.Dataset,
    stronger: xr.Dataset,
    counted_open: xr.Dataset,
    counted_pulses: xr.Dataset,
) -> Samples:
    """What claims 4a to 4d and S6 measure where their sentences are true.

    Parameters
    ----------
    found, counted : Dataset
        Of the networks, as in `samples.samples_4`.
    stronger : Dataset
        Of `run_measures.high_frequencies`, of networks that make more of them.
    counted_open, counted_pulses : Dataset
        Of `transients.transients`: of the loops cut open, and with pulses planted in addition
        (`with_pulses`).
    """
    planted = built_up(found.sel(form="no leak"))
    return {
        "4a": samples_hf(stronger),
        **samples_build_up(planted),
        "4d": samples_4d(forms(counted_pulses, counted.sel(form="leak")), counted_open),
        "S6": samples_s6(planted),
    }


# The filter afterwards, beside the leak in the network


def autapses_and_delays(base: Setting, tau_dyn: float, delays: ArrayLike) -> xr.DataArray:
    """Networks with autapses, and with conduction delays: axes form, other.

    Parameters
    ----------
    base : Setting
        Its `delay_law` is that of the delays.
    tau_dyn : float
        Time constant of the dynamic leak (s).
    delays : (n_delays,) array
        Mean delays (s).
    """
    each = check.array("delays", delays, shape=("n_delays",), low=0)
    late = figure_6(base, tau_dyn, each).rename(delay="other")
    late = late.assign_coords(other=[f"{1e3 * delay:g} ms" for delay in each])
    autapses = changed(figure_4(base, tau_dyn), partial(replace, autapses=True))
    return xr.concat([autapses.expand_dims(other=["autapses"], axis=1), late], "other")


def beside_filter(settings: xr.DataArray, scale: Scale) -> xr.Dataset:
    """Networks without leak, with it, and with a filter afterwards in its place.

    Parameters
    ----------
    settings : DataArray of Setting
        Over form and others.
    scale : Scale

    Returns
    -------
    Dataset
        Of `populations.population`, with a third form, "filter".
    """
    leaky = settings.sel(form=["leak"])
    after = population(leaky, scale, draw=filtered).assign_coords(form=["filter"])
    return xr.concat([population(settings, scale), after], "form")


def what_the_loop_adds(found: xr.Dataset, *, bound: float = 0.1) -> dict[str, xr.DataArray]:
    """How the leak in the network and the filter afterwards compare, over all networks.

    Parameters
    ----------
    found : Dataset
        From `beside_filter`, over form, network and others.
    bound : float
        High-frequency ratio above which networks are counted.

    Returns
    -------
    dict of str to DataArray
        Columns of a table. Silent networks are left out.
    """
    hf = high_frequency_ratio(found)
    no_leak, leak, after = (hf.sel(form=form, drop=True) for form in (*FORMS, "filter"))
    power = {
        band: band_mean(found["power"], band)
        for band in (REFERENCE_BAND, (HIGH_FREQUENCY, float(found["frequency"][-1])))
    }
    low, high = (each.sel(form="leak") / each.sel(form="filter") for each in power.values())
    columns = {
        "HF, no leak, median": no_leak.median("network"),
        "leak in the network, median": leak.median("network"),
        "largest": leak.max("network"),
        f"above {bound:g}": (leak > bound).sum("network"),
        "filter afterwards, median": after.median("network"),
        "largest of these": after.max("network"),
        f"of these above {bound:g}": (after > bound).sum("network"),
        "HF, leak over filter, median": (leak / after).median("network"),
        "power in 4-30 Hz, leak over filter": low.median("network"),
        "power from 100 Hz on, leak over filter": high.median("network"),
    }
    return {head: column.drop_vars("form", errors="ignore") for head, column in columns.items()}
