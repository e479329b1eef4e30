"""Build-up, fading, orders and overlap of made-up signals."""

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
