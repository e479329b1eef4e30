"""The tables of Figure 3, against the trials that they are made of."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lsm.neurons import LSM, izhikevich_grid
from lsm.runs import Setting
from rongala2021 import comparison, ledger, neuron_controls
from rongala2021.grids import grid
from rongala2021.judging import faults, judge_all
from rongala2021.samples import beaten, samples_3, samples_3g
from rongala2021.scale import Scale, sweep_grid
from rongala2021.settings import by_rate
from rongala2021.single import drive, faithfulness, izhikevich_faithfulness, trial
from rongala2021.spectra import Spectrum

DT = 1e-3
SETTING = Setting(neuron=LSM(k_static=1.0), n_presentations=4)
SCALE = Scale(seed=3, n_networks=6, spectrum=Spectrum(freqs=np.empty(0)))
OPTIONS = dict(tau_dyn=0.01, weight=0.01)
CLAIMS = ledger.load(Path(__file__).parents[2] / "book" / "claims.yml")


def swept(measure, settings, draw):
    return sweep_grid(measure, settings, SCALE, draw=draw, repeats="input")


def test_every_claim_of_figure_3_has_the_controls_that_its_verdict_needs():
    follow = partial(faithfulness, dt=DT)
    rates = by_rate(SETTING, [50, 200, 100])  # the highest need not be the last
    at_rates = swept(follow, rates, partial(trial, **OPTIONS))
    quality = at_rates.sel(rate=50)
    models = partial(izhikevich_faithfulness, models=izhikevich_grid()[::80])
    models = swept(models, rates, partial(drive, weight=0.01))
    negative, positive = comparison.controls_3(
        SETTING, SCALE, **OPTIONS, quality=quality, at_rates=at_rates, models=models
    )
    measured = samples_3(quality) | samples_3g(beaten(at_rates, models))
    assert negative.keys() == measured.keys()
    for name, verdict in judge_all(CLAIMS, measured, negative=negative, positive=positive).items():
        assert faults(CLAIMS[name], verdict) == []
    slow = swept(follow, grid([SETTING]), partial(trial, **OPTIONS | {"tau_dyn": 1.0}))
    assert negative["3d"] == samples_3(slow)["3d"]
    other = swept(
        follow, grid([SETTING]), partial(neuron_controls.relay_of_other_trains, **OPTIONS)
    )
    assert negative["3a"] == samples_3(other)["3a"]
    assert [s["share_beaten_50_hz"] for s in negative["3g"]] == [0.0] * 6
    assert [s["share_beaten_200_hz"] for s in positive["3g"]] == [0.0] * 6
    assert [s["share_beaten_100_hz"] for s in positive["3g"]] == [1.0] * 6


def test_a_smaller_static_leak_brings_eq_1_to_bear():
    draw = partial(trial, **OPTIONS)
    table = comparison.by_static_leak(SETTING, SCALE, [1.0, 0.01], draw=draw, ledger=CLAIMS)
    assert table["k_static"].tolist() == [1.0, 0.01]
    share = table["share of the input in the denominator"]
    assert share[0] < 0.02
    assert 0.4 < share[1] < 0.6
    for k, row in zip((1.0, 0.01), table.to_dict("records"), strict=True):
        own = replace(SETTING, neuron=LSM(k_static=k))
        found = swept(partial(faithfulness, dt=DT), grid([own]), draw)
        samples = samples_3(found)
        total = 0.01 * np.mean(
            [drive(own, weight=1.0, seed=3, repeat=i).inputs.sum(axis=0) for i in range(6)]
        )
        assert row["rho with the input, no leak"] == pytest.approx(
            found["rho"].sel(model="no leak").mean().item()
        )
        for head, claim, name in (
            ("3a: loss to relay", "3a", "loss_to_relay"),
            ("3c: smallest lead, rho", "3c", "smallest_lead_rho"),
            ("3d: share of loss of constant", "3d", "share_of_loss_of_constant"),
        ):
            assert row[head] == pytest.approx(np.mean([s[name] for s in samples[claim]]))
        verdict = judge_all(CLAIMS, {"3c": samples["3c"]})["3c"]
        assert row["3c"] == f"{verdict.verdict}, {verdict.k} of 6"
        # The constant part of the denominator is six synapses' static leak.
        assert row["share of the input in the denominator"] == pytest.approx(
            total / (6 * k + total), rel=0.15
        )


def test_each_choice_is_a_trial():
    setting = replace(SETTING, dt=5e-4)
    choices = [(0.01, 1), (0.1, 4)]
    table = comparison.by_choice(setting, choices, tau_dyn=0.02, seed=5)
    for (weight, n), row in zip(choices, table.to_dict("records"), strict=True):
        found = trial(setting, tau_dyn=0.02, weight=weight, n_substeps=n, seed=5)
        q = faithfulness(found, dt=5e-4)
        assert row["weight"] == weight
        assert row["Euler steps per ms"] == 2 * n
        assert row["Izhikevich rate (Hz)"] == found.n_spikes / 4
        assert row["r, leak"] == q.r[1].mean()
        assert row["rho, Izhikevich"] == q.rho[2].mean()
        assert row["rho to reference, no leak"] == q.rho_reference[0].mean()
        ratio = q.share_above_30_hz[3] / q.share_above_30_hz[0]
        assert row["share above 30 Hz, Izhikevich / input"] == ratio


def test_relays_are_counted_beside_the_neuron():
    quality = xr.Dataset(
        {
            "rho_mean_reference": ("input", [0.9, 0.8, 0.95, 0.7]),
            "rho_relay": ("input", [0.92, 0.91, 0.89, 0.7]),
        }
    )
    table = comparison.relayed(quality, 0.9)
    assert table["inputs with rho of at least 0.9"].tolist() == [2, 2, 1]
    assert table["of"].tolist() == [4, 4, 4]
    assert table["mean rho with the source"].tolist() == pytest.approx([0.8375, 0.855, 0.8225])
