"""Controls for the claims on the isolated neuron: systems of which a sentence is false, or true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from lsm import _steps
from lsm import _validate as check
from lsm.dynamics import lsm_response
from lsm.inputs import bin_spikes, convolve_psp
from lsm.neurons import HodgkinHuxley
from lsm.runs import Run, Setting, generators, run, sensory_spikes
from rongala2021.single import (
    MODELS,
    Drive,
    Likeness,
    Trial,
    Variation,
    drive,
    likeness_of,
    trial,
    variation_of,
)


def threshold_and_delay(found: Drive, *, k_static: ArrayLike, tau_dyn: ArrayLike) -> Variation:
    """Constants that do something else than leaks: a control for claims 2a and 2c.

    The static leak constant is subtracted from the input in place of dividing it, so that the
    largest one takes away the mean input: it lowers the activity and cuts off more and more of its
    shape. The dynamic leak delays the activity by its time constant and smooths nothing.

    Parameters
    ----------
    found : Drive
    k_static : (n_k,) array
    tau_dyn : (n_tau,) array
        Seconds.

    Returns
    -------
    Variation
    """
    ks, taus = np.asarray(k_static, dtype=np.float64), np.asarray(tau_dyn, dtype=np.float64)
    dt = found.setting.dt
    total = found.weights @ found.inputs
    by_k = np.maximum(total - ks[:, None] / ks.max() * total.mean(), 0.0)
    activity = lsm_response(found.inputs, found.weights, found.setting.neuron, dt=dt)
    by_tau = np.zeros((taus.size, activity.size))
    for row, late in zip(by_tau, _steps.nearest(taus / dt).astype(int), strict=True):
        row[late:] = activity[: activity.size - late]
    return variation_of(by_k, by_tau, longest=float(taus.max()), dt=dt)


def relay_of_other_trains(
    setting: Setting, *, tau_dyn: float, weight: float, seed: int, repeat: int = 0
) -> Trial:
    """A trial in which all models relay the input of the next repeat: a control for claim 3a.

    Parameters
    ----------
    setting, tau_dyn, weight, seed, repeat
        As in `trial`.

    Returns
    -------
    Trial
    """
    found = trial(setting, tau_dyn=tau_dyn, weight=weight, seed=seed, repeat=repeat)
    other = drive(setting, weight=weight, seed=seed, repeat=repeat + 1)
    relayed = (other.weights @ other.inputs).reshape(found.total.shape)
    return found._replace(outputs=np.stack([relayed] * len(MODELS)))


def halved(setting: Setting, *, tau_dyn: float, weight: float, seed: int, repeat: int = 0) -> Trial:
    """A trial whose leaky output is half of that without leak: a control for claim 3b.

    It is weaker than the other, and as noisy.

    Parameters
    ----------
    setting, tau_dyn, weight, seed, repeat
        As in `trial`.

    Returns
    -------
    Trial
    """
    found = trial(setting, tau_dyn=tau_dyn, weight=weight, seed=seed, repeat=repeat)
    no_leak, _, spiking = found.outputs
    return found._replace(outputs=np.stack([no_leak, no_leak / 2, spiking]))


def clockwork(
    setting: Setting,
    *,
    interval: float,
    tau_dyn: float,
    weight: float,
    seed: int,
    repeat: int = 0,
) -> Trial:
    """A trial whose spiking neuron fires at even intervals: a control for claim 3e.

    Parameters
    ----------
    setting, tau_dyn, weight, seed, repeat
        As in `trial`.
    interval : float
        Between its spikes, whatever the input (s).

    Returns
    -------
    Trial

    Raises
    ------
    ValueError
        If the interval is shorter than a step.
    """
    check.number("interval", interval, low=setting.dt)
    found = trial(setting, tau_dyn=tau_dyn, weight=weight, seed=seed, repeat=repeat)
    spikes = np.zeros((1, found.total.size))
    spikes[:, :: _steps.n_steps("interval", interval, setting.dt)] = 1.0
    regular = convolve_psp(spikes, dt=setting.dt, kernel=setting.kernel)
    outputs = np.stack([*found.outputs[:2], regular.reshape(found.total.shape)])
    return found._replace(outputs=outputs, n_spikes=int(spikes.sum()))


def with_lsm_as_spiking(quality: xr.Dataset) -> xr.Dataset:
    """The LSM without leak in the place of the Izhikevich neuron: for claims 3c, 3e and S4.

    Parameters
    ----------
    quality : Dataset
        Of `single.faithfulness`.
    """
    places = {
        axis: ["no leak" if name == "Izhikevich" else name for name in quality[axis].values]
        for axis in ("model", "signal")
    }
    return quality.sel(places).assign_coords({axis: quality[axis] for axis in places})


def with_lsm_as_models(
    models: xr.Dataset, quality: xr.Dataset, rates: Sequence[float]
) -> xr.Dataset:
    """The LSM without leak in the place of all Izhikevich neurons at some rates: for claim 3g.

    Parameters
    ----------
    models, quality : Dataset
        Of `single.izhikevich_faithfulness` and `single.faithfulness`, over rate and input.
    rates : sequence of float
        Where it takes their place (Hz).
    """
    followed = quality[["r", "rho"]].sel(model="no leak", drop=True).mean("presentation")
    kept = ~models["rate"].isin(list(rates))
    return models[["r", "rho"]].where(kept, followed)


def two_drives(
    setting: Setting, *, weight: float, seed: int, repeat: int = 0
) -> tuple[Drive, Drive]:
    """The sensory inputs of a repeat and of the next, whose trains are others.

    Parameters
    ----------
    setting, weight, seed, repeat
        As in `single.drive`.

    Returns
    -------
    tuple of two Drive
    """
    first, second = (
        drive(setting, weight=weight, seed=seed, repeat=each) for each in (repeat, repeat + 1)
    )
    return first, second


def unrelated_likeness(
    found: tuple[Drive, Drive], *, tau_dyn: float, membrane: HodgkinHuxley
) -> Likeness:
    """How alike the neuron and the H-H membrane are under different inputs: for claim S1.

    Parameters
    ----------
    found : tuple of two Drive
        Of the neuron, and of the membrane.
    tau_dyn, membrane
        As in `single.membrane_likeness`.

    Returns
    -------
    Likeness
    """
    return likeness_of(*found, tau_dyn=tau_dyn, membrane=membrane)


def spikes_alone(setting: Setting, *, seed: int, repeat: int = 0) -> Run:
    """The run of a setting whose input is spikes and not their potentials: a control for claim S5.

    Parameters
    ----------
    setting, seed, repeat
        As in `lsm.run`.

    Returns
    -------
    Run
        Of its input alone: network and activity are those of the potentials.
    """
    _, times = sensory_spikes(setting, rng=generators(setting, seed, repeat)[0])
    found = run(setting, seed=seed, repeat=repeat)
    return found._replace(inputs=bin_spikes(times, found.inputs.shape[1], dt=setting.dt))
