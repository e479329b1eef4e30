"""Settings, what one run of a setting gives, and many of them on threads."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from lsm import _memory, _steps
from lsm import _validate as check
from lsm._parameters import ByValue, keep
from lsm._validate import Array
from lsm.cores import available_cores
from lsm.dynamics import UPDATES, simulate
from lsm.inputs import JITTER_LAWS, PSPKernel, bin_spikes, convolve_psp, present, spike_times
from lsm.network import (
    DELAY_LAWS,
    Network,
    check_two_layer,
    checked_sizes,
    two_layer,
    with_delays,
)
from lsm.neurons import LSM, check_time_constants
from lsm.store import key, result_kind, stored
from lsm.weights import WeightDistribution, weight_distribution

#: Static leak constant of the networks. CHOSEN: the paper gives 1 "for this illustration"
#: (Figure 1) and no value for the networks, where 1 leaves no high-frequency component at all.
#: The rule behind this value, and what others do, stand on the book's page Calibration.
NETWORK_K_STATIC = 0.034

Result = TypeVar("Result", bound=tuple[Any, ...])


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
    delay : float
        Mean conduction delay of the recurrent synapses (s), 0 for none.
    delay_law : {"normal", "uniform"}
        Law of the delays, as in `with_delays`.
    count_zero : bool
        Whether synapses of weight zero count among the i of Eq. 1.
    update : {"together", "in turn"}
        Order in which neurons are updated, as in `simulate`.
    rate : float
        Mean rate of each sensor (Hz).
    n_presentations : int
        How often the input is repeated.
    duration : float
        Length of one presentation (s), a multiple of `dt`.
    jitter : float
        Displacement of each spike in each presentation (s), as in `present`.
    law : {"uniform", "gaussian"}
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
    delay: float = 0.0
    delay_law: str = "normal"
    count_zero: bool = True
    update: str = "together"
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
            update=check.choice("update", self.update, UPDATES),
            delay=check.number("delay", self.delay, low=0),
            dt=check.number("dt", self.dt, above=0),
            duration=check.number("duration", self.duration, above=0),
        )
        if self.update == "in turn" and self.delay:
            raise ValueError(f"update: expected 'together' with delays, got {self.update!r}")
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
        Activity of the neurons (a.u.).
    """

    setting: Setting
    network: Network
    inputs: Array
    activity: Array


def generators(setting: Setting, seed: int, repeat: int = 0) -> tuple[np.random.Generator, ...]:
    """Separate random generators for inputs, weights and delays.

    They depend on `seed`, the setting's stream and the repeat alone: neither on the order of
    runs, nor on the number of workers, nor on the other settings of a sweep.

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
    check.integer("seed", seed)
    check.integer("repeat", repeat)
    sequence = np.random.SeedSequence(seed, spawn_key=(setting.stream, repeat))
    return tuple(np.random.default_rng(child) for child in sequence.spawn(3))


def check_memory(setting: Setting, *, network: bool) -> None:
    """Refuse a setting whose input, or with `network` whose run, cannot fit into memory.

    A run holds at its peak, when it simulates, the input, the network and the activity.

    Raises
    ------
    ValueError
        If there is less memory than it would take.
    """
    s, sensors = setting, setting.n_sensors
    n_steps = s.n_presentations * _steps.n_steps("duration", s.duration, s.dt)
    n_spikes = s.n_presentations * int(_steps.nearest(s.rate * s.duration))
    asked = (sensors, "sensors over", n_steps, "steps")
    _memory.fits("setting", "an input", _memory.of_inputs(sensors, n_spikes, n_steps), *asked)
    if not network:
        return
    n = 2 * sum(s.sizes)
    held = sensors * n_steps + n * (2 * n + sensors)
    # Some delays are shorter than their mean and some longer, unless it is below a step.
    mean = 1 + min(int(_steps.nearest(s.delay / s.dt)), n_steps)
    in_turn = s.update == "in turn"
    activity = _memory.of_activity(n, sensors, n_steps, lags=(1, mean), in_turn=in_turn)
    _memory.fits("setting", "a run", 8 * held + activity, n, "neurons and", *asked)


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
    """
    s = setting
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
    """
    check_memory(setting, network=False)
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
        If it cannot fit into memory.
    """
    check_memory(setting, network=True)
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
        network = with_delays(network, setting.delay, law=setting.delay_law, rng=rng_delays)
    if not setting.count_zero:
        each = np.concatenate([network.w_in, network.w_rec], axis=1)
        network = replace(network, n_synapses=np.count_nonzero(each, axis=1))
    activity = simulate(network, inputs, setting.neuron, dt=setting.dt, update=setting.update)
    return Run(setting, network, inputs, activity)


class _Progress:
    """A line that tells the person at a terminal how far a sweep is; silent elsewhere."""

    def __init__(self, n_cells: int) -> None:
        self._n_cells, self._n_done = n_cells, 0
        self._start = self._told = time.monotonic()
        self._lock = Lock()
        self._shown = sys.stderr.isatty()

    def done(self) -> None:
        """Count one more cell."""
        with self._lock:
            self._n_done += 1
            now = time.monotonic()
            if self._shown and (now - self._told > 0.2 or self._n_done == self._n_cells):
                self._told = now
                left = (now - self._start) / self._n_done * (self._n_cells - self._n_done)
                text = f"\r{self._n_done} of {self._n_cells} runs, {left:.0f} s left "
                print(text, end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            print(file=sys.stderr)


def sweep(
    measure: Callable[[Any], Result],
    settings: Sequence[Setting],
    *,
    draw: Callable[..., Any] | None = None,
    seed: int,
    n_repeats: int,
    first: int = 0,
    store: Path | None = None,
    n_workers: int | None = None,
) -> list[list[Result]]:
    """Measure independent runs of many settings, on threads: the kernels release the lock.

    At a terminal a line on standard error tells how far it is.

    Parameters
    ----------
    measure : callable
        From what `draw` gives to what shall be kept of it.
    settings : sequence of Setting
        Conditions.
    draw : callable, optional
        What is drawn of a setting, called as `run`, which is the default.
    seed : int
        Entropy of all random numbers.
    n_repeats : int
        Draws of each setting.
    first : int
        The first of them; those before it are left out.
    store : Path, optional
        Folder that keeps results and is asked for them first; `measure` and `draw` must then be
        functions of a watched package (`lsm.store.watch`), or partials of one, and what `measure`
        returns a NamedTuple.
    n_workers : int, optional
        Threads; `lsm.cores.available_cores` by default. The results do not depend on it.

    Returns
    -------
    list over settings of lists over repeats

    Raises
    ------
    ValueError
        If a number is out of range, or results of `measure` cannot be kept.
    """
    check.integer("seed", seed)
    check.integer("n_repeats", n_repeats, low=1)
    check.integer("first", first)
    n_workers = available_cores() if n_workers is None else n_workers
    check.integer("n_workers", n_workers, low=1)
    repeats = range(first, first + n_repeats)
    cells = [(setting, repeat) for setting in settings for repeat in repeats]
    draw = run if draw is None else draw
    kind = None if store is None else result_kind(measure)
    progress = _Progress(len(cells))

    def one(cell: tuple[Setting, int]) -> Result:
        setting, repeat = cell

        def compute() -> Result:
            return measure(draw(setting, seed=seed, repeat=repeat))

        if store is None or kind is None:
            found = compute()
        else:
            found = stored(store, key(measure, draw, setting, seed, repeat), kind, compute)
        progress.done()
        return found

    try:
        # Linear algebra on threads of its own would compete with ours, and round differently.
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_workers) as pool:
            try:
                found = list(pool.map(one, cells))
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
    finally:
        progress.end()  # when no thread is left that counts
    return [found[i : i + n_repeats] for i in range(0, len(found), n_repeats)]
