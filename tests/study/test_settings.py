"""Settings of the paper's figures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from lsm.network import two_layer
from lsm.neurons import LSM
from lsm.runs import NETWORK_K_STATIC, Setting
from lsm.weights import Binary, Lognormal, Normal, weight_distribution
from rongala2021.settings import (
    AMPLIFIED,
    by_rate,
    figure_4,
    figure_5,
    figure_6,
    figure_7,
    figure_8,
    leaky,
    setting_of,
    size_that_keeps,
    static_leaks,
)

TAU = 0.01
BASE = Setting(neuron=LSM(k_static=0.05), n_presentations=20, duration=0.5)
SIZES = [(5, 4), (10, 8)]


def vars_of(setting):
    """Fields of a setting by name, and those of its neuron."""
    return {**vars(setting), **{f"neuron.{k}": v for k, v in vars(setting.neuron).items()}}


def taus(settings):
    """Time constants of each setting, the longest of its neurons."""
    return [np.max(s.neuron.tau_dyn) for s in settings.values.ravel()]


def test_a_page_s_parameters_are_fields_of_its_setting():
    given = {
        "seed": 3,
        "weights": "lognormal",
        "mean_weight": 0.3,
        "k_static": 0.02,
        "tau_dyn": TAU,
        "rate": 60.0,
        "n_sensors": 7,
        "n_presentations": 21,
        "jitter": 5e-3,
        "jitter_law": "gaussian",
        "delay_law": "uniform",
        "dt": 5e-4,
    }
    found = setting_of(given)
    assert (found.weights.mean, type(found.weights)) == (0.3, Lognormal)
    assert (found.neuron.k_static, found.neuron.tau_dyn) == (0.02, 0)
    for name in ("rate", "n_sensors", "n_presentations", "jitter", "delay_law", "dt"):
        assert getattr(found, name) == given[name]
    assert found.law == "gaussian"
    assert setting_of(given, n_presentations=4).n_presentations == 4


def test_no_two_parameters_of_pages_set_the_same_thing():
    registry = Path(__file__).parents[2] / "book" / "parameters.yml"
    known = yaml.safe_load(registry.read_text(encoding="utf-8"))
    usual, set_by = vars_of(Setting()), {}
    for name, entry in known.items():
        given = {name: entry["choices"][-1] if "choices" in entry else entry.get("high", True)}
        given |= {"mean_weight": 0.3} if name == "weights" else {}
        for field, value in vars_of(setting_of(given)).items():
            if repr(value) != repr(usual[field]):
                set_by.setdefault(field, []).append(name)
    assert set_by == {field: [name] for field, (name, *_) in set_by.items()}
    assert set_by["neuron.k_static"] == ["k_static"]
    assert {"rate", "n_sensors", "n_presentations", "weights", "law", "dt"} <= set(set_by)


def test_what_a_page_does_not_give_is_as_in_figure_4():
    assert repr(setting_of({"seed": 3})) == repr(Setting())
    assert setting_of({}).neuron.k_static == NETWORK_K_STATIC
    assert setting_of({"k_static": 1.0}).neuron.k_static == 1.0


def test_a_leak_changes_the_time_constant_alone():
    changed = leaky(BASE, TAU)
    assert repr(replace(changed, neuron=BASE.neuron)) == repr(BASE)
    assert (changed.neuron.tau_dyn, changed.neuron.k_static) == (TAU, 0.05)


def test_figure_4_has_the_network_with_and_without_leak():
    settings = figure_4(leaky(BASE, 1.0), TAU)
    assert settings.sel(form="no leak").item().neuron.tau_dyn == 0
    assert settings.sel(form="leak").item().neuron.tau_dyn == TAU
    assert {s.neuron.k_static for s in settings.values} == {0.05}


def test_figure_5_has_fifteen_weights_with_draws_of_their_own_shared_by_both_forms():
    settings = figure_5(BASE, TAU)
    assert settings.dims == ("form", "kind", "mean")
    for form, tau in (("no leak", 0.0), ("leak", TAU)):
        of_form = settings.sel(form=form)
        assert [s.stream for s in of_form.values.ravel()] == list(range(15))
        assert set(taus(of_form)) == {tau}
    for kind, expected in (("normal", Normal), ("lognormal", Lognormal), ("binary", Binary)):
        for mean in (0.1, 0.2, 0.3, 0.4, 0.5):
            weights = settings.sel(form="leak", kind=kind, mean=mean).item().weights
            assert type(weights) is expected
            assert (weights.p if kind == "binary" else weights.mean) == mean


def test_the_paper_says_amplified_from_a_mean_of_each_distribution():
    first = {"normal": 0.4, "lognormal": 0.3, "binary": 0.2}
    for kind, mean in first.items():
        each = AMPLIFIED.sel(kind=kind)
        assert each["mean"].values[each.values].min() == mean


def test_figure_6_has_the_delays_in_both_forms():
    settings = figure_6(replace(BASE, delay_law="uniform"), TAU, [0, 2e-3])
    assert settings.dims == ("form", "delay")
    for form, tau in (("no leak", 0.0), ("leak", TAU)):
        for delay in (0.0, 2e-3):
            found = settings.sel(form=form, delay=delay).item()
            assert (found.delay, found.neuron.tau_dyn) == (delay, tau)
            assert found.delay_law == "uniform"


def test_figure_7_varies_rates_then_sensors():
    settings = figure_7(BASE, TAU, (50, 100, 150), (6, 15, 30))
    densities = {
        "50 Hz": (50, 6),
        "100 Hz": (100, 6),
        "150 Hz": (150, 6),
        "6 sensors": (50, 6),
        "15 sensors": (50, 15),
        "30 sensors": (50, 30),
    }
    assert list(settings["density"].values) == list(densities)
    for form, tau in (("no leak", 0.0), ("leak", TAU)):
        for label, expected in densities.items():
            found = settings.sel(form=form, density=label).item()
            assert (found.rate, found.n_sensors, found.neuron.tau_dyn) == (*expected, tau)
    assert list(settings["density"].values[settings["dense"]]) == ["150 Hz", "30 sensors"]
    assert list(settings["varied"].values) == 3 * ["rate"] + 3 * ["sensors"]


@pytest.mark.parametrize(("name", "i"), [("rates", 0), ("counts", 1)])
def test_figure_7_needs_a_dense_one_beyond_two_sparse_ones(name, i):
    both = [[50, 100, 150], [6, 15, 30]]
    both[i].pop()
    with pytest.raises(ValueError, match=rf"^{name}: expected at least 3 values, got 2"):
        figure_7(BASE, TAU, *both)


def test_figure_8_has_leaks_that_grow_with_size():
    settings = figure_8(BASE, TAU, SIZES)
    assert settings.dims == ("weights", "leak", "size")
    for label, sizes in zip(("5x4", "10x8"), SIZES, strict=True):
        assert {s.sizes for s in settings.sel(size=label).values.ravel()} == {sizes}
    ratio = max(35 / 17, 41 / 23)
    growth = {"no leak": 0.0, "fixed leak": 1.0, "leak ~ √synapses": ratio**0.5}
    growth |= {"leak ~ synapses": ratio}
    for leak, factor in growth.items():
        first = 0.0 if leak == "no leak" else TAU
        for weights in ("normal 0.4", "binary 0.2"):
            found = taus(settings.sel(weights=weights, leak=leak))
            np.testing.assert_allclose(found, [first, TAU * factor])
    assert {s.weights.mean for s in settings.sel(weights="normal 0.4").values.ravel()} == {0.4}
    assert {s.weights.p for s in settings.sel(weights="binary 0.2").values.ravel()} == {0.2}


def test_without_a_reference_the_time_constant_is_one_ms_for_each_synapse_or_its_root():
    settings = figure_8(BASE, TAU, SIZES, reference=None)
    # 17 other neurons in the smaller size, 35 in the larger one; layer 1 has 6 sensors besides.
    for size, (layer_1, layer_2) in {"5x4": (23, 17), "10x8": (41, 35)}.items():
        for leak, power in (("leak ~ √synapses", 0.5), ("leak ~ synapses", 1.0)):
            for s in settings.sel(leak=leak, size=size).values:
                tau = s.neuron.tau_dyn
                assert tau[0] == pytest.approx(1e-3 * layer_1**power)
                assert tau[s.sizes[0]] == pytest.approx(1e-3 * layer_2**power)
    usual = figure_8(BASE, TAU, SIZES)
    for leak in ("no leak", "fixed leak"):
        assert taus(settings.sel(leak=leak)) == taus(usual.sel(leak=leak))


#: No inhibition between layers, and no sensors to inhibitory neurons.
CUT = ((1, 1, 1, 1, 0), (0, 1, 1, 0, 1), (0, 1, 1, 1, 0), (0, 1, 1, 0, 1))


def synapses(setting):
    """On each neuron of a network of a setting."""
    return two_layer(
        setting.weights,
        sizes=setting.sizes,
        n_sensors=setting.n_sensors,
        connectivity=setting.connectivity,
        rng=np.random.default_rng(0),
    ).n_synapses


def test_leaks_grow_with_the_synapses_of_who_hears_whom():
    base = replace(BASE, connectivity=CUT, n_sensors=5)
    for reference in ((5, 4), (10, 8), None):
        settings = figure_8(base, TAU, SIZES, reference=reference)
        assert {s.connectivity for s in settings.values.ravel()} == {base.connectivity}
        for leak, power in (("leak ~ √synapses", 0.5), ("leak ~ synapses", 1.0)):
            for label, sizes in zip(("5x4", "10x8"), SIZES, strict=True):
                found = settings.sel(weights="normal 0.4", leak=leak, size=label).item()
                expected = 1e-3 * synapses(found) ** power
                if reference:
                    first = synapses(replace(found, sizes=reference, neuron=BASE.neuron))
                    each = np.cumsum([0, *reference, *reference])[:4]
                    of_reference = np.repeat(first[each], (*sizes, *sizes))
                    expected = TAU * (synapses(found) / of_reference) ** power
                np.testing.assert_allclose(found.neuron.tau_dyn, expected, rtol=1e-12)
        fixed = settings.sel(weights="normal 0.4", leak="fixed leak", size="10x8").item()
        np.testing.assert_allclose(fixed.neuron.tau_dyn, TAU, rtol=1e-14)
    # Excitatory and inhibitory neurons of a layer have not as many here.
    tau = figure_8(base, TAU, SIZES, reference=None).sel(
        weights="normal 0.4", leak="leak ~ synapses", size="5x4"
    )
    np.testing.assert_allclose(
        tau.item().neuron.tau_dyn * 1e3,
        np.repeat([5 + 8 + 5, 8 + 4, 9 + 4, 9 + 3], (5, 4, 5, 4)),
    )


def test_each_size_in_turn_keeps_the_time_constant_and_then_none():
    settings = size_that_keeps(BASE, TAU, SIZES)
    assert settings.dims == ("reference", "weights", "size")
    assert settings["reference"].values.tolist() == ["5x4", "10x8", "none"]
    for reference in ("5x4", "10x8"):
        kept = settings.sel(reference=reference, size=reference)
        assert taus(kept) == [TAU, TAU]
    larger = settings.sel(reference="5x4", size="10x8")
    smaller = settings.sel(reference="10x8", size="5x4")
    assert min(taus(larger)) > TAU > max(taus(smaller))
    for reference, size in (("5x4", (5, 4)), ("none", None)):
        usual = figure_8(BASE, TAU, SIZES, reference=size).sel(leak="leak ~ √synapses")
        assert taus(settings.sel(reference=reference)) == taus(usual)


def test_rates_change_the_rate_alone():
    settings = by_rate(BASE, [50, 100])
    for rate in (50, 100):
        expected = replace(BASE, rate=rate)
        assert repr(settings.sel(rate=rate).item()) == repr(expected)


def test_static_leaks_are_tried_with_all_weights_of_figure_5():
    settings = static_leaks(BASE, [0.02, 0.5])
    assert settings.shape == (3, 5, 2)
    for kind, mean, k in (("normal", 0.2, 0.5), ("binary", 0.5, 0.02)):
        neuron, weights = LSM(k_static=k), weight_distribution(kind, mean)
        expected = replace(BASE, neuron=neuron, weights=weights)
        assert repr(settings.sel(kind=kind, mean=mean, k_static=k).item()) == repr(expected)
