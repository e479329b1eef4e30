"""The Hodgkin-Huxley membrane of Appendix 1 by both Euler methods, at many steps and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from lsm import _steps
from lsm._validate import Array
from lsm.dynamics import hodgkin_huxley_response, lsm_response
from lsm.inputs import bin_spikes, convolve_psp, spike_times
from lsm.neurons import LSM, HodgkinHuxley
from rongala2021.tables import Table

#: Euler methods in the order of all results of this module.
METHODS = ("implicit", "explicit")
#: Length of each input (s).
DURATION = 1.0


def statements(*rows: tuple[str, str, Any]) -> Table:
    """A table of statements, each with the step of the derivation, and whether they hold."""
    checked = [(step, statement, bool(holds)) for step, statement, holds in rows]
    return Table(pd.DataFrame(checked, columns=["step", "statement", "holds"]))


def inputs_of(given: Mapping[str, Any]) -> xr.Dataset:
    """Inputs of three excitatory synapses and an inhibitory one.

    Parameters
    ----------
    given : mapping of str to value
        Parameters of the page.

    Returns
    -------
    Dataset
        Over input, synapse and time (s): `activity` and `weight` of the synapses; the weighted
        sums P and Q of both kinds, `excitation` and `inhibition`; and the membrane's `potential`
        by implicit Euler. An input holds during the step that ends at its time. Attributes: the
        step `dt` and the membrane's time constant `tau` (s).
    """
    dt = given["dt"]
    weight = np.array([given["weight"]] * 3 + [-given["weight_inhibitory"]])
    n_steps = _steps.n_steps("DURATION", DURATION, dt)
    activity = np.empty((given["n_seeds"], weight.size, n_steps))
    for i, drawn in enumerate(activity):
        rng = np.random.default_rng([given["seed"], i])
        times = spike_times(given["rate"], DURATION, weight.size, rng=rng)
        drawn[:] = convolve_psp(bin_spikes(times, n_steps, dt=dt), dt=dt)
    sums = {
        name: (("input", "time"), np.array([np.maximum(sign * weight, 0) @ a for a in activity]))
        for name, sign in (("excitation", 1), ("inhibition", -1))
    }
    inputs = xr.Dataset(
        {
            "activity": (("input", "synapse", "time"), activity),
            "weight": ("synapse", weight),
            **sums,
        },
        coords={"input": np.arange(given["n_seeds"]), "time": dt * np.arange(1, n_steps + 1)},
        attrs={"dt": dt, "tau": given["tau_membrane"]},
    )
    return inputs.assign(potential=_potential(inputs))


def _potential(
    inputs: xr.Dataset,
    *,
    every: int = 1,
    method: str = "implicit",
    tau: float | None = None,
    strength: float = 1.0,
) -> xr.DataArray:
    """Membrane potential under each input, of which every n-th value is taken, in longer steps."""
    coarse = inputs["activity"].isel(time=slice(every - 1, None, every))
    dt = every * inputs.attrs["dt"]
    neuron = HodgkinHuxley(tau=inputs.attrs["tau"] if tau is None else tau)
    weight = inputs["weight"].values
    return xr.apply_ufunc(
        lambda each: hodgkin_huxley_response(strength * each, weight, neuron, dt=dt, method=method),
        coarse,
        input_core_dims=[["synapse", "time"]],
        output_core_dims=[["time"]],
        vectorize=True,
    )


def solutions(inputs: xr.Dataset, multiples: Sequence[int]) -> pd.DataFrame:
    """Both methods under the first input, at steps that are multiples of the finest.

    Parameters
    ----------
    inputs : Dataset
        From `inputs_of`.
    multiples : sequence of int

    Returns
    -------
    DataFrame
        A row for each step of each length: `step_s`, `time_s`, the potentials `implicit`,
        `explicit`, and implicit at the `finest` step, and the factor `q`.
    """
    first, dt, tau = inputs.isel(input=0), inputs.attrs["dt"], inputs.attrs["tau"]
    frames = []
    for m in multiples:
        at = first.isel(time=slice(m - 1, None, m))
        columns = {
            "step_s": m * dt,
            "time_s": at["time"],
            **{name: _potential(first, every=m, method=name) for name in METHODS},
            "finest": at["potential"],
            "q": (1 + (at["excitation"] + at["inhibition"])) * m * dt / tau,
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def by_step(found: pd.DataFrame) -> pd.DataFrame:
    """What both methods do at each step: how far they go, and how far they are off.

    Parameters
    ----------
    found : DataFrame
        From `solutions`.
    """
    size = found[list(METHODS)].abs()
    each = found.assign(
        largest_implicit=size["implicit"],
        largest_explicit=size["explicit"],
        outside=~(size["explicit"] <= 1),
        square=(found["implicit"] - found["finest"]) ** 2,
    ).groupby("step_s")
    return pd.DataFrame(
        {
            "h (ms)": [1e3 * step for step in each.groups],
            "mean q": each["q"].mean().values,
            "largest q": each["q"].max().values,
            "largest |V|, implicit": each["largest_implicit"].max().values,
            "largest |V|, explicit": each["largest_explicit"].max().values,
            "share of explicit steps outside": each["outside"].mean().values,
            "rms error, implicit": np.sqrt(each["square"].mean().values),
        }
    )


def time_constants(inputs: xr.Dataset) -> pd.DataFrame:
    """The membrane's time constant at levels of its first input, beside the constant one."""
    first, tau = inputs.isel(input=0), inputs.attrs["tau"]
    total = (first["excitation"] + first["inhibition"]).values
    levels = np.array([total.mean(), np.quantile(total, 0.95), total.max()])
    return pd.DataFrame(
        {
            "P + Q": ["mean", "95th percentile", "maximum"],
            "value (a.u.)": levels,
            "tau / (1 + P + Q) (ms)": 1e3 * tau / (1 + levels),
            "tau (ms)": 1e3 * tau,
        }
    )


def largest_potentials(inputs: xr.Dataset) -> xr.Dataset:
    """Largest magnitude of the potential by both methods, at steps up to 0.1 s.

    Parameters
    ----------
    inputs : Dataset
        From `inputs_of`.

    Returns
    -------
    Dataset over input and step_s
        `implicit` and `explicit`.
    """
    dt = inputs.attrs["dt"]
    multiples = np.unique(np.geomspace(1, 0.1 / dt, 25).round().astype(int))
    # What has grown beyond all numbers is NaN and left out.
    each = [
        xr.Dataset(
            {name: abs(_potential(inputs, every=m, method=name)).max("time") for name in METHODS}
        )
        for m in multiples
    ]
    found = xr.concat(each, "step_s").assign_coords(step_s=multiples * dt)
    return found.transpose("input", "step_s")


def properties(
    inputs: xr.Dataset, *, step: Callable[..., Any], rest: Callable[..., float], seed: int
) -> xr.Dataset:
    """What claims A1 to A3 say of the membrane, measured with each input.

    Parameters
    ----------
    inputs : Dataset
        From `inputs_of`.
    step : callable
        The solution of A7, of V, P, Q, h and tau.
    rest : callable
        A9, of P and Q.
    seed : int
        Of the constant inputs.

    Returns
    -------
    Dataset over input
        `from_solution`: largest difference of the simulator's steps from the solution.
        `largest_potential`: largest magnitude in 25 steps from 1e-6 to 1e6 tau, at the input's
        strength and at a million times it. `from_steady_state`: largest relative difference from
        A9 after 4,000 steps of constant random input, in steps from 1e-2 to 1e4 tau.
        `lsm_from_steady_state`: difference of the LSM from A9 cut at zero.
    """
    dt, tau = inputs.attrs["dt"], inputs.attrs["tau"]
    before = inputs["potential"].shift(time=1, fill_value=0.0)
    solved = step(before, inputs["excitation"], inputs["inhibition"], dt, tau)
    largest = [
        abs(_potential(inputs, tau=dt / ratio, strength=strength)).max("time", skipna=False)
        for ratio in np.geomspace(1e-6, 1e6, 25)
        for strength in (1.0, 1e6)
    ]
    held = [
        _at_rest([seed, i, 1], inputs["weight"].values, dt=dt, rest=rest)
        for i in inputs["input"].values
    ]
    return xr.Dataset(
        {
            "from_solution": abs(inputs["potential"] - solved).max("time", skipna=False),
            "largest_potential": xr.concat(largest, "run").max("run", skipna=False),
            "from_steady_state": ("input", [membrane for membrane, _ in held]),
            "lsm_from_steady_state": ("input", [neuron for _, neuron in held]),
        }
    )


def _at_rest(
    seed: list[int], weight: Array, *, dt: float, rest: Callable[..., float]
) -> tuple[float, float]:
    """How far membrane and LSM settle from A9 under a constant random input."""
    level = np.random.default_rng(seed).exponential(1.0, (weight.size, 1))
    held = np.repeat(level, 4000, axis=1)
    target = rest(*(np.maximum(sign * weight, 0) @ level[:, 0] for sign in (1, -1)))
    respond = partial(hodgkin_huxley_response, held, weight, dt=dt)
    membrane = max(
        abs(respond(HodgkinHuxley(tau=dt / ratio))[-1] / target - 1)
        for ratio in np.geomspace(1e-2, 1e4, 7)
    )
    neuron = lsm_response(level, weight, LSM(k_static=1 / weight.size), dt=dt)[0]
    return membrane, abs(neuron - max(target, 0.0))
