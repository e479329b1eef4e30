"""Settings, what one run of a setting gives, and many of them on threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from os import cpu_count
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.dynamics import simulate
from lsm.inputs import JITTER_LAWS, PSPKernel, bin_spikes, convolve_psp, present, spike_times
from lsm.network import Network, WeightDistribution, two_layer, weight_distribution, with_delays
from lsm.neurons import LSM
from lsm.spectrum import max_power

#: Static leak constant of the networks. CHOSEN: the paper gives 1 "for this illustration"
#: (Figure 1) and no value for the networks, where 1 leaves no high-frequency component at all.
NETWORK_K_STATIC = 0.05

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """One condition of a network experiment; the defaults are those of Figure 4, without leak.

    Attributes
    ----------
    weights : WeightDistribution
        Of all synapses. The paper does not say which of Figure 5's it drew Figure 4 from.
    sizes, n_sensors, autapses
        As in `two_layer`.
    delay : float
        Mean conduction delay (s); 0 for none.
    rate : float
        Mean rate of each sensor (Hz).
    n_presentations, duration, jitter, law
        As in `present`.
    kernel : PSPKernel
    neuron : LSM
    dt : float
        Step (s).
    stream : int
        Settings of the same stream share their random numbers, repeat by repeat: a network with
        and without leak, autapses or delays is the same network under the same input.
    """

    weights: WeightDistribution = weight_distribution("normal", 0.4)
    sizes: tuple[int, int] = (5, 4)
    n_sensors: int = 6
    autapses: bool = False
    delay: float = 0.0
    rate: float = 50.0
    n_presentations: int = 50
    duration: float = 1.0
    jitter: float = 10e-3
    law: str = "uniform"
    kernel: PSPKernel = PSPKernel()
    neuron: LSM = LSM(k_static=NETWORK_K_STATIC)
    dt: float = 1e-3
    stream: int = 0

    def __post_init__(self) -> None:
        # All but what the network's builder knows: a sweep must not fail hours later in a thread.
        check.instance("kernel", self.kernel, PSPKernel)
        check.instance("neuron", self.neuron, LSM)
        check.choice("law", self.law, JITTER_LAWS)
        for name in ("stream", "n_sensors", "n_presentations"):
            check.integer(name, getattr(self, name), low=0 if name == "stream" else 1)
        for name in ("delay", "rate", "jitter"):
            check.number(name, getattr(self, name), low=0)
        for name in ("dt", "duration"):
            check.number(name, getattr(self, name), above=0)
        steps = self.duration / self.dt
        if abs(steps - round(steps)) > 1e-6 * steps:
            raise ValueError(
                f"duration: expected a multiple of dt = {self.dt:g}, got {self.duration:g}"
            )


class Run(NamedTuple):
    """What one run of a setting gives.

    Attributes
    ----------
    setting : Setting
    network : Network
    inputs : (n_sensors, n_steps) array
        Activity of the sensors (a.u.).
    activity : (n_neurons, n_steps) array
        Activity of the neurons (a.u.).
    """

    setting: Setting
    network: Network
    inputs: Array
    activity: Array


class Spectra(NamedTuple):
    """Maximum power in each presentation.

    Attributes
    ----------
    neurons : (n_neurons, n_freqs, n_presentations) array
    sensors : (n_sensors, n_freqs, n_presentations) array
    """

    neurons: Array
    sensors: Array


def generators(setting: Setting, seed: int, repeat: int = 0) -> tuple[np.random.Generator, ...]:
    """Separate random generators for inputs, weights and delays.

    They depend on `seed`, the setting's stream and the repeat alone: neither on the order of
    runs, nor on the number of workers, nor on the other settings of a sweep.
    """
    check.integer("seed", seed)
    check.integer("repeat", repeat)
    sequence = np.random.SeedSequence(seed, spawn_key=(setting.stream, repeat))
    return tuple(np.random.default_rng(child) for child in sequence.spawn(3))


def sensory_spikes(setting: Setting, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Spike times of one presentation without jitter, and of all presentations with it (s).

    Returns
    -------
    tuple of (n_sensors, n_spikes) and (n_sensors, n_presentations * n_spikes) array
    """
    s = setting
    reference = spike_times(s.rate, s.duration, s.n_sensors, rng=rng)
    times = present(reference, s.n_presentations, s.duration, jitter=s.jitter, law=s.law, rng=rng)
    return reference, times


def sensory_input(setting: Setting, *, rng: np.random.Generator) -> Array:
    """PSP activity of all sensors over all presentations of a setting.

    Returns
    -------
    (n_sensors, n_steps) array
    """
    s = setting
    _, times = sensory_spikes(setting, rng=rng)
    n_steps = s.n_presentations * round(s.duration / s.dt)
    return convolve_psp(bin_spikes(times, n_steps, dt=s.dt), dt=s.dt, kernel=s.kernel)


def run(setting: Setting, *, seed: int, repeat: int = 0) -> Run:
    """Draw input and network of a setting, and simulate it.

    Parameters
    ----------
    setting : Setting
    seed : int
        Entropy of all random numbers.
    repeat : int
        Which independent draw.

    Returns
    -------
    Run
    """
    rng_inputs, rng_weights, rng_delays = generators(setting, seed, repeat)
    inputs = sensory_input(setting, rng=rng_inputs)
    network = two_layer(
        setting.weights,
        sizes=setting.sizes,
        n_sensors=setting.n_sensors,
        autapses=setting.autapses,
        rng=rng_weights,
    )
    if setting.delay:
        network = with_delays(network, setting.delay, rng=rng_delays)
    return Run(setting, network, inputs, simulate(network, inputs, setting.neuron, dt=setting.dt))


def spectrum(
    result: Run, freqs: ArrayLike, *, wavelet: str = "morse", skip: float = 0.0
) -> Spectra:
    """Maximum power of every neuron and sensor in each presentation of a run.

    Parameters
    ----------
    result : Run
    freqs, wavelet, skip
        As in `max_power`.

    Returns
    -------
    Spectra
    """
    signals = np.concatenate([result.activity, result.inputs])
    power = max_power(
        signals,
        freqs,
        dt=result.setting.dt,
        n_windows=result.setting.n_presentations,
        wavelet=wavelet,
        skip=skip,
    )
    return Spectra(*np.split(power, [result.network.n_neurons]))


def sweep(
    measure: Callable[[Run], Result],
    settings: Sequence[Setting],
    *,
    seed: int,
    n_repeats: int,
    n_workers: int | None = None,
) -> list[list[Result]]:
    """Measure independent runs of many settings, on threads: the kernels release the lock.

    Parameters
    ----------
    measure : callable
        From a `Run` to what shall be kept of it.
    settings : sequence of Setting
    seed : int
    n_repeats : int
        Draws of each setting.
    n_workers : int, optional
        Threads; as many as processors by default. The results do not depend on it.

    Returns
    -------
    list over settings of lists over repeats
    """
    check.integer("n_repeats", n_repeats, low=1)
    n_workers = cpu_count() or 1 if n_workers is None else n_workers
    check.integer("n_workers", n_workers, low=1)
    cells = [(setting, repeat) for setting in settings for repeat in range(n_repeats)]
    with ThreadPoolExecutor(n_workers) as pool:
        found = list(pool.map(lambda cell: measure(run(cell[0], seed=seed, repeat=cell[1])), cells))
    return [found[i : i + n_repeats] for i in range(0, len(found), n_repeats)]


class HighFrequencies(NamedTuple):
    """High-frequency content of a run, as the claims on networks need it.

    Attributes
    ----------
    gain : (n_freqs,) array
        Of the network's mean power.
    network : float
        High-frequency ratio of the network's mean power.
    neurons : (n_neurons,) array
        Of each neuron; NaN for a silent one.
    presentations : (n_neurons, n_presentations) array
        Of each neuron in each presentation, relative to the input of the same presentation.
    n_excursions : (n_neurons,) array
        Transients.
    n_excursions_own, n_excursions_drive : (n_neurons,) array
        On the activity's own scale, and those of each neuron's sensory input on its own.
    """

    gain: Array
    network: float
    neurons: Array
    presentations: Array
    n_excursions: NDArray[np.int64]
    n_excursions_own: NDArray[np.int64]
    n_excursions_drive: NDArray[np.int64]


def high_frequencies(
    result: Run, freqs: ArrayLike, *, skip: float = 0.0, scale_of: ArrayLike | None = None
) -> HighFrequencies:
    """Measure the high-frequency content of a run.

    Parameters
    ----------
    result : Run
    freqs, skip
        As in `max_power`.
    scale_of : (n_neurons, n_steps) array, optional
        Activity that gives transients their scale, as in `n_excursions`.

    Returns
    -------
    HighFrequencies
    """
    dt = result.setting.dt
    drive = result.network.w_in @ result.inputs
    power = spectrum(result, freqs, skip=skip)
    sensors = power.sensors.mean(axis=0)
    source = sensors.mean(axis=-1)
    network = power.neurons.mean(axis=(0, 2))
    each = np.moveaxis(power.neurons, -1, -2)
    return HighFrequencies(
        gain=measures.gain(network, source, freqs),
        network=float(measures.high_frequency_ratio(network, source, freqs)),
        neurons=measures.high_frequency_ratio(power.neurons.mean(axis=-1), source, freqs),
        presentations=measures.high_frequency_ratio(each, sensors.T, freqs),
        n_excursions=measures.n_excursions(result.activity, dt=dt, scale_of=scale_of),
        n_excursions_own=measures.n_excursions(result.activity, dt=dt),
        n_excursions_drive=measures.n_excursions(drive, dt=dt),
    )


def leak_effect(
    result: Run, tau_dyn: float, freqs: ArrayLike, *, skip: float = 0.0
) -> tuple[HighFrequencies, HighFrequencies]:
    """High frequencies of a run, and of the same network and input with a dynamic leak.

    Parameters
    ----------
    result : Run
        Without dynamic leak; its activity gives the transients of both forms their scale.
    tau_dyn : float
        Time constant of the dynamic leak (s).
    freqs, skip
        As in `max_power`.

    Returns
    -------
    tuple of HighFrequencies
        Without and with dynamic leak.
    """
    neuron = replace(result.setting.neuron, tau_dyn=tau_dyn)
    setting = replace(result.setting, neuron=neuron)
    activity = simulate(result.network, result.inputs, neuron, dt=setting.dt)
    leaky = result._replace(setting=setting, activity=activity)
    return (
        high_frequencies(result, freqs, skip=skip),
        high_frequencies(leaky, freqs, skip=skip, scale_of=result.activity),
    )
