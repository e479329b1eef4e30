"""Tables of Figure 3: the models under other choices, and its claims on controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from lsm.neurons import LSM
from lsm.runs import Setting
from rongala2021 import neuron_controls
from rongala2021.grids import grid
from rongala2021.judging import judge_all
from rongala2021.ledger import Claim
from rongala2021.samples import Samples, beaten, samples_3, samples_3g
from rongala2021.scale import Scale, sweep_grid
from rongala2021.single import MODELS, Trial, faithfulness, trial


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
    setting: Setting, choices: Sequence[tuple[float, int]], *, tau_dyn: float, seed: int
) -> pd.DataFrame:
    """How the models follow the first input with other weights and Euler steps.

    Parameters
    ----------
    setting : Setting
    choices : sequence of (weight, n_substeps)
    tau_dyn, seed
        As in `trial`.

    Returns
    -------
    DataFrame
        A row for each choice.
    """
    indices = {"r": "r", "rho": "rho", "rho to reference": "rho_reference"}
    rows = []
    for weight, n in choices:
        found = trial(setting, tau_dyn=tau_dyn, weight=weight, n_substeps=n, seed=seed)
        q = faithfulness(found, dt=setting.dt)
        rows.append(
            {
                "weight": weight,
                "Euler steps per ms": n * 1e-3 / setting.dt,
                "Izhikevich rate (Hz)": found.n_spikes
                / (setting.n_presentations * setting.duration),
                **{
                    f"{head}, {model}": getattr(q, name)[i].mean()
                    for head, name in indices.items()
                    for i, model in enumerate(MODELS)
                },
                "share above 30 Hz, Izhikevich / input": q.share_above_30_hz[3]
                / q.share_above_30_hz[0],
            }
        )
    return pd.DataFrame(rows)


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
