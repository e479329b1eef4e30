"""The isolated neuron's trials, against the functions that they are made of and known answers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from lsm.dynamics import izhikevich_response, lsm_response
from lsm.inputs import convolve_psp
from lsm.measures import band_power, correlation
from lsm.neurons import LSM, HodgkinHuxley, Izhikevich, izhikevich_grid
from lsm.runs import Setting, generators, sensory_input
from rongala2021.single import (
    Trial,
    by_constants,
    cutoff,
    drive,
    faithfulness,
    izhikevich_faithfulness,
    leak_cutoff,
    membrane_likeness,
    trial,
    variation,
)

DT = 1e-3
SETTING = Setting(neuron=LSM(k_static=1.0), n_presentations=4)


@pytest.mark.parametrize("dt", [DT, 2.5e-4])
def test_all_models_see_the_input_of_a_network_s_sensors(dt):
    setting = replace(SETTING, dt=dt)
    found = trial(setting, tau_dyn=0.01, weight=0.3, seed=5, repeat=2)
    inputs = sensory_input(setting, rng=generators(setting, 5, 2)[0])
    w = np.full(6, 0.3)
    np.testing.assert_allclose(found.total.ravel(), 0.3 * inputs.sum(axis=0))
    spikes = izhikevich_response(inputs, w, Izhikevich(), dt=dt)
    expected = [
        lsm_response(inputs, w, LSM(k_static=1.0), dt=dt),
        lsm_response(inputs, w, LSM(k_static=1.0, tau_dyn=0.01), dt=dt),
        convolve_psp(spikes, dt=dt),
    ]
    np.testing.assert_allclose(found.outputs.reshape(3, -1), expected, atol=1e-14)
    assert found.n_spikes == spikes.sum() > 0


def test_without_jitter_the_first_presentation_is_the_source():
    found = trial(replace(SETTING, jitter=0.0), tau_dyn=0.01, weight=0.5, seed=1)
    np.testing.assert_allclose(found.total[0], found.source, atol=1e-12)


def test_a_faithful_output_has_index_one_and_no_surplus():
    rng = np.random.default_rng(0)
    total = 1 + rng.random((3, 1000))
    source = total.mean(axis=0)
    q = faithfulness(Trial(np.zeros((1, 1)), source, total, np.stack([total] * 3), 0), dt=DT)
    np.testing.assert_allclose([q.r, q.rho], 1.0)
    assert q.noise_ratio == q.relative_noise_ratio == pytest.approx(1.0)
    assert q.rho_relay == pytest.approx(q.rho_mean_reference) == pytest.approx(1.0)
    assert q.activity == pytest.approx(total.mean())
    assert q.rho_mean_input == pytest.approx(1.0)
    np.testing.assert_allclose(q.share_above_30_hz, q.share_above_30_hz[0])


def test_noise_and_surplus_of_made_up_outputs():
    t = DT * np.arange(1000)
    total = np.stack([2 + np.cos(2 * np.pi * 5 * t)] * 2)
    hum = np.cos(2 * np.pi * 200 * t) * np.array([[1.0], [-1.0]])  # cancels in the mean
    outputs = np.stack([total + 0.2 * hum, total + 0.1 * hum, total + hum])
    q = faithfulness(Trial(np.zeros((1, 1)), total[0], total, outputs, 0), dt=DT)
    assert q.noise_ratio == q.relative_noise_ratio == pytest.approx(4.0)
    np.testing.assert_allclose(q.share_above_30_hz[[0, 3]], [0.0, 0.5], atol=1e-6)
    assert q.rho_mean_reference == pytest.approx(1.0)


def test_noise_is_held_against_the_mean_and_the_mean_against_a_relay():
    t = DT * np.arange(1000)
    slow = np.cos(2 * np.pi * 5 * t)
    total = np.stack([2 + slow, 2 + slow + np.sin(2 * np.pi * 5 * t)])
    hum = 0.1 * np.cos(2 * np.pi * 200 * t) * np.array([[1.0], [-1.0]])
    weaker = 3 * slow + hum  # three times the mean's amplitude, and as much noise
    q = faithfulness(
        Trial(np.zeros((1, 1)), total[0], total, np.stack([slow + hum, weaker, weaker]), 0), dt=DT
    )
    assert q.noise_ratio == pytest.approx(1.0)
    assert q.relative_noise_ratio == pytest.approx(9.0)
    # The mean input is 1 cos + 0.5 sin of the source's cos.
    np.testing.assert_allclose([q.rho_relay, q.rho_mean_input], 1 / np.sqrt(1.25))
    assert q.rho_mean_reference == pytest.approx(1.0)
    # A constant keeps the mean of 2 alone, of a root mean square of sqrt(4.5) and sqrt(5).
    assert q.r_constant_reference == pytest.approx(2 / np.sqrt(4.5))
    assert q.r_constant == pytest.approx((2 / np.sqrt(4.5) + 2 / np.sqrt(5)) / 2)


@pytest.mark.parametrize(("frequency", "share"), [(25, 0.0), (35, 1.0)])
def test_surplus_dynamics_start_at_30_hz(frequency, share):
    wave = np.cos(2 * np.pi * frequency * DT * np.arange(2000))
    tone = np.stack([1 + wave, 1 - 0.9 * wave])
    q = faithfulness(Trial(np.zeros((1, 1)), tone[0], tone, np.stack([tone] * 3), 0), dt=DT)
    np.testing.assert_allclose(q.share_above_30_hz, share, atol=1e-6)


def test_a_silent_model_follows_nothing():
    total = np.random.default_rng(1).random((2, 500))
    outputs = np.stack([total, total, np.zeros_like(total)])
    q = faithfulness(Trial(np.zeros((1, 1)), total[0], total, outputs, 0), dt=DT)
    np.testing.assert_array_equal([q.r[2], q.rho[2]], 0.0)
    assert np.isnan(q.share_above_30_hz[3])


@pytest.mark.parametrize("dt", [DT, 5e-4])
def test_many_izhikevich_neurons_are_measured_as_the_one_of_a_trial(dt):
    setting = replace(SETTING, dt=dt)
    models = (*izhikevich_grid()[::31], Izhikevich(k=0.0))
    found = izhikevich_faithfulness(drive(setting, weight=0.02, seed=3), models=models)
    for i in (0, 7, len(models) - 1):
        one = trial(setting, tau_dyn=0.01, weight=0.02, izhikevich=models[i], seed=3)
        q = faithfulness(one, dt=dt)
        assert found.r[i] == pytest.approx(q.r[2].mean())
        assert found.rho[i] == pytest.approx(q.rho[2].mean())
        assert found.r_reference[i] == pytest.approx(q.r_reference[2].mean())
        assert found.rho_reference[i] == pytest.approx(q.rho_reference[2].mean())
    assert found.r[-1] == 0.0  # without gain it is silent
    finer = izhikevich_faithfulness(
        drive(setting, weight=0.02, seed=3), models=models, n_substeps=2
    )
    assert (finer.r[:-1] != found.r[:-1]).all()


@pytest.mark.parametrize("n_substeps", [1, 2])
def test_the_scheme_is_that_of_the_izhikevich_neuron_alone(n_substeps):
    how = dict(n_substeps=n_substeps, scheme="izhikevich")
    plain = trial(SETTING, tau_dyn=0.01, weight=0.3, n_substeps=n_substeps, seed=5)
    found = trial(SETTING, tau_dyn=0.01, weight=0.3, **how, seed=5)
    np.testing.assert_array_equal(found.outputs[:2], plain.outputs[:2])
    inputs = drive(SETTING, weight=0.3, seed=5).inputs
    spikes = izhikevich_response(inputs, np.full(6, 0.3), Izhikevich(), dt=DT, **how)
    assert found.n_spikes == spikes.sum() != plain.n_spikes
    np.testing.assert_allclose(found.outputs[2].ravel(), convolve_psp(spikes, dt=DT), atol=1e-14)
    assert plain.outputs[2].ravel()[:-1].tolist() != found.outputs[2].ravel()[:-1].tolist()


def test_many_neurons_may_be_solved_by_the_other_scheme():
    models = izhikevich_grid()[::31]
    driven = drive(SETTING, weight=0.02, seed=3)
    euler, own = (
        izhikevich_faithfulness(driven, models=models, scheme=scheme)
        for scheme in ("euler", "izhikevich")
    )
    np.testing.assert_array_equal(euler.r, izhikevich_faithfulness(driven, models=models).r)
    assert (own.r != euler.r).all()
    for i in (0, 7):
        one = trial(
            SETTING, tau_dyn=0.01, weight=0.02, izhikevich=models[i], scheme="izhikevich", seed=3
        )
        assert own.r[i] == pytest.approx(faithfulness(one, dt=DT).r[2].mean())


def test_more_models_than_a_batch_are_all_measured():
    driven = drive(replace(SETTING, n_presentations=1), weight=0.02, seed=3)
    found = izhikevich_faithfulness(driven, models=izhikevich_grid()[:100])
    assert found.r.shape == (100,)
    again = izhikevich_faithfulness(driven, models=izhikevich_grid()[60:62])
    np.testing.assert_array_equal(found.r[60:62], again.r)


def test_each_constant_varies_while_the_other_one_stays():
    setting = replace(SETTING, neuron=LSM(k_static=0.3, tau_dyn=0.05))
    driven = drive(setting, weight=0.5, seed=2)
    by_k, by_tau = by_constants(driven, k_static=[0.1, 2.0], tau_dyn=[0.0, 0.01, 0.1])
    expected = [
        [LSM(k_static=0.1), LSM(k_static=2.0)],
        [LSM(k_static=0.3), LSM(k_static=0.3, tau_dyn=0.01), LSM(k_static=0.3, tau_dyn=0.1)],
    ]
    for found, neurons in zip((by_k, by_tau), expected, strict=True):
        rows = [lsm_response(driven.inputs, driven.weights, n, dt=DT) for n in neurons]
        np.testing.assert_array_equal(found, rows)


@pytest.mark.parametrize("dt", [DT, 5e-4])
def test_variation_leaves_out_the_rise_from_rest_where_it_says_so(dt):
    driven = drive(replace(SETTING, dt=dt), weight=0.5, seed=2)
    constants = dict(k_static=[0.1, 2.0], tau_dyn=[0.01, 0.1])
    by_k, by_tau = by_constants(driven, **constants)
    v = variation(driven, **constants)
    settled = slice(round(0.5 / dt), None)  # five times 0.1 s
    np.testing.assert_allclose(v.mean_activity, by_k[:, settled].mean(axis=1))
    np.testing.assert_allclose(v.cv, by_k[:, settled].std(axis=1) / v.mean_activity)
    np.testing.assert_allclose(
        v.cv_leak, by_tau[:, settled].std(axis=1) / by_tau[:, settled].mean(axis=1)
    )
    np.testing.assert_allclose(v.cv_leak_from_rest, by_tau.std(axis=1) / by_tau.mean(axis=1))
    np.testing.assert_allclose(v.rho, [np.corrcoef(*by_k)[0, 1], 1.0])
    steps = np.diff(by_tau[:, settled], axis=1)
    rough = np.sqrt((steps**2).mean(axis=1)) / by_tau[:, settled].std(axis=1)
    np.testing.assert_allclose(v.roughness, rough)
    assert v.roughness[0] > 1.5 * v.roughness[1]
    longest = variation(driven, k_static=[1.0], tau_dyn=[10.0])  # half of the record at most
    np.testing.assert_allclose(
        longest.mean_activity,
        by_constants(driven, k_static=[1.0], tau_dyn=[])[0][:, round(2 / dt) :].mean(),
    )


@pytest.mark.parametrize("dt", [DT, 2.5e-4])
def test_a_membrane_is_most_alike_with_its_own_constants(dt):
    # For one synapse, k_static = 1 is the leak conductance of 1; weak input hardly shunts.
    driven = drive(replace(SETTING, n_sensors=1, dt=dt), weight=1e-3, seed=2)
    likeness = [
        membrane_likeness(driven, tau_dyn=tau, membrane=HodgkinHuxley(tau=0.02))
        for tau in (0.005, 0.02, 0.08)
    ]
    assert likeness[1].rho > 0.9999
    assert likeness[1].r > 0.9999
    assert max(likeness[0].rho, likeness[2].rho) < 0.99


@pytest.mark.parametrize("tau", [0.005, 0.02])
def test_the_leak_cuts_off_at_the_frequency_of_its_time_constant(tau):
    driven = drive(replace(SETTING, n_presentations=40), weight=1.0, seed=2)
    expected = 1 / (2 * np.pi * tau)
    assert cutoff(driven, tau_dyn=tau).frequency == pytest.approx(expected, rel=0.04)
    leaky = replace(driven.setting, neuron=LSM(tau_dyn=0.1))  # not the one it is measured from
    found = cutoff(driven._replace(setting=leaky), tau_dyn=tau)
    assert found.frequency == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize(
    "tau",
    [
        0.1,
        0.5,
    ],
)
def test_the_cutoff_of_a_slow_leak_is_resolved(tau):
    rng = np.random.default_rng(0)
    no_leak = rng.random(300_000)
    gain = 1 - np.exp(-DT / tau)
    leak = lfilter([gain], [1, gain - 1], no_leak)
    found = leak_cutoff(no_leak, leak, tau_dyn=tau, dt=DT)
    assert found == pytest.approx(1 / (2 * np.pi * tau), rel=0.05)
    short = leak_cutoff(no_leak[:3000], leak[:3000], tau_dyn=tau, dt=DT)  # no more than there is
    assert np.isfinite(short)


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_weight_must_be_positive(weight):
    with pytest.raises(ValueError, match="weight: expected"):
        trial(SETTING, tau_dyn=0.01, weight=weight, seed=1)


def test_band_power_of_a_tone_is_half_its_squared_amplitude():
    t = DT * np.arange(2000)
    x = 3 + 0.4 * np.sin(2 * np.pi * 50 * t)
    assert band_power(x, (40, 60), dt=DT) == pytest.approx(0.08, rel=1e-3)
    assert band_power(x, (100, np.inf), dt=DT) == pytest.approx(0, abs=1e-6)
    assert correlation(x, x) == pytest.approx(1)
