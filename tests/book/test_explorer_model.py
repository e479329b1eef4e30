"""The equations that the explorer states a second time, against the package."""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lsm import measures
from lsm.delays import with_delays
from lsm.dynamics import leak_gain, simulate
from lsm.runs import generators, run, sensory_input
from lsm.spectrum import cwt
from rongala2021 import explorer
from rongala2021.run_measures import SILENT
from rongala2021.settings import FORMS, leaky
from tests.v8 import scripts

N = 3  # presentations that are looked at
#: Two hills side by side, of which samples show one.
HILLS = explorer.DEFAULTS | {
    "mean_weight": 1.0,
    "weight_cv": 0.0,
    "k_static": 1.0,
    "n_sensors": 38,
    "rate": 179.0,
    "jitter": 0.029803411,
    "network": 1,
}
#: The highest power right after the warm-up, beyond which its mirror image is higher.
EDGE = explorer.DEFAULTS | {
    "weights": "binary",
    "mean_weight": 0.99999,
    "autapses": True,
    "k_static": 0.00224,
    "tau_dyn": 0.00188,
    "n_sensors": 28,
    "rate": 10.0,
    "jitter": 0.0178391,
}
LOG = {knob.name for knob in explorer.KNOBS if knob.log}


def examples(n):
    return settings(deadline=None, max_examples=n, derandomize=True)


def turned(knob):
    """All values that a knob can take."""
    if knob.choices:
        return st.sampled_from(knob.choices)
    if isinstance(knob.default, bool):
        return st.booleans()
    if isinstance(knob.default, int):
        return st.integers(int(knob.low), int(knob.high))
    if knob.log:
        low, high = math.log(knob.low), math.log(knob.high)
        return st.floats(low, high).map(lambda x: min(max(math.exp(x), knob.low), knob.high))
    # The package refuses magnitudes that no one would set.
    return st.floats(knob.low, knob.high).map(lambda x: round(x, 9))


values = st.fixed_dictionaries({knob.name: turned(knob) for knob in explorer.KNOBS})


@pytest.fixture(scope="module")
def v8():
    with scripts() as loaded:
        yield loaded


@lru_cache(maxsize=2)
def _ran(words, form):
    given = dict(words)
    setting = explorer.setting(given)
    setting = setting if form == "no leak" else leaky(setting, given["tau_dyn"])
    return run(setting, seed=explorer.SEED, repeat=given["network"])


def ran(given, form):
    """The package's run of the network that knobs describe."""
    return _ran(tuple(given.items()), form)


def near(found, expected, tolerance):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * 1e-3)


# ---------------------------------------------------------------- activity


@pytest.mark.parametrize("seed", [0, 1, 2021])
def test_uniform_numbers_are_numpys_to_the_bit(v8, seed):
    rng = np.random.default_rng(seed)
    state = rng.bit_generator.state["state"]
    words = [str(state["state"]), str(state["inc"])]
    found = v8.array("engine.random.uniforms", words, 1000)
    assert np.array_equal(found, rng.random(1000))


@examples(40)
@given(given=values)
def test_the_input_is_the_packages(v8, given):
    setting = explorer.setting(given)
    rng, *_ = generators(setting, explorer.SEED, given["network"])
    found = v8.array(
        "(v) => engine.model.inputs(v, {...explorerData, nPresentations: "
        "explorerData.n_presentations, stream: explorerData.draws[v.network].inputs})",
        given,
    )
    expected = sensory_input(setting, rng=rng)
    # A spike in another step would change it by a tenth.
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-12, atol=1e-12)


def network_of(v8, given):
    return v8.call(
        "(v) => engine.model.network(v, {...explorerData, delayCv: explorerData.delay_cv, "
        "draws: explorerData.draws[v.network]})",
        given,
    )


@examples(40)
@given(given=values)
def test_the_network_is_the_packages(v8, given):
    network = ran(given, "no leak").network
    found = network_of(v8, given)
    near(found["wIn"], network.w_in.ravel(), 1e-14)
    near(found["wRec"], network.w_rec.ravel(), 1e-14)
    near(found["nSynapses"], network.n_synapses, 0)
    near(found["delays"], network.delays.ravel(), 1e-14)


def simulated(v8, network, inputs, neuron, dt):
    gain = float(leak_gain(neuron.tau_dyn, dt))
    net = {
        "n": network.n_neurons,
        "nSensors": network.n_sensors,
        "wIn": network.w_in,
        "wRec": network.w_rec,
        "nSynapses": network.n_synapses,
        "delays": network.delays,
        "sign": network.sign.tolist(),
    }
    rest = {"kStatic": neuron.k_static, "gain": gain, "dt": dt}
    found = v8.array("engine.model.simulate", net, inputs, inputs.shape[1], rest)
    return found.reshape(-1, network.n_neurons).T


@examples(60)
@given(given=values, form=st.sampled_from(FORMS))
def test_activity_is_the_packages_to_the_bit(v8, given, form):
    """Eq. 1-3 on the same network, input and leak: not a bit differs, with delays and without."""
    result = explorer.first_presentations(ran(given, form), N)
    neuron, dt = result.setting.neuron, result.setting.dt
    found = simulated(v8, result.network, result.inputs, neuron, dt)
    assert np.array_equal(found, result.activity)


def test_delays_longer_than_the_record_never_arrive(v8):
    result = explorer.first_presentations(ran(explorer.DEFAULTS, "no leak"), 1)
    rng = np.random.default_rng(1)
    network = with_delays(result.network, 3.0, rng=rng)
    expected = simulate(network, result.inputs, result.setting.neuron, dt=1e-3)
    found = simulated(v8, network, result.inputs, result.setting.neuron, 1e-3)
    assert np.array_equal(found, expected)


def test_what_is_left_of_a_decay_ends_at_zero(v8):
    result = explorer.first_presentations(ran(explorer.DEFAULTS, "leak"), 10)
    inputs = result.inputs.copy()
    inputs[:, 100:] = 0.0
    neuron = replace(result.setting.neuron, tau_dyn=0.005)
    found = simulated(v8, result.network, inputs, neuron, 1e-3)
    assert np.array_equal(found, simulate(result.network, inputs, neuron, dt=1e-3))
    assert found[0, 100] > 0
    assert found[0, -1] == 0


# ---------------------------------------------------------------- spectrum


def full_maxima(signal, frequencies, dt, n_windows, n_skipped):
    """Maximum power of the whole transform in double precision."""
    mirrored = np.concatenate([signal[n_skipped : 2 * n_skipped][::-1], signal[n_skipped:]])
    power = np.abs(cwt(mirrored, frequencies, dt=dt)) ** 2
    power[:, :n_skipped] = 0.0
    return power.reshape(len(frequencies), n_windows, -1).max(axis=-1)


def maxima(v8, signal, frequencies, dt, n_windows, n_skipped):
    rest = {"dt": dt, "nWindows": n_windows, "nSkipped": n_skipped}
    found = v8.array("engine.spectrum.maxPower", signal, frequencies, rest)
    return found.reshape(len(frequencies), n_windows)


def assert_same_maxima(found, expected):
    strong = expected > 1e-4 * expected.max(axis=1, keepdims=True)
    np.testing.assert_allclose(found[strong], expected[strong], rtol=1e-6)
    np.testing.assert_allclose(found, expected, atol=1e-6 * expected.max(axis=1).min())


@examples(20)
@given(given=values, form=st.sampled_from(FORMS), data=st.data())
def test_maximum_power_is_that_of_the_whole_transform(v8, given, form, data):
    result = explorer.first_presentations(ran(given, form), N)
    dt = given["dt"]
    spectrum = explorer.spectrum_of(dt)
    skipped = round(spectrum.warm_up / dt)
    for k in data.draw(st.sets(st.integers(0, 17), min_size=2, max_size=2)):
        signal = result.activity[k]
        expected = full_maxima(signal, spectrum.freqs, dt, N, skipped)
        assert_same_maxima(maxima(v8, signal, spectrum.freqs, dt, N, skipped), expected)


@pytest.mark.parametrize("n_windows", [1, 2, 5, 10])
@pytest.mark.parametrize("n_steps", [90, 1000])
def test_maximum_power_of_noise(v8, n_windows, n_steps):
    """Windows of which each has many peaks of nearly the same height."""
    rng = np.random.default_rng(n_windows)
    signal = rng.normal(size=n_windows * n_steps)
    frequencies = np.geomspace(20, 499, 30)
    expected = full_maxima(signal, frequencies, 1e-3, n_windows, 10)
    assert_same_maxima(maxima(v8, signal, frequencies, 1e-3, n_windows, 10), expected)


def test_a_silent_signal_has_no_power(v8):
    assert not maxima(v8, np.full(1000, 1e-131), np.array([10.0, 100.0]), 1e-3, 1, 0).any()


# ---------------------------------------------------------------- what is shown


def full_ratio(result):
    """HF and number of active neurons from whole transforms in double precision."""
    setting, spectrum = result.setting, explorer.spectrum_of(result.setting.dt)
    rest = (spectrum.freqs, setting.dt, N, round(spectrum.warm_up / setting.dt))
    neurons = np.stack([full_maxima(x, *rest) for x in result.activity])
    sensors = np.stack([full_maxima(x, *rest) for x in result.inputs])
    power, source = neurons.mean(axis=(0, 2)), sensors.mean(axis=(0, 2))
    most = neurons.max(axis=(1, 2))
    gain = measures.gain(power, source, spectrum.freqs)
    hf = float(measures.high_frequency_ratio(power, source, spectrum.freqs))
    return gain, hf, int((most > SILENT * most.max()).sum())


def shown(v8, given, form):
    return v8.call("view", given, form, N)


def as_floats(numbers):
    return np.array([np.nan if x is None else x for x in numbers])


@examples(15)
@example(given=HILLS, form="no leak")
@example(given=EDGE, form="leak")
@given(given=values, form=st.sampled_from(FORMS))
def test_a_view_is_what_the_package_measures(v8, given, form):
    # Eigenvalues of long delays would take the package seconds.
    given = given | {"delay": min(given["delay"], 10 * given["dt"])}
    result = explorer.first_presentations(ran(given, form), N)
    spectrum = explorer.spectrum_of(given["dt"])
    expected = explorer.view(result, spectrum=spectrum, neuron=given["neuron"])
    found = shown(v8, given, form)
    gain, hf, n_active = full_ratio(result)
    near(as_floats(found["gain"]), gain, 1e-6)
    near(as_floats([found["hf"]]), [hf], 1e-6)
    assert found["nActive"] == n_active
    near(as_floats(found["expected"]), expected.expected, 1e-9)
    near(found["activity"], expected.activity, 1e-12)
    near(found["traces"], expected.traces, 1e-12)
    assert found["radius"] == pytest.approx(expected.radius, abs=1e-3)
    # The package's own maxima are exact to 1e-3.
    power = np.reshape(found["power"], expected.power.shape)
    strong = expected.power > 1e-4 * expected.power.max(axis=1, keepdims=True)
    np.testing.assert_allclose(power[strong], expected.power[strong], rtol=1e-3)


BINARY = explorer.DEFAULTS | {"weights": "binary", "mean_weight": 0.1}
#: Excitation and inhibition of layer 2 cancel exactly, but for rounding.
CANCEL = explorer.DEFAULTS | {"autapses": True, "weight_cv": 0.0}


@pytest.mark.parametrize(
    "given",
    [*(BINARY | {"network": n} for n in range(20)), CANCEL, CANCEL | {"network": 3}],
    ids=lambda given: f"{given['weights']} {given['network']}",
)
@pytest.mark.parametrize("form", FORMS)
def test_linear_theory_of_silent_and_nearly_silent_neurons(v8, given, form):
    result = explorer.first_presentations(ran(given, form), N)
    spectrum = explorer.spectrum_of(given["dt"])
    expected = explorer.view(result, spectrum=spectrum, neuron="EN1")
    found = shown(v8, given, form)
    near(as_floats(found["expected"]), expected.expected, 1e-9)
    assert found["radius"] == pytest.approx(expected.radius, abs=1e-4)
    assert found["nActive"] == expected.n_active


def test_views_of_more_and_of_fewer_presentations_do_not_mix(v8):
    """Of twelve, the tenth is drawn; then of fewer, with the same input."""
    for n in (12, 2):
        result = explorer.first_presentations(ran(explorer.DEFAULTS, "leak"), n)
        spectrum = explorer.spectrum_of(explorer.DEFAULTS["dt"])
        expected = explorer.view(result, spectrum=spectrum, neuron="EN1")
        found = v8.call("view", explorer.DEFAULTS, "leak", n)
        near(found["traces"], expected.traces, 1e-12)
        assert found["hf"] == pytest.approx(expected.hf, rel=1e-4)


def test_a_network_without_activity_has_no_ratio(v8):
    given = explorer.DEFAULTS | {"weights": "binary", "mean_weight": 0.01, "n_sensors": 1}
    quiet = [n for n in range(20) if not ran(given | {"network": n}, "no leak").activity.any()]
    found = shown(v8, given | {"network": quiet[0]}, "no leak")
    assert found["hf"] is None
    assert found["nActive"] == 0
    assert set(found["gain"]) == {None}


# ---------------------------------------------------------------- that parity can fail

CONSTANTS = [
    ("random", "2360ed051fc65da44385df649fccf645n", "2360ed051fc65da44385df649fccf647n"),
    ("random", "2 ** -53", "2 ** -52"),
    ("model", "nearest = (x) => whole(x + 0.5)", "nearest = (x) => whole(x + 0.4)"),
    ("model", "-jitter + 2 * jitter", "-jitter + 1.9 * jitter"),
    ("model", "still + excitation + inhibition", "still + excitation - inhibition"),
    ("model", "(1 - gain) * previous", "(0.99 - gain) * previous"),
    ("model", "cv * mean * z))", "1.01 * cv * mean * z))"),
    ("spectrum", "beta * Math.log(x)", "1.001 * beta * Math.log(x)"),
    ("spectrum", "OVERSAMPLING = 2", "OVERSAMPLING = 1"),
    ("spectrum", "N_TAPS = 24", "N_TAPS = 8"),
    ("fourier", "Math.cos((4 * Math.PI) / 5)", "Math.cos((4.001 * Math.PI) / 5)"),
    ("theory", "1 - (1 - gain) * Math.cos(angle)", "1 - gain * Math.cos(angle)"),
    ("theory", "* (1 - output)) / channels", ") / channels"),
    ("engine", "data.high_frequency, Infinity", "data.high_frequency, 400"),
    ("engine", "...data.reference_band", "4, 40"),
]


@pytest.mark.parametrize(("name", "old", "new"), CONSTANTS, ids=[c[1] for c in CONSTANTS])
def test_one_changed_constant_is_noticed(name, old, new):
    given = explorer.DEFAULTS | {"delay": 0.005}
    result = explorer.first_presentations(ran(given, "leak"), N)
    view = explorer.view(result, spectrum=explorer.spectrum_of(given["dt"]), neuron="EN1")
    gain, hf, _ = full_ratio(result)
    with scripts(changes=[(name, old, new)]) as v8:
        found = shown(v8, given, "leak")
    close = [
        np.allclose(found["gain"], gain, rtol=1e-6),
        np.isclose(found["hf"], hf, rtol=1e-6),
        np.allclose(found["expected"], view.expected, rtol=1e-9),
        np.allclose(found["activity"], view.activity, rtol=1e-12),
        np.allclose(found["traces"], view.traces, rtol=1e-12),
    ]
    assert not all(close)
