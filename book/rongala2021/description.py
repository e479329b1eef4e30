"""The model in tables, in the form of Nordlie, Gewaltig and Plesser (2009).

Nothing is stated here that the packages hold: sizes and synapses are counted on a network that they
build, values are those of their objects, meanings those of their docstrings.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from textwrap import dedent
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from lsm import inputs, measures, spectrum
from lsm._validate import Array
from lsm.delays import with_delays
from lsm.dynamics import (
    hodgkin_huxley_response,
    izhikevich_response,
    lsm_response,
    simulate,
)
from lsm.network import Network, two_layer
from lsm.neurons import LSM, HodgkinHuxley, Izhikevich, izhikevich_grid
from lsm.runs import Setting, generators
from rongala2021 import settings
from rongala2021.project import book_file
from rongala2021.spectra import Spectrum
from rongala2021.tables import Table
from rongala2021.transients import APART, excursions

#: The equations of the paper that the packages solve, by their numbers, and what solves them.
#: Eq. 6 is in a docstring, and taken from there.
EQUATIONS: dict[str, tuple[str, Any]] = {
    "Eq. 1": (
        r"A_\mathrm{NoDyn} = \frac{\sum_j w_j a_j}{k_\mathrm{static}\, i + \sum_j |w_j a_j|}",
        lsm_response,
    ),
    "Eq. 2": (
        r"\tau_\mathrm{Dyn} \frac{dA_\mathrm{Dyn}}{dt} = -A_\mathrm{Dyn} + A_\mathrm{NoDyn}",
        lsm_response,
    ),
    "Eq. 3": (r"A_\mathrm{NoDyn} \ge 0, \qquad A_\mathrm{Dyn} \ge 0", lsm_response),
    "A6": (
        r"\tau \frac{dV}{dt} = -V + (1 - V) \sum_j w_j^+ v_j^+ - (1 + V) \sum_j |w_j^-| v_j^-",
        hodgkin_huxley_response,
    ),
    "Eq. 4": (
        r"\dot v = A v^2 + B v + C - u + k \sum_j w_j a_j, \qquad \dot u = a\,(b v - u)",
        izhikevich_response,
    ),
    "Eq. 5": (
        r"v \ge v_\mathrm{peak}: \quad v \leftarrow c, \quad u \leftarrow u + d",
        izhikevich_response,
    ),
}


#: Fields of a setting that describe its input.
_OF_INPUT = ("n_sensors", "rate", "n_presentations", "duration", "jitter", "law")


class _Everywhere:
    """Weights of 1, so that what remains of them shows who hears whom."""

    def sample(self, shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
        return np.ones(shape)


def built(setting: Setting) -> Network:
    """The network of a setting with weights of 1: its masks, numbers of synapses and names."""
    return two_layer(
        _Everywhere(),
        sizes=setting.sizes,
        n_sensors=setting.n_sensors,
        autapses=setting.autapses,
        connectivity=setting.connectivity,
        rng=generators(setting, 0)[1],
    )


def _groups(network: Network) -> dict[str, NDArray[np.bool_]]:
    """Which neurons are of each kind and layer."""
    kinds = {"EN": network.sign > 0, "IN": network.sign < 0}
    layers = np.unique(network.layer).tolist()
    return {
        f"{kind}, layer {n}": of & (network.layer == n)
        for n in layers
        for kind, of in kinds.items()
    }


def _shown(value: Any) -> str:
    """A value of a field, in a table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, np.ndarray):  # one value for each neuron
        return f"{value.min():g} to {value.max():g}"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    return value if isinstance(value, str) else type(value).__name__.lower()


def _constants(of: Any) -> dict[str, Any]:
    """Fields of an object and their values; none of a law of one's own that has no fields."""
    if not is_dataclass(of):
        return {}
    return {each.name: getattr(of, each.name) for each in fields(of)}


def _first(text: str) -> str:
    """The first sentence of a text, without its marks and units."""
    sentence = re.split(r"(?<!Eq)[.;](?:\s|$)", re.sub(r"\s+", " ", text.strip()))[0]
    return re.sub(r"`| \((?:s|mV|Hz|a\.u\.)\)", "", sentence)


def _sentence(of: Any) -> str:
    """The first sentence of a docstring."""
    return _first(inspect.getdoc(of) or "")


def _meanings(of: type) -> dict[str, str]:
    """What a class's docstring says of each attribute, in one sentence."""
    text = (inspect.getdoc(of) or "").partition("Attributes\n----------\n")[2]
    found: dict[str, str] = {}
    for names, meaning in re.findall(r"^(\w[\w, ]*) : .*\n((?:    .*\n?)+)", text, flags=re.M):
        sentence = _first(dedent(meaning))
        found |= dict.fromkeys(names.split(", "), sentence[:1].lower() + sentence[1:])
    return found


def _table(*rows: Sequence[Any], heads: Sequence[str]) -> Table:
    return Table(pd.DataFrame(list(rows), columns=list(heads)))


def summary(setting: Setting) -> Table:
    """A: what the model is made of, in a line each."""
    network = built(setting)
    rows = {
        "Populations": f"{setting.n_sensors} sensors; {network.n_neurons} neurons, excitatory (EN) "
        f"and inhibitory (IN) in each of {network.layer.max()} layers",
        "Topology": "none: a layer is told by what it hears",
        "Connectivity": "; ".join(
            f"{source} to {target}: {pattern}" for source, target, _, pattern in _rules(network)
        ),
        "Neuron model": _sentence(LSM),
        "Channel models": "none",
        "Synapse model": "activity of the source times a weight; of sensors, a post-synaptic "
        "potential for each spike",
        "Plasticity": "none",
        "Input": f"{setting.n_sensors} spike trains of {setting.rate:g} Hz, repeated "
        f"{setting.n_presentations} times with each spike displaced anew",
        "Measurements": "activity of all neurons, its power in each frequency and presentation",
    }
    return _table(*rows.items(), heads=("part", "description"))


def populations(setting: Setting) -> Table:
    """B: name, elements and size of each population."""
    network = built(setting)
    names = np.array(network.names)
    rows = [("sensors", "spike trains, as potentials", "", setting.n_sensors)]
    for name, of in _groups(network).items():
        each = names[of]
        rows.append((name, "LSM neuron", f"{each[0]} to {each[-1]}", each.size))
    return _table(*rows, heads=("population", "elements", "names", "size"))


def _pattern(heard: NDArray[np.bool_], itself: NDArray[np.bool_]) -> str:
    """Who hears whom, [target, source], told in words; `itself` are pairs of one neuron."""
    if not heard.any():
        return "none"
    if heard.all():
        return "all to all" + ", each to itself too" * bool(itself.any())
    if (heard == ~itself).all():
        return "all to all, none to itself"
    return f"{heard.sum()} of {heard.size} pairs"


def _rules(network: Network) -> list[tuple[str, str, str, str]]:
    """Source, target, sign and pattern of each kind of connection."""
    rules = []
    own = np.eye(network.n_neurons, dtype=bool)
    for layer in np.unique(network.layer).tolist():
        of = network.layer == layer
        heard = network.w_in[of] > 0
        pattern = _pattern(heard, np.zeros_like(heard))
        rules.append(("sensors", f"layer {layer}", "excitatory", pattern))
    for kind, name, sign in (("EN", "excitatory", 1), ("IN", "inhibitory", -1)):
        of = network.sign == sign
        rules.append((kind, "EN and IN", name, _pattern(network.w_rec[:, of] != 0, own[:, of])))
    return rules


def connectivity(setting: Setting) -> Table:
    """C: sources, targets, pattern, weights and delays of all connections."""
    law = _constants(setting.weights)
    values = [f"{name} {_shown(value)}" for name, value in law.items()]
    weights = ": ".join([_shown(setting.weights), ", ".join(values)][: 1 + bool(values)])
    variation = inspect.signature(with_delays).parameters["cv"].default
    delay = "the step before"
    if setting.update != "together":
        delay += ", or from neurons updated earlier the same"
    if setting.delay:
        spread = f", cv {variation:g}" if setting.delay_law == "normal" else ""
        delay += f", and {setting.delay_law} delays of mean {setting.delay:g} s{spread}"
    if not set(np.unique(setting.connectivity)) <= {0.0, 1.0}:
        weights += ", times factors between populations"
    rows = [
        (*rule, weights, "none" if rule[0] == "sensors" else delay)
        for rule in _rules(built(setting))
        if rule[-1] != "none"
    ]
    return _table(*rows, heads=("source", "target", "sign", "pattern", "weights", "delay"))


def convergence(setting: Setting) -> Table:
    """C: synapses from each population on one neuron of another; their sum, the i of Eq. 1."""
    network = built(setting)
    groups = _groups(network)
    columns: dict[str, list[Any]] = {"on a neuron of": list(groups)}
    columns["sensors"] = [_one((network.w_in > 0).sum(axis=1)[of]) for of in groups.values()]
    for name, source in groups.items():
        heard = (network.w_rec[:, source] != 0).sum(axis=1)
        columns[name] = [_one(heard[of]) for of in groups.values()]
    columns["i of Eq. 1"] = [_one(network.n_synapses[of]) for of in groups.values()]
    return Table(pd.DataFrame(columns))


def _one(counts: NDArray) -> str:
    """The number that all neurons share, or from the smallest to the largest."""
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"


def neurons(setting: Setting) -> Table:
    """D: the neuron models, and where each is solved."""
    words = {"together": "all together", "in turn": "one after the other"}
    updated = words.get(setting.update, setting.update)
    rows = [
        (
            _sentence(LSM),
            "Eq. 1, Eq. 2, Eq. 3",
            f"networks, updated {updated} ({simulate.__name__}); "
            f"isolated ({lsm_response.__name__})",
            f"Eq. 2: {setting.neuron.solver}, for an input held over a step",
        ),
        (
            _sentence(HodgkinHuxley),
            "A6",
            f"isolated ({hodgkin_huxley_response.__name__})",
            f"{_default(hodgkin_huxley_response, 'method')} Euler",
        ),
        (
            _sentence(Izhikevich),
            "Eq. 4, Eq. 5",
            f"isolated ({izhikevich_response.__name__}); {len(izhikevich_grid())} of them in "
            "Fig. 3G (Table 2)",
            f"explicit {_default(izhikevich_response, 'scheme').title()}, steps in each dt: "
            f"{_default(izhikevich_response, 'n_substeps')}",
        ),
    ]
    return _table(*rows, heads=("model", "equations", "used", "solved by"))


def _default(function: Any, name: str) -> Any:
    return inspect.signature(function).parameters[name].default


def equations() -> str:
    """D, E: the equations as Markdown, each with its number and the function that solves it."""
    psp = inspect.getdoc(inputs.convolve_psp) or ""
    told = re.search(r"\.\. math:: (.*?)\n\n", psp, flags=re.S)
    if told is None:
        raise ValueError("lsm.convolve_psp: expected Eq. 6 in its docstring, got none")
    kernel = re.sub(r"\s+", " ", told[1])
    each = {**EQUATIONS, "Eq. 6": (kernel, inputs.convolve_psp)}
    return "\n\n".join(
        f"**{number}** ({{py:func}}`lsm.{function.__name__}`)\n\n$$\n{tex}\n$$"
        for number, (tex, function) in each.items()
    )


def sensory_input(setting: Setting) -> Table:
    """E: what the sensors do."""
    s = setting
    rows = {
        "spikes": f"{_sentence(inputs.spike_times)}: {s.rate:g} Hz, {s.duration:g} s",
        "presentations": f"{s.n_presentations}, back to back: {s.n_presentations * s.duration:g} s",
        "noise": f"each spike displaced anew in each presentation: {s.law}, {s.jitter:g} s",
        "potentials": "of each spike, added up (Eq. 6), exact at the steps",
        "step": f"{s.dt:g} s, of input, neurons and loops alike",
        "targets": " and ".join(
            target
            for source, target, _, how in _rules(built(s))
            if source == "sensors" and how != "none"
        ),
    }
    return _table(*rows.items(), heads=("part", "description"))


def measurements(setting: Setting, taken: Spectrum) -> Table:
    """F: what is recorded, and the numbers that verdicts rest on.

    Parameters
    ----------
    setting : Setting
    taken : Spectrum
        How spectra are taken.
    """
    f = np.asarray(taken.freqs)
    low, high = measures.REFERENCE_BAND
    wavelet = taken.wavelet
    if wavelet == "morse":
        product = spectrum.GAMMA * spectrum.BETA
        wavelet = f"Morse, gamma {spectrum.GAMMA:g}, time-bandwidth product {product:g}"
    voices = 1 / np.log2(f[1] / f[0])
    rows = {
        "activity": f"of every neuron, in every step of {setting.dt:g} s",
        "wavelet transform": f"{wavelet}; ends of the record: {taken.ends}",
        "frequencies": f"{f[0]:.2f} to {f[-1]:.0f} Hz, {voices:.0f} to an octave",
        "maximum power": f"of each frequency in each presentation ({setting.duration:g} s); the "
        f"first {taken.warm_up:g} s of the record are left out",
        "gain": f"power over that of the input, scaled to a mean of 1 over {low:g} to {high:g} Hz",
        "HF": f"mean gain from {measures.HIGH_FREQUENCY:g} Hz to the highest frequency; "
        f"amplified: at least {settings.AMPLIFIED_FROM:g}",
        "transients": f"activity above {_default(excursions, 'cutoff'):g} Hz beyond "
        f"{_default(excursions, 'threshold'):g} robust standard deviations of the activity without "
        f"leak, and none of the sensory drive within {1e3 * APART:g} ms",
        "r": _sentence(measures.correlation),
        "rho": _sentence(measures.pearson),
    }
    return _table(*rows.items(), heads=("measure", "description"))


def _entry(known: Mapping[str, Any], registry: Mapping[str, Any], name: str) -> dict[str, Any]:
    entry = known[name]
    return registry[entry["parameter"]] if "parameter" in entry else entry


def parameters(setting: Setting, taken: Spectrum) -> Table:
    """All constants: what they are, ours, the paper's, and whether ours is given there.

    Parameters
    ----------
    setting : Setting
        With dynamic leak.
    taken : Spectrum
        How spectra are taken.

    Raises
    ------
    KeyError
        If neither ``description.yml`` nor ``parameters.yml`` says where a constant comes from.
    """
    known, registry = (
        yaml.safe_load(book_file(f"{name}.yml").read_text(encoding="utf-8"))
        for name in ("description", "parameters")
    )
    parts: dict[str, Any] = {
        "network": setting,
        "weights": setting.weights,
        "sensory synapse": setting.kernel,
        "neuron": setting.neuron,
        "neuron alone": LSM(tau_dyn=setting.neuron.tau_dyn),
        "H-H neuron": HodgkinHuxley(),
        "Izhikevich neuron": Izhikevich(),
        "spectrum": taken,
    }
    # Which have rows of their own, or say nothing of the model.
    left_out = {("network", "kernel"), ("network", "neuron"), ("network", "stream")}
    left_out |= {("network", "connectivity")}  # two tables of their own
    left_out |= {("spectrum", "freqs")}
    rows = []
    for part, of in parts.items():
        for name, value in _constants(of).items():
            again = part == "neuron alone" and np.array_equal(value, getattr(setting.neuron, name))
            if again or (part, name) in left_out:
                continue
            entry = _entry(known, registry, f"{type(of).__name__}.{name}")
            meaning = entry.get("meaning") or _meanings(type(of))[name]
            paper = _shown(entry.get("paper", "not stated"))
            place = "input" if part == "network" and name in _OF_INPUT else part
            cells = (meaning, _shown(value), entry.get("unit", ""), paper)
            rows.append((place, name, *cells, entry["source"], entry["status"]))
    heads = ("of", "name", "description", "value", "unit", "paper", "source", "status")
    places = list(dict.fromkeys(row[0] for row in rows))
    return _table(*sorted(rows, key=lambda row: places.index(row[0])), heads=heads)
