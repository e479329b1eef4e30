"""All networks of the paper in groups, their leaks by size, and what claim D1 takes of them."""

from dataclasses import replace

import numpy as np
import xarray as xr

from lsm.network import neuron_kinds
from lsm.neurons import LSM
from lsm.runs import Setting
from lsm.weights import Normal
from rongala2021.samples import samples_d1
from rongala2021.settings import FORMS, all_networks, figure_8

TAU = 0.013
BASE = Setting(weights=Normal(mean=0.3), neuron=LSM(k_static=0.05), n_presentations=3)
SIZES = [(5, 4), (10, 8), (3, 2)]


def test_the_leak_of_each_size_has_a_time_constant_for_each_of_its_neurons():
    found = figure_8(BASE, TAU, SIZES, reference=(10, 8))
    for size, label in zip(SIZES, found["size"].values, strict=True):
        settings = found.sel(size=label, weights="binary 0.2")
        assert {s.sizes for s in settings.values} == {size}
        assert settings.sel(leak="no leak").item().neuron.tau_dyn == 0
        fixed = np.broadcast_to(
            settings.sel(leak="fixed leak").item().neuron.tau_dyn, 2 * sum(size)
        )
        np.testing.assert_allclose(fixed, TAU)
        grown = settings.sel(leak="leak ~ synapses").item().neuron.tau_dyn
        # Synapses from all other neurons, and in layer 1 from the 6 sensors.
        sensory = 6 * (neuron_kinds(size)[0] == 1)
        np.testing.assert_allclose(grown, TAU * (2 * sum(size) - 1 + sensory) / (35 + sensory))


def test_all_networks_are_those_of_the_figures_without_and_with_leak():
    found = all_networks(
        BASE, TAU, delays=[2e-3, 5e-3], rates=(50, 90, 150), counts=(6, 8, 10), sizes=SIZES
    )
    assert list(found) == list(FORMS)
    expected = ["normal", "lognormal", "binary", "rates, sensors", "autapses", "sizes", "delays"]
    for form, of_sizes in zip(FORMS, (6, 18), strict=True):
        groups = {group: settings.values for group, settings in found[form].items()}
        assert list(groups) == expected
        assert {settings.dims for settings in found[form].values()} == {("setting",)}
        assert [len(s) for s in groups.values()] == [5, 5, 5, 6, 1, of_sizes, 2]
        for settings in groups.values():
            assert all(np.all(s.neuron.tau_dyn > 0) == (form == "leak") for s in settings)
        kinds = [type(s.weights).__name__ for k in expected[:3] for s in groups[k]]
        assert kinds == ["Normal"] * 5 + ["Lognormal"] * 5 + ["Binary"] * 5
        assert [s.delay for s in groups["delays"]] == [2e-3, 5e-3]
        assert {s.rate for s in groups["rates, sensors"]} == {50, 90, 150}
        assert {s.n_sensors for s in groups["rates, sensors"]} == {6, 8, 10}
        assert {s.sizes for s in groups["sizes"]} == set(SIZES)
        assert [s.autapses for s in groups["autapses"]] == [True]
        assert not any(s.autapses for k in expected if k != "autapses" for s in groups[k])
    # A network with leak is the same network as that without.
    for group in set(expected) - {"sizes"}:
        pairs = zip(*(found[form][group].values for form in FORMS), strict=True)
        assert all(repr(replace(b, neuron=a.neuron)) == repr(a) for a, b in pairs)


def stability(**measured):
    return xr.Dataset({name: (("setting", "network"), values) for name, values in measured.items()})


def with_instants(found, radii):
    return found.assign(at_instants=(("setting", "network", "instant"), np.array(radii)))


def test_d1_takes_the_worst_of_all_groups_network_by_network():
    one = stability(
        at_mean=[[0.5, 0.9], [0.6, 0.1]],
        remainder=[[0.0, 0.0], [1e-9, 0.0]],
        motion=[[0.0, 0.0], [0.2, 0.0]],
    )
    other = stability(at_mean=[[0.2, 0.95]], remainder=[[0.0, 1e-3]], motion=[[0.1, 1.0]])
    # Instants are no part of the verdict, and groups may differ in their number.
    groups = {
        "one": with_instants(one, [[[2.0], [2.0]], [[2.0], [2.0]]]),
        "other": with_instants(other, np.empty((1, 2, 0))),
    }
    names = ("spectral_radius", "left_of_perturbation", "motion_under_constant_input")
    expected = [(0.6, 1e-9, 0.2), (0.95, 1e-3, 1.0)]
    assert samples_d1(groups) == {"D1": [dict(zip(names, row, strict=True)) for row in expected]}


def test_what_is_left_of_no_perturbation_is_not_known():
    """And meets no criterion: a network that nothing reaches is not stable for that."""
    found = stability(at_mean=[[0.5], [0.5]], remainder=[[0.0], [np.nan]], motion=[[0.0], [0.0]])
    groups = {"one": with_instants(found, np.empty((2, 1, 0)))}
    assert np.isnan(samples_d1(groups)["D1"][0]["left_of_perturbation"])
