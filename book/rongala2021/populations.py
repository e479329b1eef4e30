"""The power of many networks of each setting of a grid, and of what drives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from lsm import _validate as check
from lsm.runs import Run, Setting, generators, respond, run, sensory_input
from rongala2021.grids import changed, grid
from rongala2021.run_measures import input_power, network_power
from rongala2021.scale import Scale, sweep_grid, with_networks

Draw = Callable[..., Any]
# What of a setting its sensory input depends on.
_OF_INPUT = (
    "n_sensors",
    "rate",
    "n_presentations",
    "duration",
    "jitter",
    "law",
    "kernel",
    "dt",
    "stream",
)


def _input_of(settings: xr.DataArray, scale: Scale) -> xr.DataArray:
    """Mean maximum power of the sensors of each setting and network, each input measured once."""
    driving = [
        replace(Setting(), **{name: getattr(s, name) for name in _OF_INPUT})
        for s in settings.values.ravel()
    ]
    # Settings are equal as objects only if they are the same one: told apart by their text.
    names = [repr(s) for s in driving]
    unique = dict(zip(names, driving, strict=True))
    measure = partial(input_power, spectrum=scale.spectrum)
    found = sweep_grid(measure, grid(list(unique.values()), drive=list(unique)), scale)
    power = found["power"].mean("presentation").sel(drive=names)
    return xr.DataArray(
        power.values.reshape(*settings.shape, *power.shape[1:]),
        dims=(*settings.dims, "network", "frequency"),
    )


def _population(
    settings: xr.DataArray, scale: Scale, draw: Draw | None, input_of_draw: bool
) -> xr.Dataset:
    measure = partial(network_power, spectrum=scale.spectrum)
    found = sweep_grid(measure, settings, scale, draw=draw)
    if not input_of_draw:
        return found.assign(input=_input_of(settings, scale))
    heard = sweep_grid(partial(input_power, spectrum=scale.spectrum), settings, scale, draw=draw)
    return found.assign(input=heard["power"].mean("presentation"))


def population(
    settings: xr.DataArray,
    scale: Scale,
    *,
    draw: Draw | None = None,
    input_of_draw: bool = False,
    n_drawn: int | None = None,
    n_short: int | None = None,
) -> xr.Dataset:
    """Measure the power of many networks of each setting.

    Parameters
    ----------
    settings : DataArray of Setting
    scale : Scale
    draw : callable, optional
        As in `lsm.sweep`: a control in place of the network.
    input_of_draw : bool
        Whether the input is measured as it is drawn; else it is that of the network.
    n_drawn : int, optional
        Networks that a figure draws, if those behind its verdicts have fewer presentations: the
        mean of the maxima is the same, its scatter a little wider.
    n_short : int, optional
        Presentations to the networks beyond those drawn.

    Returns
    -------
    Dataset
        Over the axes of the grid and `network`: `power` and that of the `input`, over `frequency`
        (a.u.²); `activity` and `variance`, mean over neurons; and `n_silent` neurons.

    Raises
    ------
    ValueError
        If more networks are drawn than measured.
    """
    if n_drawn is None or n_short is None:
        return _population(settings, scale, draw, input_of_draw)
    if n_drawn > scale.n_networks:
        raise ValueError(f"n_drawn: expected at most {scale.n_networks} networks, got {n_drawn}")
    drawn = _population(settings, with_networks(scale, n_drawn), draw, input_of_draw)
    if n_drawn == scale.n_networks:
        return drawn
    short = changed(settings, lambda s: replace(s, n_presentations=n_short))
    beyond = replace(scale, first=scale.first + n_drawn, n_networks=scale.n_networks - n_drawn)
    more = _population(short, beyond, draw, input_of_draw)
    return xr.concat([drawn, more], "network")


def grouped(found: xr.Dataset, n_draws: int) -> xr.Dataset:
    """Networks in groups of so many, as the paper averages: `network` becomes `group`, `draw`."""
    n_groups = found.sizes["network"] // n_draws
    index = {"group": np.arange(n_groups), "draw": np.arange(n_draws)}
    cut = found.isel(network=slice(n_groups * n_draws)).drop_vars("network")
    return cut.coarsen(network=n_draws).construct(network=("group", "draw")).assign_coords(index)


def group_means(found: xr.Dataset, n_draws: int) -> xr.Dataset:
    """Mean power, input and activity of each group of so many networks."""
    return grouped(found, n_draws)[["power", "input", "activity"]].mean("draw")


def mean_signal(
    setting: Setting,
    *,
    n_draws: int,
    of_neurons: bool = False,
    own_inputs: bool = False,
    seed: int,
    repeat: int = 0,
) -> Run:
    """The mean activity of several networks: their "average signal" in Figure 5, taken literally.

    Parameters
    ----------
    setting : Setting
    n_draws : int
        Networks, each with its own weights: of the repeats from `n_draws` times `repeat` on, as
        in `grouped`.
    of_neurons : bool
        Whether the mean is over all neurons too, else neuron by neuron.
    own_inputs : bool
        Whether each network has an input of its own, and the run their mean; else all have that
        of `repeat`.
    seed, repeat
        As in `lsm.run`.

    Returns
    -------
    Run
        Its activity is that of no network: for measures of the activity alone.
    """
    check.integer("n_draws", n_draws, low=1)
    inputs = sensory_input(setting, rng=generators(setting, seed, repeat)[0])
    # What a run draws of a network does not depend on how long it is.
    length = setting.n_presentations if own_inputs else 1
    drawn = replace(setting, n_presentations=length)
    signals, heard = [], []
    for each in range(n_draws * repeat, n_draws * (repeat + 1)):
        found = run(drawn, seed=seed, repeat=each)
        if not own_inputs:
            found = respond(setting, found.network, inputs)
        signals.append(found.activity)
        heard.append(found.inputs)
    average = np.mean(signals, axis=0)
    if of_neurons:
        average = average.mean(axis=0, keepdims=True)
    return Run(setting, found.network, np.mean(heard, axis=0) if own_inputs else inputs, average)
