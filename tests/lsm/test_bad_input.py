"""Every public call refuses a wrong argument by its name: one table for all modules."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import lsm
from lsm import _validate as check
from lsm.cores import split_cores
from lsm.delays import synaptic_lags, update_turns, with_delays
from lsm.dynamics import (
    hodgkin_huxley_response,
    internal_activity,
    izhikevich_response,
    leak_gain,
    lsm_response,
    simulate,
)
from lsm.inputs import PSPKernel, bin_spikes, convolve_psp, present, spike_times
from lsm.measures import (
    band_gain,
    band_mean,
    band_power,
    coefficient_of_variation,
    correlation,
    crossing,
    cutoff_frequency,
    gain,
    high_frequency_ratio,
    loglog_slope,
    peak_frequencies,
    pearson,
    power_transfer,
)
from lsm.network import (
    Network,
    neuron_kinds,
    scaled_time_constants,
    synapse_counts,
    two_layer,
)
from lsm.neurons import LSM, HodgkinHuxley, Izhikevich
from lsm.runs import Setting, generators, respond, run, sensory_input, sensory_spikes
from lsm.spectrum import cwt, highest_frequency, log_frequencies, max_power
from lsm.sweeps import sweep
from lsm.theory import jacobian, linear_response, spectral_radius
from lsm.weights import Binary, Lognormal, Normal, weight_distribution
from tests.refusals import (
    INF,
    NAN,
    NEGATIVE,
    NO_COUNT,
    NO_INTEGER,
    NO_NAME,
    NO_NUMBER,
    NO_RNG,
    NOT_POSITIVE,
    RNG,
    accepted,
    assert_refused,
    no_array,
    refused,
    shapes,
    without_meaning,
)

NETWORK = two_layer(Normal(mean=0.4), sizes=(2, 1), n_sensors=3, rng=RNG)
FIELDS = {
    "w_in": np.ones((2, 3)),
    "w_rec": np.array([[0.0, -1.0], [1.0, 0.0]]),
    "n_synapses": np.full(2, 4.0),
    "delays": np.zeros((2, 2)),
    "layer": np.ones(2, dtype=int),
    "sign": np.array([1, -1]),
}
SETTING = Setting(sizes=(1, 1), n_sensors=2, n_presentations=2, duration=0.1)
NO_SETTING = (None, Setting, {"sizes": (1, 1)})
RESULT = run(SETTING, seed=0)
X = RNG.random(400)
FREQS = np.array([5.0, 20.0, 100.0, 200.0])
SINGLE = {"inputs": np.ones((3, 20)), "weights": np.ones(3), "dt": 1e-3}
NO_INPUTS = (*no_array(3, 20, negative=True), *shapes((3,), (3, 20, 1), ()))
NO_SINGLE_WEIGHTS = (*no_array(3), *shapes((), (2,), (3, 2), (1, 1, 3)))
NO_FREQS = (*no_array(4), *shapes((), (2, 2)), [0.0], [-5.0, 10.0], [500.1], [10.0, 1e9])
POWER = {"power": np.ones((2, 4)), "input_power": np.ones(4), "freqs": FREQS}
NO_POWER = {
    "power": (*no_array(2, 4, negative=True), *shapes((), (3,), (4, 2))),
    "input_power": (*no_array(4, negative=True), *shapes((), (3,), (4, 2)), np.zeros(4)),
}


# More than fits into any memory, or into an integer of 64 bits.
TOO_MANY = (10**14, 10**30, 10**5000)
NO_SIZES = (5, (5,), (5, 4, 3), (0, 4), (5, -1), (5, 4.5), (5, True), "54", None)
NO_SHAPES = (*TOO_MANY, *((2, n) for n in TOO_MANY))
NO_SIZES += tuple((1, n) for n in TOO_MANY)
NO_BAND = (None, 4.0, (4.0,), (30.0, 4.0), (NAN, 30.0), (4.0, NAN), ("4", 30.0), np.ones(2))


def run_with(**changes):
    return run(replace(SETTING, **changes), seed=0)


def single_with_tau(tau_dyn):
    weights = np.ones((2, 3))
    return lsm_response(SINGLE["inputs"], weights, LSM(tau_dyn=tau_dyn), dt=1e-3)


def network_with_tau(tau_dyn):
    return simulate(NETWORK, np.ones((3, 20)), LSM(tau_dyn=tau_dyn), dt=1e-3)


# (call, arguments that it accepts, {argument: values that it refuses})
TABLE = [
    # inputs
    (
        PSPKernel,
        {},
        {
            "tau_decay": NOT_POSITIVE,
            "tau_rise": (*NOT_POSITIVE, 4e-3),  # the default of tau_decay
            "tau_m": NOT_POSITIVE,
            "latency": NEGATIVE,
        },
    ),
    (
        spike_times,
        {"rate": 50.0, "duration": 1.0, "n_sensors": 2, "rng": RNG},
        {
            "rate": (*NEGATIVE, 1e15, 1e16),
            "duration": NOT_POSITIVE,
            "n_sensors": (*NO_COUNT, *TOO_MANY),
            "rng": NO_RNG,
        },
    ),
    (
        present,
        {"times": np.full((2, 3), 0.5), "n_presentations": 2, "duration": 1.0, "rng": RNG},
        {
            "times": (*no_array(2, 3, negative=True), *shapes((), (3,), (2, 3, 1)), [[0.5, 1.1]]),
            "n_presentations": (*NO_COUNT, *TOO_MANY),
            "duration": NOT_POSITIVE,
            "jitter": (*NEGATIVE, 1.5),  # longer than a presentation
            "law": NO_NAME,
            "rng": NO_RNG,
        },
    ),
    (
        bin_spikes,
        {"times": np.full((2, 3), 0.005), "n_steps": 10, "dt": 1e-3},
        {
            "times": (*no_array(2, 3, negative=True), *shapes((), (3,)), [[0.0101]], [[1e6]]),
            "n_steps": (*NO_COUNT, *TOO_MANY),
            "dt": NOT_POSITIVE,
        },
    ),
    (
        convolve_psp,
        {"counts": np.ones((2, 3)), "dt": 1e-3},
        {"counts": (*no_array(2, 3, negative=True), 1.0), "dt": NOT_POSITIVE},
    ),
    # neurons
    (
        LSM,
        {},
        {
            "k_static": NEGATIVE,
            "tau_dyn": (*no_array(2, negative=True), *shapes((2, 2)), -1.0),
            "shunting": (-1.1, 1.1, *NO_NUMBER),
        },
    ),
    (HodgkinHuxley, {}, {"tau": NOT_POSITIVE}),
    (
        Izhikevich,
        {},
        dict.fromkeys(("A", "B", "C", "a", "b", "d", "k", "v_peak"), NO_NUMBER)
        | {"c": (30.0, 31.0, *NO_NUMBER)},  # at or above the threshold it would spike for ever
    ),
    # network
    (Normal, {"mean": 0.4}, {"mean": NOT_POSITIVE, "cv": NEGATIVE}),
    (Lognormal, {"mean": 0.4}, {"mean": NOT_POSITIVE, "cv": NEGATIVE}),
    (Binary, {"p": 0.4}, {"p": (*NEGATIVE, 1.1)}),
    (Normal(mean=0.4).sample, {"shape": (2,), "rng": RNG}, {"shape": NO_SHAPES, "rng": NO_RNG}),
    (Lognormal(mean=0.4).sample, {"shape": (2,), "rng": RNG}, {"shape": NO_SHAPES, "rng": NO_RNG}),
    (Binary(p=0.4).sample, {"shape": (2,), "rng": RNG}, {"shape": NO_SHAPES, "rng": NO_RNG}),
    (weight_distribution, {"kind": "normal", "mean": 0.4}, {"kind": NO_NAME, "mean": NOT_POSITIVE}),
    (
        two_layer,
        {"weights": Normal(mean=0.4), "rng": RNG},
        {
            "weights": (None, 0.4, "normal"),
            "sizes": (*NO_SIZES, (np.int64(10**9), 1)),
            "n_sensors": (*NO_COUNT, *TOO_MANY),
            "rng": NO_RNG,
        },
    ),
    (
        with_delays,
        {"network": NETWORK, "mean": 1e-3, "rng": RNG},
        {
            "network": (None, FIELDS["w_rec"]),
            "mean": NEGATIVE,
            "cv": NEGATIVE,
            "law": NO_NAME,
            "rng": NO_RNG,
        },
    ),
    (
        scaled_time_constants,
        {"tau_dyn": 0.01, "power": 0.5, "sizes": (2, 1)},
        {
            "tau_dyn": NEGATIVE,
            "power": (*NEGATIVE, 11.0),
            "sizes": NO_SIZES,
            "n_sensors": (*NO_COUNT, *TOO_MANY[1:]),
            "reference": (*NO_SIZES[:-3], (1, 10**30), (1, 10**5000)),
        },
    ),
    (
        synapse_counts,
        {"sizes": (2, 1), "n_sensors": 3},
        {"sizes": (*NO_SIZES[:-3], *NO_SIZES[-2:]), "n_sensors": (*NO_COUNT, *TOO_MANY[1:])},
    ),
    (neuron_kinds, {"sizes": (2, 1)}, {"sizes": (*NO_SIZES, np.array([5, 4]))}),
    (
        Network,
        FIELDS,
        {
            "w_in": (*no_array(2, 3, negative=True), *shapes((2,), (3, 2))),
            "w_rec": (
                *no_array(2, 2),
                *shapes((2,), (2, 3)),
                FIELDS["w_rec"].T,  # [source, target]
                -FIELDS["w_rec"],
            ),
            "n_synapses": (*no_array(2, negative=True), *shapes((), (3,), (2, 1))),
            "delays": (*no_array(2, 2, negative=True), *shapes((), (2,), (3, 3))),
            "layer": (*no_array(2, negative=True), *shapes((), (3,), (2, 1)), [1, 1.5], [0, 1]),
            "sign": (*no_array(2), [1, 0], [1, 2], [0.5, -1], [[1, -1]], [], 1),
        },
    ),
    # dynamics
    (
        leak_gain,
        {"tau_dyn": 0.01, "dt": 1e-3},
        {"tau_dyn": (*no_array(2, negative=True), -1.0), "dt": NOT_POSITIVE},
    ),
    (
        lsm_response,
        SINGLE | {"neuron": LSM()},
        {"inputs": NO_INPUTS, "weights": NO_SINGLE_WEIGHTS, "dt": NOT_POSITIVE},
    ),
    (
        hodgkin_huxley_response,
        SINGLE | {"neuron": HodgkinHuxley()},
        {"inputs": NO_INPUTS, "weights": NO_SINGLE_WEIGHTS, "dt": NOT_POSITIVE},
    ),
    (
        izhikevich_response,
        SINGLE | {"neurons": Izhikevich()},
        {
            "inputs": NO_INPUTS,
            "weights": (*NO_SINGLE_WEIGHTS, np.ones((2, 3))),
            "dt": NOT_POSITIVE,
            "n_substeps": NO_COUNT,
            "scheme": NO_NAME,
        },
    ),
    (
        simulate,
        {"network": NETWORK, "inputs": np.ones((3, 20)), "neuron": LSM(), "dt": 1e-3},
        {
            "inputs": (*NO_INPUTS, *shapes((20, 3), (4, 20))),
            "dt": NOT_POSITIVE,
            "update": NO_NAME,
        },
    ),
    (
        internal_activity,
        {
            "network": NETWORK,
            "inputs": np.ones((3, 20)),
            "activity": np.ones((6, 20)),
            "neuron": LSM(),
            "dt": 1e-3,
        },
        {
            "network": (None, FIELDS["w_rec"]),
            "inputs": (*NO_INPUTS, *shapes((20, 3), (4, 20))),
            "activity": (
                *no_array(6, 20, negative=True),
                *shapes((), (6,), (20, 6), (6, 19), (5, 20)),
            ),
            "neuron": (None, LSM, HodgkinHuxley()),
            "dt": NOT_POSITIVE,
            "update": NO_NAME,
        },
    ),
    (
        synaptic_lags,
        {"network": NETWORK, "dt": 1e-3, "at_most": 0},
        {
            "network": (None, FIELDS["w_rec"]),
            "dt": NOT_POSITIVE,
            "update": NO_NAME,
            "at_most": (*(n for n in NO_INTEGER if n is not None), *TOO_MANY[1:]),
        },
    ),
    (
        update_turns,
        {"network": NETWORK, "update": "in turn"},
        {"network": (None, FIELDS["w_rec"]), "update": NO_NAME},
    ),
    (single_with_tau, {"tau_dyn": 0.0}, {"tau_dyn": shapes((0,), (1,), (3,))}),
    (network_with_tau, {"tau_dyn": 0.0}, {"tau_dyn": shapes((0,), (1,), (3,))}),
    # spectrum
    (highest_frequency, {"dt": 1e-3}, {"dt": NOT_POSITIVE}),
    (
        log_frequencies,
        {"f_min": 5.0, "f_max": 400.0},
        {"f_min": NOT_POSITIVE, "f_max": (*NOT_POSITIVE, 4.9), "voices": (*NO_COUNT, *TOO_MANY)},
    ),
    (
        cwt,
        {"x": X, "freqs": FREQS, "dt": 1e-3},
        {
            "x": (*no_array(400), *shapes((), (3,), (400, 2))),
            "freqs": NO_FREQS,
            "dt": NOT_POSITIVE,
            "wavelet": (*NO_NAME, "Morse", "db4", "cmor1.5-"),
        },
    ),
    (
        max_power,
        {"x": X, "freqs": FREQS, "dt": 1e-3, "n_windows": 4},
        {
            "x": (*no_array(400), *shapes((), (3,), (400, 2))),
            "freqs": NO_FREQS,
            "dt": NOT_POSITIVE,
            "n_windows": (*NO_COUNT, 3, 401),
            "wavelet": (*NO_NAME, "Morse", "db4"),
            "warm_up": (*NEGATIVE, 0.1),  # the whole first window
        },
    ),
    # measures
    *(
        (
            measure,
            {"x": np.ones((2, 5)), "y": np.ones((2, 5))},
            {
                "x": no_array(2, 5),
                "y": (*no_array(2, 5), *shapes((), (4,), (5, 2))),
            },
        )
        for measure in (correlation, pearson)
    ),
    (coefficient_of_variation, {"x": X}, {"x": no_array(5)}),
    *(
        (measure, POWER, NO_POWER | {"freqs": (*no_array(4), *shapes((), (4, 1)), FREQS + 500)})
        for measure in (gain, high_frequency_ratio)
    ),
    (
        band_gain,
        POWER | {"band": (4.0, 200.0)},
        NO_POWER | {"freqs": (*no_array(4), *shapes((), (4, 1)), FREQS + 500)},
    ),
    (
        band_mean,
        {"values": np.ones((2, 4)), "freqs": FREQS, "band": (4.0, INF)},
        {
            "values": (*without_meaning(np.ones((2, 4))), "text", None, *shapes((), (3,), (4, 2))),
            "freqs": (*no_array(4, negative=True), *shapes((), (4, 1)), FREQS / 100),
            "band": NO_BAND,
        },
    ),
    (
        band_power,
        {"x": X, "band": [4.0, 30.0], "dt": 1e-3},
        {"x": (*no_array(400), *shapes((), (1,))), "dt": NOT_POSITIVE, "band": NO_BAND},
    ),
    (
        cutoff_frequency,
        {"transfer": np.ones(4), "freqs": FREQS},
        {
            "transfer": (*no_array(4, negative=True), *shapes((), (3,), (4, 1))),
            "freqs": (*no_array(4, negative=True), *shapes((), (4, 1)), FREQS - 5, FREQS[::-1]),
            "pass_band": [value for value in NOT_POSITIVE if value is not None],
        },
    ),
    (
        crossing,
        {"x": FREQS, "y": np.ones(4), "level": 0.5},
        {
            "x": (*no_array(4, negative=True), *shapes((), (4, 1)), FREQS - 5, FREQS[::-1]),
            "y": (*no_array(4), *shapes((), (3,), (4, 1))),
            "level": NO_NUMBER,
        },
    ),
    (
        loglog_slope,
        {"x": FREQS, "y": np.array([1.0, 2.0, NAN, 4.0])},
        {
            "x": (
                *without_meaning(FREQS)[:-3],
                "text",
                None,
                *shapes((), (4, 1)),
                -FREQS,
                [0.0] * 4,
            ),
            "y": ("text", None, *shapes((), (3,), (4, 1)), np.zeros(4), -np.ones(4), [INF] * 4),
        },
    ),
    (
        power_transfer,
        {"x": X, "y": X, "dt": 1e-3, "segment": 0.2},
        {
            "x": no_array(400),
            "y": (*no_array(400), *shapes((), (399,))),
            "dt": NOT_POSITIVE,
            "segment": (1e-3, *NOT_POSITIVE),
        },
    ),
    (
        peak_frequencies,
        {"spectrum": np.ones(4), "freqs": FREQS},
        {"spectrum": (*no_array(4), *shapes((), (3,), (4, 1))), "freqs": no_array(4)},
    ),
    # sweeps
    (
        Setting,
        {},
        {
            "stream": NO_INTEGER,
            "dt": NOT_POSITIVE,
            "duration": (*NOT_POSITIVE, 1.0005, 1e-4),  # no whole number of steps
            "weights": (None, "normal", Normal),
            "sizes": ((0, 1), 5, (5,)),
            "n_sensors": NO_COUNT,
            "autapses": (1, None),
            "delay": NEGATIVE,
            "delay_law": NO_NAME,
            "count_zero": (1, None),
            "update": NO_NAME,
            "recorded": NO_NAME,
            "connectivity": (
                np.ones((5, 4)),
                -np.ones((4, 5)),
                np.full((4, 5), np.nan),
                "all",
                None,
            ),
            "rate": NEGATIVE,
            "n_presentations": NO_COUNT,
            "jitter": (*NEGATIVE, 1.1),
            "law": NO_NAME,
        },
    ),
    *(
        (
            call,
            {"setting": SETTING, "seed": 0},
            {"setting": NO_SETTING, "seed": NO_INTEGER, "repeat": NO_INTEGER},
        )
        for call in (run, generators)
    ),
    *(
        (call, {"setting": SETTING, "rng": RNG}, {"setting": NO_SETTING, "rng": NO_RNG})
        for call in (sensory_spikes, sensory_input)
    ),
    (
        respond,
        {"setting": SETTING, "network": RESULT.network, "inputs": RESULT.inputs},
        {
            "setting": NO_SETTING,
            "network": (None, FIELDS["w_rec"]),
            "inputs": (*no_array(2, 200, negative=True), *shapes((), (2,), (3, 200))),
        },
    ),
    (split_cores, {"n_cores": 2, "n_tasks": 3}, {"n_cores": NO_COUNT, "n_tasks": NO_COUNT}),
    *(
        (
            call,
            {
                "network": RESULT.network,
                "neuron": LSM(),
                "sensors": RESULT.inputs[:, 0],
                "activity": RESULT.activity[:, 0],
                **more,
            },
            {
                "network": (None,),
                "neuron": (None, Izhikevich()),
                "sensors": (RESULT.inputs, -RESULT.inputs[:, 0] - 1),
                "activity": (RESULT.activity, RESULT.activity[:-1, 0], [NAN] * 4),
            },
        )
        for call, more in (
            (jacobian, {}),
            (spectral_radius, {"dt": 1e-3}),
            (linear_response, {"dt": 1e-3, "freqs": FREQS}),
        )
    ),
    (
        sweep,
        {"measure": len, "settings": [SETTING], "seed": 0, "n_repeats": 1},
        {
            "seed": NO_INTEGER,
            "n_repeats": NO_COUNT,
            "first": NO_INTEGER,
            "executor": ("threads", 2, ThreadPoolExecutor),
            "store": ("results", 3),
            "settings": ([None], ["setting"], [SETTING, LSM()]),
        },
    ),
]


#: Without an argument to refuse, and what only holds or describes values.
TAKES_NOTHING = {"available_cores", "izhikevich_grid", "Run", "SweepError", "WeightDistribution"}


def test_every_public_call_is_in_the_table():
    called = {getattr(call, "__name__", "") for call, *_ in TABLE}
    public = {name for name in lsm.__all__ if callable(getattr(lsm, name))}
    assert public - called == TAKES_NOTHING


@accepted(TABLE)
def test_the_arguments_that_the_table_calls_valid_are_accepted(call, valid):
    call(**valid)


@refused(TABLE)
def test_a_wrong_argument_is_refused_by_its_name(call, valid, argument, values):
    assert_refused(call, valid, argument, values)


VALUES = np.array([1.0, 2.0, 4.0])
PLAIN_BUT_FOR_THE_CLASS = {
    "list": VALUES.tolist(),
    "masked, nothing hidden": np.ma.array(VALUES, mask=False),
    "series": pd.Series(VALUES, index=["unit", "units", "c"]),
    "series that could have missing values": pd.Series(VALUES, dtype="Float64"),
    "labelled": xr.DataArray(VALUES, dims="unit", coords={"unit": [7, 8, 9]}),
    "every second": np.repeat(VALUES, 2)[::2],
    "single precision": VALUES.astype(np.float32),
    "read-only": np.frombuffer(VALUES.tobytes()),
}


@pytest.mark.parametrize("kind", PLAIN_BUT_FOR_THE_CLASS)
def test_what_means_no_more_than_its_values_is_taken_by_them(kind):
    taken = check.array("x", PLAIN_BUT_FOR_THE_CLASS[kind])
    assert type(taken) is np.ndarray
    assert taken.tolist() == VALUES.tolist()
