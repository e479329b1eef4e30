"""Settings of network experiments, and what one run of a setting gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lsm import _memory, _steps
from lsm import _validate as check
from lsm._parameters import ByValue, keep
from lsm._validate import Array
from lsm.delays import DELAY_LAWS, UPDATES, with_delays
from lsm.dynamics import internal_activity, simulate
from lsm.inputs import JITTER_LAWS, PSPKernel, bin_spikes, convolve_psp, present, spike_times
from lsm.network import (
    CONNECTIVITY,
    Connectivity,
    Network,
    check_two_layer,
    checked_connectivity,
    checked_sizes,
    two_layer,
)
from lsm.neurons import LSM, check_time_constants
from lsm.weights import WeightDistribution, weight_distribution

#: Static leak constant of the networks. CHOSEN: the paper gives 1 "for this illustration"
#: (Figure 1) and no value for the networks, where 1 leaves no high-frequency component at all.
#: The rule behind this value, and what others do, stand on the book's page Calibration.
NETWORK_K_STATIC = 0.034

RECORDED = ("activity", "internal activity")


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting(ByValue):
    """One condition of a network experiment; the defaults are those of Figure 4, without leak.

    Settings of equal values are equal, and have one name in the store.

    Attributes
    ----------
    weights : WeightDistribution
        Of all synapses. The paper does not say which of Figure 5's it drew Figure 4 from.
    sizes : (int, int)
        Number of excitatory neurons in each layer; as many inhibitory ones go with them.
    n_sensors : int
        Number of sensory inputs.
    autapses : bool
        Whether each neuron also connects to itself.
    connectivity : (4, 5) nested tuple of float
        Factors of the weights between populations, as in `two_layer`: who hears whom, and how
        strong inhibition is beside excitation.
    delay : float
        Mean conduction delay of the recurrent synapses (s), 0 for none.
    delay_law : {"normal", "uniform"}
        Law of the delays, as in `with_delays`.
    count_zero : bool
        Whether synapses of weight zero count among the i of Eq. 1.
    update : {"together", "in turn", "layer by layer"}
        Order in which neurons are updated, as in `simulate`.
    recorded : {"activity", "internal activity"}
        What a run gives of the neurons: what they send, or what they would be without the
        threshold of Eq. 3, as in `internal_activity`.
    rate : float
        Mean rate of each sensor (Hz).
    n_presentations : int
        How often the input is repeated.
    duration : float
        Length of one presentation (s), a multiple of `dt`.
    jitter : float
        Displacement of each spike in each presentation (s), as in `present`.
    law : {"uniform", "gaussian", "walk", "lossy walk"}
        Law of the displacement, as in `present`.
    kernel : PSPKernel
        Post-synaptic potential of the sensory synapses.
    neuron : LSM
        All neurons of the network.
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
    connectivity: Connectivity = CONNECTIVITY
    delay: float = 0.0
    delay_law: str = "normal"
    count_zero: bool = True
    update: str = "together"
    recorded: str = "activity"
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
        # A sweep must not fail hours later in a thread.
        check_two_layer(self.weights, self.sizes, self.n_sensors, self.autapses)
        check.instance("kernel", self.kernel, PSPKernel)
        check.instance("neuron", self.neuron, LSM)
        check_time_constants(self.neuron, 2 * sum(self.sizes))
        # Of one type each: results of equal settings have one name in the store.
        keep(
            self,
            sizes=checked_sizes("sizes", self.sizes),
            n_sensors=check.integer("n_sensors", self.n_sensors, low=1),
            n_presentations=check.integer("n_presentations", self.n_presentations, low=1),
            stream=check.integer("stream", self.stream),
            count_zero=check.instance("count_zero", self.count_zero, bool),
            law=check.choice("law", self.law, JITTER_LAWS),
            delay_law=check.choice("delay_law", self.delay_law, DELAY_LAWS),
            connectivity=checked_connectivity(self.connectivity),
            update=check.choice("update", self.update, UPDATES),
            recorded=check.choice("recorded", self.recorded, RECORDED),
            delay=check.number("delay", self.delay, low=0),
            dt=check.number("dt", self.dt, above=0),
            duration=check.number("duration", self.duration, above=0),
        )
        steps = self.duration / self.dt
        n_steps = _steps.n_steps("duration", self.duration, self.dt)
        if abs(steps - n_steps) > 1e-6 * steps:
            raise ValueError(
                f"duration: expected a multiple of dt = {self.dt:g}, got {self.duration:g}"
            )
        keep(self, rate=check.number("rate", self.rate, low=0, high=_steps.MOST / self.duration))
        keep(self, jitter=check.number("jitter", self.jitter, low=0, high=self.duration))


class Run(NamedTuple):
    """What one run of a setting gives.

    Attributes
    ----------
    setting : Setting
    network : Network
    inputs : (n_sensors, n_steps) array
        Activity of the sensors (a.u.).
    activity : (n_neurons, n_steps) array
        What the setting records of the neurons (a.u.).
    """

    setting: Setting
    network: Network
    inputs: Array
    activity: Array


def generators(setting: Setting, seed: int, repeat: int = 0) -> tuple[np.random.Generator, ...]:
    """Separate random generators for inputs, weights and delays.

    They depend on `seed`, the setting's stream and the repeat alone: neither on the order of
    runs, nor on who computes them, nor on the other settings of a sweep.

    Parameters
    ----------
    setting : Setting
    seed : int
        Entropy of all random numbers.
    repeat : int
        Which independent draw.

    Returns
    -------
    tuple of three numpy.random.Generator
        For inputs, weights and delays.
    """
    check.instance("setting", setting, Setting)
    check.integer("seed", seed)
    check.integer("repeat", repeat)
    sequence = np.random.SeedSequence(seed, spawn_key=(setting.stream, repeat))
    return tuple(np.random.default_rng(child) for child in sequence.spawn(3))


def _steps_of(setting: Setting) -> int:
    """Steps of all presentations."""
    return setting.n_presentations * _steps.n_steps("duration", setting.duration, setting.dt)


def bytes_of_run(setting: Setting) -> int:
    """Bytes that a run holds at its peak, when it simulates: input, network and activity."""
    s, n, n_steps = setting, 2 * sum(setting.sizes), _steps_of(setting)
    held = s.n_sensors * n_steps + n * (2 * n + s.n_sensors)
    # Some delays are shorter than their mean and some longer, unless it is below a step.
    mean = 1 + min(int(_steps.nearest(s.delay / s.dt)), n_steps)
    in_turn = s.update != "together"
    simulating = _memory.of_activity(n, s.n_sensors, n_steps, lags=(1, mean), in_turn=in_turn)
    if s.recorded == "internal activity":
        simulating = max(simulating, 8 * n * n_steps + _memory.of_internal(n, n_steps))
    return 8 * held + simulating


def _check_memory(setting: Setting, *, network: bool) -> None:
    """Refuse what is no setting, or whose input, or with `network` whose run, exceeds memory."""
    check.instance("setting", setting, Setting)
    sensors, n_steps = setting.n_sensors, _steps_of(setting)
    n_spikes = setting.n_presentations * int(_steps.nearest(setting.rate * setting.duration))
    asked = (sensors, "sensors over", n_steps, "steps")
    _memory.fits("setting", "an input", _memory.of_inputs(sensors, n_spikes, n_steps), *asked)
    if network:
        neurons = 2 * sum(setting.sizes)
        _memory.fits("setting", "a run", bytes_of_run(setting), neurons, "neurons and", *asked)


def sensory_spikes(setting: Setting, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Spike times of one presentation without jitter, and of all presentations with it.

    Parameters
    ----------
    setting : Setting
    rng : numpy.random.Generator

    Returns
    -------
    reference : (n_sensors, n_spikes) array
        Of one presentation, without jitter (s).
    times : (n_sensors, n_presentations * n_spikes) array
        Of all presentations, each spike displaced anew (s).

    Raises
    ------
    ValueError
        If `setting` is none.
    """
    s = check.instance("setting", setting, Setting)
    reference = spike_times(s.rate, s.duration, s.n_sensors, rng=rng)
    times = present(reference, s.n_presentations, s.duration, jitter=s.jitter, law=s.law, rng=rng)
    return reference, times


def sensory_input(setting: Setting, *, rng: np.random.Generator) -> Array:
    """PSP activity of all sensors over all presentations of a setting.

    Parameters
    ----------
    setting : Setting
    rng : numpy.random.Generator

    Returns
    -------
    (n_sensors, n_steps) array
        Not negative (a.u.).

    Raises
    ------
    ValueError
        If `setting` is none, or it cannot fit into memory.
    """
    _check_memory(setting, network=False)
    s = setting
    _, times = sensory_spikes(setting, rng=rng)
    n_steps = s.n_presentations * _steps.n_steps("duration", s.duration, s.dt)
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

    Raises
    ------
    ValueError
        If `setting` is none, or it cannot fit into memory.
    """
    _check_memory(setting, network=True)
    rng_inputs, rng_weights, rng_delays = generators(setting, seed, repeat)
    inputs = sensory_input(setting, rng=rng_inputs)
    network = two_layer(
        setting.weights,
        sizes=setting.sizes,
        n_sensors=setting.n_sensors,
        autapses=setting.autapses,
        connectivity=setting.connectivity,
        rng=rng_weights,
    )
    if setting.delay:
        network = with_delays(network, setting.delay, law=setting.delay_law, rng=rng_delays)
    if not setting.count_zero:
        each = np.concatenate([network.w_in, network.w_rec], axis=1)
        network = replace(network, n_synapses=np.count_nonzero(each, axis=1))
    return respond(setting, network, inputs)


def respond(setting: Setting, network: Network, inputs: Array) -> Run:
    """Simulate a network under an input as a setting says, and record what it says.

    Parameters
    ----------
    setting : Setting
    network : Network
    inputs : (n_sensors, n_steps) array
        Activity of the sensors (a.u.).

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If `setting` is none, or `simulate` cannot take the others.
    """
    check.instance("setting", setting, Setting)
    neuron, dt, update = setting.neuron, setting.dt, setting.update
    activity = simulate(network, inputs, neuron, dt=dt, update=update)
    if setting.recorded == "internal activity":
        activity = internal_activity(network, inputs, activity, neuron, dt=dt, update=update)
    return Run(setting, network, inputs, activity)
