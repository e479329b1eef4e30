"""Other readings of what the text leaves open, and what the claims measure under them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from lsm import _validate as check
from lsm._validate import Array
from lsm.claims import Claim, mean_interval, met, score
from lsm.experiments import (
    KINDS,
    LEAK_POWERS,
    MEANS,
    RATES_3G,
    Samples,
    beaten,
    figure_4,
    figure_5,
    figure_6,
    figure_7,
    figure_8,
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
from lsm.network import Lognormal, two_layer, weight_distribution
from lsm.neurons import HodgkinHuxley, izhikevich_grid
from lsm.population import (
    Population,
    high_frequencies,
    open_loop,
    population,
    transients,
)
from lsm.single import (
    drive,
    faithfulness,
    izhikevich_faithfulness,
    low_pass,
    membrane_likeness,
    trial,
    variation,
)
from lsm.spectrum import highest_frequency
from lsm.sweeps import Setting, sweep


def _neuron(setting: Setting, **changes: Any) -> Setting:
    return replace(setting, neuron=replace(setting.neuron, **changes))


def _of_logarithm(setting: Setting) -> Setting:
    w = setting.weights
    return (
        replace(setting, weights=replace(w, of="logarithm"))
        if isinstance(w, Lognormal)
        else setting
    )


#: Readings of what the text leaves open, each a change of every setting.
READINGS: dict[str, Callable[[Setting], Setting]] = {
    "as taken": lambda s: s,
    "time step 0.5 ms": lambda s: replace(s, dt=5e-4),
    "time step 0.25 ms": lambda s: replace(s, dt=2.5e-4),
    "time step 0.1 ms": lambda s: replace(s, dt=1e-4),
    "Euler's method for Eq. 2": lambda s: _neuron(s, solver="euler"),
    "neurons updated in turn": lambda s: replace(s, update="in turn"),  # not with delays
    "|Σ w a| in Eq. 1": lambda s: _neuron(s, shunting=-1.0),
    "k_static = 1 (Fig. 1)": lambda s: _neuron(s, k_static=1.0),
    "k_static = 1/23 (A9, layer 1)": lambda s: _neuron(s, k_static=1 / 23),
    "zero weights are no synapses": lambda s: replace(s, count_zero=False),
    "lognormal: mean, CV of the logarithm": _of_logarithm,
    "Gaussian jitter": lambda s: replace(s, law="gaussian"),
    "uniform delays": lambda s: replace(s, delay_law="uniform"),
    # Where the figure does not vary the weights itself.
    "lognormal weights, 0.4": lambda s: replace(s, weights=weight_distribution("lognormal", 0.4)),
    "binary weights, 0.2": lambda s: replace(s, weights=weight_distribution("binary", 0.2)),
}


def network_samples(
    base: Setting,
    tau_dyn: float,
    freqs: ArrayLike,
    *,
    reading: Callable[[Setting], Setting],
    figures: Collection[str] = ("4", "S7", "5", "6", "7", "8"),
    wavelet: str = "morse",
    ends: str = "reflected",
    n_short: int,
    delays: ArrayLike,
    rates: Sequence[float],
    counts: Sequence[int],
    sizes: Sequence[tuple[int, int]],
    reference: tuple[int, int] = (5, 4),
    seed: int,
    n_repeats: int,
    skip: float,
    cache: Path | None,
) -> Samples:
    """What the claims on networks measure under another reading of the text.

    Parameters
    ----------
    base, tau_dyn, freqs
        As in `figure_4` and `max_power`; Figures 4 and S7 have the presentations of `base`.
    reading : callable
        Changes one thing in every setting of every figure.
    figures : collection of str
        Whose claims are measured.
    wavelet, ends
        As in `max_power`.
    n_short : int
        Presentations in Figures 5 to 8.
    delays, rates, counts, sizes, reference
        As in `figure_6`, `figure_7` and `figure_8`.
    seed, n_repeats, skip, cache
        As in `population`. A group of Figure 5 is one network here.

    Returns
    -------
    dict of claim to samples
    """
    f = check.array("freqs", freqs, shape=("n_freqs",))
    for figure in figures:
        check.choice("figures", figure, ("4", "S7", "5", "6", "7", "8"))
    runs = partial(sweep, seed=seed, n_repeats=n_repeats, cache=cache)
    short = replace(base, n_presentations=n_short)

    def measured(settings: Sequence[Setting], *axes: int, freqs: Array = f) -> Population:
        found = population(
            [reading(s) for s in settings],
            freqs,
            seed=seed,
            n_repeats=n_repeats,
            skip=skip,
            wavelet=wavelet,
            ends=ends,
            cache=cache,
        )
        return Population(*(x.reshape(*axes, *x.shape[1:]) for x in found))

    samples: Samples = {}
    forms = figure_4(base, tau_dyn)
    measure = partial(high_frequencies, freqs=f, skip=skip, wavelet=wavelet, ends=ends)
    if "4" in figures:
        no_leak, leak = runs(measure, [reading(s) for s in forms])
        network = two_layer(base.weights, sizes=base.sizes, rng=np.random.default_rng(0))
        drawn = [network.names.index(name) for name in ("EN1", "IN1")]
        count = partial(transients, neurons=drawn)
        counted = runs(count, [reading(s) for s in forms])
        (held,) = runs(count, [reading(forms[0])], draw=open_loop)
        samples |= samples_4(no_leak, leak, counted, held, network.layer, network.names)
    if "S7" in figures:
        autapses = [replace(s, autapses=True) for s in forms]
        own, own_leak, plain = runs(measure, [reading(s) for s in (*autapses, forms[0])])
        samples |= samples_s7(own, plain, own_leak)
    if "5" in figures:
        p = measured(figure_5(short, tau_dyn), 2, len(KINDS), len(MEANS))
        samples |= samples_5(p.power, p.input, p.mean, f)
    if "6" in figures:
        # The peaks of short delays lie near the top of the band, which rises with a finer step.
        step = reading(short).dt
        more = np.floor(np.log(highest_frequency(step) / f[-1]) / np.log(f[-1] / f[-2]) + 1e-6)
        wide = np.append(f, f[-1] * (f[-1] / f[-2]) ** np.arange(1, more + 1))
        p = measured(figure_6(short, tau_dyn, delays), 2, len(np.asarray(delays)), freqs=wide)
        samples |= samples_6(p.power, p.input, delays, wide, dt=step)
    if "7" in figures:
        p = measured(figure_7(short, tau_dyn, rates, counts), 2, len(rates) + len(counts))
        samples |= samples_7(p.power, p.input, len(rates), f)
    if "8" in figures:
        p = measured(
            figure_8(short, tau_dyn, sizes, reference=reference), 2, len(LEAK_POWERS), len(sizes)
        )
        samples |= samples_8(p.power, p.input, p.variance, f)
    return samples


#: Readings of the isolated neuron: those above that concern it, and others, each a change of the
#: arguments of `single_samples`.
SINGLE_READINGS: dict[str, dict[str, Any]] = {
    **{
        name: dict(reading=READINGS[name])
        for name in (
            "as taken",
            "time step 0.5 ms",
            "time step 0.25 ms",
            "time step 0.1 ms",
            "Euler's method for Eq. 2",
            "Gaussian jitter",
        )
    },
    "k_static = 1/6 (A9)": dict(reading=lambda s: _neuron(s, k_static=1 / 6)),
    "Izhikevich in steps of 0.5 ms": dict(n_substeps=2),
    "weights 0.1 in Fig. 3": dict(weight_single=0.1),
    "weights 0.001 in Fig. 3": dict(weight_single=0.001),
    "against the reference": dict(against="reference"),
}


def single_samples(
    base: Setting,
    tau_dyn: float,
    *,
    reading: Callable[[Setting], Setting],
    weight: float,
    weight_single: float,
    n_substeps: int = 1,
    against: str = "input",
    k_static: ArrayLike,
    tau_values: ArrayLike,
    rates: Sequence[float],
    seed: int,
    n_repeats: int,
    cache: Path | None,
) -> Samples:
    """What the claims on the isolated neuron measure under another reading of the text.

    Parameters
    ----------
    base : Setting
        Of the input; its neuron has the static leak constant.
    tau_dyn : float
        Time constant of the dynamic leak, and of the H-H membrane (s).
    reading : callable
        Changes one thing in every setting.
    weight, weight_single : float
        Of the synapses in Figure 2 and Supplementary Figure 1, and in Figure 3 and Supplementary
        Figure 4.
    n_substeps : int
        As in `trial`.
    against : {"input", "reference"}
        What the outputs of Figure 3 are compared with: the input of the same presentation, or
        that without jitter.
    k_static, tau_values : array_like
        Values in Figure 2.
    rates : sequence of float
        Hz, of Supplementary Figure 4, and of Figure 3G as far as its claim names them; the first
        that of all other claims.
    seed, n_repeats, cache
        As in `sweep`.

    Returns
    -------
    dict of claim to samples
    """
    check.choice("against", against, ("input", "reference"))
    measured = partial(sweep, seed=seed, n_repeats=n_repeats, cache=cache)
    setting = reading(replace(base, rate=float(rates[0])))
    by_rate = [replace(setting, rate=float(rate)) for rate in rates]

    def driven(measure: Callable[..., Any], w: float, settings: list[Setting]) -> list[list[Any]]:
        return measured(measure, settings, draw=partial(drive, weight=w))

    (corners,) = driven(partial(low_pass, tau_dyn=tau_dyn), weight, [setting])
    vary = partial(variation, k_static=np.asarray(k_static), tau_dyn=np.asarray(tau_values))
    (varied,) = driven(vary, weight, [setting])
    membrane = HodgkinHuxley(tau=tau_dyn)
    alike = partial(membrane_likeness, tau_dyn=tau_dyn, membrane=membrane)
    (likeness,) = driven(alike, weight, [setting])
    of_all = partial(izhikevich_faithfulness, models=izhikevich_grid(), n_substeps=n_substeps)
    named = [i for i, rate in enumerate(rates) if rate in RATES_3G]
    grid = driven(of_all, weight_single, [by_rate[i] for i in named])
    tried = partial(trial, tau_dyn=tau_dyn, weight=weight_single, n_substeps=n_substeps)
    quality = measured(partial(faithfulness, dt=setting.dt), by_rate, draw=tried)
    if against == "reference":
        quality, grid = (
            [[q._replace(r=q.r_reference, rho=q.rho_reference) for q in row] for row in each]
            for each in (quality, grid)
        )
    return {
        **samples_1([c.frequency for c in corners], tau_dyn),
        **samples_2(varied, k_static),
        **samples_3(quality[0]),
        **samples_3g(beaten([quality[i] for i in named], grid), [rates[i] for i in named]),
        **samples_s1(likeness),
        **samples_s4(quality),
    }


def verdicts(
    ledger: Mapping[str, Claim], found: Mapping[str, Samples]
) -> dict[str, dict[str, str]]:
    """Verdict of each claim under each reading.

    Parameters
    ----------
    ledger : mapping of id to Claim
    found : mapping of reading to Samples

    Returns
    -------
    dict of reading to dict of claim to verdict
    """
    return {
        name: {v.id: v.verdict for v in score(ledger, samples).verdicts}
        for name, samples in found.items()
    }


class Turned(NamedTuple):
    """Which readings turn a claim.

    Attributes
    ----------
    clearly : tuple of str
        Readings under which the verdict is another, beyond sampling error.
    perhaps : tuple of str
        Those under which it is another within sampling error.
    n_readings : int
        That measure the claim.
    """

    clearly: tuple[str, ...]
    perhaps: tuple[str, ...]
    n_readings: int


def _differs(first: Sequence[bool], second: Sequence[bool]) -> bool:
    """Whether the seeds in which only one of two holds are too uneven for chance, at 10 %."""
    only = [a for a, b in zip(first, second, strict=True) if a != b]
    return bool(only) and float(binomtest(sum(only), len(only)).pvalue) <= 0.1


def turned(ledger: Mapping[str, Claim], found: Mapping[str, Samples]) -> dict[str, Turned]:
    """Which readings turn each claim, seed by seed against the first reading.

    Parameters
    ----------
    ledger : mapping of id to Claim
    found : mapping of reading to Samples
        The same seeds for all; the first reading is the one that the others are held against.

    Returns
    -------
    dict of claim to Turned
    """
    judged = verdicts(ledger, found)
    taken = next(iter(found))
    rows = {}
    for claim, verdict in judged[taken].items():
        having = [name for name in judged if claim in judged[name]]
        other = [name for name in having if judged[name][claim] != verdict]
        before = met(ledger[claim], found[taken][claim])
        clearly = tuple(
            name
            for name in other
            if any(map(_differs, before, met(ledger[claim], found[name][claim])))
        )
        perhaps = tuple(name for name in other if name not in clearly)
        rows[claim] = Turned(clearly, perhaps, len(having))
    return rows


def means(
    found: Mapping[str, Samples], measures: Mapping[str, tuple[str, str]]
) -> dict[str, Array]:
    """Mean over seeds of some measures under each reading; NaN where it does not measure one.

    Parameters
    ----------
    found : mapping of reading to Samples
    measures : mapping of name to (claim, measure)

    Returns
    -------
    dict of name to (n_readings,) array
    """
    return {
        name: np.array(
            [mean_interval([s[measure] for s in x.get(claim, ())])[0] for x in found.values()]
        )
        for name, (claim, measure) in measures.items()
    }
