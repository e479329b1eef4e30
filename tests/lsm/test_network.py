"""Weight distributions against their theory; structure of the two-layer network."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm

from lsm.network import (
    CONNECTIVITY,
    Network,
    scaled_time_constants,
    synapse_counts,
    two_layer,
)
from lsm.weights import Binary, Lognormal, Normal, weight_distribution
from tests.equations import assert_moments

quick = settings(deadline=None, max_examples=30, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(st.integers(1, 6), st.integers(1, 6))
N = 200_000
DISTRIBUTIONS = [Normal(mean=0.4), Lognormal(mean=0.4), Binary(p=0.3)]


def rng(seed=0):
    return np.random.default_rng(seed)


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


# Who hears whom


@quick
@given(seeds, sizes, st.integers(1, 8), st.booleans())
def test_by_default_the_network_is_draws_times_masks_to_the_bit(seed, sizes, n_sensors, autapses):
    shape = dict(sizes=sizes, n_sensors=n_sensors, autapses=autapses)
    draw, n = rng(seed), 2 * sum(sizes)
    first_layer = np.array(2 * ([True] * sizes[0] + [False] * sizes[1]))
    sign = np.repeat([1, -1], n // 2)
    w_in = np.abs(draw.normal(0.4, 0.2 * 0.4, (n, n_sensors)))
    w_rec = np.abs(draw.normal(0.4, 0.2 * 0.4, (n, n)))
    w_in[~first_layer] = 0.0
    if not autapses:
        np.fill_diagonal(w_rec, 0.0)
    for given_too in ({}, {"connectivity": CONNECTIVITY}, {"connectivity": np.array(CONNECTIVITY)}):
        network = two_layer(Normal(mean=0.4), **shape, **given_too, rng=rng(seed))
        assert network.w_in.tobytes() == w_in.tobytes()
        np.testing.assert_array_equal(network.w_rec, w_rec * sign)
        synapses = np.where(first_layer, n_sensors, 0) + n - (not autapses)
        np.testing.assert_array_equal(network.n_synapses, synapses)


#: Of each choice, the factors and the words for them: who sends (None: a sensor) to whom how much,
#: each as kind and layer.
ALL, NONE = (1, 1, 1, 1, 1), (0, 1, 1, 1, 1)


def usual(source, target):
    """Sensors excite layer 1, and neurons connect to all others."""
    return target[1] == 1 if source is None else 1


def to_excitatory_neurons_only(source, target):
    return target == ("EN", 1) if source is None else 1


def no_inhibition_from_layer_1_to_layer_2(source, target):
    return 0 if source == ("IN", 1) and target[1] == 2 else usual(source, target)


def inhibition_within_its_layer(source, target):
    between = source is not None and source[0] == "IN" and source[1] != target[1]
    return 0 if between else usual(source, target)


def weaker_inhibition(source, target):
    return 0.8 if source is not None and source[0] == "IN" else usual(source, target)


def sensors_to_all(source, target):
    return 1


def nobody(source, target):
    return 0


CHOICES = {
    usual: (ALL, NONE, ALL, NONE),
    to_excitatory_neurons_only: (ALL, NONE, NONE, NONE),
    no_inhibition_from_layer_1_to_layer_2: (ALL, (0, 1, 1, 0, 1), ALL, (0, 1, 1, 0, 1)),
    inhibition_within_its_layer: (
        (1, 1, 1, 1, 0),
        (0, 1, 1, 0, 1),
        (1, 1, 1, 1, 0),
        (0, 1, 1, 0, 1),
    ),
    weaker_inhibition: (
        (1, 1, 1, 0.8, 0.8),
        (0, 1, 1, 0.8, 0.8),
        (1, 1, 1, 0.8, 0.8),
        (0, 1, 1, 0.8, 0.8),
    ),
    sensors_to_all: (ALL,) * 4,
    nobody: ((0,) * 5,) * 4,
}


@pytest.mark.parametrize("autapses", [False, True])
@pytest.mark.parametrize("words", CHOICES)
def test_a_choice_of_who_hears_whom_is_what_its_words_say(words, autapses):
    shape = dict(sizes=(3, 2), n_sensors=4, autapses=autapses)
    network = two_layer(Normal(mean=0.4), connectivity=CHOICES[words], **shape, rng=rng(5))
    # Before any factor, all of the same draws.
    drawn = two_layer(Normal(mean=0.4), connectivity=(ALL,) * 4, **shape, rng=rng(5))
    who = [("EN", 1)] * 3 + [("EN", 2)] * 2 + [("IN", 1)] * 3 + [("IN", 2)] * 2
    for k, target in enumerate(who):
        n_synapses = 0
        for s in range(4):
            factor = words(None, target)
            assert network.w_in[k, s] == factor * drawn.w_in[k, s]
            n_synapses += factor > 0
        for j, source in enumerate(who):
            factor = words(source, target) if autapses or j != k else 0
            assert network.w_rec[k, j] == factor * drawn.w_rec[k, j]
            n_synapses += factor > 0
        assert network.n_synapses[k] == n_synapses
    assert (drawn.w_in > 0).all()
    assert (np.count_nonzero(drawn.w_rec) == 100) == autapses


factors = st.lists(
    st.lists(st.sampled_from([0.0, 1e-3, 0.5, 1.0, 3.0]), min_size=5, max_size=5),
    min_size=4,
    max_size=4,
)


@quick
@given(seeds, sizes, st.integers(1, 5), st.booleans(), factors)
def test_factors_multiply_weights_and_those_of_zero_are_no_synapses(
    seed, sizes, n_sensors, autapses, connectivity
):
    shape = dict(sizes=sizes, n_sensors=n_sensors, autapses=autapses)
    network = two_layer(Lognormal(mean=0.4), **shape, connectivity=connectivity, rng=rng(seed))
    drawn = two_layer(Lognormal(mean=0.4), **shape, connectivity=(ALL,) * 4, rng=rng(seed))
    populations = np.repeat(range(4), (*sizes, *sizes))
    for k, target in enumerate(populations):
        w_in = drawn.w_in[k] * connectivity[target][0]
        w_rec = drawn.w_rec[k] * [connectivity[target][1 + source] for source in populations]
        np.testing.assert_array_equal(network.w_in[k], w_in)
        np.testing.assert_array_equal(network.w_rec[k], w_rec)
    each = np.concatenate([network.w_in, network.w_rec], axis=1)  # no lognormal draw is zero
    np.testing.assert_array_equal(network.n_synapses, np.count_nonzero(each, axis=1))
    if not autapses:
        counts = synapse_counts(sizes, n_sensors, connectivity)
        np.testing.assert_array_equal(counts[populations], network.n_synapses)


def test_a_synapse_of_weight_zero_counts_where_there_is_a_synapse():
    choice = CHOICES[inhibition_within_its_layer]
    network = two_layer(Binary(p=0.0), connectivity=choice, rng=rng())
    # Of 5x4: 6 sensors, 8 or 9 other excitatory neurons, 4 or 5 or 3 or 4 inhibitory ones.
    of_each = [6 + 8 + 5, 8 + 4, 6 + 9 + 4, 9 + 3]
    np.testing.assert_array_equal(network.n_synapses, np.repeat(of_each, (5, 4, 5, 4)))
    np.testing.assert_array_equal(synapse_counts((5, 4), 6, choice), of_each)


NOT_FACTORS = {
    "negative": (np.where(np.eye(4, 5) > 0, -0.5, 1.0), "values >= 0, got -0.5"),
    "NaN": (np.where(np.eye(4, 5) > 0, np.nan, 1.0), "finite numbers, got 4 NaN or infinite"),
    "infinite": (np.where(np.eye(4, 5) > 0, np.inf, 1.0), "finite numbers, got 4 NaN or infinite"),
    "other axes": (np.ones((5, 4)), r"shape \(4, 5\), got \(5, 4\)"),
    "no sensors": (np.ones((4, 4)), r"shape \(4, 5\), got \(4, 4\)"),
    "one": (1.0, r"shape \(4, 5\), got \(\)"),
    "ragged": ([[1.0] * 5] * 3 + [[1.0] * 4], "an array of real numbers, got a list"),
    "words": ("all", "an array of real numbers, got a str"),
    "nothing": (None, "an array of real numbers, got a NoneType"),
}


@pytest.mark.parametrize(
    "call",
    [
        lambda c: two_layer(Normal(mean=0.4), connectivity=c, rng=rng()),
        lambda c: synapse_counts((5, 4), 6, c),
        lambda c: scaled_time_constants(0.01, 0.5, sizes=(5, 4), connectivity=c),
    ],
    ids=["two_layer", "synapse_counts", "scaled_time_constants"],
)
@pytest.mark.parametrize(("factors", "message"), NOT_FACTORS.values(), ids=NOT_FACTORS)
def test_what_are_no_factors_is_refused_by_name(call, factors, message):
    with pytest.raises(ValueError, match=f"^connectivity: expected {message}"):
        call(factors)


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


@pytest.mark.parametrize("words", [w for w in CHOICES if w is not nobody])
@pytest.mark.parametrize("power", [0.5, 1.0])
def test_time_constants_grow_with_the_synapses_that_there_are(words, power):
    how = dict(connectivity=CHOICES[words], n_sensors=4)
    found = scaled_time_constants(0.02, power, sizes=(7, 3), reference=(2, 4), **how)
    large, small = (
        two_layer(Normal(mean=0.4), sizes=sizes, **how, rng=rng()).n_synapses
        for sizes in ((7, 3), (2, 4))
    )
    of_reference = np.repeat(small[[0, 2, 6, 8]], (7, 3, 7, 3))
    np.testing.assert_allclose(found, 0.02 * (large / of_reference) ** power, rtol=1e-14)
    kept = scaled_time_constants(0.02, power, sizes=(5, 4), **how)
    np.testing.assert_allclose(kept, 0.02, rtol=1e-14)


def test_a_population_that_hears_nothing_has_no_time_constant_to_scale():
    deaf = [[0.0] * 5, *[list(row) for row in CONNECTIVITY[1:]]]
    with pytest.raises(ValueError, match=r"^connectivity: expected synapses on every population"):
        scaled_time_constants(0.01, 0.5, sizes=(10, 8), connectivity=deaf)
