"""Linear theory of a run: stability around its states, and the response to its input."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from lsm import _validate as check
from lsm._validate import Array
from lsm.dynamics import simulate
from lsm.sweeps import Run
from lsm.theory import linear_response, spectral_radius
from rongala2021.controls import check_together
from rongala2021.run_measures import spectra
from rongala2021.spectra import Spectrum


class Stability(NamedTuple):
    """Linear stability of a run.

    Attributes
    ----------
    at_mean : float
        Spectral radius of the update at the mean activity.
    largest : float
        Largest at that and at instants of the run.
    remainder : float
        What is left of a perturbation in the last tenth of the run, over the most that it did:
        NaN if it did nothing.
    motion : float
        How far any activity still moves in the last tenth of a run of the same length under the
        constant mean input (a.u.).
    """

    at_mean: float
    largest: float
    remainder: float
    motion: float


def stability(result: Run, *, n_instants: int = 5) -> Stability:
    """Spectral radius at the mean activity of a run and at instants evenly spread over it.

    And two tests that need no linearisation. The fate of a perturbation: the run is repeated with
    1 a.u. more from every sensor at one step, a tenth of the way into it. And whether the network
    moves by itself: a run with the input held at its mean.

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
        If the neurons were updated in turn, which the linear network is not.
    """
    check.integer("n_instants", n_instants)
    setting = result.setting
    check_together(setting)
    steps = np.linspace(0, result.inputs.shape[-1] - 1, n_instants + 1).astype(int)[1:]
    points = [(result.inputs.mean(axis=-1), result.activity.mean(axis=-1))]
    points += [(result.inputs[:, t], result.activity[:, t - 1]) for t in steps]
    radii = [
        spectral_radius(result.network, setting.neuron, sensors, activity, dt=setting.dt)
        for sensors, activity in points
    ]
    n = result.inputs.shape[-1]
    kicked = result.inputs.copy()
    kicked[:, n // 10] += 1.0
    other = simulate(result.network, kicked, setting.neuron, dt=setting.dt)
    apart = np.abs(other - result.activity).max(axis=0)
    most = float(apart.max())
    left = float(apart[-(n // 10) :].max()) / most if most > 0 else float("nan")
    held = np.broadcast_to(points[0][0][:, None], result.inputs.shape)
    late = simulate(result.network, held, setting.neuron, dt=setting.dt)[:, -(n // 10) :]
    return Stability(radii[0], max(radii), left, float(np.ptp(late, axis=-1).max()))


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


def prediction(result: Run, *, spectrum: Spectrum) -> Prediction:
    """Maximum power of a run by linear response around its mean activity.

    The sensors are independent, so their powers add.

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
        If the neurons were updated in turn, which the linear network is not.
    """
    setting = result.setting
    check_together(setting)
    power = spectra(result, spectrum=spectrum)
    transfer = linear_response(
        result.network,
        setting.neuron,
        result.inputs.mean(axis=-1),
        result.activity.mean(axis=-1),
        spectrum.freqs,
        dt=setting.dt,
    )
    source = power.sensors.mean(axis=-1)
    predicted = np.einsum("fks,sf->kf", np.abs(transfer) ** 2, source)
    return Prediction(predicted.mean(axis=0), power.neurons.mean(axis=(0, 2)), source.mean(axis=0))
