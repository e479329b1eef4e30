import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq
from scipy.signal import lfilter

from lsm import measures

FREQS = np.geomspace(2, 400, 60)
LOW = (FREQS >= 4) & (FREQS <= 30)
HIGH = FREQS >= 100


def noise(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def examples(n):
    return settings(deadline=None, max_examples=n, derandomize=True)


signals = arrays(float, 16, elements=st.floats(-1e3, 1e3, allow_subnormal=False))
factors = st.floats(1e-3, 1e3)

# Correlation


@examples(50)
@given(signals, signals)
def test_correlation_is_the_cosine_of_the_angle_between_the_signals(x, y):
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    if lengths < 1e-6:
        return
    assert measures.correlation(x, y) == pytest.approx(x @ y / lengths, abs=1e-12)


@examples(50)
@given(signals, signals)
def test_correlation_lies_between_minus_one_and_one(x, y):
    r = measures.correlation(x, y)
    assert np.isnan(r) or abs(r) <= 1 + 1e-12


@examples(30)
@given(factors, factors)
def test_correlation_does_not_depend_on_scale_and_order(a, b):
    x, y = noise((2, 50)) + 1
    r = measures.correlation(x, y)
    assert measures.correlation(a * x, b * y) == pytest.approx(r)
    assert measures.correlation(y, x) == pytest.approx(r)
    assert measures.correlation(-x, y) == pytest.approx(-r)


def test_correlation_keeps_the_mean():
    # Two positive signals without anything in common.
    x, y = 10 + noise((2, 1000))
    assert measures.correlation(x, y) > 0.98
    assert abs(measures.pearson(x, y)) < 0.1


def test_correlation_of_a_signal_with_itself_is_one():
    x = noise(100)
    assert measures.correlation(x, x) == pytest.approx(1)
    assert measures.correlation([3.0, 0.0], [0.0, 2.0]) == 0
    assert measures.correlation([1.0, 2.0], [2.0, 1.0]) == pytest.approx(0.8)


@examples(50)
@given(st.integers(0, 10**6), factors, st.floats(-100, 100), st.floats(-0.99, 0.99))
def test_pearson_is_numpys_and_ignores_offset_and_scale(seed, scale, offset, mix):
    x, other = noise((2, 40), seed)
    y = mix * x + other
    expected = np.corrcoef(x, y)[0, 1]
    assert measures.pearson(x, y) == pytest.approx(expected, abs=1e-10)
    assert measures.pearson(scale * x + offset, y) == pytest.approx(expected, abs=1e-8)
    assert measures.pearson(x, -scale * y) == pytest.approx(-expected, abs=1e-10)


@pytest.mark.parametrize("index", [measures.correlation, measures.pearson])
def test_correlations_broadcast_over_leading_axes(index):
    x, y = noise((3, 1, 50)), noise((4, 50), 1)
    r = index(x, y)
    assert r.shape == (3, 4)
    assert r[2, 1] == pytest.approx(index(x[2, 0], y[1]))


@pytest.mark.parametrize("index", [measures.correlation, measures.pearson])
def test_a_silent_signal_correlates_with_nothing(index):
    r = index([np.zeros(1000), noise(1000)], noise(1000, 1))
    assert np.isnan(r[0])
    assert np.isfinite(r[1])


@pytest.mark.parametrize("level", [0.1, 0.5, 3.7])
def test_a_constant_has_no_pearson_correlation(level):
    # Its mean may differ from it by rounding, which must not count as a signal.
    assert np.isnan(measures.pearson(np.full(1000, level), noise(1000)))


# Coefficient of variation


@examples(30)
@given(factors)
def test_coefficient_of_variation_is_deviation_over_mean(scale):
    x = np.array([1.0, 2.0, 3.0, 6.0])
    expected = np.sqrt(((x - 3) ** 2).mean()) / 3
    assert measures.coefficient_of_variation(scale * x) == pytest.approx(expected)


def test_coefficient_of_variation_along_time():
    x = np.abs(noise((2, 3, 40)))
    cv = measures.coefficient_of_variation(x)
    assert cv.shape == (2, 3)
    assert cv[1, 2] == pytest.approx(x[1, 2].std() / x[1, 2].mean())
    assert measures.coefficient_of_variation(np.full(9, 0.25)) == 0
    assert np.isnan(measures.coefficient_of_variation(np.zeros(9)))


# Gain and high-frequency ratio


def test_gain_has_a_mean_of_one_over_4_to_30_hz():
    power, source = np.exp(noise((2, 5, FREQS.size)))
    g = measures.gain(power, source, FREQS)
    np.testing.assert_allclose(g[:, LOW].mean(axis=-1), 1)
    # It is the ratio, but for one factor.
    np.testing.assert_allclose(np.ptp(np.log(g * source / power), axis=-1), 0, atol=1e-12)


def test_gain_includes_the_ends_of_its_band():
    freqs = [3.9, 4.0, 30.0, 30.1]
    np.testing.assert_allclose(
        measures.gain([9.0, 1.0, 3.0, 9.0], np.ones(4), freqs), [4.5, 0.5, 1.5, 4.5]
    )


@examples(30)
@given(factors, factors)
def test_gain_ignores_the_scales_of_both_powers(a, b):
    power, source = np.exp(noise((2, FREQS.size)))
    expected = measures.gain(power, source, FREQS)
    np.testing.assert_allclose(measures.gain(a * power, b * source, FREQS), expected)


def test_high_frequency_ratio_is_one_for_the_input_itself():
    source = np.exp(noise((3, FREQS.size)))
    np.testing.assert_allclose(measures.high_frequency_ratio(7 * source, source, FREQS), 1)


@pytest.mark.parametrize("factor", [0.1, 2.0])
def test_high_frequency_ratio_is_the_mean_gain_from_100_hz(factor):
    source = np.exp(noise(FREQS.size))
    power = source * np.where(HIGH, factor, 1.0)
    assert measures.high_frequency_ratio(power, source, FREQS) == pytest.approx(factor)
    # What lies between 30 and 100 Hz does not count, 100 Hz itself does.
    freqs = [10.0, 60.0, 100.0, 200.0]
    assert measures.high_frequency_ratio([1.0, 50.0, 2.0, 4.0], np.ones(4), freqs) == 3


def test_a_silent_neuron_has_no_gain():
    power = np.stack([np.zeros(FREQS.size), np.ones(FREQS.size)])
    g = measures.gain(power, np.ones(FREQS.size), FREQS)
    ratio = measures.high_frequency_ratio(power, np.ones(FREQS.size), FREQS)
    assert np.isnan(g[0]).all()
    np.testing.assert_allclose(g[1], 1)
    assert np.isnan(ratio[0])
    assert ratio[1] == pytest.approx(1)


# Power transfer and cutoff of a filter

DT = 1e-3


def one_pole(tau, dt=DT):
    """Coefficients of a one-pole low-pass, and its power transfer at frequencies (Hz)."""
    pole = np.exp(-dt / tau)

    def transfer(f):
        return abs((1 - pole) / (1 - pole * np.exp(-2j * np.pi * np.asarray(f) * dt))) ** 2

    return ([1 - pole], [1, -pole]), transfer


@pytest.mark.parametrize("tau", [0.003, 0.01, 0.05])
def test_power_transfer_is_that_of_the_filter(tau):
    coefficients, expected = one_pole(tau)
    x = noise(400_000)
    freqs, transfer = measures.power_transfer(x, lfilter(*coefficients, x), dt=DT)
    assert freqs[0] == pytest.approx(0.5)
    assert freqs[-1] == pytest.approx(500)
    np.testing.assert_allclose(transfer, expected(freqs), rtol=0.1, atol=2e-4)


@pytest.mark.parametrize("tau", [0.003, 0.01, 0.05])
def test_power_transfer_has_halved_at_the_cutoff_of_the_filter(tau):
    coefficients, transfer = one_pole(tau)
    x = noise(100_000)
    found = measures.power_transfer(x, lfilter(*coefficients, x), dt=DT)
    expected = brentq(lambda f: transfer(f) - 0.5, 0.1, 499)
    assert expected == pytest.approx(1 / (2 * np.pi * tau), rel=0.05)
    assert measures.crossing(*found, 0.5) == pytest.approx(expected, rel=0.03)


def test_power_transfer_ignores_noise_that_the_input_does_not_explain():
    coefficients, _ = one_pole(0.01)
    x = noise(200_000)
    y = lfilter(*coefficients, x)
    noisy = y + y.std() * noise(y.size, 1)
    (freqs, transfer), (_, other) = (measures.power_transfer(x, each, dt=DT) for each in (y, noisy))
    low = freqs < 100
    np.testing.assert_allclose(other[low], transfer[low], atol=0.15)
    power = np.abs(np.fft.rfft(noisy)).mean() / np.abs(np.fft.rfft(y)).mean()
    assert power > 1.2  # the noise is there


@pytest.mark.parametrize(("segment", "n_steps"), [(0.0125, 13), (0.0115, 12), (0.0124, 12)])
def test_a_segment_of_half_a_step_is_rounded_up(segment, n_steps):
    x = noise(500)
    freqs, _ = measures.power_transfer(x, x, dt=DT, segment=segment)
    assert freqs[0] == pytest.approx(1 / (n_steps * DT))


def test_power_transfer_scales_with_the_step_and_with_the_gain():
    x = noise(50_000)
    y = lfilter([0.1], [1, -0.9], x)
    freqs, transfer = measures.power_transfer(x, y, dt=DT, segment=1.0)
    finer, same = measures.power_transfer(x, 3 * y, dt=DT / 10, segment=0.1)
    np.testing.assert_allclose(finer, 10 * freqs)
    np.testing.assert_allclose(same, 9 * transfer)


def test_what_is_not_filtered_has_a_transfer_of_one_and_no_cutoff():
    for x in (noise(5000), np.ones(5000)):
        freqs, transfer = measures.power_transfer(x, x, dt=DT)
        np.testing.assert_allclose(transfer, 1.0)
        assert np.isnan(measures.cutoff_frequency(transfer, freqs))


# Peaks of a spectrum


def bumps(*centres_and_heights):
    return sum(h * np.exp(-((np.log(FREQS / c) / 0.1) ** 2)) for c, h in centres_and_heights)


def test_peak_frequencies_are_those_of_the_bumps_highest_first():
    found = measures.peak_frequencies(bumps((6, 1.0), (50, 3.0), (200, 2.0)), FREQS)
    assert found.size == 3
    np.testing.assert_allclose(found, [50, 200, 6], rtol=0.05)


def test_peak_frequencies_above_limits_only():
    spectrum = bumps((6, 1.0), (50, 3.0), (200, 2.0))
    assert measures.peak_frequencies(spectrum, FREQS, f_min=30).size == 2
    assert measures.peak_frequencies(spectrum, FREQS, height=1.5).size == 2
    assert measures.peak_frequencies(spectrum, FREQS, f_min=100, height=2.5).size == 0
    # Both limits belong to what is kept.
    spectrum, freqs = [0.0, 1.0, 0.0], [1.0, 2.0, 3.0]
    assert measures.peak_frequencies(spectrum, freqs, f_min=2.0, height=1.0).tolist() == [2.0]


@pytest.mark.parametrize("slope", [-1.0, 1.0, 0.0])
def test_the_ends_of_a_band_are_no_peaks(slope):
    assert measures.peak_frequencies(FREQS**slope, FREQS).size == 0
    assert measures.peak_frequencies([1.0, 2.0], [1.0, 2.0]).size == 0


def test_a_plateau_is_one_peak_and_a_shoulder_none():
    freqs = np.arange(1.0, 7.0)
    assert measures.peak_frequencies([0, 1, 2, 2, 1, 0], freqs).size == 1
    assert measures.peak_frequencies([0, 2, 2, 3, 1, 0], freqs).tolist() == [4.0]
    assert measures.peak_frequencies([0, 3, 2, 2, 1, 0], freqs).tolist() == [2.0]


# Bands, cutoffs and slopes


def test_band_gain_is_the_mean_gain_of_a_band_ends_included():
    freqs = np.array([5.0, 10.0, 40.0, 80.0, 160.0])
    power = np.array([[1.0, 3.0, 4.0, 6.0, 90.0], [2.0, 2.0, 0.0, 0.0, 1.0]])
    source = np.array([1.0, 1.0, 2.0, 2.0, 3.0])
    # Gain before scaling: 1, 3, 2, 3, 30 and 2, 2, 0, 0, 1/3; both have a mean of 2 over 4-30 Hz.
    for band, expected in (
        ((40, 80), [1.25, 0]),
        ((40, 79.9), [1, 0]),
        ((4, 30), [1, 1]),
        ((100, np.inf), [15, 1 / 6]),
    ):
        np.testing.assert_allclose(measures.band_gain(power, source, freqs, band), expected)


def test_band_gain_from_100_hz_is_the_high_frequency_ratio_and_nan_in_silence():
    power = np.abs(noise((3, FREQS.size))) * np.array([[1.0], [1e-9], [0.0]])
    source = np.abs(noise(FREQS.size, 1)) + 0.1
    found = measures.band_gain(power, source, FREQS, (100.0, np.inf))
    np.testing.assert_allclose(found, measures.high_frequency_ratio(power, source, FREQS))
    assert np.isnan(found).tolist() == [False, False, True]


def test_an_empty_band_is_refused():
    with pytest.raises(ValueError, match=r"^freqs: expected at least one in 500 to 600 Hz, got"):
        measures.band_gain(np.ones(60), np.ones(60), FREQS, (500.0, 600.0))


def test_a_curve_is_crossed_where_it_is_straight_on_a_log_axis():
    assert measures.crossing([1.0, 100.0], [3.0, 1.0], 2.0) == pytest.approx(10.0)
    assert measures.crossing([1.0, 10.0, 1000.0], [9.0, 8.0, 4.0], 7.0) == pytest.approx(10**1.5)
    assert measures.crossing([1.0, 10.0, 100.0], [3.0, 2.0, 1.0], 2.0) == pytest.approx(10.0)


def test_a_curve_is_crossed_where_it_falls_for_good():
    x = [1.0, 10.0, 100.0, 1000.0]
    assert measures.crossing(x, [3.0, 1.0, 3.0, 1.0], 2.0) == pytest.approx(10**2.5)
    assert measures.crossing(x, [1.0, 3.0, 1.0, 1.0], 2.0) == pytest.approx(10**1.5)


@pytest.mark.parametrize("y", [[3.0, 3.0, 2.0], [1.0, 1.5, 1.9], [1.0, 1.0, 3.0]])
def test_what_does_not_fall_through_the_level_has_no_crossing(y):
    assert np.isnan(measures.crossing([1.0, 2.0, 3.0], y, 2.0))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("tau", [0.003, 0.01, 0.05])
def test_the_cutoff_of_a_one_pole_transfer_is_that_of_its_time_constant(tau, scale):
    freqs = np.geomspace(0.1, 500, 400)
    transfer = scale / (1 + (2 * np.pi * freqs * tau) ** 2)
    found = measures.cutoff_frequency(transfer, freqs)
    assert found == pytest.approx(1 / (2 * np.pi * tau), rel=2e-3)


def test_the_cutoff_is_where_a_transfer_falls_for_good():
    assert np.isnan(measures.cutoff_frequency([1.0, 0.2, 0.6], [1.0, 2.0, 4.0]))
    assert np.isnan(measures.cutoff_frequency([1.0, 0.9, 0.6], [1.0, 2.0, 4.0]))
    assert np.isnan(measures.cutoff_frequency([0.0, 0.0], [1.0, 2.0]))
    found = measures.cutoff_frequency([1.0, 0.2, 1.0, 0.25], [1.0, 10.0, 100.0, 10_000.0])
    assert found == pytest.approx(100 * 100 ** (0.5 / 0.75))


def test_the_lowest_frequency_is_the_reference_of_the_cutoff_and_not_the_highest_power():
    found = measures.cutoff_frequency([1.0, 5.0, 1.0, 0.25], [1.0, 10.0, 100.0, 10_000.0])
    assert found == pytest.approx(100 * 100 ** (0.5 / 0.75))


@examples(50)
@given(st.floats(-4, 4), factors)
def test_the_slope_of_a_power_law_is_its_exponent(exponent, scale):
    x = np.geomspace(0.1, 50, 20)
    assert measures.loglog_slope(x, scale * x**exponent) == pytest.approx(exponent, abs=1e-9)


def test_points_that_are_not_known_have_no_part_in_a_slope():
    x = np.array([1.0, 2.0, np.nan, 4.0, 8.0])
    y = np.array([1.0, 4.0, 9.0, np.nan, 64.0])
    assert measures.loglog_slope(x, y) == pytest.approx(2.0)
    assert np.isnan(measures.loglog_slope(x[2:], y[2:]))


def test_a_slope_is_that_of_least_squares_of_the_logarithms():
    x, y = np.exp([0.0, 1.0, 2.0]), np.exp([0.0, 3.0, 3.0])
    assert measures.loglog_slope(x, y) == pytest.approx(1.5)


def test_a_band_mean_is_over_the_frequencies_within():
    values = np.array([[1.0, 2.0, 4.0, 8.0], [0.0, 1.0, 3.0, np.nan]])
    found = measures.band_mean(values, [1.0, 10.0, 20.0, 40.0], (10.0, 30.0))
    np.testing.assert_array_equal(found, [3.0, 2.0])
    with pytest.raises(ValueError, match=r"^values: expected shape \(..., 2\), got \(3,\)"):
        measures.band_mean(np.ones(3), [1.0, 2.0], (0.0, 5.0))
