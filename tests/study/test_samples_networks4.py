"""What the claims of Figures 4, S6 and S7 and of the read-out measure, on labelled arrays."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import xarray as xr

from lsm.neurons import LSM
from lsm.runs import Setting, run
from lsm.spectrum import log_frequencies
from rongala2021 import claim_measures
from rongala2021.controls import open_loop
from rongala2021.grids import changed
from rongala2021.run_measures import high_frequencies
from rongala2021.samples import samples_4, samples_build_up, samples_d2, samples_s7
from rongala2021.scale import Scale, sweep_grid
from rongala2021.settings import FORMS, figure_4
from rongala2021.spectra import Spectrum
from rongala2021.transients import transients

TAU = 0.01
BASE = Setting(neuron=LSM(k_static=0.05), n_sensors=3, n_presentations=20, duration=0.5)
FREQS = log_frequencies(2.0, 400.0, voices=4)
SCALE = Scale(seed=0, n_networks=2, spectrum=Spectrum(freqs=FREQS))
DRAWN = [0, 9]  # EN1, IN1


def one_by_one(measure, draw=run, setting=BASE):
    """What is measured in each network of a setting."""
    return [measure(draw(setting, seed=0, repeat=i)) for i in range(SCALE.n_networks)]


@pytest.fixture(scope="module")
def settings():
    return figure_4(BASE, TAU)


@pytest.fixture(scope="module")
def measure():
    return partial(high_frequencies, spectrum=SCALE.spectrum)


@pytest.fixture(scope="module")
def found(settings, measure):
    return sweep_grid(measure, settings, SCALE)


def test_figure_4_has_the_network_with_and_without_leak(settings):
    assert settings.dims == ("form",)
    no_leak, leak = (settings.sel(form=form).item() for form in FORMS)
    assert (no_leak.neuron.tau_dyn, leak.neuron.tau_dyn) == (0, TAU)
    assert {s.neuron.k_static for s in (no_leak, leak)} == {0.05}


def test_samples_of_figure_4_are_those_of_the_neurons_drawn(settings, measure, found):
    count = partial(transients, neurons=DRAWN)
    cut = settings.sel(form="no leak")
    counted = sweep_grid(count, settings, SCALE)
    opened = sweep_grid(count, cut, SCALE, draw=open_loop)
    samples = samples_4(found, counted, opened)
    assert [len(v) for v in samples.values()] == [2] * 6

    leaky = settings.sel(form="leak").item()
    no_leak, leak = one_by_one(measure), one_by_one(measure, setting=leaky)
    for name, i in (("EN1", 0), ("IN1", 9)):
        for claim, rows in (("4a", no_leak), ("4e", leak)):
            expected = [row.hf_neuron[i] for row in rows]
            assert [s[f"HF_{name}"] for s in samples[claim]] == expected
        expected = [claim_measures.build_up(row.hf_presentation[i]) for row in no_leak]
        assert [s[f"build_up_{name}"] for s in samples["4b"]] == expected
    assert [s["HF_network"] for s in samples["4a"]] == [row.hf for row in no_leak]
    assert [s["HF_network"] for s in samples["4e"]] == [row.hf for row in leak]
    peaks = [claim_measures.fading(row.hf_presentation[9]) for row in no_leak]
    expected = [{"peak_presentation": peak, "left_at_the_end": left} for peak, left in peaks]
    assert samples["4c"] == expected

    events = {
        "no_leak": one_by_one(count),
        "leak": one_by_one(count, setting=leaky),
        "open_loop": one_by_one(count, draw=open_loop),
    }
    for name, rows in events.items():
        total = [row.without_counterpart.sum() for row in rows]
        assert [s[f"transients_{name}"] for s in samples["4d"]] == total
    for s in samples["4d"]:
        beyond = s["transients_no_leak"] - s["transients_open_loop"]
        assert s["transients_beyond_open_loop"] == beyond
    for name, form, field in (
        ("transients_open_loop_own_scale", "open_loop", "without_counterpart_on_own_scale"),
        ("excursions_no_leak", "no_leak", "excursions"),
        ("excursions_drive", "no_leak", "of_drive"),
        ("excursions_leak_on_its_own_scale", "leak", "on_own_scale"),
    ):
        total = [getattr(row, field).sum() for row in events[form]]
        assert [s[name] for s in samples["4d"]] == total


def made_up(hf, layer):
    """High frequencies of networks without leak, and with as much of them with it, by hand."""
    hf = np.asarray(hf, dtype=float)
    names = ["EN1", "EN2", "IN1", "IN2"]
    per_neuron = xr.DataArray(
        np.stack([hf, hf]),
        dims=("form", "network", "neuron", "presentation"),
        coords={"form": list(FORMS), "neuron": names, "layer": ("neuron", layer)},
    )
    each = per_neuron.mean("presentation")
    fields = {"hf_presentation": per_neuron, "hf_neuron": each, "hf": each.mean("neuron")}
    return xr.Dataset(fields)


def test_claim_s6_is_by_how_much_more_is_left_in_layer_2():
    time = np.arange(40)
    slow, fast = 1 - time / 80, np.where(time < 20, 1.0, 0.2)
    silent = np.full(40, np.nan)
    found = made_up([[fast, slow, fast, slow], [slow, fast, slow, silent]], [1, 2, 1, 2])
    empty = xr.Dataset(
        {
            name: (("network", "drawn"), np.zeros((2, 2)))
            for name in (
                "without_counterpart",
                "without_counterpart_on_own_scale",
                "excursions",
                "on_own_scale",
                "of_drive",
            )
        }
    )
    both = xr.concat([empty, empty], "form").assign_coords(form=list(FORMS))
    lead = [s["lead_of_layer_2"] for s in samples_4(found, both, empty)["S6"]]
    left = {name: claim_measures.fading(x)[1] for name, x in (("slow", slow), ("fast", fast))}
    assert lead[0] == pytest.approx(left["slow"] - left["fast"])
    assert lead[1] == pytest.approx(left["fast"] - left["slow"])
    assert lead[0] > 0.3


def test_build_up_and_fading_are_those_of_each_network():
    time = np.arange(40)
    rising, peaked = 1 + np.minimum(time, 20) / 10, np.exp(-((time - 9) ** 2) / 50)
    flat = np.ones(40)
    found = made_up([[rising, flat, peaked, flat], [flat, flat, rising, flat]], [1, 1, 1, 1])
    samples = samples_build_up(found.sel(form="no leak"))
    assert samples["4b"][0]["build_up_EN1"] == pytest.approx(rising[4:20].mean())
    assert samples["4b"][1]["build_up_EN1"] == 1
    assert samples["4b"][1]["build_up_IN1"] == pytest.approx(rising[4:20].mean())
    assert samples["4c"][0]["peak_presentation"] == 10
    assert samples["4c"][0]["left_at_the_end"] < 1e-3
    assert samples["4c"][1]["left_at_the_end"] == 1


def test_samples_of_s7_compare_the_networks_without_leak(settings, measure, found):
    autapses = changed(settings, lambda s: replace(s, autapses=True))
    samples = samples_s7(sweep_grid(measure, autapses, SCALE), found)
    with_them = [one_by_one(measure, setting=s) for s in autapses.values]
    without = one_by_one(measure)
    ratios = [own.hf / plain.hf for own, plain in zip(with_them[0], without, strict=True)]
    assert [s["HF_ratio"] for s in samples["S7a"]] == ratios
    assert [s["HF_network"] for s in samples["S7a"]] == [row.hf for row in with_them[0]]
    assert [s["HF_network"] for s in samples["S7b"]] == [row.hf for row in with_them[1]]


def test_samples_of_d2_are_means_over_sensors():
    shares = xr.DataArray(
        [[[0.9, 0.7]], [[0.8, 0.6]]],
        dims=("form", "network", "sensor"),
        coords={"form": list(FORMS)},
    )
    (sample,) = samples_d2(shares)["D2"]
    assert sample == pytest.approx({"loss": 0.1, "no_leak": 0.8, "leak": 0.7})
