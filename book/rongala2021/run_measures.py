"""What is measured on one run of a network; arrays name their axes for `scale.sweep_grid`."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.runs import Run
from rongala2021.spectra import Spectrum

#: A neuron whose power is below this share of the strongest one's is silent: what is left of its
#: start is no dynamics.
SILENT = 1e-10


class Spectra(NamedTuple):
    """Maximum power in each presentation.

    Attributes
    ----------
    neurons : (n_neurons, n_freqs, n_presentations) array
    sensors : (n_sensors, n_freqs, n_presentations) array
    """

    neurons: Annotated[Array, "neuron", "frequency", "presentation"]
    sensors: Annotated[Array, "sensor", "frequency", "presentation"]


def spectra(result: Run, *, spectrum: Spectrum) -> Spectra:
    """Maximum power of every neuron and sensor in each presentation of a run.

    Parameters
    ----------
    result : Run
    spectrum : Spectrum

    Returns
    -------
    Spectra
    """
    signals = np.concatenate([result.activity, result.inputs])
    power = spectrum.in_presentations(signals, result.setting)
    return Spectra(*np.split(power, [result.network.n_neurons]))


def _without_silent(power: Array) -> Array:
    """Power of (n_neurons, ...) with zeros for neurons that count as silent."""
    each = power.reshape(len(power), -1).max(axis=-1)
    return np.where((each > SILENT * each.max())[(...,) + (None,) * (power.ndim - 1)], power, 0.0)


class HighFrequencies(NamedTuple):
    """High-frequency content of a run, as the claims of Figure 4 need it.

    Attributes
    ----------
    power : (n_freqs,) array
        Maximum power in a presentation, mean over presentations and neurons (a.u.²).
    gain : (n_freqs,) array
        Of that over the input's, 1 on average from 4 to 30 Hz.
    hf : float
        High-frequency ratio of the network's mean power.
    hf_neuron : (n_neurons,) array
        Of each neuron; NaN for a silent one.
    hf_presentation : (n_neurons, n_presentations) array
        Of each neuron in each presentation, relative to the input of the same presentation.
    activity : (n_neurons,) array
        Mean of what each neuron sends (a.u.).
    """

    power: Annotated[Array, "frequency"]
    gain: Annotated[Array, "frequency"]
    hf: float
    hf_neuron: Annotated[Array, "neuron"]
    hf_presentation: Annotated[Array, "neuron", "presentation"]
    activity: Annotated[Array, "neuron"]


def high_frequencies(result: Run, *, spectrum: Spectrum) -> HighFrequencies:
    """Measure the high-frequency content of a run.

    Parameters
    ----------
    result : Run
    spectrum : Spectrum

    Returns
    -------
    HighFrequencies
    """
    freqs = spectrum.freqs
    power = spectra(result, spectrum=spectrum)
    neurons = _without_silent(power.neurons)
    sensors = power.sensors.mean(axis=0)
    source = sensors.mean(axis=-1)
    network = power.neurons.mean(axis=(0, 2))
    ratio = measures.high_frequency_ratio
    return HighFrequencies(
        power=network,
        gain=measures.gain(network, source, freqs),
        hf=float(ratio(network, source, freqs)),
        hf_neuron=ratio(neurons.mean(axis=-1), source, freqs),
        hf_presentation=ratio(np.moveaxis(neurons, -1, -2), sensors.T, freqs),
        activity=np.maximum(result.activity, 0.0).mean(axis=-1),
    )


class Power(NamedTuple):
    """What is kept of each network of a population.

    Attributes
    ----------
    power : (n_freqs,) array
        Maximum power in a presentation, mean over presentations and neurons (a.u.²).
    activity : float
        Mean of what neurons send, mean over neurons.
    variance : float
        Of what is recorded of them, mean over neurons.
    n_silent : int
        Neurons whose activity stays below 1e-6 a.u. after the first presentation.
    """

    power: Annotated[Array, "frequency"]
    activity: float
    variance: float
    n_silent: int


def network_power(result: Run, *, spectrum: Spectrum) -> Power:
    """Mean maximum power of a network's neurons.

    Parameters
    ----------
    result : Run
    spectrum : Spectrum

    Returns
    -------
    Power
    """
    activity, n_windows = result.activity, result.setting.n_presentations
    found = spectrum.in_presentations(activity, result.setting)
    later = activity[:, activity.shape[-1] // n_windows if n_windows > 1 else 0 :]
    return Power(
        power=found.mean(axis=(0, -1)),
        activity=float(np.maximum(activity, 0.0).mean()),
        variance=float(activity.var(axis=-1).mean()),
        n_silent=int((later.max(axis=-1) < 1e-6).sum()),
    )


class InputPower(NamedTuple):
    """Maximum power of the sensory input.

    Attributes
    ----------
    power : (n_freqs, n_presentations) array
        Mean over sensors (a.u.²).
    """

    power: Annotated[Array, "frequency", "presentation"]


def input_power(result: Run, *, spectrum: Spectrum) -> InputPower:
    """Mean maximum power of a run's sensors.

    Parameters
    ----------
    result : Run
    spectrum : Spectrum

    Returns
    -------
    InputPower
    """
    return InputPower(spectrum.in_presentations(result.inputs, result.setting).mean(axis=0))


def read_out(result: Run, *, n_steps: int = 1) -> tuple[Array, Array]:
    """Linear read-out of the sensors from the activity of all neurons (beyond the paper).

    Fitted by least squares to every other presentation, and judged in those between.

    Parameters
    ----------
    result : Run
    n_steps : int
        How many steps of activity it reads, the present one and those before it.

    Returns
    -------
    estimate : (n_sensors, n) array
        Of the sensors, over the whole run.
    explained : (n_sensors,) array
        Share of each sensor's variance that it explains in the presentations that it was not
        fitted to; negative if it is worse than the mean.

    Raises
    ------
    ValueError
        If there are fewer than two presentations.
    """
    check.integer("n_steps", n_steps, low=1)
    setting, n = result.setting, result.activity.shape[1]
    if setting.n_presentations < 2:
        raise ValueError(
            f"n_presentations: expected at least 2, one to fit and one to judge by, got "
            f"{setting.n_presentations}"
        )
    late = [np.pad(result.activity, [(0, 0), (k, 0)])[:, :n] for k in range(n_steps)]
    read = np.concatenate([*late, np.ones((1, n))])
    presentation = np.arange(n) * setting.n_presentations // n
    fitted, judged = presentation % 2 == 0, presentation % 2 == 1
    weights, *_ = np.linalg.lstsq(read[:, fitted].T, result.inputs[:, fitted].T)
    estimate = weights.T @ read
    error = ((result.inputs - estimate)[:, judged] ** 2).mean(axis=1)
    return estimate, 1 - error / result.inputs[:, judged].var(axis=1)
