"""Sensory inputs: spike times, jittered presentations, counts and post-synaptic potentials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lsm import _kernels, _memory, _steps
from lsm import _validate as check
from lsm._parameters import keep
from lsm._validate import Array

JITTER_LAWS = ("uniform", "gaussian", "walk", "lossy walk")


@dataclass(frozen=True, kw_only=True)
class PSPKernel:
    """Constants of the post-synaptic potential (Eq. 6), in seconds.

    Attributes
    ----------
    tau_decay, tau_rise : float
        tau_kd and tau_kr. The paper calls 4 ms the decay and 12.5 ms the rise; the kernel is
        symmetric in the two, so the names change nothing.
    tau_m : float
        tau_km. It is also the area under the kernel.
    latency : float
        tau_kl, zero in the paper.

    Raises
    ------
    ValueError
        If a time constant is not positive, the latency is negative, or rise and decay are equal.
    """

    tau_decay: float = 4e-3
    tau_rise: float = 12.5e-3
    tau_m: float = 21.3e-3
    latency: float = 0.0

    def __post_init__(self) -> None:
        for name in ("tau_decay", "tau_rise", "tau_m"):
            keep(self, **{name: check.number(name, getattr(self, name), above=0)})
        keep(self, latency=check.number("latency", self.latency, low=0))
        if self.tau_decay == self.tau_rise:
            raise ValueError(
                f"tau_rise: expected a value other than tau_decay (Eq. 6 divides by their "
                f"difference), got {self.tau_rise!r} for both"
            )


def spike_times(rate: float, duration: float, n_sensors: int, *, rng: np.random.Generator) -> Array:
    """Pseudo-random spike trains of an exact mean rate (section Pseudo-Random Inputs).

    Each sensor fires ``rate * duration`` times, rounded, halves up. Each time is drawn uniformly,
    as MATLAB's `randi` draws them, but continuous, so that it means the same at any step.

    Parameters
    ----------
    rate : float
        Mean rate of each sensor (Hz).
    duration : float
        Length of the train (s).
    n_sensors : int
        Number of independent trains.
    rng : numpy.random.Generator

    Returns
    -------
    (n_sensors, n_spikes) array
        Spike times in [0, duration), sorted along the last axis (s).

    Raises
    ------
    ValueError
        If an argument is out of range or asks for more memory than there is.
    """
    check.number("duration", duration, above=0)
    check.number("rate", rate, low=0, high=_steps.MOST / duration)
    check.integer("n_sensors", n_sensors, low=1)
    n_spikes = int(_steps.nearest(rate * duration))
    name = "rate" if n_spikes > n_sensors else "n_sensors"
    n_bytes = _memory.of_spikes(n_sensors, n_spikes)
    _memory.fits(name, "a record", n_bytes, n_sensors, "trains of", n_spikes, "spikes")
    times = check.generator(rng).uniform(0.0, duration, size=(n_sensors, n_spikes))
    return np.sort(times, axis=-1)


def present(
    times: ArrayLike,
    n_presentations: int,
    duration: float,
    *,
    jitter: float = 10e-3,
    law: str = "uniform",
    rng: np.random.Generator,
) -> Array:
    """Repeat spike trains back to back, each spike displaced in each presentation.

    Noise is added to the reference, or in a walk to the presentation before. A spike that it
    carries across the start or end of the whole record is reflected back into it (its walk goes on
    from where it would have been), so no spike is lost; between presentations spikes may cross
    freely, because the presentations follow each other without pause. In a lossy walk they do not:
    a spike that leaves its presentation is lost, there and in all later ones.

    Parameters
    ----------
    times : (n_sensors, n_spikes) array
        Reference spike times in [0, duration] (s).
    n_presentations : int
        Number of repetitions.
    duration : float
        Length of one presentation (s).
    jitter : float
        Displacement (s): half-width of the uniform law (Methods: "±10 ms"), or standard
        deviation of the Gaussian one (Results: "Gaussian noise").
    law : {"uniform", "gaussian", "walk", "lossy walk"}
        The text names the first two; see the page on how the text was read. Steps of a walk are
        uniform.
    rng : numpy.random.Generator

    Returns
    -------
    (n_sensors, n_presentations * n_spikes) array
        Spike times in [0, n_presentations * duration), sorted (s); those that are lost come last,
        as NaN.

    Raises
    ------
    ValueError
        If an argument is out of range or asks for more memory than there is, or the law is unknown.
    """
    reference = check.array("times", times, shape=("n_sensors", "n_spikes"), low=0)
    check.integer("n_presentations", n_presentations, low=1)
    check.number("duration", duration, above=0)
    check.number("jitter", jitter, low=0, high=duration)
    check.choice("law", law, JITTER_LAWS)
    check.generator(rng)
    if reference.size and reference.max() > duration:
        raise ValueError(
            f"times: expected values <= duration = {duration:g}, got {reference.max():g}"
        )
    n_sensors, n_spikes = reference.shape
    size = (n_sensors, n_presentations, n_spikes)
    n_bytes = _memory.of_presentations(n_sensors, n_presentations * n_spikes)
    _memory.fits("n_presentations", "a record", n_bytes, n_presentations, "of", n_spikes, "spikes")
    if law == "gaussian":
        noise = rng.normal(0.0, jitter, size)
    else:
        noise = rng.uniform(-jitter, jitter, size)
    if "walk" in law:
        noise = noise.cumsum(axis=1)
    starts = duration * np.arange(n_presentations)[:, None]
    total = n_presentations * duration
    # Reflected at both ends; a spike within the record must keep its time to the last bit.
    moved = np.mod(np.abs(reference[:, None, :] + starts + noise), 2 * total)
    moved = np.where(moved > total, 2 * total - moved, moved)
    moved = np.minimum(moved, np.nextafter(total, 0.0))
    if law == "lossy walk":
        within = reference[:, None, :] + noise
        there = np.logical_and.accumulate((within >= 0) & (within <= duration), axis=1)
        moved = np.where(there, moved, np.nan)
    return np.sort(moved.reshape(n_sensors, n_presentations * n_spikes), axis=-1)


def bin_spikes(times: ArrayLike, n_steps: int, *, dt: float) -> Array:
    """Count spikes in steps of `dt`.

    Parameters
    ----------
    times : (n_sensors, n_spikes) array
        Spike times in [0, n_steps * dt) (s); NaN for a spike that is lost.
    n_steps : int
        Number of steps.
    dt : float
        Step (s).

    Returns
    -------
    (n_sensors, n_steps) array
        Number of spikes in each step.

    Raises
    ------
    ValueError
        If a spike lies outside the record, or the record does not fit into memory.
    """
    spikes = check.array("times", times, shape=("n_sensors", "n_spikes"), low=0, finite=False)
    n_steps = check.integer("n_steps", n_steps, low=1)
    check.number("dt", dt, above=0)
    n_sensors, n_spikes = spikes.shape
    n_bytes = _memory.of_counts(n_sensors, n_spikes, n_steps)
    _memory.fits("n_steps", "a record", n_bytes, n_steps, "for", n_sensors, "sensors")
    end = n_steps * dt
    lowest, highest = (f.reduce(spikes, axis=None, initial=0.0) for f in (np.fmin, np.fmax))
    if lowest < 0 or highest >= end * (1 + 1e-12):
        got = lowest if lowest < 0 else highest
        raise ValueError(f"times: expected values from 0 to < n_steps * dt = {end:g}, got {got:g}")
    lost = np.isnan(spikes)
    n_bins = n_sensors * n_steps
    # One just below the end must not pass it.
    steps = np.minimum(_steps.whole(np.where(lost, 0.0, spikes) / dt), n_steps - 1)
    flat = steps.astype(np.int64) + n_steps * np.arange(n_sensors)[:, None]
    flat[lost] = n_bins
    counts = np.bincount(flat.ravel(), minlength=n_bins)[:n_bins]
    return counts.reshape(n_sensors, n_steps).astype(np.float64)


def convolve_psp(counts: ArrayLike, *, dt: float, kernel: PSPKernel | None = None) -> Array:
    r"""Turn spike counts into post-synaptic potentials (Eq. 6).

    .. math:: a(t) = \sum_{t^*} \frac{\tau_{km}}{\tau_{kd} - \tau_{kr}}
              \left[e^{-(t - t^* - \tau_{kl}) / \tau_{kd}}
              - e^{-(t - t^* - \tau_{kl}) / \tau_{kr}}\right],
              \qquad t \ge t^* + \tau_{kl}

    As printed the exponents hold t + t*, which makes later spikes smaller; t - t* is meant. Each
    exponential is a one-pole filter, so the sum is exact at the steps and never negative.

    Parameters
    ----------
    counts : (..., n_steps) array
        Number of spikes in each step.
    dt : float
        Step (s).
    kernel : PSPKernel, optional
        Constants of Eq. 6; those of the paper by default.

    Returns
    -------
    (..., n_steps) array
        Activity of the synapse (a.u.), about 1 at the peak of a single spike.

    Raises
    ------
    ValueError
        If `counts` has a negative or non-finite value, or `dt` is not positive.
    """
    kernel = check.instance("kernel", PSPKernel() if kernel is None else kernel, PSPKernel)
    spikes = check.array("counts", counts, low=0)
    check.number("dt", dt, above=0)
    if spikes.ndim == 0:
        raise ValueError("counts: expected shape (..., n_steps), got ()")
    # The first sample at or after the latency, and how far past the onset it lies.
    shift = int(np.ceil(kernel.latency / dt - 1e-9))
    onset = shift * dt - kernel.latency
    tau = np.array([kernel.tau_decay, kernel.tau_rise])
    scale = kernel.tau_m / (kernel.tau_decay - kernel.tau_rise) * np.exp(-onset / tau)
    potential = np.zeros(spikes.shape)
    if shift < spikes.shape[-1]:
        rows = (-1, spikes.shape[-1])
        out = potential.reshape(rows)[:, shift:]
        _kernels.run_psp(
            check.read_only(spikes.reshape(rows)), scale * [1.0, -1.0], np.exp(-dt / tau), out
        )
    return potential
