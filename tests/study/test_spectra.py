"""Labelled spectra and what is read off them."""

import numpy as np
import pytest
import xarray as xr

from lsm import measures
from lsm.spectrum import log_frequencies, max_power
from rongala2021.spectra import Spectrum, band_gain, band_mean, gain, high_frequency_ratio

FREQS = log_frequencies(4.0, 400.0, voices=4)


@pytest.mark.parametrize("options", [{}, {"wavelet": "cmor1.5-1.0"}, {"ends": "zero"}])
def test_a_spectrum_is_taken_with_its_own_frequencies_and_choices(options):
    signals = np.random.default_rng(0).random((2, 800))
    found = Spectrum(freqs=list(FREQS), **options).max_power(signals, dt=1e-3, n_windows=2)
    expected = max_power(signals, FREQS, dt=1e-3, n_windows=2, **options)
    np.testing.assert_array_equal(found, expected)
    plain = Spectrum(freqs=FREQS).max_power(signals, dt=1e-3, n_windows=2)
    assert bool(options) != np.array_equal(found, plain)


def test_the_warm_up_is_left_out():
    signals = np.random.default_rng(0).random((2, 800))
    other = signals.copy()
    other[:, :100] += 5.0
    for warm_up, same in ((0.1, True), (0.09, False)):
        spectrum = Spectrum(freqs=FREQS, warm_up=warm_up)
        found, changed = (spectrum.max_power(x, dt=1e-3, n_windows=2) for x in (signals, other))
        assert np.array_equal(found, changed) == same


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"freqs": 5.0}, "freqs: expected shape"),
        ({"freqs": [-1.0, 5.0]}, "freqs: expected values >= 0"),
        ({"freqs": FREQS, "warm_up": -0.1}, "warm_up: expected"),
    ],
)
def test_a_spectrum_refuses(options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Spectrum(**options)


@pytest.fixture
def found():
    """Power of two networks and their inputs, frequency not last."""
    rng = np.random.default_rng(0)
    axes = ("frequency", "network")
    shape = (FREQS.size, 2)
    return xr.Dataset(
        {"power": (axes, rng.random(shape) + 0.1), "input": (axes, rng.random(shape) + 0.1)},
        coords={"frequency": FREQS, "network": [3, 7]},
    )


def test_gains_are_those_of_each_network_whatever_the_order_of_axes(found):
    for network in (3, 7):
        power, source = (found[name].sel(network=network).values for name in ("power", "input"))
        expected = measures.gain(power, source, FREQS)
        close = {"rtol": 1e-12}
        np.testing.assert_allclose(gain(found).sel(network=network), expected, **close)
        expected = measures.high_frequency_ratio(power, source, FREQS)
        np.testing.assert_allclose(
            high_frequency_ratio(found).sel(network=network), expected, **close
        )
        band = (20.0, 200.0)
        expected = measures.band_gain(power, source, FREQS, band)
        np.testing.assert_allclose(band_gain(found, band).sel(network=network), expected, **close)
        expected = measures.band_mean(power, FREQS, band)
        ours = band_mean(found["power"], band)
        np.testing.assert_allclose(ours.sel(network=network), expected, **close)
    np.testing.assert_array_equal(gain(found)["frequency"], FREQS)


def test_inputs_that_networks_share_are_matched_by_name(found):
    shared = found.assign(input=found["input"].isel(network=0, drop=True))
    expected = found.assign(input=found["input"].isel(network=[0, 0]).assign_coords(network=[3, 7]))
    assert high_frequency_ratio(shared).equals(high_frequency_ratio(expected))


def test_a_silent_network_has_no_ratio(found):
    silent = found.assign(power=found["power"].where(found["network"] == 3, 0.0))
    ratio = high_frequency_ratio(silent)
    assert np.isfinite(ratio.sel(network=3))
    assert np.isnan(ratio.sel(network=7))
