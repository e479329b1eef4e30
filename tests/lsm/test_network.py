"""Weight distributions against their theory; structure of the two-layer network."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm

from lsm.delays import with_delays as delayed
from lsm.network import Network, scaled_time_constants, two_layer
from lsm.weights import Binary, Lognormal, Normal, weight_distribution

quick = settings(deadline=None, max_examples=30, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(st.integers(1, 6), st.integers(1, 6))
N = 200_000
DISTRIBUTIONS = [Normal(mean=0.4), Lognormal(mean=0.4), Binary(p=0.3)]


def rng(seed=0):
    return np.random.default_rng(seed)


def assert_moments(sample, mean, sd, kurtosis=3.0):
    """Mean and deviation within five standard errors."""
    n = sample.size
    assert abs(sample.mean() - mean) < 5 * sd / np.sqrt(n)
    assert abs(sample.var() - sd**2) < 5 * sd**2 * np.sqrt((kurtosis - 1) / n)


# Distributions


@pytest.mark.parametrize("mean", [0.1, 0.3, 0.5])
def test_normal_weights_have_the_mean_and_a_cv_of_20_percent(mean):
    sample = weight_distribution("normal", mean).sample((N,), rng=rng())
    assert_moments(sample, mean, 0.2 * mean)
    assert kstest(sample, "norm", args=(mean, 0.2 * mean)).pvalue > 1e-5


@pytest.mark.parametrize("mean", [0.1, 0.3, 0.5])
def test_lognormal_weights_have_the_mean_and_a_cv_of_20_percent(mean):
    sample = weight_distribution("lognormal", mean).sample((N,), rng=rng())
    assert_moments(sample, mean, 0.2 * mean, kurtosis=3.7)


@pytest.mark.parametrize("cv", [0.2, 1.0])
def test_the_logarithm_of_lognormal_weights_is_normal(cv):
    # If X is lognormal, its mean is exp(mu + s^2/2) and its squared CV exp(s^2) - 1.
    log = np.log(Lognormal(mean=0.4, cv=cv).sample((N,), rng=rng()))
    s = np.sqrt(np.log(1 + cv**2))
    assert kstest(log, "norm", args=(np.log(0.4) - s**2 / 2, s)).pvalue > 1e-5


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_binary_weights_are_one_with_probability_p(p):
    sample = weight_distribution("binary", p).sample((N,), rng=rng())
    assert set(np.unique(sample)) <= {0.0, 1.0}
    assert abs(sample.mean() - p) <= 5 * np.sqrt(p * (1 - p) / N)


def test_a_negative_normal_draw_gives_its_magnitude():
    sample = Normal(mean=1.0, cv=2.0).sample((N,), rng=rng())
    assert sample.min() >= 0
    # Mean of the folded normal distribution.
    folded = 2 * np.sqrt(2 / np.pi) * np.exp(-1 / 8) + 1 - 2 * norm.cdf(-1 / 2)
    assert abs(sample.mean() - folded) < 5 * np.sqrt(5 - folded**2) / np.sqrt(N)


@pytest.mark.parametrize("kind", [Normal, Lognormal])
def test_without_variation_all_weights_are_the_mean(kind):
    np.testing.assert_allclose(kind(mean=0.3, cv=0.0).sample((50,), rng=rng()), 0.3, rtol=1e-14)


@pytest.mark.parametrize("weights", DISTRIBUTIONS)
def test_weights_are_non_negative_independent_and_from_the_rng_alone(weights):
    sample = weights.sample((300, 300), rng=rng())
    assert sample.shape == (300, 300)
    assert sample.min() >= 0
    off_diagonal = np.corrcoef(sample)[np.triu_indices(300, 1)]
    assert np.abs(off_diagonal).max() < 6 / np.sqrt(300)
    np.random.seed(5)  # noqa: NPY002 - the very state that must not matter
    np.testing.assert_array_equal(sample, weights.sample((300, 300), rng=rng()))
    assert (sample != weights.sample((300, 300), rng=rng(1))).any()


# The two-layer network


@quick
@given(seeds, sizes, st.integers(1, 8), st.booleans())
def test_structure(seed, sizes, n_sensors, autapses):
    network = two_layer(
        Lognormal(mean=0.4),  # never exactly zero: a weight of zero is an absent synapse
        sizes=sizes,
        n_sensors=n_sensors,
        autapses=autapses,
        rng=rng(seed),
    )
    first, second = sizes
    n = 2 * (first + second)
    assert (network.n_neurons, network.n_sensors) == (n, n_sensors)
    # Excitatory neurons come before inhibitory ones, and layer 1 before layer 2 among each.
    half = [1] * first + [2] * second
    assert list(network.layer) == half + half
    assert list(network.sign) == [1] * (n // 2) + [-1] * (n // 2)
    for target in range(n):
        sensed = network.w_in[target]
        assert (sensed > 0).all() if network.layer[target] == 1 else (sensed == 0).all()
        n_connections = 0
        for source in range(n):
            w = network.w_rec[target, source]
            connected = autapses or source != target
            assert np.sign(w) == (network.sign[source] if connected else 0)
            n_connections += connected
        assert network.n_synapses[target] == n_connections + np.count_nonzero(sensed)
    assert not network.delays.any()


def test_defaults_are_the_five_by_four_network_with_six_sensors():
    network = two_layer(Normal(mean=0.4), rng=rng())
    assert network.n_neurons == 18
    assert network.w_in.shape == (18, 6)
    for layer, count in ((1, 5), (2, 4)):
        for sign in (1, -1):
            assert ((network.layer == layer) & (network.sign == sign)).sum() == count
    assert not network.w_rec.diagonal().any()


def test_synapses_of_weight_zero_are_counted():
    network = two_layer(Binary(p=0.0), rng=rng())
    np.testing.assert_array_equal(network.n_synapses, np.where(network.layer == 1, 17 + 6, 17))


def test_names_count_each_kind():
    network = two_layer(Normal(mean=0.4), sizes=(2, 1), rng=rng())
    assert network.names == ("EN1", "EN2", "EN3", "IN1", "IN2", "IN3")


def test_names_follow_the_neurons_in_any_order():
    n = 4
    network = Network(
        w_in=np.zeros((n, 1)),
        w_rec=np.zeros((n, n)),
        n_synapses=np.zeros(n),
        delays=np.zeros((n, n)),
        layer=np.ones(n, dtype=int),
        sign=np.array([-1, 1, 1, -1]),
    )
    assert network.names == ("IN1", "EN1", "EN2", "IN2")


def test_autapses_are_added_to_the_same_network():
    without, having = (two_layer(Normal(mean=0.4), autapses=a, rng=rng()) for a in (False, True))
    np.testing.assert_array_equal(without.w_in, having.w_in)
    off = ~np.eye(18, dtype=bool)
    np.testing.assert_array_equal(without.w_rec[off], having.w_rec[off])
    np.testing.assert_array_equal(having.n_synapses, without.n_synapses + 1)
    np.testing.assert_array_equal(np.sign(having.w_rec.diagonal()), having.sign)


@pytest.mark.parametrize("weights", DISTRIBUTIONS)
def test_sensory_and_recurrent_weights_follow_one_distribution(weights):
    network = two_layer(weights, sizes=(150, 10), n_sensors=150, rng=rng())
    mean = getattr(weights, "mean", None) or weights.p
    sd = np.sqrt(mean * (1 - mean)) if isinstance(weights, Binary) else 0.2 * mean
    sensory = network.w_in[network.layer == 1]
    recurrent = np.abs(network.w_rec[~np.eye(320, dtype=bool)])
    for sample in (sensory, recurrent):
        assert abs(sample.mean() - mean) < 5 * sd / np.sqrt(sample.size)


# Delays


def test_delays_have_their_mean_and_cv():
    network = two_layer(Normal(mean=0.4), sizes=(100, 100), rng=rng())
    assert_moments(delayed(network, 5e-3, rng=rng(1)).delays, 5e-3, 0.2 * 5e-3)
    assert_moments(delayed(network, 5e-3, cv=0.1, rng=rng(1)).delays, 5e-3, 0.1 * 5e-3)


def test_delays_are_never_negative():
    network = two_layer(Normal(mean=0.4), rng=rng())
    assert delayed(network, 1e-3, cv=3.0, rng=rng()).delays.min() >= 0


def test_delays_change_nothing_else():
    network = two_layer(Normal(mean=0.4), rng=rng())
    after = delayed(network, 5e-3, rng=rng())
    for name in {f.name for f in fields(Network)} - {"delays"}:
        np.testing.assert_array_equal(getattr(after, name), getattr(network, name))
    assert not network.delays.any()


def test_a_mean_delay_of_zero_is_no_delay():
    network = two_layer(Normal(mean=0.4), rng=rng())
    np.testing.assert_array_equal(delayed(network, 0.0, rng=rng()).delays, network.delays)


def test_uniform_delays_are_anything_from_zero_to_twice_their_mean():
    network = two_layer(Normal(mean=0.4), sizes=(100, 100), rng=rng())
    delays = delayed(network, 5e-3, law="uniform", rng=rng(1)).delays
    assert_moments(delays, 5e-3, 10e-3 / np.sqrt(12), kurtosis=1.8)
    assert delays.min() >= 0
    assert delays.max() <= 10e-3
    assert kstest(delays.ravel(), "uniform", args=(0, 10e-3)).pvalue > 1e-5


def test_uniform_delays_ignore_the_cv_and_change_nothing_else():
    network = two_layer(Normal(mean=0.4), rng=rng())
    one, two = (delayed(network, 5e-3, cv=cv, law="uniform", rng=rng()) for cv in (0.2, 1.0))
    np.testing.assert_array_equal(one.delays, two.delays)
    for name in {f.name for f in fields(Network)} - {"delays"}:
        np.testing.assert_array_equal(getattr(one, name), getattr(network, name))
    assert not delayed(network, 0.0, law="uniform", rng=rng()).delays.any()


def test_delays_are_normal_unless_asked_otherwise():
    network = two_layer(Normal(mean=0.4), rng=rng())
    one, two = delayed(network, 5e-3, rng=rng()), delayed(network, 5e-3, law="normal", rng=rng())
    np.testing.assert_array_equal(one.delays, two.delays)


# Time constants that grow with the network


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n_sensors", [1, 6])
def test_neurons_of_the_5x4_network_keep_their_time_constant(power, n_sensors):
    found = scaled_time_constants(0.01, power, sizes=(5, 4), n_sensors=n_sensors)
    np.testing.assert_allclose(found, np.full(18, 0.01), rtol=1e-14)


def test_a_power_of_zero_leaves_every_time_constant():
    np.testing.assert_array_equal(scaled_time_constants(0.01, 0, sizes=(50, 1)), np.full(102, 0.01))


def test_time_constants_grow_with_the_synapses_of_a_layer_by_hand():
    # 36 neurons: 35 recurrent synapses on each and, in layer 1, 6 sensory ones; of 18, 17 and 6.
    first, second = 41 / 23, 35 / 17
    expected = np.repeat([first, second, first, second], [10, 8, 10, 8])
    for power in (0.5, 1.0, 2.0):
        found = scaled_time_constants(0.01, power, sizes=(10, 8))
        np.testing.assert_allclose(found, 0.01 * expected**power, rtol=1e-14)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 7), (20, 16)])
@pytest.mark.parametrize("n_sensors", [2, 6])
def test_proportional_time_constants_are_those_of_the_networks_synapses(sizes, n_sensors):
    network = two_layer(Normal(mean=0.4), sizes=sizes, n_sensors=n_sensors, rng=rng())
    reference = two_layer(Normal(mean=0.4), sizes=(5, 4), n_sensors=n_sensors, rng=rng())
    found = scaled_time_constants(0.02, 1, sizes=sizes, n_sensors=n_sensors)
    assert found.shape == (network.n_neurons,)
    for layer in (1, 2):
        (of_reference,) = set(reference.n_synapses[reference.layer == layer])
        expected = 0.02 * network.n_synapses[network.layer == layer] / of_reference
        np.testing.assert_allclose(found[network.layer == layer], expected, rtol=1e-14)


def test_without_a_leak_there_is_nothing_to_scale():
    assert not scaled_time_constants(0.0, 1, sizes=(9, 9)).any()


def test_lognormal_weights_of_a_logarithm_are_normal_in_it():
    found = np.log(
        Lognormal(mean=0.3, cv=0.2, of="logarithm").sample((20000,), rng=np.random.default_rng(0))
    )
    assert found.mean() == pytest.approx(0.3, abs=0.002)
    assert found.std() == pytest.approx(0.06, rel=0.02)
    with pytest.raises(ValueError, match=r"^of: expected one of logarithm, weights, got 'x'"):
        Lognormal(mean=0.3, of="x")


def test_the_reference_network_keeps_its_time_constant():
    found = scaled_time_constants(0.01, 0.5, sizes=(20, 16), reference=(20, 16))
    np.testing.assert_allclose(found, 0.01)
    assert (scaled_time_constants(0.01, 0.5, sizes=(5, 4), reference=(20, 16)) < 0.01).all()
