"""The power of many networks of each setting of a grid, and of what drives them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import xarray as xr

from lsm.sweeps import Setting
from rongala2021.run_measures import input_power, network_power
from rongala2021.scale import Scale, changed, grid, sweep_grid, with_networks

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


def _population(settings: xr.DataArray, scale: Scale) -> xr.Dataset:
    found = sweep_grid(partial(network_power, spectrum=scale.spectrum), settings, scale)
    return found.assign(input=_input_of(settings, scale))


def population(
    settings: xr.DataArray,
    scale: Scale,
    *,
    n_drawn: int | None = None,
    n_short: int | None = None,
) -> xr.Dataset:
    """Measure the power of many networks of each setting.

    Parameters
    ----------
    settings : DataArray of Setting
    scale : Scale
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
        return _population(settings, scale)
    if n_drawn > scale.n_networks:
        raise ValueError(f"n_drawn: expected at most {scale.n_networks} networks, got {n_drawn}")
    drawn = _population(settings, with_networks(scale, n_drawn))
    if n_drawn == scale.n_networks:
        return drawn
    short = changed(settings, lambda s: replace(s, n_presentations=n_short))
    beyond = replace(scale, first=scale.first + n_drawn, n_networks=scale.n_networks - n_drawn)
    return xr.concat([drawn, _population(short, beyond)], "network")


def grouped(found: xr.Dataset, n_draws: int) -> xr.Dataset:
    """Networks in groups of so many, as the paper averages: `network` becomes `group`, `draw`."""
    n_groups = found.sizes["network"] // n_draws
    index = {"group": np.arange(n_groups), "draw": np.arange(n_draws)}
    cut = found.isel(network=slice(n_groups * n_draws)).drop_vars("network")
    return cut.coarsen(network=n_draws).construct(network=("group", "draw")).assign_coords(index)
