import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq
from scipy.signal import lfilter
from scipy.stats import mannwhitneyu, spearmanr

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


# Presentations


def test_build_up_compares_presentations_5_to_20_with_the_first():
    ratio = np.full(50, 100.0)
    ratio[0] = 2.0
    ratio[4:20] = np.arange(16)
    assert measures.build_up(ratio) == pytest.approx(np.arange(16).mean() / 2)
    assert measures.build_up(np.arange(1.0, 6.0), first=2, last=3) == pytest.approx(2.5)


def test_build_up_is_one_for_a_steady_ratio_and_ignores_scale():
    assert measures.build_up(np.full(20, 0.3)) == pytest.approx(1)
    ratio = np.exp(noise(30))
    assert measures.build_up(5 * ratio) == pytest.approx(measures.build_up(ratio))


def test_build_up_of_a_silent_neuron_is_nan():
    ratio = np.ones((3, 20))
    ratio[0, 7] = np.nan
    ratio[1, 0] = 0.0
    assert np.isnan(measures.build_up(ratio)).tolist() == [True, True, False]


@pytest.mark.parametrize("peak", [4, 10, 24, 40])
def test_fading_finds_a_symmetric_peak(peak):
    ratio = np.exp(-((np.arange(1, 51) - peak) ** 2) / 50)
    assert measures.fading(ratio)[0] == peak


def test_fading_measures_what_is_left_at_the_end():
    ratio = np.concatenate([np.full(20, 4.0), np.full(30, 1.0)])
    peak, left = measures.fading(ratio)
    assert peak <= 18
    assert left == pytest.approx(0.25)
    assert measures.fading(np.full(50, 3.0))[1] == pytest.approx(1)
    assert measures.fading(5 * ratio)[1] == pytest.approx(left)


def test_fading_smooths_over_its_width():
    # One outlier in a plateau: unsmoothed it is the peak.
    ratio = np.ones(50)
    ratio[20:30] = 2.0
    ratio[40] = 4.0
    assert measures.fading(ratio, width=1)[0] == 41
    assert 21 <= measures.fading(ratio)[0] <= 30
    assert measures.fading(ratio, width=1, n_last=20)[1] == pytest.approx((19 + 4) / 20 / 4)


def test_fading_of_a_silent_neuron_is_nan():
    ratio = np.ones((3, 50))
    ratio[0, 3] = np.nan
    ratio[1] = 0.0
    peak, left = measures.fading(ratio)
    assert np.isnan(peak).tolist() == np.isnan(left).tolist() == [True, True, False]


def test_measures_of_presentations_take_leading_axes():
    ratio = np.exp(noise((2, 3, 40)))
    peak, left = measures.fading(ratio)
    built = measures.build_up(ratio)
    assert peak.shape == left.shape == built.shape == (2, 3)
    np.testing.assert_allclose([peak[1, 2], left[1, 2]], measures.fading(ratio[1, 2]))
    assert built[1, 2] == pytest.approx(measures.build_up(ratio[1, 2]))


def test_layer_lead_is_the_difference_of_medians_without_silent_neurons():
    values = np.array([1.0, 2.0, 9.0, 5.0, 7.0, np.nan])
    assert measures.layer_lead(values, [1, 1, 1, 2, 2, 2]) == pytest.approx(6 - 2)
    assert measures.layer_lead(-values, [1, 1, 1, 2, 2, 2]) == pytest.approx(2 - 6)
    assert np.isnan(measures.layer_lead(values, [1, 1, 1, 1, 1, 2]))


# Transients

DT = 1e-3


def test_planted_transients_are_counted():
    x = 0.01 * noise((2, 10_000))
    x[0, [1000, 4000, 8000]] += [0.1, -0.1, 0.12]
    assert measures.n_excursions(x, dt=DT).tolist() == [3, 0]


def test_an_excursion_that_lasts_throughout_is_one():
    assert measures.n_excursions(noise(1000), dt=DT, scale_of=1e-9 * noise(1000)) == 1


def test_a_transient_of_several_steps_is_one():
    x = 0.01 * noise(10_000)
    x[5000:5010] += 1.5 * np.sin(np.pi * np.arange(10) / 10)
    # A high threshold, because the filter rings on both sides.
    assert measures.n_excursions(x, dt=DT, cutoff=10.0, threshold=60.0) == 1


def test_slow_waves_are_no_transients():
    t = np.arange(10_000) * DT
    x = 0.01 * noise(t.size)
    x[[1000, 4000, 8000]] += 0.1
    for f in (0.5, 3.0, 10.0):
        assert measures.n_excursions(x + 5 * np.sin(2 * np.pi * f * t), dt=DT) == 3


def test_the_corner_decides_what_is_slow():
    t = np.arange(10_000) * DT
    burst = np.exp(-(((t - 5) / 0.1) ** 2)) * np.sin(2 * np.pi * 60 * t)
    x = 0.01 * noise(t.size) + burst
    assert measures.n_excursions(x, dt=DT, cutoff=150.0) == 0
    assert measures.n_excursions(x, dt=DT, cutoff=30.0) > 0


@pytest.mark.parametrize("factor", [1e-6, -1.0, 1e6])
def test_excursions_ignore_scale_and_offset(factor):
    x = 0.01 * noise(5000)
    x[[700, 2500]] += 0.12
    assert measures.n_excursions(factor * (x + 3), dt=DT) == 2


def test_excursions_beyond_the_threshold_only():
    x = 0.01 * noise(10_000)
    x[2000] += 0.12
    x[6000] += 0.3
    assert measures.n_excursions(x, dt=DT, threshold=8.0) == 2
    assert measures.n_excursions(x, dt=DT, threshold=20.0) == 1


def test_the_deviation_is_robust_and_normal():
    # White noise leaves two deviations in 4.55 % of its steps.
    x = noise(200_000)
    expected = 0.0455 * 0.9545 * x.size
    count = measures.n_excursions(x, dt=DT, cutoff=1.0, threshold=2.0)
    assert count == pytest.approx(expected, rel=0.05)
    # Transients do not raise it, however large.
    x[1000::2000] += 1000
    count = measures.n_excursions(x, dt=DT, cutoff=20.0, threshold=500.0)
    assert count == 100


def test_excursions_may_be_measured_against_another_signal():
    quiet = 0.01 * noise(10_000)
    quiet[2000] += 0.12
    assert measures.n_excursions(quiet, dt=DT, scale_of=100 * quiet) == 0
    assert measures.n_excursions(100 * quiet, dt=DT, scale_of=quiet) > 100
    assert measures.n_excursions(quiet, dt=DT, scale_of=quiet) == 1


def test_silence_has_no_excursions():
    assert measures.n_excursions(np.zeros((2, 1000)), dt=DT).tolist() == [0, 0]


# Corner of a filter


@pytest.mark.parametrize("tau", [0.003, 0.01, 0.05])
def test_cutoff_frequency_is_the_corner_of_a_one_pole_filter(tau):
    pole = np.exp(-DT / tau)

    def lost(f):
        return abs((1 - pole) / (1 - pole * np.exp(-2j * np.pi * f * DT))) ** 2 - 0.5

    x = noise(100_000)
    y = lfilter([1 - pole], [1, -pole], x)
    expected = brentq(lost, 0.1, 499)
    assert expected == pytest.approx(1 / (2 * np.pi * tau), rel=0.05)
    assert measures.cutoff_frequency(x, y, dt=DT) == pytest.approx(expected, rel=0.03)


def test_cutoff_frequency_ignores_noise_that_the_input_does_not_explain():
    pole = np.exp(-DT / 0.01)
    x = noise(200_000)
    y = lfilter([1 - pole], [1, -pole], x)
    corner = measures.cutoff_frequency(x, y, dt=DT)
    noisy = y + y.std() * noise(y.size, 1)
    assert measures.cutoff_frequency(x, noisy, dt=DT) == pytest.approx(corner, rel=0.2)


def test_cutoff_frequency_scales_with_the_step():
    x = noise(50_000)
    y = lfilter([0.1], [1, -0.9], x)
    one = measures.cutoff_frequency(x, y, dt=DT, segment=1.0)
    assert measures.cutoff_frequency(x, y, dt=DT / 10, segment=0.1) == pytest.approx(10 * one)


def test_what_is_not_filtered_has_no_corner():
    x = noise(5000)
    assert np.isnan(measures.cutoff_frequency(x, x, dt=DT))
    assert np.isnan(measures.cutoff_frequency(np.ones(5000), np.ones(5000), dt=DT))


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


# Bands, corners and slopes


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
def test_the_corner_of_a_one_pole_filter_is_found(scale):
    freqs = np.geomspace(0.1, 500, 400)
    transfer = scale / (1 + (freqs / 16) ** 2)
    assert measures.corner_frequency(transfer, freqs) == pytest.approx(16, rel=1e-3)


def test_what_does_not_stay_below_half_has_no_corner():
    assert np.isnan(measures.corner_frequency([1.0, 0.2, 0.6], [1.0, 2.0, 4.0]))
    assert np.isnan(measures.corner_frequency([0.0, 0.0], [1.0, 2.0]))
    # The lowest frequency is the reference, not the highest power.
    found = measures.corner_frequency([1.0, 5.0, 1.0, 0.25], [1.0, 10.0, 100.0, 10_000.0])
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


# Ranks


def test_rank_correlation_by_hand():
    # Ranks 1 2 3 4 5 and 2 1 4 3 5: differences of one in four places, 1 - 6 * 4 / (5 * 24).
    rho, low, high = measures.spearman([1, 2, 3, 4, 50], [0.2, 0.1, 0.4, 0.3, 9.0])
    assert rho == pytest.approx(0.8)
    half = 1.959964 * np.sqrt((1 + 0.8**2 / 2) / 2)
    assert low == pytest.approx(np.tanh(np.arctanh(0.8) - half), abs=1e-6)
    assert high == pytest.approx(np.tanh(np.arctanh(0.8) + half), abs=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_ranks_alone_count_in_a_rank_correlation(sign):
    x = noise(30)
    rho, low, high = measures.spearman(x, sign * np.exp(3 * x))
    assert rho == pytest.approx(sign)
    assert -1 <= low <= rho + 1e-12
    assert rho - 1e-12 <= high <= 1
    assert high - low < 1e-6
    mixed = noise(30, 1) + x
    found, expected = (measures.spearman(f(x), mixed) for f in (np.exp, np.asarray))
    np.testing.assert_allclose(found, expected)
    assert found[0] == pytest.approx(spearmanr(x, mixed).statistic)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("r", [0.0, 0.6, -0.8])
def test_the_interval_holds_the_rank_correlation_as_often_as_it_says(r, confidence):
    truth = 6 / np.pi * np.arcsin(r / 2)  # of normal variables
    n_samples, held = 1500, 0
    for x, other in noise((n_samples, 2, 40), seed=3):
        y = r * x + np.sqrt(1 - r**2) * other
        _, low, high = measures.spearman(x, y, confidence=confidence)
        held += low <= truth <= high
    # The interval is an approximation: its coverage is known to within two or three percent.
    assert held / n_samples == pytest.approx(confidence, abs=0.03)


def test_a_constant_has_no_rank_correlation():
    assert np.isnan(measures.spearman(np.ones(5), np.arange(5.0))).all()
    assert np.isnan(measures.spearman(np.arange(5.0), np.ones(5))).all()


def test_overlap_by_hand():
    assert measures.overlap([1, 2], [3, 4, 5]) == 0
    assert measures.overlap([3, 4], [1, 2]) == 1
    assert measures.overlap([1, 3], [2, 4]) == pytest.approx(1 / 4)
    assert measures.overlap([1, 2], [2, 3]) == pytest.approx(0.5 / 4)
    assert measures.overlap([2, 2], [2, 2, 2]) == pytest.approx(0.5)


@examples(30)
@given(st.lists(st.integers(0, 5), min_size=1), st.lists(st.integers(0, 5), min_size=1))
def test_overlap_is_the_share_of_pairs_of_mann_and_whitney(lower, higher):
    expected = mannwhitneyu(lower, higher).statistic / (len(lower) * len(higher))
    assert measures.overlap(lower, higher) == pytest.approx(expected)
    assert measures.overlap(higher, lower) == pytest.approx(1 - expected)


# Transients with a counterpart


def spikes(*places, n=4000, size=0.2, seed=0):
    x = 0.01 * noise(n, seed)
    x[list(places)] += size
    return x


def excursions(x, **options):
    return int(measures.n_excursions(x, dt=DT, **{"apart": 10e-3, **options}))


def test_transients_up_to_so_far_apart_are_one():
    x = spikes(1000, 1009, 1018, 3000)
    assert excursions(x) == 2  # a chain of them too
    assert excursions(x, apart=0.0) == excursions(x, apart=1e-3) == 4
    # The last of one and the first of the next: a pulse is a single step.
    assert excursions(spikes(1000, 1010), threshold=12.0) == 1
    assert excursions(spikes(1000, 1011), threshold=12.0) == 2


@pytest.mark.parametrize("shift", [-30, -11, -10, -4, 0, 4, 10, 11, 30])
def test_a_transient_is_excused_by_one_of_the_other_signal_within_reach(shift):
    x, other = spikes(1000, 3000), spikes(1000 + shift, seed=1)
    expected = 1 if abs(shift) <= 10 else 2
    assert excursions(x, apart_from=other, threshold=12.0) == expected


def test_a_merged_transient_is_excused_as_a_whole_from_either_end():
    x = spikes(1000, 1008, 1016)
    for place, expected in ((985, 1), (991, 0), (1008, 0), (1025, 0), (1031, 1)):
        assert excursions(x, apart_from=spikes(place, seed=1), threshold=12.0) == expected


def test_the_signal_that_excuses_is_measured_on_its_own_scale():
    x = spikes(1000, 2000, 3000)
    for factor in (1e-6, 1e6):
        assert excursions(x, apart_from=factor * spikes(1000, seed=1)) == 2
        assert excursions(x, apart_from=factor * spikes(seed=1), threshold=6.0) == 3
    # And not on that of the scale of x.
    assert excursions(x, scale_of=spikes(), apart_from=1e-6 * spikes(1000, seed=1)) == 2


def test_silence_excuses_nothing():
    assert excursions(spikes(1000), apart_from=np.zeros(4000)) == 1
    assert excursions(np.zeros(4000), apart_from=spikes(1000)) == 0


def test_every_signal_has_its_own_excuse():
    x = np.array([[spikes(1000, 3000)] * 2] * 2)
    other = np.array([[spikes(1000), spikes(3000)], [spikes(1000, 3000), spikes()]])
    found = measures.n_excursions(x, dt=DT, apart_from=other, apart=10e-3, threshold=8.0)
    assert found.tolist() == [[1, 1], [0, 2]]


def test_an_excursion_at_either_end_is_counted_and_excused():
    x = noise(1000)  # outside throughout
    tiny = 1e-9 * noise(1000)
    assert excursions(x, scale_of=tiny) == 1
    assert excursions(x, scale_of=tiny, apart_from=spikes(500, n=1000)) == 0


def test_three_pairs_have_no_interval():
    with pytest.raises(ValueError, match=r"^x: expected at least 4 pairs without NaN, got 3"):
        measures.spearman([1.0, 2.0, 3.0], [1.0, 3.0, 2.0])


def test_pairs_and_values_that_are_nan_are_left_out():
    x, y = np.arange(6.0), np.array([1.0, 3.0, np.nan, 2.0, 5.0, 4.0])
    known = ~np.isnan(y)
    assert measures.spearman(x, y) == measures.spearman(x[known], y[known])
    assert measures.overlap([1.0, np.nan], [0.0, 2.0, np.nan]) == 0.5
    assert np.isnan(measures.overlap([np.nan], [1.0]))


def test_a_band_mean_is_over_the_frequencies_within():
    values = np.array([[1.0, 2.0, 4.0, 8.0], [0.0, 1.0, 3.0, np.nan]])
    found = measures.band_mean(values, [1.0, 10.0, 20.0, 40.0], (10.0, 30.0))
    np.testing.assert_array_equal(found, [3.0, 2.0])
    with pytest.raises(ValueError, match=r"^values: expected shape \(..., 2\), got \(3,\)"):
        measures.band_mean(np.ones(3), [1.0, 2.0], (0.0, 5.0))
