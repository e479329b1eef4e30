"""The isolated neuron under repeated sensory input: its models, and how faithfully each follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.dynamics import izhikevich_response, lsm_response
from lsm.inputs import bin_spikes, convolve_psp
from lsm.neurons import Izhikevich
from lsm.sweeps import Setting, generators, sensory_spikes

#: Models in the order of all results of this module.
MODELS = ("no leak", "leak", "Izhikevich")

# Models whose spikes are held in memory at a time.
_N_BATCH = 45


class Trial(NamedTuple):
    """What one neuron does in repeated presentations, by each model.

    Attributes
    ----------
    trains : (n_sensors, n_spikes) array
        Reference spike times of one presentation (s).
    source : (n_steps,) array
        Summed, weighted input of the reference, without jitter (a.u.).
    total : (n_presentations, n_steps) array
        Summed, weighted input of each presentation (a.u.).
    outputs : (3, n_presentations, n_steps) array
        Output of each of `MODELS` (a.u.); Izhikevich's spikes as potentials (Eq. 6).
    n_spikes : int
        Spikes of the Izhikevich neuron in all presentations.
    """

    trains: Array
    source: Array
    total: Array
    outputs: Array
    n_spikes: int


def _inputs(setting: Setting, weight: float, seed: int, repeat: int) -> tuple[Array, ...]:
    """Reference trains, their summed input, all sensors' inputs, and the synapses' weights."""
    check.number("weight", weight, above=0)
    dt = setting.dt
    n_steps = round(setting.duration / dt)
    reference, times = sensory_spikes(setting, rng=generators(setting, seed, repeat)[0])
    # A reference spike may lie on the very end of its presentation.
    within = np.minimum(reference, np.nextafter(setting.duration, 0.0))
    source = weight * convolve_psp(
        bin_spikes(within, n_steps, dt=dt), dt=dt, kernel=setting.kernel
    ).sum(axis=0)
    spikes = bin_spikes(times, setting.n_presentations * n_steps, dt=dt)
    inputs = convolve_psp(spikes, dt=dt, kernel=setting.kernel)
    return reference, source, inputs, np.full(setting.n_sensors, float(weight))


def trial(
    setting: Setting,
    tau_dyn: float,
    *,
    weight: float,
    izhikevich: Izhikevich | None = None,
    n_substeps: int = 1,
    seed: int,
    repeat: int = 0,
) -> Trial:
    """Present the same input to all models of an isolated neuron.

    Parameters
    ----------
    setting : Setting
        Its input; its neuron is the linear summation neuron without dynamic leak.
    tau_dyn : float
        Time constant of the neuron with dynamic leak (s).
    weight : float
        Of every synapse, the same for all models.
    izhikevich : Izhikevich, optional
        Regular spiking (Table 1) by default.
    n_substeps : int
        Euler steps of the Izhikevich neuron in each step.
    seed, repeat : int
        As in `run`.

    Returns
    -------
    Trial

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    dt = setting.dt
    reference, source, inputs, weights = _inputs(setting, weight, seed, repeat)
    spikes = izhikevich_response(
        inputs, weights, izhikevich or Izhikevich(), dt=dt, n_substeps=n_substeps
    )
    leaky = replace(setting.neuron, tau_dyn=tau_dyn)
    outputs = [
        lsm_response(inputs, weights, setting.neuron, dt=dt),
        lsm_response(inputs, weights, leaky, dt=dt),
        convolve_psp(spikes, dt=dt, kernel=setting.kernel),
    ]
    shape = (setting.n_presentations, -1)
    total = (weights @ inputs).reshape(shape)
    return Trial(
        reference, source, total, np.reshape(outputs, (3, *total.shape)), int(spikes.sum())
    )


class Faithfulness(NamedTuple):
    """How the outputs of a trial follow its input.

    Attributes
    ----------
    r, rho : (3, n_presentations) array
        The paper's index and Pearson's correlation of each of `MODELS` with the input of the
        same presentation; 0 where a model is silent.
    r_reference, rho_reference : (3, n_presentations) array
        The same with the input of the reference, without jitter.
    rho_mean_input, rho_mean_reference : float
        Pearson's correlation of the mean output without leak with the mean input, and with the
        reference.
    noise_ratio : float
        Power above 100 Hz of what differs from the mean over presentations, without leak over
        with leak.
    share_above_30_hz : (4,) array
        Share of the power of the input, and of each model's output, above 30 Hz.
    """

    r: Array
    rho: Array
    r_reference: Array
    rho_reference: Array
    rho_mean_input: float
    rho_mean_reference: float
    noise_ratio: float
    share_above_30_hz: Array


def faithfulness(found: Trial, *, dt: float) -> Faithfulness:
    """Measure how the outputs of a trial follow its input.

    Parameters
    ----------
    found : Trial
    dt : float
        Step (s).

    Returns
    -------
    Faithfulness
    """
    outputs, total, source = found.outputs, found.total, found.source
    mean = outputs[0].mean(axis=0)
    noise = outputs[:2] - outputs[:2].mean(axis=1, keepdims=True)
    loud = measures.band_power(noise, (measures.HIGH_FREQUENCY, np.inf), dt=dt).mean(axis=-1)
    signals = np.concatenate([total[None], outputs])
    high = measures.band_power(signals, (30.0, np.inf), dt=dt).mean(axis=-1)
    whole = measures.band_power(signals, (0.0, np.inf), dt=dt).mean(axis=-1)
    share = np.divide(high, whole, out=np.full(4, np.nan), where=whole > 0)
    return Faithfulness(
        r=np.nan_to_num(measures.correlation(outputs, total)),
        rho=np.nan_to_num(measures.pearson(outputs, total)),
        r_reference=np.nan_to_num(measures.correlation(outputs, source)),
        rho_reference=np.nan_to_num(measures.pearson(outputs, source)),
        rho_mean_input=float(measures.pearson(mean, total.mean(axis=0))),
        rho_mean_reference=float(measures.pearson(mean, source)),
        noise_ratio=float(loud[0] / loud[1]),
        share_above_30_hz=share,
    )


def izhikevich_faithfulness(
    setting: Setting,
    models: Sequence[Izhikevich],
    *,
    weight: float,
    n_substeps: int = 1,
    seed: int,
    repeat: int = 0,
) -> tuple[Array, Array]:
    """The paper's index of many Izhikevich neurons under the input of `trial`.

    Parameters
    ----------
    setting, weight, n_substeps, seed, repeat
        As in `trial`.
    models : sequence of Izhikevich

    Returns
    -------
    tuple of (n_models,) array
        r and Pearson's rho with the input, mean over presentations; 0 where a model is silent.
    """
    dt = setting.dt
    _, _, inputs, weights = _inputs(setting, weight, seed, repeat)
    total = (weights @ inputs).reshape(setting.n_presentations, -1)
    r, rho = [], []
    for first in range(0, len(models), _N_BATCH):
        batch = models[first : first + _N_BATCH]
        spikes = izhikevich_response(inputs, weights, batch, dt=dt, n_substeps=n_substeps)
        outputs = convolve_psp(spikes, dt=dt, kernel=setting.kernel).reshape(-1, *total.shape)
        r.append(np.nan_to_num(measures.correlation(outputs, total)).mean(axis=-1))
        rho.append(np.nan_to_num(measures.pearson(outputs, total)).mean(axis=-1))
    return np.concatenate(r), np.concatenate(rho)
