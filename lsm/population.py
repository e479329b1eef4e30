"""What is measured on runs of networks, and on populations of many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import lfilter

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.dynamics import leak_gain, lsm_response, simulate
from lsm.neurons import time_constants
from lsm.spectrum import max_power
from lsm.sweeps import Run, Setting, run, sweep
from lsm.theory import response, spectral_radius, synaptic_lags

# A neuron whose power is below this share of the strongest one's is silent: what is left of its
# start is no dynamics.
_SILENT = 1e-10


def _maxima(setting: Setting, signals: Array, freqs: ArrayLike, **options: Any) -> Array:
    """Maximum power of signals in each presentation of a setting."""
    n_windows = setting.n_presentations
    return max_power(signals, freqs, dt=setting.dt, n_windows=n_windows, **options)


class Spectra(NamedTuple):
    """Maximum power in each presentation.

    Attributes
    ----------
    neurons : (n_neurons, n_freqs, n_presentations) array
    sensors : (n_sensors, n_freqs, n_presentations) array
    """

    neurons: Array
    sensors: Array


def spectrum(
    result: Run,
    freqs: ArrayLike,
    *,
    skip: float = 0.0,
    wavelet: str = "morse",
    ends: str = "reflected",
) -> Spectra:
    """Maximum power of every neuron and sensor in each presentation of a run.

    Parameters
    ----------
    result : Run
    freqs, skip, wavelet, ends
        As in `max_power`.

    Returns
    -------
    Spectra
    """
    signals = np.concatenate([result.activity, result.inputs])
    power = _maxima(result.setting, signals, freqs, skip=skip, wavelet=wavelet, ends=ends)
    return Spectra(*np.split(power, [result.network.n_neurons]))


def _without_silent(power: Array) -> Array:
    """Power of (n_neurons, ...) with zeros for neurons that count as silent."""
    each = power.reshape(len(power), -1).max(axis=-1)
    return np.where((each > _SILENT * each.max())[(...,) + (None,) * (power.ndim - 1)], power, 0.0)


def _check_together(setting: Setting) -> None:
    if setting.update != "together":
        raise ValueError(f"update: expected neurons updated together, got {setting.update!r}")


def _passed_on(found: Run, sent: Array, steps: NDArray[np.int64]) -> Array:
    """Response of each neuron to its sensors, and to what the others sent some steps before."""
    network, neuron = found.network, found.setting.neuron
    weights = np.concatenate([network.w_in, network.w_rec], axis=1)
    tau_dyn = time_constants(neuron, network.n_neurons)
    # Isolated neurons count all sources as synapses, those of a network not always. All that have
    # as many, and hear the others as late, are computed together.
    kinds = np.column_stack([network.n_synapses, steps]).astype(np.int64)
    each, kind_of = np.unique(kinds, axis=0, return_inverse=True)
    activity = np.empty_like(sent)
    heard = np.empty_like(sent)
    for kind, (n_synapses, *late) in enumerate(each):
        for source, n in enumerate(late):
            heard[source, :n] = 0.0
            heard[source, n:] = sent[source, : sent.shape[1] - n]
        which = kind_of.ravel() == kind
        k_static = neuron.k_static * n_synapses / weights.shape[1]
        alone = replace(neuron, k_static=k_static, tau_dyn=tau_dyn[which])
        sources = np.concatenate([found.inputs, heard])
        activity[which] = lsm_response(sources, weights[which], alone, dt=found.setting.dt)
    return activity


def open_loop(setting: Setting, *, n_passages: int = 0, seed: int, repeat: int = 0) -> Run:
    """The run of a setting with its loops cut open: a control for what they do.

    With 0 passages each neuron receives from the others the *mean* of what it receives in the
    network, so that it is as active as there. With one more it receives what the others send
    when they receive so, and so on: each passage lets signals go through one more synapse, and
    in the limit the network itself is reached.

    Parameters
    ----------
    setting : Setting
    n_passages : int
        Synapses between neurons that a signal can pass.
    seed, repeat
        As in `run`.

    Returns
    -------
    Run
        Its activity is not that of its network: for measures of the activity alone.

    Raises
    ------
    ValueError
        If a signal shall pass neurons that are updated in turn.
    """
    check.integer("n_passages", n_passages)
    if n_passages:
        _check_together(setting)
    found = run(setting, seed=seed, repeat=repeat)
    means = np.broadcast_to(found.activity.mean(axis=-1, keepdims=True), found.activity.shape)
    lags = synaptic_lags(found.network, setting.dt)
    activity = _passed_on(found, means, np.zeros_like(lags))
    for _ in range(n_passages):
        activity = _passed_on(found, activity, np.minimum(lags, activity.shape[1]))
    return found._replace(activity=activity)


def filtered(setting: Setting, *, tau_dyn: float, seed: int, repeat: int = 0) -> Run:
    """The run of a setting, its activity smoothed afterwards as the dynamic leak would.

    A control for what the leak does within the network beyond being a low-pass filter.

    Parameters
    ----------
    setting : Setting
    tau_dyn : float
        Time constant of the filter (s).
    seed, repeat
        As in `run`.

    Returns
    -------
    Run
    """
    found = run(setting, seed=seed, repeat=repeat)
    gain = float(leak_gain(tau_dyn, setting.dt, setting.neuron.solver))
    return found._replace(activity=lfilter([gain], [1.0, gain - 1.0], found.activity, axis=-1))


class HighFrequencies(NamedTuple):
    """High-frequency content of a run, as the claims of Figure 4 need it.

    Attributes
    ----------
    power : (n_freqs,) array
        Maximum power in a presentation, mean over presentations and neurons (a.u.²).
    gain : (n_freqs,) array
        Of that over the input's, 1 on average from 4 to 30 Hz.
    network : float
        High-frequency ratio of the network's mean power.
    neurons : (n_neurons,) array
        Of each neuron; NaN for a silent one.
    presentations : (n_neurons, n_presentations) array
        Of each neuron in each presentation, relative to the input of the same presentation.
    mean : (n_neurons,) array
        Mean activity of each neuron (a.u.).
    """

    power: Array
    gain: Array
    network: float
    neurons: Array
    presentations: Array
    mean: Array


def high_frequencies(
    result: Run,
    freqs: ArrayLike,
    *,
    skip: float = 0.0,
    wavelet: str = "morse",
    ends: str = "reflected",
) -> HighFrequencies:
    """Measure the high-frequency content of a run.

    Parameters
    ----------
    result : Run
    freqs, skip, wavelet, ends
        As in `max_power`.

    Returns
    -------
    HighFrequencies
    """
    power = spectrum(result, freqs, skip=skip, wavelet=wavelet, ends=ends)
    neurons = _without_silent(power.neurons)
    sensors = power.sensors.mean(axis=0)
    source = sensors.mean(axis=-1)
    network = power.neurons.mean(axis=(0, 2))
    return HighFrequencies(
        power=network,
        gain=measures.gain(network, source, freqs),
        network=float(measures.high_frequency_ratio(network, source, freqs)),
        neurons=measures.high_frequency_ratio(neurons.mean(axis=-1), source, freqs),
        presentations=measures.high_frequency_ratio(np.moveaxis(neurons, -1, -2), sensors.T, freqs),
        mean=result.activity.mean(axis=-1),
    )


class Transients(NamedTuple):
    """Transients of a run, their number in each of some neurons.

    Attributes
    ----------
    without_counterpart : (n_some,) array
        On the scale of the run's network without dynamic leak; those up to 10 ms apart count as
        one, and not at all where the neuron's sensory input has an excursion within 10 ms.
    without_counterpart_on_own_scale : (n_some,) array
        The same on the scale of the activity itself.
    excursions : (n_some,) array
        On the same scale, all of them.
    on_own_scale : (n_some,) array
        On the scale of the activity itself.
    of_drive : (n_some,) array
        Those of the neuron's sensory input on its own scale.
    """

    without_counterpart: NDArray[np.int64]
    without_counterpart_on_own_scale: NDArray[np.int64]
    excursions: NDArray[np.int64]
    on_own_scale: NDArray[np.int64]
    of_drive: NDArray[np.int64]


def transients(result: Run, *, neurons: Sequence[int] | None = None) -> Transients:
    """Count the transients of a run, as `measures.n_excursions` defines them.

    Parameters
    ----------
    result : Run
    neurons : sequence of int, optional
        Which neurons; all by default.

    Returns
    -------
    Transients
    """
    setting = result.setting
    some = slice(None) if neurons is None else list(neurons)
    undamped = simulate(
        result.network,
        result.inputs,
        replace(setting.neuron, tau_dyn=0.0),
        dt=setting.dt,
        update=setting.update,
    )[some]
    activity = result.activity[some]
    drive = result.network.w_in[some] @ result.inputs
    count = partial(measures.n_excursions, dt=setting.dt)
    return Transients(
        without_counterpart=count(activity, scale_of=undamped, apart_from=drive, apart=10e-3),
        without_counterpart_on_own_scale=count(activity, apart_from=drive, apart=10e-3),
        excursions=count(activity, scale_of=undamped),
        on_own_scale=count(activity),
        of_drive=count(drive),
    )


class Power(NamedTuple):
    """What is kept of each network of a population.

    Attributes
    ----------
    power : (n_freqs,) array
        Maximum power in a presentation, mean over presentations and neurons (a.u.²).
    mean, variance : float
        Of the activity, mean over neurons.
    n_silent : int
        Neurons whose activity stays below 1e-6 a.u. after the first presentation.
    """

    power: Array
    mean: float
    variance: float
    n_silent: int


def network_power(
    result: Run,
    *,
    freqs: ArrayLike,
    skip: float = 0.0,
    wavelet: str = "morse",
    ends: str = "reflected",
) -> Power:
    """Mean maximum power of a network's neurons.

    Parameters
    ----------
    result : Run
    freqs, skip, wavelet, ends
        As in `max_power`.

    Returns
    -------
    Power
    """
    setting, activity = result.setting, result.activity
    n_windows = setting.n_presentations
    found = _maxima(setting, activity, freqs, skip=skip, wavelet=wavelet, ends=ends)
    later = activity[:, activity.shape[-1] // n_windows if n_windows > 1 else 0 :]
    return Power(
        power=found.mean(axis=(0, -1)),
        mean=float(activity.mean()),
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

    power: Array


def input_power(
    result: Run,
    *,
    freqs: ArrayLike,
    skip: float = 0.0,
    wavelet: str = "morse",
    ends: str = "reflected",
) -> InputPower:
    """Mean maximum power of a run's sensors.

    Parameters
    ----------
    result : Run
    freqs, skip, wavelet, ends
        As in `max_power`.

    Returns
    -------
    InputPower
    """
    signals = result.inputs
    found = _maxima(result.setting, signals, freqs, skip=skip, wavelet=wavelet, ends=ends)
    return InputPower(found.mean(axis=0))


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


class Population(NamedTuple):
    """Power of many networks of each setting, and of their inputs.

    Attributes
    ----------
    power : (n_settings, n_repeats, n_freqs) array
        Mean over the neurons of a network (a.u.²).
    input : (n_settings, n_repeats, n_freqs) array
        Mean over its sensors (a.u.²).
    mean, variance : (n_settings, n_repeats) array
        Of the activity, mean over neurons.
    n_silent : (n_settings, n_repeats) array
        Neurons without activity.
    """

    power: Array
    input: Array
    mean: Array
    variance: Array
    n_silent: Array


def population(
    settings: Sequence[Setting],
    freqs: ArrayLike,
    *,
    seed: int,
    n_repeats: int,
    skip: float = 0.0,
    wavelet: str = "morse",
    ends: str = "reflected",
    cache: Path | None = None,
    n_workers: int | None = None,
) -> Population:
    """Measure the power of many networks of each setting.

    Parameters
    ----------
    settings : sequence of Setting
    freqs, skip, wavelet, ends
        As in `max_power`.
    seed, n_repeats, cache, n_workers
        As in `sweep`.

    Returns
    -------
    Population
    """
    each = partial(sweep, seed=seed, n_repeats=n_repeats, cache=cache, n_workers=n_workers)
    f = check.array("freqs", freqs, shape=("n_freqs",))
    found = each(partial(network_power, freqs=f, skip=skip, wavelet=wavelet, ends=ends), settings)
    # The input is the same for all networks that are driven by it: measured once.
    inputs = [
        replace(Setting(), **{name: getattr(s, name) for name in _OF_INPUT}) for s in settings
    ]
    keys = [repr(setting) for setting in inputs]
    unique = dict(zip(keys, inputs, strict=True))
    rows = each(
        partial(input_power, freqs=f, skip=skip, wavelet=wavelet, ends=ends), list(unique.values())
    )
    source = dict(zip(unique, rows, strict=True))
    return Population(
        power=np.array([[r.power for r in row] for row in found]),
        input=np.array([[r.power.mean(axis=-1) for r in source[k]] for k in keys]),
        mean=np.array([[r.mean for r in row] for row in found]),
        variance=np.array([[r.variance for r in row] for row in found]),
        n_silent=np.array([[r.n_silent for r in row] for row in found]),
    )


def extended(drawn: Population, further: Population) -> Population:
    """Networks of a figure, and more behind its verdicts.

    Parameters
    ----------
    drawn : Population
    further : Population
        Of the same settings, perhaps with fewer presentations: the mean of the maxima is the
        same, its scatter a little wider. Its first repeats are the same networks again, and left
        out.

    Returns
    -------
    Population

    Raises
    ------
    ValueError
        If there are fewer further repeats than drawn ones.
    """
    n, n_more = drawn.mean.shape[1], further.mean.shape[1]
    if n_more < n:
        raise ValueError(f"further: expected at least {n} repeats, as drawn, got {n_more}")
    pairs = zip(drawn, further, strict=True)
    return Population(*(np.concatenate([a, b[:, a.shape[1] :]], axis=1) for a, b in pairs))


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
    _check_together(setting)
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

    predicted: Array
    simulated: Array
    source: Array


def prediction(result: Run, *, freqs: ArrayLike, skip: float = 0.0) -> Prediction:
    """Maximum power of a run by linear response around its mean activity.

    The sensors are independent, so their powers add.

    Parameters
    ----------
    result : Run
    freqs, skip
        As in `max_power`.

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError
        If the neurons were updated in turn, which the linear network is not.
    """
    setting = result.setting
    _check_together(setting)
    power = spectrum(result, freqs, skip=skip)
    transfer = response(
        result.network,
        setting.neuron,
        result.inputs.mean(axis=-1),
        result.activity.mean(axis=-1),
        freqs,
        dt=setting.dt,
    )
    source = power.sensors.mean(axis=-1)
    predicted = np.einsum("fks,sf->kf", np.abs(transfer) ** 2, source)
    return Prediction(predicted.mean(axis=0), power.neurons.mean(axis=(0, 2)), source.mean(axis=0))
