"""Linear theory of a run: stability around its states, and the response to its input."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.dynamics import leak_gain, simulate
from lsm.neurons import time_constants
from lsm.runs import Run, Setting
from lsm.theory import jacobian, linear_response, spectral_radius
from rongala2021.controls import check_together
from rongala2021.run_measures import spectra
from rongala2021.spectra import Spectrum

# Frequencies whose responses are held in memory at a time.
_N_FREQS = 1000
# Distance (Hz) of the frequencies at which the response is computed. Those of a record lie closer;
# between them the response of a network that forgets within a second hardly differs.
_RESOLUTION = 1.0


def _check_linear(setting: Setting) -> None:
    check_together(setting)
    if setting.recorded != "activity":
        raise ValueError(f"recorded: expected 'activity', got {setting.recorded!r}")


class Stability(NamedTuple):
    """Linear stability of a run.

    Attributes
    ----------
    at_mean : float
        Spectral radius of the update at the mean activity.
    at_instants : (n_instants,) array
        The same at instants evenly spread over the run, the last step among them.
    remainder : float
        What is left of a perturbation in the last tenth of the run, over the most that it did:
        NaN if it did nothing.
    motion : float
        How far any activity still moves in the last tenth of a run of the same length under the
        constant mean input (a.u.).
    """

    at_mean: float
    at_instants: Annotated[Array, "instant"]
    remainder: float
    motion: float


def _radii(result: Run, steps: NDArray[np.int64]) -> Array:
    """Spectral radius of the update at some steps of a run, (n_steps,)."""
    network, setting = result.network, result.setting
    points = [(result.inputs[:, t], result.activity[:, t - 1]) for t in steps]
    if network.delays.any() or not points:
        radii = [spectral_radius(network, setting.neuron, *p, dt=setting.dt) for p in points]
        return np.array(radii, dtype=np.float64)
    # Without delays the updates are small, and take much less time together.
    neuron, n = setting.neuron, network.n_neurons
    gain = leak_gain(time_constants(neuron, n), setting.dt, neuron.solver)[:, None]
    slopes = np.stack([jacobian(network, neuron, *p)[0] for p in points])
    return np.abs(np.linalg.eigvals(gain * slopes + np.eye(n) * (1 - gain))).max(axis=-1)


def stability(result: Run, *, n_instants: int = 20) -> Stability:
    """Spectral radius at the mean activity of a run and at instants evenly spread over it.

    And two tests that need no linearisation. The fate of a perturbation: the run is repeated with
    1 a.u. more of total input to every neuron at one step, a tenth of the way into it. And whether
    the network moves by itself: a run with the input held at its mean.

    Parameters
    ----------
    result : Run
    n_instants : int
        0 for the mean alone.

    Returns
    -------
    Stability

    Raises
    ------
    ValueError
        If neurons were not updated together, as those of the linear network are, or what was
        recorded is not what they send.
    """
    check.integer("n_instants", n_instants)
    setting = result.setting
    _check_linear(setting)
    n = result.inputs.shape[-1]
    steps = np.linspace(0, n - 1, n_instants + 1).astype(int)[1:]
    mean = result.inputs.mean(axis=-1), result.activity.mean(axis=-1)
    network = result.network
    kick = np.zeros((1, n))
    kick[0, n // 10] = 1.0
    kicked = replace(network, w_in=np.hstack([network.w_in, np.ones((network.n_neurons, 1))]))
    inputs = np.concatenate([result.inputs, kick])
    other = simulate(kicked, inputs, setting.neuron, dt=setting.dt)
    apart = np.abs(other - result.activity).max(axis=0)
    most = float(apart.max())
    left = float(apart[-(n // 10) :].max()) / most if most > 0 else float("nan")
    held = np.broadcast_to(mean[0][:, None], result.inputs.shape)
    late = simulate(network, held, setting.neuron, dt=setting.dt)[:, -(n // 10) :]
    return Stability(
        at_mean=spectral_radius(network, setting.neuron, *mean, dt=setting.dt),
        at_instants=_radii(result, steps),
        remainder=left,
        motion=float(np.ptp(late, axis=-1).max()),
    )


class Prediction(NamedTuple):
    """Power of a network's neurons by linear response, beside the simulated one.

    Attributes
    ----------
    predicted, simulated : (n_freqs,) array
        Mean over neurons (a.u.²).
    source : (n_freqs,) array
        Of the input, mean over sensors (a.u.²).
    """

    predicted: Annotated[Array, "frequency"]
    simulated: Annotated[Array, "frequency"]
    source: Annotated[Array, "frequency"]


def linear_activity(result: Run, *, resolution: float | None = None) -> Array:
    """Activity of a run by linear response around its mean activity, without that mean.

    It is predicted from the recorded sensors, with their phases. The record counts as periodic,
    which tells only while the start is remembered.

    Parameters
    ----------
    result : Run
    resolution : float, optional
        Distance (Hz) of the frequencies at which the response is computed; it counts for those
        around. By default that of the frequencies of the record.

    Returns
    -------
    (n_neurons, n_steps) array

    Raises
    ------
    ValueError
        If neurons were not updated together, as those of the linear network are, or what was
        recorded is not what they send.
    """
    setting = result.setting
    _check_linear(setting)
    n, dt = result.inputs.shape[-1], setting.dt
    level = result.inputs.mean(axis=-1)
    point = level, result.activity.mean(axis=-1)
    swings = np.fft.rfft(result.inputs - level[:, None])
    distance = 1 / (n * dt) if resolution is None else resolution
    nearest = distance * np.rint(np.arange(swings.shape[-1]) / (n * dt * distance))
    answers = []
    for part in np.array_split(np.arange(nearest.size), -(-nearest.size // _N_FREQS)):
        freqs, of_each = np.unique(nearest[part], return_inverse=True)
        transfer = linear_response(result.network, setting.neuron, *point, freqs, dt=dt)
        answers.append(np.einsum("fks,sf->kf", transfer[of_each], swings[:, part]))
    return np.fft.irfft(np.concatenate(answers, axis=-1), n)


def prediction(result: Run, *, spectrum: Spectrum) -> Prediction:
    """Maximum power of a run by linear response around its mean activity.

    What is predicted is the activity, whose maximum power is then taken as that of the simulated
    one: maxima are those of a sum, and not a sum of maxima.

    Parameters
    ----------
    result : Run
    spectrum : Spectrum

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError
        If neurons were not updated together, as those of the linear network are, or what was
        recorded is not what they send.
    """
    setting = result.setting
    activity = linear_activity(result)
    predicted = spectrum.in_presentations(activity, setting)
    power = spectra(result, spectrum=spectrum)
    return Prediction(
        predicted=predicted.mean(axis=(0, 2)),
        simulated=power.neurons.mean(axis=(0, 2)),
        source=power.sensors.mean(axis=(0, 2)),
    )


class Point(NamedTuple):
    """What is kept of a network of the diagram.

    Attributes
    ----------
    simulated, predicted : float
        High-frequency ratio as simulated, and by linear response; NaN of a silent network.
    radius : float
        Spectral radius of the update at the mean activity: below 1 the linear network is stable.
    """

    simulated: float
    predicted: float
    radius: float


def point(result: Run, *, spectrum: Spectrum) -> Point:
    """High-frequency ratio of a run, the same by linear response, and its stability.

    Parameters
    ----------
    result : Run
    spectrum : Spectrum

    Returns
    -------
    Point

    Raises
    ------
    ValueError
        If neurons were not updated together, as those of the linear network are, or what was
        recorded is not what they send.
    """
    setting = result.setting
    activity = linear_activity(result, resolution=_RESOLUTION)
    expected = spectrum.in_presentations(activity, setting)
    power = spectra(result, spectrum=spectrum)
    predicted, simulated, source = (each.mean(axis=(0, 2)) for each in (expected, *power))
    mean = result.inputs.mean(axis=-1), result.activity.mean(axis=-1)
    ratio = measures.high_frequency_ratio
    return Point(
        simulated=float(ratio(simulated, source, spectrum.freqs)),
        predicted=float(ratio(predicted, source, spectrum.freqs)),
        radius=spectral_radius(result.network, setting.neuron, *mean, dt=setting.dt),
    )
