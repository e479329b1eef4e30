"""Settings of the paper's experiments, and what its claims measure on made-up results."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from lsm import experiments, measures
from lsm.network import Binary, Lognormal, Normal
from lsm.neurons import LSM
from lsm.population import high_frequencies, open_loop, transients
from lsm.single import Faithfulness, Index, Variation
from lsm.spectrum import log_frequencies
from lsm.sweeps import Setting, run

TAU = 0.01
BASE = Setting(neuron=LSM(k_static=0.05), n_presentations=20, duration=0.5)
FREQS = log_frequencies(2.0, 400.0, voices=4)
LOW = (FREQS >= 4) & (FREQS <= 30)
HIGH = FREQS >= 100


def spectra(shape, high=1.0):
    """Flat spectra with a gain of `high` above 100 Hz, and their input."""
    power = np.ones((*shape, FREQS.size))
    power[..., HIGH] = np.asarray(high)[..., None] if np.ndim(high) else high
    return power, np.ones_like(power)


# Settings


def test_figure_4_has_the_network_with_and_without_leak():
    no_leak, leak = experiments.figure_4(BASE, TAU)
    assert (no_leak.neuron.tau_dyn, leak.neuron.tau_dyn) == (0, TAU)
    assert {s.neuron.k_static for s in (no_leak, leak)} == {0.05}


def test_figure_5_has_fifteen_weights_with_draws_of_their_own_shared_by_both_forms():
    settings = experiments.figure_5(BASE, TAU)
    assert [s.stream for s in settings] == 2 * list(range(15))
    assert [s.neuron.tau_dyn for s in settings] == [0.0] * 15 + [TAU] * 15
    kinds = [type(s.weights) for s in settings[:15]]
    assert kinds == [Normal] * 5 + [Lognormal] * 5 + [Binary] * 5
    assert [s.weights.mean for s in settings[:5]] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [s.weights.p for s in settings[25:]] == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_figure_6_has_the_delays_in_both_forms():
    settings = experiments.figure_6(replace(BASE, delay_law="uniform"), TAU, [0, 2e-3])
    assert [(s.delay, s.neuron.tau_dyn) for s in settings] == [
        (0.0, 0.0),
        (2e-3, 0.0),
        (0.0, TAU),
        (2e-3, TAU),
    ]
    assert {s.delay_law for s in settings} == {"uniform"}


def test_figure_7_varies_rates_then_sensors():
    settings = experiments.figure_7(BASE, TAU, (50, 100, 150), (6, 15, 30))
    assert [(s.rate, s.n_sensors) for s in settings[:6]] == [
        (50, 6),
        (100, 6),
        (150, 6),
        (50, 6),
        (50, 15),
        (50, 30),
    ]
    with pytest.raises(ValueError, match=r"^counts: expected at least 3 values, got 2"):
        experiments.figure_7(BASE, TAU, (50, 100, 150), (6, 15))


def test_figure_8_has_leaks_that_grow_with_size():
    settings = experiments.figure_8(BASE, TAU, [(5, 4), (10, 8)])
    assert len(settings) == 16
    tau = [np.asarray(s.neuron.tau_dyn).max() for s in settings[:8]]
    np.testing.assert_allclose(tau[:4], [0, 0, TAU, TAU])
    others = experiments.figure_8(BASE, TAU, [(5, 4), (10, 8)], reference=(10, 8))
    assert np.asarray(others[5].neuron.tau_dyn).max() == TAU
    assert np.asarray(others[4].neuron.tau_dyn).max() < TAU
    ratio = max(35 / 17, 41 / 23)
    np.testing.assert_allclose(tau[4:], [TAU, TAU * ratio**0.5, TAU, TAU * ratio])
    assert {type(s.weights) for s in settings[8:]} == {Binary}


# Samples of the isolated neuron


def test_the_corner_of_claim_1c_is_held_against_the_time_constant():
    (sample,) = experiments.samples_1([1.1 / (2 * np.pi * TAU)], TAU)["1c"]
    assert sample["relative_error_of_corner"] == pytest.approx(0.1)


def test_samples_of_figure_2_count_rises_and_look_at_large_constants_alone():
    k = np.array([0.01, 0.1, 0.6, 5.0])
    plain = Variation(
        mean=np.array([4.0, 3.0, 2.0, 1.0]),
        cv=np.array([0.1, 0.2, 0.3, 0.4]),
        rho=np.array([0.2, 0.9, 0.97, 1.0]),
        cv_leak=np.array([3.0, 2.0, 1.0]),
        cv_leak_from_rest=np.array([3.0, 2.0, 2.5]),
    )
    other = plain._replace(mean=np.array([4.0, 4.0, 5.0, 1.0]), cv_leak=np.array([1.0, 2.0, 1.0]))
    found = experiments.samples_2([plain, other], k)
    assert [s["rises_of_mean"] for s in found["2a"]] == [0, 2]
    assert found["2a"][0]["lowest_rho"] == 0.97
    assert found["2b"][0]["cv_ratio"] == 0.25
    assert found["2c"] == [
        {"rises_of_cv": 0, "rises_with_start": 1},
        {"rises_of_cv": 1, "rises_with_start": 1},
    ]


def quality_of(r, rho):
    """Faithfulness of three models, the same in both presentations but for a little."""
    off = np.array([-0.01, 0.01])
    return Faithfulness(
        r=np.array(r)[:, None] + off,
        rho=np.array(rho)[:, None] + off,
        r_reference=np.zeros((3, 2)),
        rho_reference=np.zeros((3, 2)),
        rho_mean_input=0.99,
        rho_mean_reference=0.91,
        noise_ratio=7.0,
        share_above_30_hz=np.array([0.1, 0.2, 0.3, 0.4]),
    )


def test_samples_of_figure_3_compare_the_poorer_form_with_the_spiking_neuron():
    found = experiments.samples_3([quality_of([0.9, 0.8, 0.5], [0.7, 0.75, 0.8])])
    (lead,) = found["3c"]
    assert lead["smallest_lead_r"] == pytest.approx(0.3)
    assert lead["smallest_lead_rho"] == pytest.approx(-0.1)
    assert found["3d"][0]["loss_of_r"] == pytest.approx(0.1)
    assert found["3a"] == [{"rho_mean_input": 0.99, "rho_reference": 0.91}]
    assert found["3b"] == [{"noise_ratio": 7.0}]
    assert found["3e"][0]["share_above_30_hz_ratio"] == pytest.approx(4.0)


def test_settings_beaten_are_those_below_both_forms_at_each_rate_and_input():
    quality = [[quality_of(r, r)] * 2 for r in ([0.9, 0.8, 0.5], [0.6, 0.7, 0.5])]
    r = np.array([0.5, 0.65, 0.75, 0.85])
    grid = [[Index(x, r, r, r) for x in row] for row in ((r, r + 0.1), (r, r - 0.2))]
    shares = experiments.beaten(quality, grid)
    np.testing.assert_allclose(shares, [[0.75, 0.5], [0.25, 0.75]])
    found = experiments.samples_3g(shares, [50, 100.0])
    assert found["3g"][1] == {"share_beaten_50_hz": 0.5, "share_beaten_100_hz": 0.75}
    assert experiments.samples_3g(shares, [50, 150]) == {}


def test_claim_s4_takes_the_smallest_lead_over_rates_for_each_input():
    better, worse = [0.9, 0.8, 0.5], [0.6, 0.7, 0.5]
    rows = [[quality_of(better, worse), quality_of(better, better)]]
    rows.append([quality_of(worse, better), quality_of(better, better)])
    found = experiments.samples_s4(rows)["S4"]
    assert [s["smallest_lead_r"] for s in found] == pytest.approx([0.1, 0.3])
    assert [s["smallest_lead_rho"] for s in found] == pytest.approx([0.1, 0.3])


# Samples of networks


def test_samples_of_figure_5_count_settings_against_the_paper():
    high = np.where(experiments.AMPLIFIED, 3.0, 1.0)[None, ..., None] * np.ones((2, 3, 5, 2))
    high[0, 1, 0, 1] = 3.0  # lognormal 0.1 in the second group
    high[1] = 0.05
    high[1, 2, 3, 0] = 0.2
    power, source = spectra((2, 3, 5, 2), high)
    activity = np.ones((2, 3, 5, 2))
    activity[:, :, 0] = [[0.25, 0.5]]
    activity[0, 1, 0, 0] = 0.4
    found = experiments.samples_5(power, source, activity, FREQS)
    assert [s["settings_against"] for s in found["5a"]] == [0, 1]
    np.testing.assert_allclose([s["largest_activity_ratio"] for s in found["5b"]], [0.4, 0.5])
    np.testing.assert_allclose([s["largest_HF"] for s in found["5c"]], [0.2, 0.05])
    band = (FREQS >= 20) & (FREQS <= 200)
    share = (band & HIGH).sum() / band.sum()
    np.testing.assert_allclose(found["5d"][1]["gain_20_200_hz"], 1 - share * 0.95)


def test_samples_of_figure_6_have_the_slope_of_the_peaks():
    delays = np.array([0, 1e-3, 3e-3, 9e-3])
    power, source = spectra((2, 4, 1))
    for d, delay in enumerate(delays[1:], 1):
        expected = 1 / (2 * (delay + 1e-3))
        power[0, d, 0] *= 1 + np.exp(-(np.log(FREQS / expected) ** 2) / 0.1)
    power[0] *= 1 + 20 * np.exp(-(np.log(FREQS / 25) ** 2) / 0.1)  # there without delay too
    power[1, 2, 0] *= 1 + np.exp(-(np.log(FREQS / 60) ** 2) / 0.02)
    power[1, 1, 0, HIGH] = 0.01 * (1 + np.exp(-(np.log(FREQS[HIGH] / 200) ** 2) / 0.02))  # below 1
    found = experiments.samples_6(power, source, delays, FREQS, dt=1e-3)
    assert found["6a"][0]["slope"] == pytest.approx(-1, abs=0.1)
    assert found["6a"][0]["n_delays"] == 3
    assert found["6b"][0]["n_peaks"] == 1
    assert found["6b"][0]["highest_over_no_delay"] == pytest.approx(2, rel=0.05)
    flat = experiments.samples_6(*spectra((2, 4, 1)), delays, FREQS, dt=1e-3)
    assert np.isnan(flat["6a"][0]["slope"])
    assert flat["6a"][0]["n_delays"] == 0


def test_samples_of_figure_7_know_sparse_from_dense():
    high = np.ones((2, 6, 1))
    high[0, :, 0] = [5, 4, 0.1, 5, 3, 0.1]  # three rates, three numbers
    high[1, 4, 0] = 0.5
    power, source = spectra((2, 6, 1), high)
    power[0, 5] *= 7.0
    found = experiments.samples_7(power, source, 3, FREQS)
    np.testing.assert_allclose(found["7a"][0]["smallest_HF"], 3)
    np.testing.assert_allclose(found["7b"][0]["largest_power_ratio"], 7)
    np.testing.assert_allclose(found["7c"][0]["largest_HF"], 1)


def test_samples_of_figure_8_rank_sizes_and_compare_leaks():
    high = np.full((2, 4, 3, 1), 0.02)
    high[:, 0, :, 0] = [[4, 3, 2], [6, 3, 3]]
    high[1, 2, 1, 0] = 0.3
    power, source = spectra((2, 4, 3, 1), high)
    power[:, 0] *= 5.0
    power[0, 2, 1] *= 1.5
    power[:, 3, 2] = power[:, 0, 2] / (1 + (FREQS / 6.0) ** 2)
    variance = np.ones((2, 4, 3, 1))
    variance[:, 0, :, 0] = [[3, 2, 1], [1, 2, 1.5]]
    found = experiments.samples_8(power, source, variance, FREQS)
    np.testing.assert_allclose(found["8a"][0]["smallest_HF"], 2)
    np.testing.assert_allclose(found["8a"][0]["spread_of_HF"], 2)
    assert found["8b"][0]["rank_of_largest_in_variance"] == 2
    np.testing.assert_allclose(found["8c"][0]["largest_HF"], 0.02)
    np.testing.assert_allclose(found["8d"][0]["largest_low_frequency_ratio"], 1.5)
    np.testing.assert_allclose(found["8d"][0]["largest_HF"], 0.3)
    # Half of what it is at 2 Hz.
    expected = 6 * np.sqrt(2 * (1 + (2 / 6) ** 2) - 1)
    assert found["8e"][0]["corner_of_largest"] == pytest.approx(expected, rel=0.05)


def test_samples_of_figure_4_are_those_of_the_neurons_drawn():
    settings = experiments.figure_4(replace(BASE, n_sensors=3), TAU)
    runs = [[run(s, seed=0, repeat=i) for i in range(2)] for s in settings]
    runs.append([open_loop(settings[0], seed=0, repeat=i) for i in range(2)])
    found = [[high_frequencies(r, FREQS) for r in row] for row in runs]
    counted = [[transients(r, neurons=[0, 9]) for r in row] for row in runs]
    net = runs[0][0].network
    samples = experiments.samples_4(
        found[0], found[1], counted[:2], counted[2], net.layer, net.names
    )
    assert [len(v) for v in samples.values()] == [2] * 6
    assert samples["4a"][1]["HF_IN1"] == found[0][1].neurons[9]
    assert samples["4e"][0]["HF_EN1"] == found[1][0].neurons[0]
    peak, left = measures.fading(found[0][1].presentations[9])
    assert samples["4c"][1] == {"peak_presentation": peak, "left_at_the_end": left}
    assert samples["4b"][1]["build_up_IN1"] == measures.build_up(found[0][1].presentations[9])
    assert samples["4d"][0]["transients_leak"] == counted[1][0].without_counterpart.sum()
    assert samples["4d"][1]["transients_open_loop"] == (counted[2][1].without_counterpart.sum())
    assert samples["4d"][1]["excursions_drive"] == counted[0][1].of_drive.sum()
    own = experiments.samples_s7(found[0], found[1], found[1])
    assert own["S7a"][1]["HF_ratio"] == found[0][1].network / found[1][1].network
    assert own["S7b"][0]["HF_network"] == found[1][0].network


# Read-out


def of_sensors(mixing, *, noise=0.0, n_presentations=4):
    """A run whose activity is a mixture of its sensors."""
    setting = replace(BASE, n_sensors=2, n_presentations=n_presentations)
    result = run(setting, seed=0)
    rng = np.random.default_rng(0)
    activity = np.asarray(mixing) @ result.inputs + 0.3
    return result._replace(activity=activity + noise * rng.normal(size=activity.shape))


def test_sensors_are_read_out_of_a_mixture_that_tells_them_apart():
    result = of_sensors([[1.0, 0.5], [0.2, -1.0], [1.0, 1.0]])
    estimate, explained = experiments.read_out(result)
    np.testing.assert_allclose(estimate, result.inputs, atol=1e-10)
    np.testing.assert_allclose(explained, 1.0)
    _, explained = experiments.read_out(of_sensors([[1.0, 0.0], [2.0, 0.0]], noise=0.01))
    assert explained[0] > 0.99
    assert abs(explained[1]) < 0.1  # nothing tells of it


def test_a_filter_is_undone_by_one_more_step():
    result = of_sensors(np.eye(2))
    slow = result._replace(activity=lfilter([0.1], [1.0, -0.9], result.inputs, axis=-1))
    now, before = (experiments.read_out(slow, n_steps=n)[1] for n in (1, 2))
    assert now.max() < 0.95
    np.testing.assert_allclose(before, 1.0)


def test_a_read_out_is_judged_by_presentations_that_it_did_not_see():
    noise = np.random.default_rng(1).normal(size=(150, 1000))
    result = of_sensors(np.eye(2), n_presentations=2)._replace(activity=noise)
    _, explained = experiments.read_out(result)
    assert explained.max() < 0  # 150 signals fit 500 steps of anything, but foretell nothing
    with pytest.raises(ValueError, match=r"^n_presentations: expected at least 2"):
        experiments.read_out(of_sensors(np.eye(2), n_presentations=1))


def test_samples_of_d2_are_means_over_sensors():
    (sample,) = experiments.samples_d2([[0.9, 0.7]], [[0.8, 0.6]])["D2"]
    assert sample == pytest.approx({"loss": 0.1, "no_leak": 0.8, "leak": 0.7})
