"""Transients of activity: what counts as one, and how many a run has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, NamedTuple

import numpy as np
import scipy  # its parts are loaded when used: that of stats takes half a second
from numpy.typing import ArrayLike, NDArray

from lsm import _steps
from lsm import _validate as check
from lsm._validate import Array
from lsm.measures import HIGH_FREQUENCY
from lsm.runs import Run, respond

#: Excursions of a neuron's activity up to this far apart are one transient (s), and none where its
#: sensory input has one as near.
APART = 10e-3


class Excursions(NamedTuple):
    """Transients of one signal, in the order of time.

    Attributes
    ----------
    step : (n,) int array
        Where each is highest, counted from 0.
    height : (n,) array
        Of the high-passed signal there, without its sign.
    """

    step: NDArray[np.int64]
    height: Array


def _fast(x: Array, scale: Array | None, cutoff: float, dt: float) -> tuple[Array, Array]:
    """The part of x above `cutoff`, without its sign, and the robust deviation of `scale`'s."""
    sos = scipy.signal.butter(4, cutoff, btype="highpass", fs=1 / dt, output="sos")
    # Filtering both ways needs so much at the ends.
    signal = check.signal("x", x, n_min=6 * len(sos) + 4)
    fast = scipy.signal.sosfiltfilt(sos, signal, axis=-1)
    base = fast if scale is None else scipy.signal.sosfiltfilt(sos, scale, axis=-1)
    deviation = scipy.stats.median_abs_deviation(base, axis=-1, scale="normal")
    return np.abs(fast), np.asarray(deviation)[..., None]


def excursions(
    x: ArrayLike,
    *,
    dt: float,
    scale_of: ArrayLike | None = None,
    apart_from: ArrayLike | None = None,
    apart: float = 0.0,
    cutoff: float = HIGH_FREQUENCY,
    threshold: float = 5.0,
) -> list[Excursions]:
    """Find transients: excursions of the high-passed signal beyond a robust deviation.

    Parameters
    ----------
    x : (..., n_steps) array
    dt : float
        Step (s).
    scale_of : array like `x`, optional
        Signal whose high-passed deviation is the scale; `x` itself by default.
    apart_from : array like `x`, optional
        Signal that excuses a transient: one that lies within `apart` of an excursion of this
        signal, on its own scale, is not counted.
    apart : float
        Excursions of `x` up to this far apart are one transient (s); 0 for none but neighbours.
    cutoff : float
        Cutoff frequency of the high-pass (Hz), fourth order, without phase shift.
    threshold : float
        In robust standard deviations (1.4826 times the median absolute deviation).

    Returns
    -------
    list of Excursions
        Runs of steps beyond the threshold, either sign: of each signal, the last axis but one
        varying fastest.
    """
    check.number("dt", dt, above=0)
    check.number("apart", apart, low=0)
    check.number("cutoff", cutoff, above=0, below=0.5 / dt)
    check.number("threshold", threshold, above=0)
    signal = check.signal("x", x)
    others = [
        None if other is None else check.array(name, other, shape=signal.shape)
        for name, other in (("scale_of", scale_of), ("apart_from", apart_from))
    ]
    flat = -1, signal.shape[-1]
    fast, deviation = _fast(signal, others[0], cutoff, dt)
    outside = (fast > threshold * deviation).reshape(flat)
    excuse = np.zeros_like(outside)
    if others[1] is not None:
        of_other, deviation = _fast(others[1], None, cutoff, dt)
        excuse = (of_other > threshold * deviation).reshape(flat)
    width = max(1, _steps.n_steps("apart", apart, dt))
    found = []
    for rows, height in zip(zip(outside, excuse, strict=True), fast.reshape(flat), strict=True):
        steps, known = (np.flatnonzero(row) for row in rows)
        first = np.flatnonzero(np.diff(steps, prepend=-2 * width) > width)
        starts, ends = steps[first], steps[np.append(first, steps.size)[1:] - 1]
        near = np.searchsorted(known, ends + width, "right") > np.searchsorted(
            known, starts - width
        )
        runs = zip(starts[~near], ends[~near], strict=True)
        highest = [start + int(height[start : end + 1].argmax()) for start, end in runs]
        at = np.array(highest, dtype=np.int64)
        found.append(Excursions(at, height[at]))
    return found


def n_excursions(x: ArrayLike, **options: Any) -> NDArray[np.int64]:
    """Number of transients that `excursions` finds in each signal, (...).

    Parameters
    ----------
    x : (..., n_steps) array
    **options
        As those of `excursions`.
    """
    counts = [each.step.size for each in excursions(x, **options)]
    return np.reshape(counts, np.shape(x)[:-1])


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

    without_counterpart: Annotated[NDArray[np.int64], "drawn"]
    without_counterpart_on_own_scale: Annotated[NDArray[np.int64], "drawn"]
    excursions: Annotated[NDArray[np.int64], "drawn"]
    on_own_scale: Annotated[NDArray[np.int64], "drawn"]
    of_drive: Annotated[NDArray[np.int64], "drawn"]


def transients(result: Run, *, neurons: Sequence[int] | None = None) -> Transients:
    """Count the transients of a run, as `n_excursions` defines them.

    Parameters
    ----------
    result : Run
    neurons : sequence of int, optional
        Which neurons; all by default.

    Returns
    -------
    Transients
    """
    drive, undamped, activity = _signals(result, neurons)
    count = partial(n_excursions, dt=result.setting.dt)
    return Transients(
        without_counterpart=count(activity, scale_of=undamped, apart_from=drive, apart=APART),
        without_counterpart_on_own_scale=count(activity, apart_from=drive, apart=APART),
        excursions=count(activity, scale_of=undamped),
        on_own_scale=count(activity),
        of_drive=count(drive),
    )


def counted(result: Run, *, neurons: Sequence[int] | None = None) -> list[Excursions]:
    """Find the transients of a run that `Transients.without_counterpart` counts.

    Parameters
    ----------
    result : Run
    neurons : sequence of int, optional
        Which neurons; all by default.

    Returns
    -------
    list of Excursions
        Of each of these neurons.
    """
    drive, undamped, activity = _signals(result, neurons)
    dt = result.setting.dt
    return excursions(activity, dt=dt, scale_of=undamped, apart_from=drive, apart=APART)


def _signals(result: Run, neurons: Sequence[int] | None) -> tuple[Array, Array, Array]:
    """Sensory input of some neurons, their activity without dynamic leak, and their activity."""
    setting = result.setting
    some = slice(None) if neurons is None else list(neurons)
    without = replace(setting, neuron=replace(setting.neuron, tau_dyn=0.0))
    undamped = respond(without, result.network, result.inputs).activity
    return result.network.w_in[some] @ result.inputs, undamped[some], result.activity[some]
