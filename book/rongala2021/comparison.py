"""Tables of Figure 3: the models under other choices, and its claims on controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from lsm.dynamics import izhikevich_response
from lsm.neurons import LSM, Izhikevich, izhikevich_grid
from lsm.runs import Setting
from rongala2021 import neuron_controls
from rongala2021.grids import grid
from rongala2021.judging import judge_all
from rongala2021.ledger import Claim
from rongala2021.samples import Samples, beaten, samples_3, samples_3g, samples_s4
from rongala2021.scale import Scale, sweep_grid
from rongala2021.single import (
    MODELS,
    Trial,
    drive,
    faithfulness,
    izhikevich_faithfulness,
    trial,
)

# How tables name the schemes of `lsm.izhikevich_response`.
_SCHEMES = {"euler": "Euler's", "izhikevich": "Izhikevich's"}


def _certain(value: float) -> float:
    """A number to two digits: what Izhikevich's scheme leaves certain.

    Its recovery takes in how far the potential has shot above the peak within a step, so that the
    last digits of the input decide which spikes fall after some seconds.
    """
    return float(f"{value:.2g}")


def _followed(
    setting: Setting, scale: Scale, draw: Callable[..., Trial], **constants: float
) -> Samples:
    """What claims 3a to 3e measure of trials that are drawn otherwise."""
    measure = partial(faithfulness, dt=setting.dt)
    draw_so = partial(draw, **constants)
    return samples_3(sweep_grid(measure, grid([setting]), scale, draw=draw_so, repeats="input"))


def controls_3(
    setting: Setting,
    scale: Scale,
    *,
    tau_dyn: float,
    weight: float,
    quality: xr.Dataset,
    at_rates: xr.Dataset,
    models: xr.Dataset,
) -> tuple[Samples, Samples]:
    """What the claims of Figure 3 measure where they are known to be false, and to be true.

    Parameters
    ----------
    setting : Setting
    scale : Scale
    tau_dyn, weight : float
        As in `trial`.
    quality, at_rates : Dataset
        Of `single.faithfulness`, over input, and over rate and input.
    models : Dataset
        Of `single.izhikevich_faithfulness`, over rate and input.

    Returns
    -------
    negative, positive : dict of claim to samples
    """
    options = dict(tau_dyn=tau_dyn, weight=weight)
    relay = _followed(setting, scale, neuron_controls.relay_of_other_trains, **options)
    halved = _followed(setting, scale, neuron_controls.halved, **options)
    slow = _followed(setting, scale, trial, **options | {"tau_dyn": 100 * tau_dyn})
    regular = _followed(setting, scale, neuron_controls.clockwork, interval=0.02, **options)
    spiking = samples_3(neuron_controls.with_lsm_as_spiking(quality))
    in_all, at_highest = (
        samples_3g(beaten(at_rates, neuron_controls.with_lsm_as_models(models, at_rates, rates)))
        for rates in (at_rates["rate"].values.tolist(), [at_rates["rate"].max().item()])
    )
    negative = {
        "3a": relay["3a"],
        "3b": halved["3b"],
        "3c": spiking["3c"],
        "3d": slow["3d"],
        "3e": spiking["3e"],
    }
    return negative | in_all, {"3e": regular["3e"]} | at_highest


def by_static_leak(
    setting: Setting,
    scale: Scale,
    constants: Sequence[float],
    *,
    draw: Callable[..., Trial],
    ledger: Mapping[str, Claim],
) -> pd.DataFrame:
    """Where Eq. 1 matters: the LSM with other static leak constants beside the same spiking neuron.

    Parameters
    ----------
    setting : Setting
    scale : Scale
    constants : sequence of float
        Static leak constants.
    draw : callable
        As `trial`, of a setting.
    ledger : mapping of id to Claim

    Returns
    -------
    DataFrame
        A row for each constant: means over inputs, and the verdicts of 3a, 3c and 3d.
    """
    settings = grid(
        [replace(setting, neuron=LSM(k_static=k)) for k in constants], k_static=constants
    )
    measure = partial(faithfulness, dt=setting.dt)
    found = sweep_grid(measure, settings, scale, draw=draw, repeats="input")
    means = found[["activity", "rho"]].mean(["input", "presentation"])
    shown = {
        "3a: loss to relay": ("3a", "loss_to_relay"),
        "3c: smallest lead, r": ("3c", "smallest_lead_r"),
        "3c: smallest lead, rho": ("3c", "smallest_lead_rho"),
        "3d: loss of r": ("3d", "loss_of_r"),
        "3d: share of loss of constant": ("3d", "share_of_loss_of_constant"),
    }
    rows = []
    for k in constants:
        samples = samples_3(found.sel(k_static=k))
        verdicts = judge_all(ledger, {claim: samples[claim] for claim in ("3a", "3c", "3d")})
        rows.append(
            {
                "k_static": k,
                "share of the input in the denominator": means["activity"].sel(k_static=k).item(),
                "rho with the input, no leak": means["rho"].sel(k_static=k, model="no leak").item(),
                **{
                    head: float(np.mean([s[name] for s in samples[claim]]))
                    for head, (claim, name) in shown.items()
                },
                **{
                    claim: f"{v.verdict}, {v.k} of {len(v.samples)}"
                    for claim, v in verdicts.items()
                },
            }
        )
    return pd.DataFrame(rows)


def by_choice(
    setting: Setting,
    weights: Sequence[float],
    steps: Sequence[int],
    *,
    tau_dyn: float,
    seed: int,
) -> pd.DataFrame:
    """How the models follow the first input with other weights, steps and schemes.

    Parameters
    ----------
    setting : Setting
    weights : sequence of float
    steps : sequence of int
        Values of `n_substeps`, each with both schemes.
    tau_dyn, seed
        As in `trial`.

    Returns
    -------
    DataFrame
        A row for each choice.
    """
    indices = {"r": "r", "rho": "rho", "rho to reference": "rho_reference"}
    rows = []
    for weight, n, scheme in product(weights, steps, _SCHEMES):
        how: dict[str, Any] = dict(n_substeps=n, scheme=scheme)
        found = trial(setting, tau_dyn=tau_dyn, weight=weight, seed=seed, **how)
        q = faithfulness(found, dt=setting.dt)
        length = setting.n_presentations * setting.duration
        share = q.share_above_30_hz
        numbers = {
            "Izhikevich rate (Hz)": found.n_spikes / length,
            **{
                f"{head}, {model}": getattr(q, name)[i].mean()
                for head, name in indices.items()
                for i, model in enumerate(MODELS)
            },
            "share above 30 Hz, Izhikevich / input": share[3] / share[0],
        }
        if scheme == "izhikevich":
            own = {name: _certain(numbers[name]) for name in numbers if "Izhikevich" in name}
            numbers |= own
        rows.append(
            {
                "weight": weight,
                "steps per ms": n * 1e-3 / setting.dt,
                "scheme": _SCHEMES[scheme],
                **numbers,
            }
        )
    return pd.DataFrame(rows)


def under_scheme(
    setting: Setting,
    at_rates: xr.DataArray,
    scale: Scale,
    *,
    tau_dyn: float,
    weight: float,
    n_substeps: int,
    scheme: str,
) -> Samples:
    """What claims 3a to 3g and S4 measure with another scheme of the Izhikevich neurons.

    Parameters
    ----------
    setting : Setting
        Of 3a to 3e.
    at_rates : DataArray of Setting
        Of 3g and S4, axis rate.
    scale : Scale
    tau_dyn, weight, n_substeps, scheme
        As in `trial`.
    """
    how: dict[str, Any] = dict(n_substeps=n_substeps, scheme=scheme)
    follow = partial(faithfulness, dt=setting.dt)
    options: dict[str, Any] = dict(repeats="input")
    tried = partial(trial, tau_dyn=tau_dyn, weight=weight, **how)
    quality = sweep_grid(follow, grid([setting]), scale, draw=tried, **options)
    rates = sweep_grid(follow, at_rates, scale, draw=tried, **options)
    follow_all = partial(izhikevich_faithfulness, models=izhikevich_grid(), **how)
    driven = partial(drive, weight=weight)
    models = sweep_grid(follow_all, at_rates, scale, draw=driven, **options)
    return samples_3(quality) | samples_3g(beaten(rates, models)) | samples_s4(rates)


def spikes_by_scheme(
    settings: xr.DataArray, steps: Sequence[int], *, weight: float, seed: int
) -> pd.DataFrame:
    """How many spikes Izhikevich's own scheme leaves of those by Euler's method, first input.

    Parameters
    ----------
    settings : DataArray of Setting
        Axis rate.
    steps : sequence of int
        Values of `n_substeps`, the same for both.
    weight, seed
        As in `drive`.

    Returns
    -------
    DataFrame
        A row for each step and rate: how often the neuron of Table 1 fires by Euler's method, and
        how many of these spikes are left; and of the neurons of Table 2 the share that fires
        less, and how many of their spikes are left.
    """
    models = [Izhikevich(), *izhikevich_grid()]
    rows = []
    for setting in settings.values.tolist():
        driven = drive(setting, weight=weight, seed=seed)
        options: dict[str, Any] = dict(dt=setting.dt)
        length = setting.n_presentations * setting.duration
        for n in steps:
            euler, own = (
                izhikevich_response(
                    driven.inputs, driven.weights, models, n_substeps=n, scheme=scheme, **options
                ).sum(axis=-1)
                for scheme in _SCHEMES
            )
            # A neuron that is silent has no ratio. Some of Table 2 fire without input.
            ratio = np.divide(own, euler, out=np.full(own.shape, np.nan), where=euler > 0)
            low, middle, high = np.nanpercentile(ratio[1:], [5, 50, 95])
            rows.append(
                {
                    "steps per ms": n * 1e-3 / setting.dt,
                    "rate of a sensor (Hz)": setting.rate,
                    "Table 1: rate by Euler's (Hz)": euler[0] / length,
                    "Izhikevich's / Euler's": _certain(ratio[0]),
                    "Table 2: share that fires less": _certain((own < euler)[1:].mean()),
                    "Izhikevich's / Euler's, median": _certain(middle),
                    "5 %": _certain(low),
                    "95 %": _certain(high),
                }
            )
    return pd.DataFrame(rows).sort_values(["steps per ms", "rate of a sensor (Hz)"])


def relayed(quality: xr.Dataset, bound: float) -> pd.DataFrame:
    """How often the mean output follows the source, and how often the mean input does, no neuron.

    Parameters
    ----------
    quality : Dataset
        Of `single.faithfulness`, over input.
    bound : float
        Least Pearson's correlation with the source.

    Returns
    -------
    DataFrame
        Inputs in which the bound is met by each, and by both; and the mean correlation.
    """
    rho = quality[["rho_mean_reference", "rho_relay"]].to_array("signal")
    either = {"mean output, no leak": rho[0], "mean input, no neuron": rho[1]}
    each = either | {"both": rho.min("signal")}
    return pd.DataFrame(
        {
            "signal": list(each),
            f"inputs with rho of at least {bound:g}": [
                int((x >= bound).sum()) for x in each.values()
            ],
            "of": quality.sizes["input"],
            "mean rho with the source": [float(x.mean()) for x in each.values()],
        }
    )
