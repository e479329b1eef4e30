"""The isolated neuron's labelled arrays, against the functions that they are made of."""

from functools import partial

import numpy as np
import pytest

from lsm.dynamics import lsm_response
from lsm.inputs import bin_spikes, convolve_psp
from lsm.neurons import LSM
from lsm.runs import Setting
from rongala2021.grids import grid
from rongala2021.isolated import activity_by, labelled_trial, responses
from rongala2021.samples import samples_3, samples_s4
from rongala2021.scale import Scale, sweep_grid
from rongala2021.settings import by_rate
from rongala2021.single import MODELS, by_constants, drive, faithfulness, trial
from rongala2021.spectra import Spectrum

SETTING = Setting(neuron=LSM(k_static=1.0), n_presentations=3)


@pytest.mark.parametrize("dt", [1e-3, 5e-4])
def test_responses_are_those_of_the_weighted_potentials(dt):
    trains, weights = [[0.01, 0.05], [0.02, 0.02], [0.03, 0.06]], [1.0, 0.5, -2.0]
    neuron = LSM(k_static=0.2)
    found = responses(trains, weights, neuron, tau_dyn=0.02, duration=0.1, dt=dt)
    inputs = convolve_psp(bin_spikes(trains, round(0.1 / dt), dt=dt), dt=dt)
    np.testing.assert_allclose(found["time"], dt * np.arange(round(0.1 / dt)))
    np.testing.assert_allclose(found["excitatory_psp"], inputs[0] + 0.5 * inputs[1])
    np.testing.assert_allclose(found["inhibitory_psp"], -2 * inputs[2])
    total = found["excitatory_psp"] + found["inhibitory_psp"]
    np.testing.assert_allclose(found["summed_input"], total, atol=1e-14)
    for name, tau in (("activity_no_leak", 0.0), ("activity_leak", 0.02)):
        alone = LSM(k_static=0.2, tau_dyn=tau)
        np.testing.assert_array_equal(found[name], lsm_response(inputs, weights, alone, dt=dt))


def test_activity_has_the_labels_of_the_constant_that_varies():
    found = drive(SETTING, weight=0.5, seed=2)
    by_k, by_tau = by_constants(found, k_static=[0.1, 2.0], tau_dyn=[0.01])
    for constant, rows in (("k_static", by_k), ("tau_dyn", by_tau)):
        values = {"k_static": [0.1, 2.0], "tau_dyn": [0.01]}[constant]
        activity = activity_by(found, constant, values)
        assert activity.dims == (constant, "time")
        np.testing.assert_array_equal(activity, rows)
        assert activity[constant].values.tolist() == values
        assert activity["time"].values[-1] == pytest.approx(2.999)


def test_a_labelled_trial_is_the_trial():
    found = trial(SETTING, tau_dyn=0.01, weight=0.02, seed=1)
    labelled = labelled_trial(found, dt=1e-3)
    for i, model in enumerate(MODELS):
        second = labelled["output"].sel(model=model, presentation=2)
        np.testing.assert_array_equal(second, found.outputs[i, 1])
    np.testing.assert_array_equal(labelled["spike_time"].sel(sensor=6), found.trains[5])
    np.testing.assert_array_equal(labelled["source"], found.source)


def test_sweeps_of_trials_know_their_models_signals_and_rates():
    scale = Scale(seed=3, n_networks=2, spectrum=Spectrum(freqs=[]))
    tried = partial(trial, tau_dyn=0.01, weight=0.02)
    run = partial(sweep_grid, partial(faithfulness, dt=1e-3), draw=tried, repeats="input")
    found = run(by_rate(SETTING, [50, 100]), scale)
    one = faithfulness(tried(by_rate(SETTING, [100]).item(), seed=3, repeat=1), dt=1e-3)
    each = found.sel(rate=100, input=1)
    for i, model in enumerate(MODELS):
        np.testing.assert_array_equal(each["r"].sel(model=model), one.r[i])
        assert each["share_above_30_hz"].sel(signal=model) == one.share_above_30_hz[i + 1]
    assert each["share_above_30_hz"].sel(signal="input") == one.share_above_30_hz[0]
    assert len(samples_s4(found)["S4"]) == 2
    alone = run(grid([SETTING]), scale)
    assert samples_3(alone) == samples_3(found.sel(rate=50))
