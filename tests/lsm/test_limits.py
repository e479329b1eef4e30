"""Magnitudes near the limits of float64: refused, or a finite answer, in every public call."""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsm.delays import with_delays
from lsm.dynamics import (
    hodgkin_huxley_response,
    izhikevich_response,
    lsm_response,
    simulate,
)
from lsm.inputs import PSPKernel, convolve_psp
from lsm.measures import (
    coefficient_of_variation,
    correlation,
    gain,
    pearson,
    power_transfer,
)
from lsm.neurons import LSM, HodgkinHuxley, Izhikevich
from lsm.runs import Setting, generators, run
from lsm.spectrum import cwt, max_power
from lsm.sweeps import sweep
from lsm.theory import jacobian, linear_response, spectral_radius
from lsm.weights import Binary, Lognormal, Normal
from tests.lsm.test_bad_input import FREQS, NETWORK, SETTING, TABLE
from tests.refusals import NO_MAGNITUDE

ACCEPTED = (1e70, 1e-70)
MAGNITUDES = (*ACCEPTED, 1e40, 1e-40, *NO_MAGNITUDE)
RNG = np.random.default_rng(0)
X = RNG.random((3, 400))
# NaN is their answer where there is none.
WITHOUT_ANSWER = ("correlation", "pearson", "coefficient_of_variation", "gain", "band_gain")
WITHOUT_ANSWER += ("high_frequency_ratio", "cutoff_frequency", "crossing", "loglog_slope")


def numbers_in(result):
    """All numbers of an answer."""
    if is_dataclass(result):
        result = [getattr(result, field.name) for field in fields(result)]
    if isinstance(result, np.ndarray | float | int):
        yield np.asarray(result)
    elif isinstance(result, list | tuple):
        for item in result:
            yield from numbers_in(item)


def assert_finite_or_refused(call, *, nan=False):
    """A warning of numpy would be an error here too."""
    result, error = None, None
    try:
        result = call()
    except ValueError as caught:
        error = caught
    if error is not None:
        assert type(error) is ValueError, error  # not one of linear algebra
        assert ": expected" in str(error), error
    for found in numbers_in(result):
        assert np.isfinite(found).all() or (nan and not np.isinf(found).any())


def of_magnitude(value, magnitude):
    """What is like `value` with numbers of a magnitude: all, every other and the last of them."""
    if not isinstance(value, np.ndarray):
        return [magnitude]
    some, last = value.astype(float), value.astype(float)
    some.flat[::2], last.flat[-1] = magnitude, magnitude
    with np.errstate(over="ignore"):
        return [np.full(value.shape, magnitude), some, last, value * magnitude]


CASES = [
    pytest.param(call, valid, argument, id=f"{call.__qualname__}-{argument}")
    for call, valid, wrong in TABLE
    for argument in valid | wrong
    if call not in (sweep, generators) and isinstance(valid.get(argument, 1.0), np.ndarray | float)
]


@pytest.mark.parametrize("magnitude", MAGNITUDES)
@pytest.mark.parametrize(("call", "valid", "argument"), CASES)
def test_an_argument_of_any_magnitude_is_refused_or_answered(call, valid, argument, magnitude):
    for value in of_magnitude(valid.get(argument), magnitude):
        assert_finite_or_refused(
            lambda value=value: call(**valid | {argument: value}),
            nan=call.__name__ in WITHOUT_ANSWER,
        )


def simulated(network=NETWORK, inputs=X, **parameters):
    """Activity of a network and its linear theory."""
    neuron = LSM(**parameters)
    activity = simulate(network, inputs, neuron, dt=1e-3)
    point = network, neuron, inputs.mean(axis=1), activity.mean(axis=1)
    return activity, jacobian(*point), linear_response(*point, FREQS, dt=1e-3)


def with_field(name, magnitude):
    changed = of_magnitude(getattr(NETWORK, name), magnitude)
    return [simulated(replace(NETWORK, **{name: value})) for value in changed]


CURRENT = {"inputs": X, "weights": np.array([1.0, 1.0, -1.0]), "dt": 1e-3}
CALLS = {
    "k_static": lambda m: simulated(k_static=m),
    "tau_dyn": lambda m: simulated(tau_dyn=m),
    "one tau_dyn": lambda m: simulated(tau_dyn=np.array([0.01, 0.0, m, 0.01, 0.01, 0.01])),
    "inputs": lambda m: simulated(inputs=m * X),
    "inputs without static leak": lambda m: simulated(inputs=m * X, k_static=0.0),
    "inputs in turn": lambda m: simulate(NETWORK, m * X, LSM(), dt=1e-3, update="in turn"),
    "inputs, other reading": lambda m: simulated(inputs=m * X, shunting=-1.0),
    **{name: lambda m, name=name: with_field(name, m) for name in ("w_in", "n_synapses", "delays")},
    "mean delay": lambda m: simulated(with_delays(NETWORK, m, rng=RNG)),
    "cv of delays": lambda m: simulated(with_delays(NETWORK, 0.01, cv=m, rng=RNG)),
    "delays in theory": lambda m: spectral_radius(
        replace(NETWORK, delays=np.full((6, 6), m)), LSM(), np.ones(3), np.ones(6), dt=1e-3
    ),
    "LSM alone": lambda m: lsm_response(**CURRENT, neuron=LSM(k_static=m, tau_dyn=m)),
    "Hodgkin-Huxley": lambda m: hodgkin_huxley_response(**CURRENT, neuron=HodgkinHuxley(tau=m)),
    "Hodgkin-Huxley, inputs": lambda m: hodgkin_huxley_response(
        **CURRENT | {"inputs": m * X, "weights": np.full(3, m), "dt": m}, neuron=HodgkinHuxley()
    ),
    **{
        f"Izhikevich {name}": lambda m, name=name: izhikevich_response(
            **CURRENT, neurons=Izhikevich(**{name: m})
        )
        for name in ("A", "B", "C", "a", "b", "d", "k", "v_peak")
    },
    "Izhikevich downwards": lambda m: izhikevich_response(**CURRENT, neurons=Izhikevich(A=-m)),
    "Izhikevich reset": lambda m: izhikevich_response(**CURRENT, neurons=Izhikevich(c=-m)),
    **{
        f"PSP {name}": lambda m, name=name: convolve_psp(
            np.ones(9), dt=1e-3, kernel=PSPKernel(**{name: m})
        )
        for name in ("tau_decay", "tau_rise", "tau_m", "latency")
    },
    "PSP counts": lambda m: convolve_psp(
        np.full(9, m), dt=m, kernel=PSPKernel(tau_m=m, tau_decay=np.nextafter(12.5e-3, 1))
    ),
    "Normal": lambda m: Normal(mean=m, cv=m).sample((9, 9), rng=RNG),
    "Lognormal": lambda m: Lognormal(mean=m, cv=m).sample((9, 9), rng=RNG),
    "Lognormal, mean": lambda m: Lognormal(mean=m, of="logarithm").sample((9, 9), rng=RNG),
    "Lognormal, cv": lambda m: Lognormal(mean=1.0, cv=m, of="logarithm").sample(9, rng=RNG),
    "Binary": lambda m: Binary(p=m).sample((9, 9), rng=RNG),
    **{
        f"Setting {name}": lambda m, name=name: run(replace(SETTING, **{name: m}), seed=0)[2:]
        for name in ("rate", "duration", "dt", "jitter", "delay")
    },
    "Setting weights": lambda m: run(replace(SETTING, weights=Normal(mean=m)), seed=0)[2:],
}  # fmt: skip


@pytest.mark.parametrize("magnitude", MAGNITUDES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_parameter_of_any_magnitude_is_refused_or_answered(call, magnitude):
    assert_finite_or_refused(lambda: call(magnitude))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_parameter_beyond_the_limits_is_refused(call):
    beyond = NO_MAGNITUDE if call in [CALLS["k_static"], CALLS["Normal"]] else NO_MAGNITUDE[2:]
    for magnitude in beyond:
        with pytest.raises(ValueError, match=r"^\w+: expected .*(<=|magnitude).*, got .*\d"):
            call(magnitude)


# Measures without a scale are right at every scale.


quick = settings(max_examples=40, deadline=None)
scales = st.integers(-1000, 200).map(lambda exponent: 2.0**exponent)


@quick
@given(scales, scales)
def test_indices_do_not_depend_on_the_scale_of_a_signal(first, second):
    x, y = X[0], X[1] - 0.2
    for index in (correlation, pearson):
        assert index(first * x, second * y) == index(x, y)
    assert coefficient_of_variation(first * x) == coefficient_of_variation(x)


def test_the_least_number_is_no_silence():
    least = np.array([0.0, 5e-324, 0.0, 1e-323])
    assert correlation(least, least) == 1.0
    assert pearson(least, [0, 1, 0, 2]) == pytest.approx(1.0, abs=0.1)  # its mean is rounded
    assert np.isnan(correlation(least, np.zeros(4)))


@quick
@given(st.integers(-400, 200).map(lambda exponent: 2.0**exponent))
def test_power_grows_with_the_square_of_the_scale(scale):
    power = max_power(X, FREQS, dt=1e-3, n_windows=2)
    np.testing.assert_allclose(
        max_power(scale * X, FREQS, dt=1e-3, n_windows=2), scale * scale * power, rtol=1e-6
    )
    coefs = cwt(X, FREQS, dt=1e-3)
    np.testing.assert_allclose(cwt(scale * X, FREQS, dt=1e-3), scale * coefs, rtol=1e-9)


def test_what_has_no_representable_power_is_silent():
    for scale in (1e-140, 1e-300, 5e-324):
        assert not max_power(scale * X, FREQS, dt=1e-3, n_windows=2).any()


def test_a_ratio_that_no_number_holds_is_refused():
    power = np.full(4, 5e-324)
    power[-1] = 1e70
    with pytest.raises(ValueError, match=r"^power: expected values of which no result is above"):
        gain(power, np.ones(4), FREQS)
    with pytest.raises(ValueError, match=r"^x: expected values of which no result is above"):
        power_transfer(1e-70 * X[0], X[1], dt=1e-3, segment=0.1)


def test_a_neuron_that_diverges_is_no_silent_neuron():
    with pytest.raises(ValueError, match=r"^neurons: expected models that steps of 1 ms"):
        izhikevich_response(**CURRENT, neurons=[Izhikevich(), Izhikevich(A=-1.0)])


def test_the_paper_lies_far_from_the_limits():
    found = run(Setting(n_presentations=2), seed=0)
    assert found.activity.max() < 1 < 1e-60 * ACCEPTED[0]
