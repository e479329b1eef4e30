"""Settings of the paper's figures, as grids with named axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm import _validate as check
from lsm._validate import Array
from lsm.network import scaled_time_constants, synapse_counts
from lsm.neurons import LSM
from lsm.runs import Setting
from lsm.weights import weight_distribution
from rongala2021.grids import changed, grid

#: The two forms of the neuron: Eq. 1 alone, and with Eq. 2.
FORMS = ("no leak", "leak")
#: Weight distributions and means of Figure 5; for binary weights, the probability of 1.
KINDS = ("normal", "lognormal", "binary")
MEANS = (0.1, 0.2, 0.3, 0.4, 0.5)
#: High-frequency ratio from which they count as amplified, as in the criteria of the claims.
AMPLIFIED_FROM = 2.0
#: Where the paper says that high frequencies are amplified, (kind, mean): Gaussian from 0.4,
#: lognormal from 0.3, binary above 10 %.
AMPLIFIED = xr.DataArray(
    np.array(MEANS) > np.array([[0.35], [0.25], [0.15]]),
    coords={"kind": list(KINDS), "mean": list(MEANS)},
)
#: The two weight settings of Figure 8; which they are is not in the text.
SIZE_WEIGHTS = {"normal 0.4": ("normal", 0.4), "binary 0.2": ("binary", 0.2)}
#: Powers of the number of synapses by which the leaks of Figure 8 grow; None for no leak.
LEAKS = {"no leak": None, "fixed leak": 0.0, "leak ~ √synapses": 0.5, "leak ~ synapses": 1.0}
#: Time constant (s) of a leak that grows of a neuron with one synapse, where no size is the
#: reference: "the square root of the number of synapses", in the unit that the text leaves out.
OF_ONE_SYNAPSE = 1e-3


def setting_of(given: Mapping[str, Any], **changes: Any) -> Setting:
    """The setting, without dynamic leak, that a page's parameters describe.

    Parameters
    ----------
    given : mapping of str to value
        Of the names of `lsm.Setting`; `weights` with `mean_weight`; `k_static`; and `jitter_law`.
        Others are left alone.
    **changes
        Fields of `lsm.Setting` that do not stand among the parameters.
    """
    names = ("n_sensors", "rate", "n_presentations", "jitter", "delay_law", "dt")
    fields = {name: given[name] for name in names if name in given}
    if "jitter_law" in given:
        fields["law"] = given["jitter_law"]
    if "weights" in given:
        fields["weights"] = weight_distribution(given["weights"], given["mean_weight"])
    if "k_static" in given:
        fields["neuron"] = LSM(k_static=given["k_static"])
    return Setting(**(fields | changes))


def leaky(base: Setting, tau_dyn: float | Array) -> Setting:
    """The same setting with dynamic leak."""
    return replace(base, neuron=replace(base.neuron, tau_dyn=tau_dyn))


def by_rate(base: Setting, rates: Sequence[float]) -> xr.DataArray:
    """The same setting at several mean rates of the sensors (Hz): axis rate."""
    return grid([replace(base, rate=rate) for rate in rates], rate=rates)


def figure_4(base: Setting, tau_dyn: float) -> xr.DataArray:
    """The network without leak, and with it: axis form.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s).
    """
    return grid([leaky(base, 0.0), leaky(base, tau_dyn)], form=FORMS)


def figure_5(base: Setting, tau_dyn: float) -> xr.DataArray:
    """Fifteen kinds of weights, without and with leak: axes form, kind, mean.

    Each kind of weights has a stream of random numbers of its own, shared by the two forms.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s).
    """
    cells = [weight_distribution(kind, mean) for kind in KINDS for mean in MEANS]
    settings = [
        replace(form, weights=weights, stream=stream)
        for form in figure_4(base, tau_dyn).values
        for stream, weights in enumerate(cells)
    ]
    return grid(settings, form=FORMS, kind=KINDS, mean=MEANS)


def figure_6(base: Setting, tau_dyn: float, delays: ArrayLike) -> xr.DataArray:
    """Mean conduction delays, without and with leak: axes form, delay (s).

    Parameters
    ----------
    base : Setting
        Its `delay_law` is that of the delays.
    tau_dyn : float
        Time constant of the dynamic leak (s).
    delays : (n_delays,) array
        Seconds, the first of them 0.
    """
    each = check.array("delays", delays, shape=("n_delays",), low=0)
    forms = figure_4(base, tau_dyn).values
    settings = [replace(form, delay=float(delay)) for form in forms for delay in each]
    return grid(settings, form=FORMS, delay=each.tolist())


def figure_7(
    base: Setting, tau_dyn: float, rates: Sequence[float], counts: Sequence[int]
) -> xr.DataArray:
    """Rates of the first number of sensors, then numbers of sensors at the first rate.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s).
    rates : sequence of float
        Hz.
    counts : sequence of int

    Returns
    -------
    DataArray of Setting
        Axes form, density; beside density the coordinates `varied` ("rate" or "sensors") and
        `dense`, false for the first two of each: the claims' sparse ones.

    Raises
    ------
    ValueError
        If there are fewer than three rates or numbers.
    """
    for name, values in (("rates", rates), ("counts", counts)):
        if len(values) < 3:
            raise ValueError(f"{name}: expected at least 3 values, got {len(values)}")
    settings = [
        replace(form, rate=rate, n_sensors=count)
        for form in figure_4(base, tau_dyn).values
        for rate, count in (
            *((rate, counts[0]) for rate in rates),
            *((rates[0], count) for count in counts),
        )
    ]
    labels = [f"{rate:g} Hz" for rate in rates] + [f"{count} sensors" for count in counts]
    varied = ["rate"] * len(rates) + ["sensors"] * len(counts)
    dense = [i >= 2 for values in (rates, counts) for i in range(len(values))]
    cells = grid(settings, form=FORMS, density=labels)
    return cells.assign_coords(varied=("density", varied), dense=("density", dense))


def _by_synapses(power: float, size: tuple[int, int], base: Setting) -> Array:
    """Time constants (s) of the neurons of a size that grow from that of one synapse."""
    counts = synapse_counts(size, base.n_sensors, base.connectivity)
    return OF_ONE_SYNAPSE * np.repeat(counts, (*size, *size)) ** power


def figure_8(
    base: Setting,
    tau_dyn: float,
    sizes: Sequence[tuple[int, int]],
    *,
    reference: tuple[int, int] | None = (5, 4),
) -> xr.DataArray:
    """Two kinds of weights, four leaks and sizes: axes weights, leak, size.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak of the network of the size `reference`, and of all sizes
        where it is fixed (s).
    sizes : sequence of (int, int)
    reference : (int, int), optional
        The size from which leaks that grow are scaled. None: from none, but `OF_ONE_SYNAPSE`
        times the number of synapses, or its root.
    """

    def leak(power: float | None, size: tuple[int, int]) -> float | Array:
        if power is None:
            return 0.0
        if reference is None and power:
            return _by_synapses(power, size, base)
        return scaled_time_constants(
            tau_dyn,
            power,
            sizes=size,
            n_sensors=base.n_sensors,
            reference=reference or size,
            connectivity=base.connectivity,
        )

    settings = [
        leaky(replace(base, weights=weight_distribution(kind, mean), sizes=size), leak(power, size))
        for kind, mean in SIZE_WEIGHTS.values()
        for power in LEAKS.values()
        for size in sizes
    ]
    labels = [f"{a}x{b}" for a, b in sizes]
    return grid(settings, weights=list(SIZE_WEIGHTS), leak=list(LEAKS), size=labels)


def all_networks(
    base: Setting,
    tau_dyn: float,
    *,
    delays: ArrayLike,
    rates: Sequence[float],
    counts: Sequence[int],
    sizes: Sequence[tuple[int, int]],
) -> dict[str, dict[str, xr.DataArray]]:
    """The networks of Figures 5 to 8 and Supplementary Figure 7, in groups.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s).
    delays, rates, counts, sizes
        As in `figure_6`, `figure_7` and `figure_8`; of the delays those above zero.

    Returns
    -------
    dict of form to dict of group to DataArray of Setting
        Axis setting. Sizes have one group of settings without leak, and with leak three times as
        many: one for each way in which it grows.
    """
    autapses = changed(figure_4(base, tau_dyn), partial(replace, autapses=True))
    leaks = figure_8(base, tau_dyn, sizes)
    of_sizes = {
        "no leak": leaks.sel(leak="no leak"),
        "leak": leaks.sel(leak=leaks["leak"] != "no leak"),
    }
    found = {}
    for form in FORMS:
        groups = {
            **{kind: figure_5(base, tau_dyn).sel(form=form, kind=kind) for kind in KINDS},
            "rates, sensors": figure_7(base, tau_dyn, rates, counts).sel(form=form),
            "autapses": autapses.sel(form=form),
            "sizes": of_sizes[form],
            "delays": figure_6(base, tau_dyn, delays).sel(form=form),
        }
        found[form] = {group: _in_a_row(settings) for group, settings in groups.items()}
    return found


def _in_a_row(settings: xr.DataArray) -> xr.DataArray:
    """The settings of a grid along one axis, in its order."""
    cells = settings.values.ravel().tolist()
    return grid(cells, setting=range(len(cells)))


def size_that_keeps(
    base: Setting, tau_dyn: float, sizes: Sequence[tuple[int, int]]
) -> xr.DataArray:
    """Leaks that grow with the root of the synapses, scaled from each size in turn (Figure 8).

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant that the size named by the axis `reference` has (s).
    sizes : sequence of (int, int)

    Returns
    -------
    DataArray of Setting
        Axes reference, weights, size. The last reference is "none", as `figure_8` has it.
    """
    references = [*sizes, None]
    each = [
        figure_8(base, tau_dyn, sizes, reference=size).sel(leak="leak ~ √synapses", drop=True)
        for size in references
    ]
    labels = [*each[0]["size"].values, "none"]
    return xr.concat(each, xr.DataArray(labels, dims="reference", name="reference"))


def static_leaks(base: Setting, constants: ArrayLike) -> xr.DataArray:
    """The weights of Figure 5 with static leaks of many sizes: axes kind, mean, k_static.

    Parameters
    ----------
    base : Setting
        The same random numbers are behind all of them.
    constants : (n_constants,) array
        Values of `k_static`.
    """
    each = check.array("constants", constants, shape=("n_constants",), low=0)
    settings = [
        replace(
            base, weights=weight_distribution(kind, mean), neuron=replace(base.neuron, k_static=k)
        )
        for kind in KINDS
        for mean in MEANS
        for k in each.tolist()
    ]
    return grid(settings, kind=KINDS, mean=MEANS, k_static=each.tolist())
