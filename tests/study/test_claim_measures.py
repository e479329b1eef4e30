"""Build-up, fading, orders, overlap and transients of made-up signals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, spearmanr

from rongala2021 import claim_measures

DT = 1e-3


def noise(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# Presentations


def test_build_up_compares_presentations_5_to_20_with_the_first():
    ratio = np.full(50, 100.0)
    ratio[0] = 2.0
    ratio[4:20] = np.arange(16)
    assert claim_measures.build_up(ratio) == pytest.approx(np.arange(16).mean() / 2)
    assert claim_measures.build_up(np.arange(1.0, 6.0), first=2, last=3) == pytest.approx(2.5)


def test_build_up_is_one_for_a_steady_ratio_and_ignores_scale():
    assert claim_measures.build_up(np.full(20, 0.3)) == pytest.approx(1)
    ratio = np.exp(noise(30))
    assert claim_measures.build_up(5 * ratio) == pytest.approx(claim_measures.build_up(ratio))


def test_build_up_of_a_silent_neuron_is_nan():
    ratio = np.ones((3, 20))
    ratio[0, 7] = np.nan
    ratio[1, 0] = 0.0
    assert np.isnan(claim_measures.build_up(ratio)).tolist() == [True, True, False]


@pytest.mark.parametrize("peak", [4, 10, 24, 40])
def test_fading_finds_a_symmetric_peak(peak):
    ratio = np.exp(-((np.arange(1, 51) - peak) ** 2) / 50)
    assert claim_measures.fading(ratio)[0] == peak


def test_fading_measures_what_is_left_at_the_end():
    ratio = np.concatenate([np.full(20, 4.0), np.full(30, 1.0)])
    peak, left = claim_measures.fading(ratio)
    assert peak <= 18
    assert left == pytest.approx(0.25)
    assert claim_measures.fading(np.full(50, 3.0))[1] == pytest.approx(1)
    assert claim_measures.fading(5 * ratio)[1] == pytest.approx(left)


def test_fading_smooths_over_its_width():
    # One outlier in a plateau: unsmoothed it is the peak.
    ratio = np.ones(50)
    ratio[20:30] = 2.0
    ratio[40] = 4.0
    assert claim_measures.fading(ratio, width=1)[0] == 41
    assert 21 <= claim_measures.fading(ratio)[0] <= 30
    assert claim_measures.fading(ratio, width=1, n_last=20)[1] == pytest.approx((19 + 4) / 20 / 4)


def test_fading_of_a_silent_neuron_is_nan():
    ratio = np.ones((3, 50))
    ratio[0, 3] = np.nan
    ratio[1] = 0.0
    peak, left = claim_measures.fading(ratio)
    assert np.isnan(peak).tolist() == np.isnan(left).tolist() == [True, True, False]


def test_measures_of_presentations_take_leading_axes():
    ratio = np.exp(noise((2, 3, 40)))
    peak, left = claim_measures.fading(ratio)
    built = claim_measures.build_up(ratio)
    assert peak.shape == left.shape == built.shape == (2, 3)
    np.testing.assert_allclose([peak[1, 2], left[1, 2]], claim_measures.fading(ratio[1, 2]))
    assert built[1, 2] == pytest.approx(claim_measures.build_up(ratio[1, 2]))


def test_layer_lead_is_the_difference_of_medians_without_silent_neurons():
    values = np.array([1.0, 2.0, 9.0, 5.0, 7.0, np.nan])
    assert claim_measures.layer_lead(values, [1, 1, 1, 2, 2, 2]) == pytest.approx(6 - 2)
    assert claim_measures.layer_lead(-values, [1, 1, 1, 2, 2, 2]) == pytest.approx(2 - 6)
    assert np.isnan(claim_measures.layer_lead(values, [1, 1, 1, 1, 1, 2]))


# Transients


def test_planted_transients_are_counted():
    x = 0.01 * noise((2, 10_000))
    x[0, [1000, 4000, 8000]] += [0.1, -0.1, 0.12]
    assert claim_measures.n_excursions(x, dt=DT).tolist() == [3, 0]


def test_an_excursion_that_lasts_throughout_is_one():
    assert claim_measures.n_excursions(noise(1000), dt=DT, scale_of=1e-9 * noise(1000)) == 1


def test_a_transient_of_several_steps_is_one():
    x = 0.01 * noise(10_000)
    x[5000:5010] += 1.5 * np.sin(np.pi * np.arange(10) / 10)
    # A high threshold, because the filter rings on both sides.
    assert claim_measures.n_excursions(x, dt=DT, cutoff=10.0, threshold=60.0) == 1


def test_slow_waves_are_no_transients():
    t = np.arange(10_000) * DT
    x = 0.01 * noise(t.size)
    x[[1000, 4000, 8000]] += 0.1
    for f in (0.5, 3.0, 10.0):
        assert claim_measures.n_excursions(x + 5 * np.sin(2 * np.pi * f * t), dt=DT) == 3


def test_the_cutoff_decides_what_is_slow():
    t = np.arange(10_000) * DT
    burst = np.exp(-(((t - 5) / 0.1) ** 2)) * np.sin(2 * np.pi * 60 * t)
    x = 0.01 * noise(t.size) + burst
    assert claim_measures.n_excursions(x, dt=DT, cutoff=150.0) == 0
    assert claim_measures.n_excursions(x, dt=DT, cutoff=30.0) > 0


@pytest.mark.parametrize("factor", [1e-6, -1.0, 1e6])
def test_excursions_ignore_scale_and_offset(factor):
    x = 0.01 * noise(5000)
    x[[700, 2500]] += 0.12
    assert claim_measures.n_excursions(factor * (x + 3), dt=DT) == 2


def test_excursions_beyond_the_threshold_only():
    x = 0.01 * noise(10_000)
    x[2000] += 0.12
    x[6000] += 0.3
    assert claim_measures.n_excursions(x, dt=DT, threshold=8.0) == 2
    assert claim_measures.n_excursions(x, dt=DT, threshold=20.0) == 1


def test_the_deviation_is_robust_and_normal():
    # White noise leaves two deviations in 4.55 % of its steps.
    x = noise(200_000)
    expected = 0.0455 * 0.9545 * x.size
    count = claim_measures.n_excursions(x, dt=DT, cutoff=1.0, threshold=2.0)
    assert count == pytest.approx(expected, rel=0.05)
    # Transients do not raise it, however large.
    x[1000::2000] += 1000
    count = claim_measures.n_excursions(x, dt=DT, cutoff=20.0, threshold=500.0)
    assert count == 100


def test_excursions_may_be_measured_against_another_signal():
    quiet = 0.01 * noise(10_000)
    quiet[2000] += 0.12
    assert claim_measures.n_excursions(quiet, dt=DT, scale_of=100 * quiet) == 0
    assert claim_measures.n_excursions(100 * quiet, dt=DT, scale_of=quiet) > 100
    assert claim_measures.n_excursions(quiet, dt=DT, scale_of=quiet) == 1


def test_silence_has_no_excursions():
    assert claim_measures.n_excursions(np.zeros((2, 1000)), dt=DT).tolist() == [0, 0]


# Overlap


def test_overlap_by_hand():
    assert claim_measures.overlap([1, 2], [3, 4, 5]) == 0
    assert claim_measures.overlap([3, 4], [1, 2]) == 1
    assert claim_measures.overlap([1, 3], [2, 4]) == pytest.approx(1 / 4)
    assert claim_measures.overlap([1, 2], [2, 3]) == pytest.approx(0.5 / 4)
    assert claim_measures.overlap([2, 2], [2, 2, 2]) == pytest.approx(0.5)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.lists(st.integers(0, 5), min_size=1), st.lists(st.integers(0, 5), min_size=1))
def test_overlap_is_the_share_of_pairs_of_mann_and_whitney(lower, higher):
    expected = mannwhitneyu(lower, higher).statistic / (len(lower) * len(higher))
    assert claim_measures.overlap(lower, higher) == pytest.approx(expected)
    assert claim_measures.overlap(higher, lower) == pytest.approx(1 - expected)


def test_values_that_are_nan_have_no_part_in_an_overlap():
    assert claim_measures.overlap([1.0, np.nan], [0.0, 2.0, np.nan]) == 0.5
    assert np.isnan(claim_measures.overlap([np.nan], [1.0]))


# Transients with a counterpart


def spikes(*places, n=4000, size=0.2, seed=0):
    x = 0.01 * noise(n, seed)
    x[list(places)] += size
    return x


def excursions(x, **options):
    return int(claim_measures.n_excursions(x, dt=DT, **{"apart": 10e-3, **options}))


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
    found = claim_measures.n_excursions(x, dt=DT, apart_from=other, apart=10e-3, threshold=8.0)
    assert found.tolist() == [[1, 1], [0, 2]]


def test_an_excursion_at_either_end_is_counted_and_excused():
    x = noise(1000)  # outside throughout
    tiny = 1e-9 * noise(1000)
    assert excursions(x, scale_of=tiny) == 1
    assert excursions(x, scale_of=tiny, apart_from=spikes(500, n=1000)) == 0


# Ranks


def test_rank_correlation_by_hand():
    # Ranks 1 2 3 4 5 and 2 1 4 3 5: differences of one in four places, 1 - 6 * 4 / (5 * 24).
    rho, low, high = claim_measures.spearman([1, 2, 3, 4, 50], [0.2, 0.1, 0.4, 0.3, 9.0])
    assert rho == pytest.approx(0.8)
    half = 1.959964 * np.sqrt((1 + 0.8**2 / 2) / 2)
    assert low == pytest.approx(np.tanh(np.arctanh(0.8) - half), abs=1e-6)
    assert high == pytest.approx(np.tanh(np.arctanh(0.8) + half), abs=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_ranks_alone_count_in_a_rank_correlation(sign):
    x = noise(30)
    rho, low, high = claim_measures.spearman(x, sign * np.exp(3 * x))
    assert rho == pytest.approx(sign)
    assert -1 <= low <= rho + 1e-12
    assert rho - 1e-12 <= high <= 1
    assert high - low < 1e-6
    mixed = noise(30, 1) + x
    found, expected = (claim_measures.spearman(f(x), mixed) for f in (np.exp, np.asarray))
    np.testing.assert_allclose(found, expected)
    assert found[0] == pytest.approx(spearmanr(x, mixed).statistic)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("r", [0.0, 0.6, -0.8])
def test_the_interval_holds_the_rank_correlation_as_often_as_it_says(r, confidence):
    truth = 6 / np.pi * np.arcsin(r / 2)  # of normal variables
    n_samples, held = 1500, 0
    for x, other in noise((n_samples, 2, 40), seed=3):
        y = r * x + np.sqrt(1 - r**2) * other
        _, low, high = claim_measures.spearman(x, y, confidence=confidence)
        held += low <= truth <= high
    # The interval is an approximation: its coverage is known to within two or three percent.
    assert held / n_samples == pytest.approx(confidence, abs=0.03)


def test_a_constant_has_no_rank_correlation():
    assert np.isnan(claim_measures.spearman(np.ones(5), np.arange(5.0))).all()
    assert np.isnan(claim_measures.spearman(np.arange(5.0), np.ones(5))).all()


def test_three_pairs_have_no_interval():
    with pytest.raises(ValueError, match=r"^x: expected at least 4 pairs without NaN, got 3"):
        claim_measures.spearman([1.0, 2.0, 3.0], [1.0, 3.0, 2.0])


def test_pairs_with_nan_are_left_out():
    x, y = np.arange(6.0), np.array([1.0, 3.0, np.nan, 2.0, 5.0, 4.0])
    known = ~np.isnan(y)
    assert claim_measures.spearman(x, y) == claim_measures.spearman(x[known], y[known])
