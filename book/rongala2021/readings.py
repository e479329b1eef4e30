"""Other readings of what the text leaves open, and what the claims measure under them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from lsm import _validate as check
from lsm.network import neuron_kinds, neuron_names
from lsm.neurons import HodgkinHuxley, izhikevich_grid
from lsm.runs import Setting
from lsm.spectrum import highest_frequency
from lsm.weights import Lognormal, weight_distribution
from rongala2021.calibrating import BETWEEN, Calibration, by_rule, calibrated
from rongala2021.controls import open_loop
from rongala2021.grids import changed
from rongala2021.populations import Draw, mean_signal, population
from rongala2021.run_measures import high_frequencies
from rongala2021.samples import (
    RATES_3G,
    Samples,
    beaten,
    samples_1,
    samples_2,
    samples_3,
    samples_3g,
    samples_4,
    samples_5,
    samples_6,
    samples_7,
    samples_8,
    samples_s1,
    samples_s4,
    samples_s7,
)
from rongala2021.scale import Scale, sweep_grid
from rongala2021.settings import (
    AMPLIFIED_FROM,
    by_rate,
    figure_4,
    figure_5,
    figure_6,
    figure_7,
    figure_8,
    static_leaks,
)
from rongala2021.single import (
    cutoff,
    drive,
    faithfulness,
    izhikevich_faithfulness,
    membrane_likeness,
    trial,
    variation,
)
from rongala2021.spectra import Spectrum, high_frequency_ratio
from rongala2021.transients import transients

#: Figures whose claims on networks are measured.
FIGURES = ("4", "S7", "5", "6", "7", "8")


def _unchanged(setting: Setting) -> Setting:
    return setting


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """One reading of the text: called with a setting, it gives the setting so read.

    Attributes
    ----------
    change : callable
        From a setting to the changed one.
    spectrum : mapping of str to value
        Fields of `Spectrum` that are others.
    conditions : mapping of str to value
        Fields of `NetworkConditions`, or of `NeuronConditions`, that are others.
    figures : tuple of str
        Which of `FIGURES` are measured.
    same_leak : str
        Why the networks keep their static leak under it; empty where the rule that chooses it is
        applied anew.

    Raises
    ------
    ValueError
        If a figure is not among them.
    """

    change: Callable[[Setting], Setting] = _unchanged
    spectrum: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[str, ...] = FIGURES
    same_leak: str = ""

    def __post_init__(self) -> None:
        for figure in self.figures:
            check.choice("figures", figure, FIGURES)

    def __call__(self, setting: Setting) -> Setting:
        """The setting under this reading."""
        return self.change(setting)


def _neuron(setting: Setting, **changes: Any) -> Setting:
    return replace(setting, neuron=replace(setting.neuron, **changes))


def _of_logarithm(setting: Setting) -> Setting:
    if not isinstance(setting.weights, Lognormal):
        return setting
    return replace(setting, weights=replace(setting.weights, of="logarithm"))


# Where the ends of the record matter alike for all settings.
_NO_DELAYS = ("4", "S7", "5", "7", "8")
# Where the figure does not vary the weights itself.
_ONE_WEIGHT = ("4", "S7", "6", "7")

# The rule looks at HF of normal weights of mean 0.4, without dynamic leak and without delays.
_FIXED = "sets it itself"
_NO_LEAK = "the rule's networks have no dynamic leak"
_NO_DELAY = "the rule's networks have no delays"
_NORMAL = "the rule looks at normal weights"
_OF_MEAN = "the rule looks at normal weights of mean 0.4 all the same"

#: Readings for the networks. Fine steps cost in proportion, so fewer figures are measured.
READINGS: dict[str, Reading] = {
    # Calibrated all the same: what so few networks as are behind the others' rule do to verdicts.
    "as taken": Reading(),
    "time step 0.5 ms": Reading(change=partial(replace, dt=5e-4)),
    "time step 0.25 ms": Reading(change=partial(replace, dt=2.5e-4), figures=("4", "S7", "5", "6")),
    "time step 0.1 ms": Reading(change=partial(replace, dt=1e-4), figures=("4", "S7", "6")),
    "Euler's method for Eq. 2": Reading(
        change=partial(_neuron, solver="euler"), same_leak=_NO_LEAK
    ),
    "neurons updated in turn": Reading(change=partial(replace, update="in turn")),
    "neurons updated layer by layer": Reading(change=partial(replace, update="layer by layer")),
    "|Σ w a| in Eq. 1": Reading(change=partial(_neuron, shunting=-1.0)),
    "k_static = 1 (Fig. 1)": Reading(change=partial(_neuron, k_static=1.0), same_leak=_FIXED),
    "k_static = 1/23 (A9, layer 1)": Reading(
        change=partial(_neuron, k_static=1 / 23), same_leak=_FIXED
    ),
    # Normal weights are zero in no synapse.
    "zero weights are no synapses": Reading(
        change=partial(replace, count_zero=False), same_leak=_NORMAL
    ),
    "lognormal: mean, CV of the logarithm": Reading(change=_of_logarithm, same_leak=_NORMAL),
    "Gaussian jitter": Reading(change=partial(replace, law="gaussian")),
    "uniform delays": Reading(
        change=partial(replace, delay_law="uniform"), figures=("6",), same_leak=_NO_DELAY
    ),
    "lognormal weights, 0.4": Reading(
        change=partial(replace, weights=weight_distribution("lognormal", 0.4)),
        figures=_ONE_WEIGHT,
        same_leak=_OF_MEAN,
    ),
    "binary weights, 0.2": Reading(
        change=partial(replace, weights=weight_distribution("binary", 0.2)),
        figures=_ONE_WEIGHT,
        same_leak=_OF_MEAN,
    ),
    # Figure 5, which the rule looks at, shows the power of the mean signal then.
    "mean signal of 5 networks": Reading(
        conditions={"draw_5": partial(mean_signal, n_draws=5)}, figures=("5",)
    ),
    "mean signal, each its own input": Reading(
        conditions={"draw_5": partial(mean_signal, n_draws=5, own_inputs=True)}, figures=("5",)
    ),
    "mean signal of all their neurons": Reading(
        conditions={"draw_5": partial(mean_signal, n_draws=5, of_neurons=True)}, figures=("5",)
    ),
    "10x8 keeps tau_dyn": Reading(
        conditions={"reference": (10, 8)}, figures=("8",), same_leak=_NO_LEAK
    ),
    "20x16 keeps tau_dyn": Reading(
        conditions={"reference": (20, 16)}, figures=("8",), same_leak=_NO_LEAK
    ),
    "tau_dyn = i ms or √i ms": Reading(
        conditions={"reference": None}, figures=("8",), same_leak=_NO_LEAK
    ),
    # HF is another number in another analysis, of the same signals.
    "ends: zero": Reading(spectrum={"ends": "zero"}, figures=_NO_DELAYS),
    "ends: periodic": Reading(spectrum={"ends": "periodic"}, figures=_NO_DELAYS),
    "wavelet cmor1.5-1.0": Reading(spectrum={"wavelet": "cmor1.5-1.0"}, figures=("7",)),
    "wavelet morl": Reading(spectrum={"wavelet": "morl"}, figures=("7",)),
    "wavelet mexh": Reading(spectrum={"wavelet": "mexh"}, figures=("7",)),
}

#: Readings for the isolated neuron: those above that concern it, and others.
NEURON_READINGS: dict[str, Reading] = {
    "as taken": READINGS["as taken"],
    "time step 0.5 ms": READINGS["time step 0.5 ms"],
    "time step 0.25 ms": READINGS["time step 0.25 ms"],
    "time step 0.1 ms": READINGS["time step 0.1 ms"],
    "Euler's method for Eq. 2": READINGS["Euler's method for Eq. 2"],
    "Gaussian jitter": READINGS["Gaussian jitter"],
    "k_static = 1/6 (A9)": Reading(change=partial(_neuron, k_static=1 / 6)),
    "Izhikevich in steps of 0.5 ms": Reading(conditions={"n_substeps": 2}),
    "Izhikevich's own scheme": Reading(conditions={"scheme": "izhikevich"}),
    "weights 0.1 in Fig. 3": Reading(conditions={"weight_fig3": 0.1}),
    "weights 0.001 in Fig. 3": Reading(conditions={"weight_fig3": 0.001}),
    "against the reference": Reading(conditions={"against": "reference"}),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkConditions:
    """What the figures on networks vary.

    Attributes
    ----------
    tau_dyn : float
        Time constant of the dynamic leak (s).
    n_short : int
        Presentations in Figures 5 to 8; Figures 4 and S7 have those of the setting.
    delays, rates, counts, sizes, reference
        As in `figure_6`, `figure_7` and `figure_8`.
    draw_5 : callable, optional
        What is drawn in Figure 5 in the place of a network, as in `population`.
    """

    tau_dyn: float
    n_short: int
    delays: ArrayLike
    rates: Sequence[float]
    counts: Sequence[int]
    sizes: Sequence[tuple[int, int]]
    reference: tuple[int, int] | None = (5, 4)
    draw_5: Draw | None = None


def _samples_4(base: Setting, c: NetworkConditions, scale: Scale, reading: Reading) -> Samples:
    settings = changed(figure_4(base, c.tau_dyn), reading)
    found = sweep_grid(partial(high_frequencies, spectrum=scale.spectrum), settings, scale)
    names = neuron_names(neuron_kinds(base.sizes)[1])
    count = partial(transients, neurons=[names.index(name) for name in ("EN1", "IN1")])
    cut = partial(open_loop, n_relays=0)
    held = sweep_grid(count, settings.sel(form="no leak"), scale, draw=cut)
    return samples_4(found, sweep_grid(count, settings, scale), held)


def _samples_s7(base: Setting, c: NetworkConditions, scale: Scale, reading: Reading) -> Samples:
    settings = changed(figure_4(base, c.tau_dyn), reading)
    measure = partial(high_frequencies, spectrum=scale.spectrum)
    autapses = changed(settings, partial(replace, autapses=True))
    plain = sweep_grid(measure, settings.sel(form=["no leak"]), scale)
    return samples_s7(sweep_grid(measure, autapses, scale), plain)


def _samples_5(base: Setting, c: NetworkConditions, scale: Scale, reading: Reading) -> Samples:
    short = replace(base, n_presentations=c.n_short)
    settings = changed(figure_5(short, c.tau_dyn), reading)
    # A group is one network here, or the mean signal of several.
    drawn = population(settings, scale, draw=c.draw_5, input_of_draw=c.draw_5 is not None)
    return samples_5(drawn)


def _up_to_the_band_of(dt: float, spectrum: Spectrum) -> Spectrum:
    """A spectrum with frequencies in the same ratios up to the band of a step."""
    f = spectrum.freqs
    ratio = f[-1] / f[-2]
    more = np.floor(np.log(highest_frequency(dt) / f[-1]) / np.log(ratio) + 1e-6)
    return replace(spectrum, freqs=np.append(f, f[-1] * ratio ** np.arange(1, more + 1)))


def _samples_6(base: Setting, c: NetworkConditions, scale: Scale, reading: Reading) -> Samples:
    short = replace(base, n_presentations=c.n_short)
    settings = changed(figure_6(short, c.tau_dyn, c.delays), reading)
    # The peaks of short delays lie near the top of the band, which rises with a finer step.
    dt = reading(short).dt
    wide = replace(scale, spectrum=_up_to_the_band_of(dt, scale.spectrum))
    return samples_6(population(settings, wide), dt=dt)


def _samples_7(base: Setting, c: NetworkConditions, scale: Scale, reading: Reading) -> Samples:
    short = replace(base, n_presentations=c.n_short)
    settings = changed(figure_7(short, c.tau_dyn, c.rates, c.counts), reading)
    return samples_7(population(settings, scale))


def _samples_8(base: Setting, c: NetworkConditions, scale: Scale, reading: Reading) -> Samples:
    short = replace(base, n_presentations=c.n_short)
    settings = changed(figure_8(short, c.tau_dyn, c.sizes, reference=c.reference), reading)
    return samples_8(population(settings, scale))


_MEASURED = (_samples_4, _samples_s7, _samples_5, _samples_6, _samples_7, _samples_8)


def network_samples(
    base: Setting, conditions: NetworkConditions, scale: Scale, reading: Reading
) -> Samples:
    """What the claims on networks measure under a reading of the text.

    Parameters
    ----------
    base : Setting
        Without dynamic leak.
    conditions : NetworkConditions
    scale : Scale
        A group of Figure 5 is one network here.
    reading : Reading
        Changes one thing in every setting, spectrum or condition of its figures.

    Returns
    -------
    dict of claim to samples
    """
    scale = replace(scale, spectrum=replace(scale.spectrum, **reading.spectrum))
    conditions = replace(conditions, **reading.conditions)
    samples: Samples = {}
    for figure, measured in zip(FIGURES, _MEASURED, strict=True):
        if figure in reading.figures:
            samples |= measured(base, conditions, scale, reading)
    return samples


def calibration(base: Setting, constants: ArrayLike, scale: Scale, reading: Reading) -> Calibration:
    """The static leak constant by the rule, for networks that are read, analysed and averaged so.

    Parameters
    ----------
    base : Setting
        Without dynamic leak.
    constants : (n_constants,) array
        Rising values of `k_static`.
    scale : Scale
        With a seed of its own: of networks that no claim is judged on.
    reading : Reading
    """
    base = reading(base)
    scale = replace(scale, spectrum=replace(scale.spectrum, **reading.spectrum))
    draw = reading.conditions.get("draw_5")
    if draw is None:
        return calibrated(base, constants, scale)
    settings = static_leaks(base, constants).sel(kind="normal", mean=BETWEEN[1])
    drawn = population(settings, scale, draw=draw, input_of_draw=True)
    return by_rule(constants, high_frequency_ratio(drawn.mean("network")))


def _then(change: Callable[[Setting], Setting], k_static: float, setting: Setting) -> Setting:
    return _neuron(change(setting), k_static=k_static)


def with_static_leak(reading: Reading, k_static: float) -> Reading:
    """The same reading of networks that have another static leak constant."""
    return replace(reading, change=partial(_then, reading.change, k_static))


def calibrated_anew(
    found: Mapping[str, Samples],
    rules: Mapping[str, Calibration],
    measure: Callable[[Reading], Samples],
) -> dict[str, Samples]:
    """What the claims measure if each reading has the static leak by the rule within it.

    Parameters
    ----------
    found : mapping of reading to Samples
        With one static leak for all; the first reading stays at the head, so that it is what all
        others are held against.
    rules : mapping of reading to Calibration
        Of those that are measured again; others stay as they are.
    measure : callable
        `network_samples` of a reading.

    Returns
    -------
    dict of row to Samples
        Names of rows that are measured again end with their constant.
    """
    first = next(iter(found))
    rows = {first: found[first]}
    for name, samples in found.items():
        if name in rules:
            k_static = rules[name].k_static
            rows[row_of(name, rules)] = measure(with_static_leak(READINGS[name], k_static))
        else:
            rows[name] = samples
    return rows


def leaks(base: Setting, rules: Mapping[str, Calibration]) -> pd.DataFrame:
    """The static leak constant of each reading, and where it is from.

    Parameters
    ----------
    base : Setting
    rules : mapping of reading to Calibration
        Of those that have no reason to keep that of the setting.
    """
    rows = []
    for name, reading in READINGS.items():
        if name in rules:
            k_static, begin, end, largest = rules[name]
            failing = "none of the scan amplifies" if largest < AMPLIFIED_FROM else "all amplify"
            source = "the rule" if rules[name].satisfied else f"{failing}: that of the most HF"
        else:
            k_static, begin, end, largest = reading(base).neuron.k_static, *[np.nan] * 3
            source = f"as it was: {reading.same_leak}"
        rows.append((name, k_static, begin, end, largest, source))
    heads = ["reading", "k_static", "range from", "to", "largest HF", "from"]
    return pd.DataFrame(rows, columns=heads)


def row_of(name: str, rules: Mapping[str, Calibration]) -> str:
    """Name of a reading's row in `calibrated_anew`."""
    return f"{name}: {rules[name].k_static:g}" if name in rules else name


@dataclass(frozen=True, kw_only=True, eq=False)
class NeuronConditions:
    """What the figures on the isolated neuron vary, and what they hold.

    Attributes
    ----------
    tau_dyn : float
        Time constant of the dynamic leak, and of the H-H membrane (s).
    weight, weight_fig3 : float
        Of the synapses in Figure 2 and Supplementary Figure 1, and in Figure 3 and Supplementary
        Figure 4.
    n_substeps, scheme
        As in `trial`.
    against : {"input", "reference"}
        What the outputs of Figure 3 are compared with: the input of the same presentation, or
        that without jitter.
    k_static, tau_values : array_like
        Values in Figure 2.
    rates : sequence of float
        Hz, of Supplementary Figure 4, and of Figure 3G as far as its claim names them; the first
        that of all other claims.

    Raises
    ------
    ValueError
        If `against` is something else.
    """

    tau_dyn: float
    weight: float
    weight_fig3: float
    n_substeps: int = 1
    scheme: str = "euler"
    against: str = "input"
    k_static: ArrayLike
    tau_values: ArrayLike
    rates: Sequence[float]

    def __post_init__(self) -> None:
        check.choice("against", self.against, ("input", "reference"))


def _samples_of_constants(settings: xr.DataArray, c: NeuronConditions, scale: Scale) -> Samples:
    """Figures 1 and 2 and Supplementary Figure 1, at the first rate."""
    draw = partial(drive, weight=c.weight)
    driven = partial(
        sweep_grid, settings=settings.isel(rate=0), scale=scale, draw=draw, repeats="input"
    )
    ks, taus = np.asarray(c.k_static), np.asarray(c.tau_values)
    varied = driven(partial(variation, k_static=ks, tau_dyn=taus))
    varied = varied.assign_coords(k_static=ks, tau_dyn=taus)
    membrane = HodgkinHuxley(tau=c.tau_dyn)
    likeness = driven(partial(membrane_likeness, tau_dyn=c.tau_dyn, membrane=membrane))
    cutoffs = driven(partial(cutoff, tau_dyn=c.tau_dyn))["frequency"]
    return samples_1(cutoffs, c.tau_dyn) | samples_2(varied) | samples_s1(likeness)


def _samples_of_faithfulness(settings: xr.DataArray, c: NeuronConditions, scale: Scale) -> Samples:
    """Figure 3 and Supplementary Figure 4."""

    def compared(found: xr.Dataset) -> xr.Dataset:
        if c.against == "input":
            return found
        others = {name: f"{name}_reference" for name in ("r", "rho", "r_constant")}
        return found.assign({name: found[o] for name, o in others.items() if o in found})

    how: dict[str, Any] = dict(n_substeps=c.n_substeps, scheme=c.scheme)
    tried = partial(trial, tau_dyn=c.tau_dyn, weight=c.weight_fig3, **how)
    follow = partial(faithfulness, dt=settings.values[0].dt)
    quality = compared(sweep_grid(follow, settings, scale, draw=tried, repeats="input"))
    samples = samples_3(quality.isel(rate=0)) | samples_s4(quality)
    named = [rate for rate in settings["rate"].values if rate in RATES_3G]
    if set(named) == set(RATES_3G):
        models = izhikevich_grid()
        follow_all = partial(izhikevich_faithfulness, models=models, **how)
        draw = partial(drive, weight=c.weight_fig3)
        some = settings.sel(rate=named)
        each = compared(sweep_grid(follow_all, some, scale, draw=draw, repeats="input"))
        samples |= samples_3g(beaten(quality.sel(rate=named), each))
    return samples


def neuron_samples(
    base: Setting, conditions: NeuronConditions, scale: Scale, reading: Reading
) -> Samples:
    """What the claims on the isolated neuron measure under a reading of the text.

    Parameters
    ----------
    base : Setting
        Of the input; its neuron has the static leak constant.
    conditions : NeuronConditions
    scale : Scale
        Its networks are inputs here.
    reading : Reading
        Changes one thing in every setting, or one condition.

    Returns
    -------
    dict of claim to samples
    """
    conditions = replace(conditions, **reading.conditions)
    rates = [float(rate) for rate in conditions.rates]
    settings = changed(by_rate(base, rates), reading)
    of_constants = _samples_of_constants(settings, conditions, scale)
    return of_constants | _samples_of_faithfulness(settings, conditions, scale)
