"""Readings and controls behind mechanisms: who hears whom, in which order, how late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lsm import _validate as check
from lsm._validate import Array
from lsm.delays import UPDATES, synaptic_lags
from lsm.network import CONNECTIVITY, Connectivity, Network
from lsm.runs import Run, Setting, generators, respond, run, sensory_input, sensory_spikes
from lsm.weights import Normal, weight_distribution
from rongala2021.balance import mean_weight
from rongala2021.grids import grid

# Targets and sources of `lsm.network.CONNECTIVITY`.
_TARGETS = ("EN1", "EN2", "IN1", "IN2")
_SOURCES = ("sensors", *_TARGETS)


# Settings


def heard(factors: Mapping[tuple[str, str], float]) -> Connectivity:
    """Who hears whom, with factors other than 1.

    Parameters
    ----------
    factors : mapping of (target, source) to float
        Populations are "EN1", "EN2", "IN1", "IN2", by their layer; sources also "sensors".

    Returns
    -------
    (4, 5) nested tuple of float
        As `lsm.network.CONNECTIVITY`.
    """
    found = np.array(CONNECTIVITY)
    for (target, source), factor in factors.items():
        check.choice("target", target, _TARGETS)
        check.choice("source", source, _SOURCES)
        found[_TARGETS.index(target), _SOURCES.index(source)] = factor
    return tuple(map(tuple, found.tolist()))


def inhibited(setting: Setting, factor: float) -> Setting:
    """The same setting with all inhibitory weights multiplied by a factor."""
    every = {(target, source): factor for target in _TARGETS for source in ("IN1", "IN2")}
    return replace(setting, connectivity=heard(every))


def magnitude_of_sum(setting: Setting) -> Setting:
    """The same setting with the magnitude of the sum in the divisor of Eq. 1."""
    return replace(setting, neuron=replace(setting.neuron, shunting=-1.0))


def leaky(setting: Setting, tau_dyn: float = 0.2) -> Setting:
    """The same setting with a dynamic leak (s)."""
    return replace(setting, neuron=replace(setting.neuron, tau_dyn=tau_dyn))


def _connected(factors: Mapping[tuple[str, str], float]) -> Callable[[Setting], Setting]:
    return partial(replace, connectivity=heard(factors))


_DEAF_2 = {("EN2", "IN1"): 0.0, ("IN2", "IN1"): 0.0}
_DEAF_1 = {("EN1", "IN2"): 0.0, ("IN1", "IN2"): 0.0}

#: What may wake layer 2: readings of the text, and its networks with something taken away.
WAKING: dict[str, Callable[[Setting], Setting]] = {
    "as printed": replace,
    "no INs of layer 1 → layer 2": _connected(_DEAF_2),
    "INs only within their layer": _connected(_DEAF_2 | _DEAF_1),
    "sensors to ENs only": _connected({("IN1", "sensors"): 0.0}),
    "inhibition 0.8": partial(inhibited, factor=0.8),
    "autapses": partial(replace, autapses=True),
    "in turn": partial(replace, update="in turn"),
    "layer by layer": partial(replace, update="layer by layer"),
    "|Σ w a| in Eq. 1": magnitude_of_sum,
    "internal activity recorded": partial(replace, recorded="internal activity"),
    "binary weights, p = 0.2": partial(replace, weights=weight_distribution("binary", 0.2)),
}

#: Readings whose memory is looked at; one whose input is nearly the same from presentation to
#: presentation, so that HF must be alike; and one whose neurons themselves remember.
REMEMBERING: dict[str, Callable[[Setting], Setting]] = {
    **{name: WAKING[name] for name in ("as printed", "in turn", "|Σ w a| in Eq. 1")},
    "binary weights, p = 0.2": WAKING["binary weights, p = 0.2"],
    "walk of 0.2 ms (control)": partial(replace, law="walk", jitter=2e-4),
    "τ_dyn = 0.2 s (control)": leaky,
}


def readings(
    base: Setting, changes: Mapping[str, Callable[[Setting], Setting]] = WAKING
) -> xr.DataArray:
    """A setting under each of some readings: axis reading."""
    return grid([change(base) for change in changes.values()], reading=list(changes))


def inhibitions(base: Setting, factors: Sequence[float]) -> xr.DataArray:
    """A setting with inhibition of several strengths, without autapses and with: two axes."""
    forms = [replace(base, autapses=autapses) for autapses in (False, True)]
    settings = [inhibited(form, factor) for form in forms for factor in factors]
    return grid(settings, autapses=[False, True], inhibition=factors)


def updates(base: Setting) -> xr.DataArray:
    """A setting in each order of update, without autapses and with: axes update, autapses."""
    settings = [
        replace(base, update=update, autapses=autapses)
        for update in UPDATES
        for autapses in (False, True)
    ]
    return grid(settings, update=list(UPDATES), autapses=[False, True])


def scatters(base: Setting, cvs: Sequence[float], means: Sequence[float]) -> xr.DataArray:
    """Normal weights of several means and coefficients of variation, with autapses and without."""
    settings = [
        replace(base, autapses=autapses, weights=Normal(mean=mean, cv=cv))
        for autapses in (False, True)
        for mean in means
        for cv in cvs
    ]
    return grid(settings, autapses=[False, True], mean=means, cv=cvs)


def walks(base: Setting, laws: Sequence[str], steps_ms: Sequence[float]) -> xr.DataArray:
    """Laws of jitter and its sizes (ms): axes law, step_ms."""
    settings = [replace(base, law=law, jitter=1e-3 * step) for law in laws for step in steps_ms]
    return grid(settings, law=laws, step_ms=steps_ms)


# What is drawn in the place of a network


def without_scatter(setting: Setting, *, seed: int, repeat: int = 0) -> Run:
    """The run of a setting with all weights at their mean, under the same input."""
    flat = replace(setting, weights=Normal(mean=mean_weight(setting), cv=0.0))
    return run(flat, seed=seed, repeat=repeat)


def _drawn(setting: Setting, seed: int, repeat: int) -> tuple[Network, Array]:
    """Network and input of a run, which is not simulated."""
    # What a run draws of a network does not depend on how long it is.
    network = run(replace(setting, n_presentations=1), seed=seed, repeat=repeat).network
    return network, sensory_input(setting, rng=generators(setting, seed, repeat)[0])


def held(setting: Setting, *, seed: int, repeat: int = 0) -> Run:
    """The run of a setting under an input that is held at its mean."""
    network, inputs = _drawn(setting, seed, repeat)
    level = np.broadcast_to(inputs.mean(axis=1, keepdims=True), inputs.shape)
    return respond(setting, network, level)


def spikes_of(setting: Setting, *, seed: int, repeat: int = 0) -> tuple[Setting, Array]:
    """A setting and the spike times of all its presentations (s), as of a run."""
    return setting, sensory_spikes(setting, rng=generators(setting, seed, repeat)[0])[1]


def _block(network: Network, populations: str) -> NDArray[np.bool_]:
    """Synapses ``[target, source]`` of "EN→IN" and the like."""
    source, arrow, target = populations.partition("→")
    kinds = {"EN": network.sign > 0, "IN": network.sign < 0}
    if not arrow or source not in kinds or target not in kinds:
        raise ValueError(f"late: expected EN→EN, EN→IN, IN→EN or IN→IN, got {populations!r}")
    return kinds[target][:, None] & kinds[source]


ORDERS = ("ENs first", "INs first", "ENs and INs by turns", "at random", "backwards")


def _order(network: Network, order: str, seed: int) -> NDArray[np.int64]:
    check.choice("order", order, ORDERS)
    given = np.arange(network.n_neurons)
    orders = {
        "ENs first": given,
        "INs first": np.argsort(network.sign, kind="stable"),
        "ENs and INs by turns": given.reshape(2, -1).T.ravel(),
        "at random": np.random.default_rng(seed).permutation(given),
        "backwards": given[::-1],
    }
    return orders[order]


def _with_autapses_of(network: Network, kinds: Sequence[int]) -> Network:
    """A network whose neurons of other signs lose their autapses, and count them no more."""
    lost = ~np.isin(network.sign, kinds)
    w_rec = np.where(np.diag(lost), 0.0, network.w_rec)
    return replace(network, w_rec=w_rec, n_synapses=network.n_synapses - lost)


def rewired(
    setting: Setting,
    *,
    order: str = "ENs first",
    late: Sequence[str] = (),
    autapses_of: Sequence[int] = (1, -1),
    autapses_late: int = 0,
    seed: int,
    repeat: int = 0,
) -> Run:
    """The run of a setting with neurons in another order, or some synapses later or missing.

    Parameters
    ----------
    setting : Setting
        With or without autapses; its order of update counts.
    order : str
        One of `ORDERS`: the order in which neurons are updated, if in turn.
    late : sequence of str
        Populations, "EN→IN" for the synapses of ENs on INs: those of them that are heard within
        the same step are heard one step later.
    autapses_of : sequence of int
        Signs of the neurons that keep their autapses.
    autapses_late : int
        Steps by which autapses are later.
    seed, repeat
        As in `run`.

    Returns
    -------
    Run
    """
    check.integer("autapses_late", autapses_late)
    n, inputs = _drawn(setting, seed, repeat)
    p = _order(n, order, repeat)
    network = Network(
        w_in=n.w_in[p],
        w_rec=n.w_rec[np.ix_(p, p)],
        n_synapses=n.n_synapses[p],
        delays=n.delays[np.ix_(p, p)],
        layer=n.layer[p],
        sign=n.sign[p],
    )
    if setting.autapses:
        network = _with_autapses_of(network, autapses_of)
    at_once = synaptic_lags(network, setting.dt, setting.update) == 0
    steps = np.diag(np.full(network.n_neurons, float(autapses_late)))
    for populations in late:
        steps += at_once & _block(network, populations)
    network = replace(network, delays=network.delays + setting.dt * steps)
    return respond(setting, network, inputs)


def one_more_synapse(setting: Setting, *, seed: int, repeat: int = 0) -> Run:
    """The run of a setting in which each neuron counts one more synapse, of no weight."""
    network, inputs = _drawn(setting, seed, repeat)
    return respond(setting, replace(network, n_synapses=network.n_synapses + 1), inputs)


_WITHIN = ("EN→EN", "IN→IN")

#: What may be behind the effect of autapses: the order of update, and what `rewired` changes in
#: networks with autapses and without.
CANDIDATES: dict[str, tuple[str, dict[str, Any]]] = {
    "together": ("together", {}),
    "layer by layer": ("layer by layer", {}),
    "in turn, ENs first": ("in turn", {}),
    "in turn, INs first": ("in turn", {"order": "INs first"}),
    "in turn, ENs and INs by turns": ("in turn", {"order": "ENs and INs by turns"}),
    "in turn, at random": ("in turn", {"order": "at random"}),
    "in turn, EN→EN a step later": ("in turn", {"late": ("EN→EN",)}),
    "in turn, IN→IN a step later": ("in turn", {"late": ("IN→IN",)}),
    "in turn, EN→IN a step later": ("in turn", {"late": ("EN→IN",)}),
    "ENs together, then INs together": ("in turn", {"late": _WITHIN}),
    "in turn, all a step later": ("in turn", {"late": (*_WITHIN, "EN→IN")}),
}
#: What is changed of the autapses alone.
OF_AUTAPSES: dict[str, dict[str, Any]] = {
    "of ENs alone": {"autapses_of": (1,)},
    "of INs alone": {"autapses_of": (-1,)},
    "a step later": {"autapses_late": 1},
}


def imbalance(result: Run) -> tuple[float, float]:
    """By how many steps inhibition arrives after excitation, at ENs and at INs, on average.

    Parameters
    ----------
    result : Run
        As of `rewired`.

    Returns
    -------
    float, float
        Mean lag of all INs less that of all ENs; autapses, which may be missing, do not count.
    """
    setting, network = result.setting, result.network
    lags = synaptic_lags(network, setting.dt, setting.update).astype(float)
    np.fill_diagonal(lags, np.nan)
    exc = network.sign > 0
    later = np.nanmean(lags[:, ~exc], axis=1) - np.nanmean(lags[:, exc], axis=1)
    return float(later[exc].mean()), float(later[~exc].mean())
