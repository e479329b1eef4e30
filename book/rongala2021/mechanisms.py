"""What mechanisms show in: layer 2 awake, linear response in any order, memory, walks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, NamedTuple

import numpy as np
import scipy  # its parts are loaded when used: that of stats takes half a second
import xarray as xr
from numpy.typing import ArrayLike

from lsm import _steps, measures
from lsm import _validate as check
from lsm._validate import Array
from lsm.delays import synaptic_lags
from lsm.dynamics import leak_gain, simulate
from lsm.inputs import present
from lsm.neurons import time_constants
from lsm.runs import Run, Setting, run
from lsm.theory import jacobian
from rongala2021.active_neurons import ACTIVE_FROM, relative_swings
from rongala2021.balance import balance, share_driven
from rongala2021.grids import grid
from rongala2021.judging import mean_interval, met, share
from rongala2021.ledger import Claim
from rongala2021.rewiring import (
    CANDIDATES,
    OF_AUTAPSES,
    imbalance,
    one_more_synapse,
    rewired,
    without_scatter,
)
from rongala2021.run_measures import high_frequencies, spectra
from rongala2021.samples import samples_build_up
from rongala2021.scale import Scale, sweep_grid
from rongala2021.spectra import Spectrum

#: As `ACTIVE_FROM`, looser and stricter.
LOOSE, STRICT = 0.03, 0.3
#: Below this a difference of activity is forgotten, and an activity nothing (a.u.).
NOTHING = 1e-6


# Measures of runs


class Held(NamedTuple):
    """Layer 2 under a constant input.

    Attributes
    ----------
    share : float
        Of its neurons that send anything in the end.
    predicted : float
        The same by `share_driven`.
    """

    share: float
    predicted: float


def driven(result: Run) -> Held:
    """How much of layer 2 is active at the end of a run under a constant input, and by theory."""
    s, network = result.setting, result.network
    # Strength of inhibition, the same everywhere, where neurons are heard as in Figure 4A.
    strength = s.connectivity[0][3]
    return Held(
        share=float((result.activity[network.layer == 2, -1] > NOTHING).mean()),
        predicted=share_driven(s, result.inputs[:, -1], strength),
    )


class Flat(NamedTuple):
    """Layer 2 of a network of one weight.

    Attributes
    ----------
    drive : float
        What layer 1 sends to its neurons on average: excitation less inhibition.
    above_zero : float
        Share of its neurons' time in which they send anything.
    fewer : float
        Share of the time in which INs of layer 1 are less active than ENs.
    """

    drive: float
    above_zero: float
    fewer: float


def flat(result: Run) -> Flat:
    """What layer 1 sends to layer 2, and whether that wakes it, in a network of one weight."""
    network, activity = result.network, np.maximum(result.activity, 0.0)
    first, second, exc = network.layer == 1, network.layer == 2, network.sign > 0
    sent = network.w_rec[np.ix_(second, first)] @ activity[first].mean(axis=1)
    ens, ins = (activity[first & kind].mean(axis=0) for kind in (exc, ~exc))
    return Flat(
        drive=float(sent.mean()),
        above_zero=float((activity[second] > NOTHING).mean()),
        fewer=float((ins < ens - NOTHING).mean()),
    )


class Awake(NamedTuple):
    """How much of layer 2 takes part.

    Attributes
    ----------
    active, loosely, strictly : float
        Share of its neurons that are active, as `ACTIVE_FROM`, `LOOSE` and `STRICT` have it.
    above_zero : float
        Share of its neurons' time in which what is recorded is above zero.
    hf : float
        High-frequency ratio of the network.
    hf_layer_1 : float
        That of the neurons of layer 1, their median.
    hf_layer_2 : float
        That of the active neurons of layer 2, their median; NaN if there are none.
    """

    active: float
    loosely: float
    strictly: float
    above_zero: float
    hf: float
    hf_layer_1: float
    hf_layer_2: float


def awake(result: Run, *, spectrum: Spectrum) -> Awake:
    """Measure how much of layer 2 takes part in a run, and its high frequencies."""
    second = result.network.layer == 2
    size = relative_swings(result, spectrum.warm_up)[second]
    start = _steps.n_steps("warm_up", spectrum.warm_up, result.setting.dt)
    found = high_frequencies(result, spectrum=spectrum)
    hf = found.hf_neuron[second][size >= ACTIVE_FROM]
    return Awake(
        active=float((size >= ACTIVE_FROM).mean()),
        loosely=float((size >= LOOSE).mean()),
        strictly=float((size >= STRICT).mean()),
        above_zero=float((result.activity[second, start:] > NOTHING).mean()),
        hf=found.hf,
        hf_layer_1=float(np.median(found.hf_neuron[~second])),
        hf_layer_2=float(np.median(hf)) if hf.size else float("nan"),
    )


class InOrder(NamedTuple):
    """High frequencies in an order of update, and how late inhibition is in it.

    Attributes
    ----------
    hf : float
        High-frequency ratio of the network.
    at_ens, at_ins : float
        As of `rewiring.imbalance`.
    """

    hf: float
    at_ens: float
    at_ins: float


def in_order(result: Run, *, spectrum: Spectrum) -> InOrder:
    """Measure the high frequencies of a run, and how late inhibition is in its order of update."""
    return InOrder(high_frequencies(result, spectrum=spectrum).hf, *imbalance(result))


class Linear(NamedTuple):
    """A run beside its linear response.

    Attributes
    ----------
    simulated, predicted : float
        High-frequency ratio.
    radius : float
        By how much a step multiplies small deviations at most, at the mean activity.
    """

    simulated: float
    predicted: float
    radius: float


def linear(result: Run, *, spectrum: Spectrum) -> Linear:
    """High-frequency ratio by linear response around the mean, in whatever order of update.

    Synapses of neurons that are updated earlier within a step have a lag of 0 in it.

    Parameters
    ----------
    result : Run
        Without delays.
    spectrum : Spectrum

    Returns
    -------
    Linear
    """
    s, n, n_steps = result.setting, result.network.n_neurons, result.inputs.shape[1]
    lags = synaptic_lags(result.network, s.dt, s.update)
    if lags.max() > 1:
        raise ValueError(f"result: expected no delays, got lags up to {lags.max()} steps")
    level = result.inputs.mean(axis=1)
    slopes, by_sensors = jacobian(result.network, s.neuron, level, result.activity.mean(axis=1))
    gain = leak_gain(time_constants(s.neuron, n), s.dt, s.neuron.solver)[:, None]
    at_once = np.eye(n) - gain * slopes * (lags == 0)
    before = gain * slopes * (lags == 1) + np.eye(n) * (1 - gain)
    # As of `linear.linear_activity`: what is computed each hertz counts for all around.
    swings = np.fft.rfft(result.inputs - level[:, None])
    freqs, of_each = np.unique(
        np.rint(np.arange(swings.shape[1]) / (n_steps * s.dt)), return_inverse=True
    )
    step = np.exp(-2j * np.pi * freqs * s.dt)[:, None, None]
    transfer = np.linalg.solve(at_once - step * before, (gain * by_sensors).astype(complex))
    answer = np.fft.irfft(np.einsum("fks,sf->kf", transfer[of_each], swings), n_steps)
    expected = spectrum.in_presentations(answer, s).mean(axis=(0, 2))
    power = spectra(result, spectrum=spectrum)
    simulated, source = (each.mean(axis=(0, 2)) for each in power)
    ratio = measures.high_frequency_ratio
    return Linear(
        simulated=float(ratio(simulated, source, spectrum.freqs)),
        predicted=float(ratio(expected, source, spectrum.freqs)),
        radius=float(np.abs(np.linalg.eigvals(np.linalg.solve(at_once, before))).max()),
    )


class Memory(NamedTuple):
    """How long a perturbation is remembered.

    Attributes
    ----------
    steps : float
        Until all neurons are within `NOTHING` of where they would be without it, for good: the
        longest of some perturbations, at most the time between two of them.
    """

    steps: float


def memory(result: Run, *, n_kicks: int = 5) -> Memory:
    """How many steps a network needs to forget 1 a.u. more of input to every neuron at one step.

    Parameters
    ----------
    result : Run
        Of a setting that records the activity.
    n_kicks : int
        Perturbations, evenly spread over the run.

    Returns
    -------
    Memory
    """
    check.integer("n_kicks", n_kicks, low=1)
    s, network = result.setting, result.network
    if s.recorded != "activity":
        raise ValueError(f"recorded: expected activity, got {s.recorded!r}")
    n = result.inputs.shape[1]
    starts = n * np.arange(1, n_kicks + 1) // (n_kicks + 1)
    kick = np.zeros((1, n))
    kick[0, starts] = 1.0
    kicked = replace(network, w_in=np.hstack([network.w_in, np.ones((network.n_neurons, 1))]))
    other = simulate(
        kicked, np.concatenate([result.inputs, kick]), s.neuron, dt=s.dt, update=s.update
    )
    apart = np.abs(other - result.activity).max(axis=0) >= NOTHING
    parts = np.split(apart, starts)[1:]
    return Memory(max(float(np.flatnonzero(part).max(initial=-1) + 1) for part in parts))


class Course(NamedTuple):
    """High frequencies and input over presentations.

    Attributes
    ----------
    hf_presentation : (n_neurons, n_presentations) array
        As of `run_measures.high_frequencies`; NaN in layer 2.
    input_power : (n_presentations,) array
        Maximum power of the sensors above 100 Hz, mean over them and frequencies (a.u.²).
    """

    hf_presentation: Annotated[Array, "neuron", "presentation"]
    input_power: Annotated[Array, "presentation"]


def course(result: Run, *, spectrum: Spectrum) -> Course:
    """Measure the high frequencies of layer 1 and the input in each presentation of a run."""
    s, first = result.setting, result.network.layer == 1
    signals = np.concatenate([result.activity[first], result.inputs])
    power = spectrum.in_presentations(signals, s)
    neurons, sensors = power[: first.sum()], power[first.sum() :].mean(axis=0)
    hf = np.full((first.size, s.n_presentations), np.nan)
    ratio = measures.high_frequency_ratio
    hf[first] = ratio(np.moveaxis(neurons, -1, -2), sensors.T, spectrum.freqs)
    return Course(
        hf_presentation=hf,
        input_power=sensors[spectrum.freqs >= measures.HIGH_FREQUENCY].mean(axis=0),
    )


class Spikes(NamedTuple):
    """Spikes of all sensors.

    Attributes
    ----------
    spikes : (n_presentations,) array
        Their number in each presentation.
    """

    spikes: Annotated[Array, "presentation"]


def spikes(drawn: tuple[Setting, Array]) -> Spikes:
    """Count the spikes of each presentation, as of `rewiring.spikes_of`."""
    setting, times = drawn
    edges = setting.duration * np.arange(setting.n_presentations + 1)
    return Spikes(np.histogram(times[~np.isnan(times)], edges)[0].astype(float))


# Of many runs


def _with_and_without(base: Setting, update: str) -> xr.DataArray:
    forms = [replace(base, update=update, autapses=autapses) for autapses in (False, True)]
    return grid(forms, autapses=[False, True])


def in_orders(base: Setting, scale: Scale) -> xr.Dataset:
    """HF with autapses and without, in the orders of update of `rewiring.CANDIDATES`.

    Returns
    -------
    Dataset over order, network
        `hf`, over autapses, too; and by how many steps inhibition arrives after excitation,
        `at_ens` and `at_ins`.
    """
    measure = partial(in_order, spectrum=scale.spectrum)
    each = [
        sweep_grid(
            measure, _with_and_without(base, update), scale, draw=partial(rewired, **changes)
        )
        for update, changes in CANDIDATES.values()
    ]
    found = xr.concat(each, xr.DataArray(list(CANDIDATES), dims="order", name="order"))
    # Autapses do not count in a lag.
    lags = found[["at_ens", "at_ins"]].isel(autapses=0, drop=True)
    return found[["hf"]].assign(lags.data_vars)


def with_imbalance(found: xr.Dataset, ratios: xr.DataArray, order: str) -> tuple[float, ...]:
    """Correlation over networks of how unequally late inhibition is with the ratio's logarithm.

    Parameters
    ----------
    found : Dataset over order, network
        As of `in_orders`.
    ratios : DataArray over order, network
    order : str

    Returns
    -------
    float, float, float
        Of magnitudes at ENs; and its 95 % interval (Fisher).
    """
    size = abs(found["at_ens"].sel(order=order)).values
    correlation = scipy.stats.pearsonr(size, np.log(ratios.sel(order=order).values))
    low, high = correlation.confidence_interval(0.95)
    return float(correlation.statistic), float(low), float(high)


def of_some_autapses(base: Setting, updates: Sequence[str], scale: Scale) -> xr.DataArray:
    """HF with some autapses over HF without any: axes which, update, network.

    The last is no autapse, but one more synapse of no weight.
    """
    ratios = []
    for update in updates:
        plain, whole = _with_and_without(base, update).values
        cells: list[tuple[Setting, Callable[..., Run]]] = [
            (plain, run),
            (whole, run),
            *((whole, partial(rewired, **changes)) for changes in OF_AUTAPSES.values()),
            (plain, one_more_synapse),
        ]
        measure = partial(awake, spectrum=scale.spectrum)
        hf = [
            sweep_grid(measure, grid([s], update=[update]), scale, draw=draw)["hf"]
            for s, draw in cells
        ]
        which = ["all", *OF_AUTAPSES, "none, one more in i"]
        others = xr.concat(hf[1:], xr.DataArray(which, dims="which", name="which"))
        ratios.append(others / hf[0])
    return xr.concat(ratios, "update")


def hf_of_layer_1(found: xr.Dataset) -> xr.DataArray:
    """Geometric mean of HF over the neurons of layer 1, in each presentation."""
    logs = xr.apply_ufunc(np.log, found["hf_presentation"].where(found["layer"] == 1))
    mean: xr.DataArray = xr.apply_ufunc(np.exp, logs.mean("neuron"))
    return mean


def late_over_early(values: xr.DataArray, n: int = 10) -> xr.DataArray:
    """Mean of the last presentations over that of the first ones."""
    last, first = (values.isel(presentation=part) for part in (slice(-n, None), slice(n)))
    return last.mean("presentation") / first.mean("presentation")


def drifts(values: xr.DataArray, factor: float) -> dict[str, xr.DataArray]:
    """How many networks rise by a factor from the first presentations to the last, or fall by it.

    Parameters
    ----------
    values : DataArray over network, presentation and others
    factor : float
        Above 1.

    Returns
    -------
    dict of str to DataArray over the others
    """
    late = late_over_early(values)
    return {
        f"rise by {factor:g}": (late >= factor).sum("network"),
        f"fall by {factor:g}": (late <= 1 / factor).sum("network"),
    }


def slopes(hf: xr.DataArray, over: str) -> xr.DataArray:
    """Exponent of HF over what is varied along an axis, in each network."""
    x = hf[over].values
    found: xr.DataArray = xr.apply_ufunc(
        lambda each: measures.loglog_slope(x, each), hf, input_core_dims=[[over]], vectorize=True
    )
    return found


def autocorrelation(values: ArrayLike, n_lags: int) -> Array:
    """Correlation of each row with itself some places later.

    Parameters
    ----------
    values : (..., n) array
    n_lags : int
        From 1 to this many places.

    Returns
    -------
    (..., n_lags) array
        NaN for a row of one value.
    """
    x = check.array("values", values)
    check.integer("n_lags", n_lags, low=1, high=x.shape[-1] - 1)
    x = x - x.mean(axis=-1, keepdims=True)
    products = [(x[..., :-lag] * x[..., lag:]).sum(axis=-1) for lag in range(1, n_lags + 1)]
    total = (x**2).sum(axis=-1)[..., None]
    return np.divide(
        np.stack(products, axis=-1),
        total,
        out=np.full((*x.shape[:-1], n_lags), np.nan),
        where=total > 0,
    )


def echoes(hf: xr.DataArray, n_lags: int, *, seed: int, n_shuffles: int = 400) -> xr.Dataset:
    """Autocorrelation of the logarithm of HF over presentations, beside that of shuffled ones.

    Parameters
    ----------
    hf : DataArray over network, presentation and others
    n_lags : int
        Presentations.
    seed : int
        Of the shuffles, which have nothing to do with any order.
    n_shuffles : int

    Returns
    -------
    Dataset over the others and lag
        Mean over networks (`seen`), and of shuffled ones its mean (`shuffled`) and the bounds of
        95 % of the shuffles (`low`, `high`).
    """
    logs = xr.apply_ufunc(np.log, hf).transpose(..., "network", "presentation")
    others = logs.dims[:-2]
    rng = np.random.default_rng(seed)
    mixed = [
        autocorrelation(rng.permuted(logs.values, axis=-1), n_lags).mean(axis=-2)
        for _ in range(n_shuffles)
    ]
    low, high = np.percentile(mixed, [2.5, 97.5], axis=0)
    columns = {
        "seen": autocorrelation(logs.values, n_lags).mean(axis=-2),
        "shuffled": np.mean(mixed, axis=0),
        "low": low,
        "high": high,
    }
    coords = {axis: logs[axis].values for axis in others} | {"lag": np.arange(1, n_lags + 1)}
    return xr.Dataset({k: ((*others, "lag"), v) for k, v in columns.items()}, coords)


def displacements(law: str, step: float, n_presentations: int, *, seed: int) -> xr.Dataset:
    """Statistics of how far spikes are from their place in the reference, by presentation.

    Parameters
    ----------
    law : str
        As of `lsm.inputs.present`.
    step : float
        Its jitter (s).
    n_presentations : int
        Of a second each.
    seed : int

    Returns
    -------
    Dataset over presentation
        `variance` of the displacement of a spike in the middle, over that of one step, and the
        share of spikes anywhere that are `kept`.
    """
    n, rng = 4000, np.random.default_rng(seed)
    p = np.arange(n_presentations)
    middle = present(np.full((n, 1), 0.5), n_presentations, 1.0, jitter=step, law=law, rng=rng)
    anywhere = present(
        rng.uniform(size=(n, 1)), n_presentations, 1.0, jitter=step, law=law, rng=rng
    )
    # A spike that is lost is lost in all later presentations.
    left = np.count_nonzero(~np.isnan(anywhere), axis=1)[:, None] > p
    return xr.Dataset(
        {
            "variance": ("presentation", np.nanvar(middle - 0.5 - p, axis=0) / (step**2 / 3)),
            "kept": ("presentation", left.mean(axis=0)),
        },
        {"presentation": p + 1},
    )


def kept_by_theory(step: float, n_presentations: int) -> float:
    """Share of spikes that a lossy walk keeps in the last of presentations of a second.

    Twice the mean of the highest place that a walk reaches is lost, one at each end; of steps so
    many that they add up to a Gaussian (Chang and Peres, 1997). After one step it is exact.
    """
    deviation = step / np.sqrt(3)
    if n_presentations == 1:
        return float(1 - step / 2)
    highest = np.sqrt(2 * n_presentations / np.pi) - 0.5826
    return float(1 - 2 * deviation * highest)


def walked(laws: Sequence[str], step: float, n_presentations: int, *, seed: int) -> xr.Dataset:
    """`displacements` of laws, with what theory says that a lossy walk keeps: axis law.

    Parameters
    ----------
    laws, step, n_presentations, seed
        As in `displacements`.
    """
    each = [displacements(law, step, n_presentations, seed=seed) for law in laws]
    found = xr.concat(each, xr.DataArray(list(laws), dims="law", name="law"))
    due = [kept_by_theory(step, p) for p in found["presentation"].values]
    kept = found["kept"]
    theory = xr.ones_like(kept).where(
        kept["law"] != "lossy walk", kept.copy(data=[due] * len(laws))
    )
    return found.assign({"kept, by theory": theory})


# Tables


def geometric_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Geometric mean of the positive values, and its interval by the bootstrap."""
    each = np.asarray(values, dtype=float)
    known = each[np.isfinite(each) & (each > 0)]
    mean, low, high = np.exp(mean_interval(np.log(known)))
    return float(mean), float(low), float(high)


def with_interval(values: xr.DataArray, *, geometric: bool = False) -> xr.Dataset:
    """Mean over networks, and its 95 % interval.

    Parameters
    ----------
    values : DataArray over network and others
        Those that are not finite are left out.
    geometric : bool
        Whether the mean is geometric.

    Returns
    -------
    Dataset over the others
        `average`, `low` and `high`.
    """
    found = xr.apply_ufunc(
        geometric_interval if geometric else mean_interval,
        values,
        input_core_dims=[["network"]],
        output_core_dims=[[], [], []],
        vectorize=True,
    )
    return xr.Dataset(dict(zip(("average", "low", "high"), found, strict=True)))


def columns(name: str, values: xr.DataArray, *, geometric: bool = False) -> dict[str, xr.DataArray]:
    """A mean over networks and its 95 % interval, as columns of a table."""
    found = with_interval(values, geometric=geometric)
    return {name: found["average"], f"{name}: from": found["low"], f"{name}: to": found["high"]}


def balances(settings: xr.DataArray, levels: Sequence[float], *, n_steps: int = 2000) -> xr.Dataset:
    """The balance of ENs and INs with all weights at their mean, in closed form and simulated.

    Parameters
    ----------
    settings : DataArray of Setting
        As for `balance.balance`.
    levels : sequence of float
        Sums of the sensors' activity (a.u.), each held constant.
    n_steps : int
        Simulated, from rest.

    Returns
    -------
    Dataset over the axes of the grid and level
        `apart`, by how much INs of layer 1 are more active than ENs; `drive` of layer 2; and
        `least_inhibition`, all of `balance.Balance`. `off`: how far any neuron is from it in the
        last step of the simulation, in which those of layer 2 are silent.
    """

    def of_one(setting: Setting, level: float) -> tuple[float, float, float, float]:
        found = balance(setting, level)
        flat_one = without_scatter(replace(setting, n_presentations=1), seed=0).network
        inputs = np.full((setting.n_sensors, n_steps), level / setting.n_sensors)
        last = simulate(flat_one, inputs, setting.neuron, dt=setting.dt)[:, -1]
        due = np.where(flat_one.sign > 0, found.excitatory, found.inhibitory)
        off = np.abs(last - np.where(flat_one.layer == 1, due, 0.0)).max()
        apart = found.inhibitory - found.excitatory
        return apart, found.drive, found.least_inhibition, float(off)

    every = xr.DataArray(list(levels), dims="level", coords={"level": list(levels)})
    found = xr.apply_ufunc(
        of_one,
        settings,
        every,
        output_core_dims=[[]] * 4,
        vectorize=True,
        output_dtypes=[float] * 4,
    )
    # What is left is rounding, whose digits differ between machines.
    named = dict(zip(("apart", "drive", "least_inhibition", "off"), found, strict=True))
    return xr.Dataset(named).round(12)


def meeting(found: xr.Dataset, claims: Mapping[str, Claim]) -> xr.Dataset:
    """Which networks meet the criteria of 4b and 4c, and both.

    Parameters
    ----------
    found : Dataset over network and others
        As of `course`.
    claims : mapping of id to Claim

    Returns
    -------
    Dataset of bool over network and the others
        Variables `4b`, `4c` and `both`.
    """
    hf = found["hf_presentation"]
    others = [axis for axis in hf.dims if axis not in ("network", "neuron", "presentation")]
    cells = hf.stack(cell=others)
    rows = []
    for cell in range(cells.sizes["cell"]):
        one = cells.isel(cell=cell).drop_vars(["cell", *others])
        samples = samples_build_up(one.to_dataset(name="hf_presentation"))
        rows.append([met(claims[name], samples[name])[0] for name in ("4b", "4c")])
    dims = ("cell", "claim", "network")
    held_in = xr.DataArray(np.array(rows), dims=dims, coords={"cell": cells["cell"]}).unstack(
        "cell"
    )
    build_up, fading = held_in.isel(claim=0), held_in.isel(claim=1)
    every = {"4b": build_up, "4c": fading, "both": build_up & fading}
    return xr.Dataset(every).reindex({axis: hf[axis] for axis in others})


def counts(held_in: xr.DataArray) -> dict[str, xr.DataArray]:
    """In how many networks something holds, and the exact interval of their share, as columns."""
    n = held_in.sizes["network"]
    k = held_in.sum("network")
    low, high = xr.apply_ufunc(
        lambda each: share(int(each), n), k, output_core_dims=[[], []], vectorize=True
    )
    name = str(held_in.name)
    return {name: k, f"{name}: share from": low, f"{name}: to": high}
