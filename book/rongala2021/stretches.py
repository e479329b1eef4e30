"""Stretches of activity to draw, and the transients in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from lsm import _validate as check
from lsm.runs import Run
from rongala2021.transients import counted


class Stretch(NamedTuple):
    """A part of a presentation.

    Attributes
    ----------
    presentation : int, optional
        The one with the highest transient, counted from 1; None if there is no transient.
    at : float, optional
        When the transient is highest (s from the start of the presentation).
    start, end : float
        Of the part (s from the start of any presentation).
    """

    presentation: int | None
    at: float | None
    start: float
    end: float


def around_highest(height: xr.DataArray, *, width: float = 0.4, skip: float = 0.0) -> Stretch:
    """The stretch around the highest transient: it lies amid it, or as near as the ends allow.

    Parameters
    ----------
    height : DataArray over presentation, time
        Of the transient that is highest at that step, 0 where there is none; time (s) from the
        start of each presentation.
    width : float
        Of the stretch (s). The middle is taken where there is no transient, and the whole of a
        shorter presentation.
    skip : float
        Start of the record in which no transient is looked for (s).

    Returns
    -------
    Stretch
        From a full hundredth of a second on, unless the ends forbid it.
    """
    check.number("width", width, above=0)
    check.number("skip", skip, low=0)
    time = height["time"].values
    length = len(time) * float(time[1] - time[0])
    width = min(width, length)
    values = height.transpose("presentation", "time").values.copy()
    values.reshape(-1)[: np.searchsorted(time, skip)] = 0.0
    if not values.any():
        start = (length - width) / 2
        return Stretch(None, None, start, start + width)
    row, step = np.unravel_index(values.argmax(), values.shape)
    at = float(time[step])
    start = float(np.clip(round(at - width / 2, 2), 0.0, length - width))
    return Stretch(int(height["presentation"][row]), at, start, start + width)


def stretches(
    runs: Mapping[str, Run],
    neurons: Sequence[str],
    shown: Sequence[int],
    *,
    width: float = 0.4,
    skip: float = 0.0,
) -> dict[str, xr.Dataset]:
    """Activity of each neuron around its highest transient, in this and other presentations.

    Parameters
    ----------
    runs : mapping of form to Run
        Of the same size. The stretch is chosen in the first one.
    neurons : sequence of str
        Their names.
    shown : sequence of int
        Presentations, counted from 1; that of the highest transient is added.
    width, skip : float
        As in `around_highest`.

    Returns
    -------
    dict of neuron to Dataset over form, presentation, time
        `activity` (a.u.), and `transient`: the height of the one that is counted and highest at
        that step (a.u. above 100 Hz), 0 where there is none; time (s) from the start of each
        presentation. Attributes: those of the `Stretch`, and the number `counted` in each run.
    """
    first = next(iter(runs.values()))
    setting, names = first.setting, first.network.names
    some = [names.index(name) for name in neurons]
    shape = (len(some), setting.n_presentations, -1)
    found = [counted(each, neurons=some) for each in runs.values()]
    heights = np.zeros((len(runs), len(some), first.activity.shape[-1]))
    for of_run, each in zip(heights, found, strict=True):
        for row, transients in zip(of_run, each, strict=True):
            row[transients.step] = transients.height
    axes = ("form", "neuron", "presentation", "time")
    activity = np.stack([each.activity[some].reshape(shape) for each in runs.values()])
    cut = xr.Dataset(
        {"activity": (axes, activity), "transient": (axes, heights.reshape(activity.shape))},
        coords={
            "form": list(runs),
            "neuron": list(neurons),
            "presentation": np.arange(setting.n_presentations) + 1,
            "time": setting.dt * np.arange(activity.shape[-1]),
        },
    )
    drawn = {}
    for i, name in enumerate(neurons):
        of_one = cut.sel(neuron=name, drop=True)
        stretch = around_highest(of_one["transient"].isel(form=0), width=width, skip=skip)
        rows = sorted({*shown, stretch.presentation or shown[0]})
        ends = (end - setting.dt / 2 for end in (stretch.start, stretch.end))
        part = of_one.sel(presentation=rows, time=slice(*ends))
        numbers = {"counted": [each[i].step.size for each in found]}
        drawn[name] = part.assign_attrs(stretch._asdict() | numbers)
    return drawn


def told(drawn: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """How many transients each neuron has in its runs, and where its highest one is.

    Parameters
    ----------
    drawn : mapping of neuron to Dataset
        From `stretches`.
    """
    rows = []
    for name, each in drawn.items():
        numbers = dict(zip(each["form"].values, each.attrs["counted"], strict=True))
        row = {"neuron": name} | {f"transients, {form}": n for form, n in numbers.items()}
        for head, key in (("highest in presentation", "presentation"), ("at (s)", "at")):
            value = each.attrs[key]
            row[head] = "none" if value is None else f"{value:.4g}"
        rows.append(row)
    return pd.DataFrame(rows)
