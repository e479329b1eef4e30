"""The isolated neuron's trials, against the functions that they are made of and known answers."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.dynamics import izhikevich_response, lsm_response
from lsm.inputs import convolve_psp
from lsm.measures import band_power, correlation
from lsm.neurons import LSM, Izhikevich, izhikevich_grid
from lsm.single import Trial, faithfulness, izhikevich_faithfulness, trial
from lsm.sweeps import Setting, generators, sensory_input

DT = 1e-3
SETTING = Setting(neuron=LSM(k_static=1.0), n_presentations=4)


def test_all_models_see_the_input_of_a_network_s_sensors():
    found = trial(SETTING, 0.01, weight=0.3, seed=5, repeat=2)
    inputs = sensory_input(SETTING, rng=generators(SETTING, 5, 2)[0])
    w = np.full(6, 0.3)
    np.testing.assert_allclose(found.total.ravel(), 0.3 * inputs.sum(axis=0))
    spikes = izhikevich_response(inputs, w, Izhikevich(), dt=DT)
    expected = [
        lsm_response(inputs, w, LSM(k_static=1.0), dt=DT),
        lsm_response(inputs, w, LSM(k_static=1.0, tau_dyn=0.01), dt=DT),
        convolve_psp(spikes, dt=DT),
    ]
    np.testing.assert_allclose(found.outputs.reshape(3, -1), expected, atol=1e-14)
    assert found.n_spikes == spikes.sum() > 0


def test_without_jitter_the_first_presentation_is_the_source():
    found = trial(replace(SETTING, jitter=0.0), 0.01, weight=0.5, seed=1)
    np.testing.assert_allclose(found.total[0], found.source, atol=1e-12)


def test_a_faithful_output_has_index_one_and_no_surplus():
    rng = np.random.default_rng(0)
    total = 1 + rng.random((3, 1000))
    source = total.mean(axis=0)
    q = faithfulness(Trial(np.zeros((1, 1)), source, total, np.stack([total] * 3), 0), dt=DT)
    np.testing.assert_allclose([q.r, q.rho], 1.0)
    assert q.noise_ratio == pytest.approx(1.0)
    assert q.rho_mean_input == pytest.approx(1.0)
    np.testing.assert_allclose(q.share_above_30_hz, q.share_above_30_hz[0])


def test_noise_and_surplus_of_made_up_outputs():
    t = DT * np.arange(1000)
    total = np.stack([2 + np.cos(2 * np.pi * 5 * t)] * 2)
    hum = np.cos(2 * np.pi * 200 * t) * np.array([[1.0], [-1.0]])  # cancels in the mean
    outputs = np.stack([total + 0.2 * hum, total + 0.1 * hum, total + hum])
    q = faithfulness(Trial(np.zeros((1, 1)), total[0], total, outputs, 0), dt=DT)
    assert q.noise_ratio == pytest.approx(4.0)
    np.testing.assert_allclose(q.share_above_30_hz[[0, 3]], [0.0, 0.5], atol=1e-6)
    assert q.rho_mean_reference == pytest.approx(1.0)


def test_a_silent_model_follows_nothing():
    total = np.random.default_rng(1).random((2, 500))
    outputs = np.stack([total, total, np.zeros_like(total)])
    q = faithfulness(Trial(np.zeros((1, 1)), total[0], total, outputs, 0), dt=DT)
    np.testing.assert_array_equal([q.r[2], q.rho[2]], 0.0)
    assert np.isnan(q.share_above_30_hz[3])


def test_many_izhikevich_neurons_are_measured_as_the_one_of_a_trial():
    models = (*izhikevich_grid()[::31], Izhikevich(k=0.0))
    r, rho = izhikevich_faithfulness(SETTING, models, weight=0.02, seed=3)
    for i in (0, 7, len(models) - 1):
        found = trial(SETTING, 0.01, weight=0.02, izhikevich=models[i], seed=3)
        q = faithfulness(found, dt=DT)
        assert r[i] == pytest.approx(q.r[2].mean())
        assert rho[i] == pytest.approx(q.rho[2].mean())
    assert r[-1] == 0.0  # without gain it is silent


def test_more_models_than_a_batch_are_all_measured():
    setting = replace(SETTING, n_presentations=1)
    r, _ = izhikevich_faithfulness(setting, izhikevich_grid()[:100], weight=0.02, seed=3)
    assert r.shape == (100,)
    again, _ = izhikevich_faithfulness(setting, izhikevich_grid()[60:62], weight=0.02, seed=3)
    np.testing.assert_array_equal(r[60:62], again)


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_weight_must_be_positive(weight):
    with pytest.raises(ValueError, match="weight: expected"):
        trial(SETTING, 0.01, weight=weight, seed=1)


def test_band_power_of_a_tone_is_half_its_squared_amplitude():
    t = DT * np.arange(2000)
    x = 3 + 0.4 * np.sin(2 * np.pi * 50 * t)
    assert band_power(x, (40, 60), dt=DT) == pytest.approx(0.08, rel=1e-3)
    assert band_power(x, (100, np.inf), dt=DT) == pytest.approx(0, abs=1e-6)
    assert correlation(x, x) == pytest.approx(1)
