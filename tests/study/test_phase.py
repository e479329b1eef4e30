"""The phase diagram: its grid, what is measured of a network, theory, and boundaries."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import xarray as xr

from lsm import measures
from lsm.dynamics import simulate
from lsm.neurons import LSM
from lsm.runs import Setting, run
from lsm.spectrum import log_frequencies
from lsm.theory import spectral_radius
from lsm.weights import Binary, Normal, weight_distribution
from rongala2021 import phase
from rongala2021.linear import linear_activity, prediction
from rongala2021.run_measures import spectra
from rongala2021.scale import Scale, sweep_grid
from rongala2021.settings import KINDS, MEANS
from rongala2021.spectra import Spectrum

BASE = Setting(n_presentations=4)
SPECTRUM = Spectrum(freqs=log_frequencies(3.0, 400.0, voices=4), warm_up=0.1)
LEAKS = [0.01, 0.1, 1.0]


def test_static_leaks_have_equal_ratios_the_given_one_in_the_middle_and_the_highest_last():
    found = phase.static_leaks_around(0.02, 0.5, 7)
    np.testing.assert_allclose(found[[3, 6]], [0.02, 0.5])
    np.testing.assert_allclose(found[1:] / found[:-1], found[1] / found[0])


def test_static_leaks_are_refused_if_the_highest_is_not_above_the_middle():
    with pytest.raises(ValueError, match=r"^k_highest: expected"):
        phase.static_leaks_around(0.5, 0.5, 7)


def test_the_diagram_has_every_law_mean_delay_and_static_leak_once():
    found = phase.diagram(BASE, delays=[0.0, 5e-3], constants=LEAKS)
    assert dict(found.sizes) == {"kind": 3, "mean": 5, "delay": 2, "k_static": 3}
    assert list(found["kind"].values) == list(KINDS)
    for kind in KINDS:
        for mean in MEANS:
            for delay in (0.0, 5e-3):
                for k in LEAKS:
                    s = found.sel(kind=kind, mean=mean, delay=delay, k_static=k).item()
                    assert s.weights == weight_distribution(kind, mean)
                    assert (s.delay, s.neuron.k_static) == (delay, k)
                    assert s.n_presentations == BASE.n_presentations


def test_laws_and_means_have_streams_of_their_own_and_share_them_over_delays_and_leaks():
    found = phase.diagram(BASE, delays=[0.0, 5e-3], constants=LEAKS)
    streams = xr.apply_ufunc(np.vectorize(lambda s: s.stream), found)
    assert np.unique(streams).size == len(KINDS) * len(MEANS)
    assert (streams == streams.isel(delay=0, k_static=0)).all()
    pair = found.sel(kind="normal", mean=0.3).isel(delay=0).values[:2]
    one, other = (run(s, seed=3, repeat=1) for s in pair)
    np.testing.assert_array_equal(one.network.w_rec, other.network.w_rec)
    np.testing.assert_array_equal(one.inputs, other.inputs)
    assert np.abs(one.activity - other.activity).max() > 0.01


def test_hf_is_the_same_at_the_frequencies_that_it_is_made_of_alone():
    few = phase.of_hf(SPECTRUM)
    assert few.freqs.size < SPECTRUM.freqs.size
    assert few.warm_up == SPECTRUM.warm_up
    rows = np.random.default_rng(0).uniform(1, 2, (2, SPECTRUM.freqs.size))
    kept = np.isin(SPECTRUM.freqs, few.freqs)
    ratio = measures.high_frequency_ratio
    assert ratio(*rows[:, kept], few.freqs) == pytest.approx(ratio(*rows, SPECTRUM.freqs))


STIFF = [
    replace(BASE, neuron=LSM(k_static=0.01)),
    replace(BASE, neuron=LSM(k_static=0.01), weights=Binary(p=0.3), delay=0.02),
    replace(BASE, neuron=LSM(k_static=0.05, tau_dyn=0.01), delay=0.005),
    replace(BASE, n_presentations=5, duration=0.5, dt=5e-4),
]


@pytest.mark.parametrize("setting", STIFF, ids=["no delay", "20 ms", "leak", "half steps"])
def test_the_response_at_each_hertz_predicts_what_that_of_each_frequency_does(setting):
    result = run(setting, seed=1)
    n_windows = setting.n_presentations
    found, expected = (
        SPECTRUM.max_power(linear_activity(result, **how), dt=setting.dt, n_windows=n_windows)
        for how in ({"resolution": 1.0}, {})
    )
    found = found.mean(axis=(0, 2))
    np.testing.assert_allclose(found, expected.mean(axis=(0, 2)), rtol=0.01)
    np.testing.assert_allclose(prediction(result, spectrum=SPECTRUM).predicted, found, rtol=0.01)
    simulated = spectra(result, spectrum=SPECTRUM).neurons.mean(axis=(0, 2))
    assert np.abs(found / simulated - 1).max() > 0.05  # else agreement would say little


def test_small_swings_have_the_same_hf_as_simulated_and_by_theory():
    drawn = run(BASE, seed=2)
    level = drawn.inputs.mean(axis=1, keepdims=True)
    small = level + 1e-3 * (drawn.inputs - level)
    activity = simulate(drawn.network, small, BASE.neuron, dt=BASE.dt)
    result = drawn._replace(inputs=small, activity=activity)
    found = phase.point(result, spectrum=SPECTRUM)
    assert found.predicted == pytest.approx(found.simulated, rel=0.02)
    large = phase.point(drawn, spectrum=SPECTRUM)
    assert abs(large.predicted / large.simulated - 1) > 0.2


def test_a_point_has_hf_of_the_networks_mean_power_and_the_radius_at_its_mean_activity():
    result = run(replace(BASE, delay=4e-3), seed=1)
    found = phase.point(result, spectrum=SPECTRUM)
    power = spectra(result, spectrum=SPECTRUM)
    mean, source = power.neurons.mean(axis=(0, 2)), power.sensors.mean(axis=(0, 2))
    ratio = measures.high_frequency_ratio(mean, source, SPECTRUM.freqs)
    assert found.simulated == pytest.approx(float(ratio))
    at = result.inputs.mean(axis=1), result.activity.mean(axis=1)
    radius = spectral_radius(result.network, BASE.neuron, *at, dt=1e-3)
    assert found.radius == pytest.approx(radius)


def test_a_silent_network_has_no_hf_neither_simulated_nor_by_theory():
    found = phase.point(run(replace(BASE, weights=Binary(p=0.0)), seed=1), spectrum=SPECTRUM)
    assert np.isnan(found.simulated)
    assert np.isnan(found.predicted)
    assert found.radius == 0


def test_neurons_updated_in_turn_are_refused():
    with pytest.raises(ValueError, match=r"^update: expected neurons updated together, got"):
        phase.point(run(replace(BASE, update="in turn"), seed=0), spectrum=SPECTRUM)


def test_weights_and_static_leaks_that_grow_by_one_factor_leave_the_network_as_it_is():
    """The line through the origin that the page speaks of."""
    measure = partial(phase.point, spectrum=SPECTRUM)
    one, other = (
        measure(run(replace(BASE, weights=Normal(mean=m), neuron=LSM(k_static=k)), seed=1))
        for m, k in ((0.1, 0.02), (0.3, 0.06))
    )
    np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_sweep_gives_each_point_over_all_axes():
    settings = phase.diagram(replace(BASE, n_presentations=2), delays=[0.0], constants=LEAKS)
    few = settings.isel(kind=[0], mean=[3])
    scale = Scale(seed=1, n_networks=2, spectrum=SPECTRUM)
    found = sweep_grid(partial(phase.point, spectrum=SPECTRUM), few, scale)
    assert set(found) == {"simulated", "predicted", "radius"}
    assert dict(found.sizes) == {"kind": 1, "mean": 1, "delay": 1, "k_static": 3, "network": 2}
    assert (found["simulated"].diff("k_static") < 0).all()


# Boundaries


def over_leaks(*rows, axis="network"):
    return xr.DataArray(list(rows), dims=(axis, "k_static"), coords={"k_static": LEAKS})


def test_a_typical_ratio_is_the_geometric_mean_of_what_is_not_silent():
    found = phase.typical(over_leaks([1.0, np.nan, np.nan], [4.0, 3.0, np.nan]))
    np.testing.assert_allclose(found, [2.0, 3.0, np.nan])


def test_halves_share_no_network():
    ratios = over_leaks(*[[x] * 3 for x in (1.0, 4.0, 9.0, 16.0, np.nan)])
    found = phase.halves(ratios)
    assert found.dims == ("half", "k_static")
    np.testing.assert_allclose(found.isel(k_static=0), [2.0, 12.0])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0, 1.0, 0.5], np.sqrt(1e-3)),  # in the middle of the first pair, on a log axis
        ([8.0, 4.0, 0.0], np.sqrt(0.1)),
        ([3.0, np.nan, 1.0], 0.1),
        ([1.0, 3.0, 1.0], np.sqrt(0.1)),  # where it falls, not where it rises
        ([1.0, 0.9, 0.5], np.nan),
        ([9.0, 8.0, 7.0], np.nan),
        ([np.nan, np.nan, np.nan], np.nan),
    ],
)
def test_the_boundary_is_where_a_ratio_falls_through_the_level(values, expected):
    found = phase.boundary(over_leaks(values, [5.0, 2.0, 1.0], axis="mean"), 2.0)
    np.testing.assert_allclose(found, [expected, 0.1])
    assert found.dims == ("mean",)


def test_how_far_thresholds_are_apart_has_no_direction():
    one, other = xr.DataArray([0.1, 0.4, np.nan]), xr.DataArray([0.2, 0.1, 1.0])
    np.testing.assert_allclose(phase.apart(one, other), [2.0, 4.0, np.nan])
    np.testing.assert_allclose(phase.apart(other, one), [2.0, 4.0, np.nan])


def test_networks_are_counted_on_both_sides_without_silent_ones():
    simulated = [[[3.0, 2.0, 1.0, 0.5, np.nan]], [[np.nan] * 5]]
    predicted = [[[2.5, 1.0, 3.0, 0.5, np.nan]], [[np.nan] * 5]]
    axes = ("kind", "delay", "network")
    points = xr.Dataset({"simulated": (axes, simulated), "predicted": (axes, predicted)})
    found = phase.sides(points, 2.0)
    counts = {name: values.values.ravel().tolist() for name, values in found.items()}
    assert counts == {
        "networks": [4, 0],
        "simulated": [2, 0],
        "predicted": [2, 0],
        "both": [1, 0],
        "same": [2, 0],
    }
