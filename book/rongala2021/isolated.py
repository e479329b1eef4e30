"""The isolated neuron under one input, as labelled arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm import _steps
from lsm._validate import Array
from lsm.dynamics import lsm_response
from lsm.inputs import bin_spikes, convolve_psp
from lsm.neurons import LSM
from rongala2021.single import MODELS, Drive, Trial, by_constants


def _times(n_steps: int, dt: float) -> Array:
    return dt * np.arange(n_steps, dtype=np.float64)


def responses(
    trains: ArrayLike,
    weights: ArrayLike,
    neuron: LSM,
    *,
    tau_dyn: float,
    duration: float,
    dt: float,
) -> xr.Dataset:
    """Potentials that spike trains evoke, and what the neuron makes of them (Figure 1).

    Parameters
    ----------
    trains : (n_synapses, n_spikes) array
        Spike times (s).
    weights : (n_synapses,) array
        Negative for inhibitory synapses.
    neuron : LSM
        Without dynamic leak.
    tau_dyn : float
        Time constant of the neuron with dynamic leak (s).
    duration, dt : float
        Length of the record, and step (s).

    Returns
    -------
    Dataset over time (s)
        Weighted sums `excitatory_psp`, `inhibitory_psp` and `summed_input`, and the activities
        `activity_no_leak` and `activity_leak` (a.u.).
    """
    n_steps = _steps.n_steps("duration", duration, dt)
    inputs = convolve_psp(bin_spikes(trains, n_steps, dt=dt), dt=dt)
    w = np.asarray(weights, dtype=np.float64)
    rows = {
        "excitatory_psp": np.maximum(w, 0) @ inputs,
        "inhibitory_psp": np.minimum(w, 0) @ inputs,
        "summed_input": w @ inputs,
        "activity_no_leak": lsm_response(inputs, w, neuron, dt=dt),
        "activity_leak": lsm_response(inputs, w, replace(neuron, tau_dyn=tau_dyn), dt=dt),
    }
    each = {name: ("time", row) for name, row in rows.items()}
    return xr.Dataset(each, coords={"time": _times(n_steps, dt)})


def activity_by(found: Drive, constant: str, values: ArrayLike) -> xr.DataArray:
    """Activity at many values of one constant of the neuron, as `single.by_constants`.

    Parameters
    ----------
    found : Drive
    constant : {"k_static", "tau_dyn"}
    values : (n_values,) array

    Returns
    -------
    DataArray over the constant and time (s)
    """
    each = np.asarray(values, dtype=np.float64)
    rows = by_constants(found, **({"k_static": [], "tau_dyn": []} | {constant: each}))
    activity = rows[("k_static", "tau_dyn").index(constant)]
    times = _times(activity.shape[-1], found.setting.dt)
    return xr.DataArray(activity, coords={constant: each, "time": times}, name="activity")


def labelled_trial(found: Trial, *, dt: float) -> xr.Dataset:
    """A trial of `single.trial` with named axes.

    Parameters
    ----------
    found : Trial
    dt : float
        Step (s).

    Returns
    -------
    Dataset
        `spike_time` (s) over sensor and spike; `source` over time (s); `output` over model,
        presentation and time (a.u.).
    """
    _, n_presentations, n_steps = found.outputs.shape
    return xr.Dataset(
        {
            "spike_time": (("sensor", "spike"), found.trains),
            "source": ("time", found.source),
            "output": (("model", "presentation", "time"), found.outputs),
        },
        coords={
            "sensor": np.arange(len(found.trains)) + 1,
            "model": list(MODELS),
            "presentation": np.arange(n_presentations) + 1,
            "time": _times(n_steps, dt),
        },
    )
