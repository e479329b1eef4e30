"""What pages beyond the paper conclude in words that compare, against the tables on them.

Of loops that are cut open, the build-up, stability, and what is read out of a network.
"""

import pytest
import yaml

from tests.conclusions import BOOK, measured, pictures, says, table

LOOPS = "beyond/open_loops"
BUILD_UP = "beyond/build_up"
LINEAR = "beyond/linear_response"
REPRESENTATION = "beyond/representation"

NO_LEAK, LEAK, SMOOTHED = "without leak", "with leak", "without leak, smoothed afterwards"
NO_RELAY, ONE_RELAY = "without leak, no relay", "without leak, one relay"
AUTAPSES = "without leak, autapses"
BOUND = 0.1

# ---------------------------------------------------------------- open loops


@pytest.fixture
def controls():
    return table(LOOPS, "loops-10", "median over seeds")


@pytest.fixture
def relays():
    return table(LOOPS, "loops-12", "relays")


@pytest.fixture
def by_weights():
    return table(LOOPS, "loops-19", ["kind", "mean"])


@pytest.fixture
def by_others():
    return table(LOOPS, "loops-20", ["weights", "other"])


RATIO = "HF, leak over filter, median"
LOW, HIGH = (f"power {band}, leak over filter" for band in ("in 4-30 Hz", "from 100 Hz on"))


def test_signals_between_neurons_make_the_high_frequencies(controls, relays):
    says(LOOPS, "Signals between neurons make the high frequencies", "the gain is flat")
    pictures(LOOPS, "loops-08", "With no relay it stays at one", "With leak it falls steeply")
    hf = controls.loc["HF of the network"]
    assert hf[NO_RELAY] == pytest.approx(1, abs=0.05)
    assert hf[NO_LEAK] > 1.5
    assert hf[ONE_RELAY] > 1.5
    assert hf[LEAK] < BOUND
    says(LOOPS, "HF is well above 1 with no relay already")
    assert relays.loc["0", "HF, binary, p = 0.2"] > 1.5


def test_without_relays_neurons_are_about_as_active_as_in_the_network(controls):
    says(LOOPS, "so that it is about as active as there")
    says(LOOPS, "at the same mean activity of layer 1")
    active = controls.loc[[f"mean activity of {kind}, layer 1 (a.u.)" for kind in ("ENs", "INs")]]
    assert active[NO_RELAY].values == pytest.approx(active[NO_LEAK].values, rel=0.01)
    second = controls.loc["mean activity of layer 2 (a.u.)"]
    assert second[NO_RELAY] == pytest.approx(second[NO_LEAK], rel=0.2)


def test_neurons_of_layer_2_that_do_not_vary_count_as_silent(controls):
    says(LOOPS, "with no relay those of layer 2 are constant, and count as silent")
    assert controls.loc["silent neurons of layer 2", NO_RELAY] == 8
    assert controls.loc["mean activity of layer 2 (a.u.)", NO_RELAY] > 1e-3


def test_much_of_the_rise_of_hf_comes_from_its_denominator(controls):
    says(LOOPS, "much of its rise comes from the denominator")
    says(LOOPS, "The network has less power in 4-30 Hz", "From 100 Hz on it has about as much")
    low = controls.loc["power, 4-30 Hz (1e-3 a.u.²)"]
    high = controls.loc["power from 100 Hz on (1e-3 a.u.²)"]
    hf = controls.loc["HF of the network"]
    assert (low[NO_RELAY] / low[NO_LEAK]) ** 2 > hf[NO_LEAK] / hf[NO_RELAY]  # by half at least
    assert low[NO_RELAY] > low[NO_LEAK]
    assert high[NO_LEAK] == pytest.approx(high[NO_RELAY], rel=0.15)


def test_loops_take_part_with_few_strong_synapses_alone(relays):
    says(LOOPS, "With normal weights they need no loop", "HF keeps growing with the number")
    says(LOOPS, "One relay makes more HF than the network has")
    assert relays.index.tolist() == ["0", "1", "2", "8", "network"]
    normal = relays["HF, weights as above"]
    assert normal["1"] > normal["network"]
    assert not normal.is_monotonic_increasing
    binary = relays["HF, binary, p = 0.2"]
    assert binary.is_monotonic_increasing
    assert binary.is_unique


def test_eight_relays_come_close_to_the_network(relays):
    says(LOOPS, "In the limit this is the network itself")
    off = (relays / relays.loc["network"] - 1).abs()
    assert (off.loc["8"] < 0.1).all()
    assert (off.loc["8"] <= off.loc["2"]).all()


def test_transients_need_no_signals_between_neurons(controls):
    says(LOOPS, "have more of them on the scale", "and fewer, but more than half as many, on their")
    counts = controls.loc[[name for name in controls.index if name.startswith("transients")]]
    network, own = counts[NO_RELAY] / counts[NO_LEAK]
    assert network > 1
    assert 0.5 < own < 1


def test_with_many_weak_synapses_the_leak_does_what_the_filter_does(by_weights, by_others):
    says(LOOPS, "with autapses too", "is as low or a little lower", "leaves more power, at low and")
    alike = by_weights.drop(index="binary", level="kind").values.tolist()
    alike.append(by_others.loc[("weights as above", "autapses")].tolist())
    columns = by_weights.columns.tolist()
    for values in alike:
        row = dict(zip(columns, values, strict=True))
        assert 1 <= row[RATIO] < 1.2
        assert row["filter afterwards, median"] <= row["leak in the network, median"]
        assert max(row["largest"], row["largest of these"]) < BOUND
        assert row[LOW] > 1
        assert row[HIGH] > 1


def test_it_leaves_more_power_in_the_networks_of_figure_4_too(controls):
    says(LOOPS, "The leak in the network even leaves more power")
    power = controls.loc[[name for name in controls.index if name.startswith("power")]]
    assert len(power) == 2
    assert (power[LEAK] > power[SMOOTHED]).all()


def test_with_conduction_delays_the_leak_leaves_less_than_the_filter(by_others):
    says(LOOPS, "with both kinds of weights, though the filter keeps below the bound as well")
    says(LOOPS, "in part because it leaves more power in 4-30 Hz")
    delays = by_others.drop(index="autapses", level="other")
    assert len(delays) == 10
    assert (delays[RATIO] < 0.9).all()
    assert (delays["largest of these"] < BOUND).all()
    assert (delays["of these above 0.1"] == 0).all()
    above = delays.loc["weights as above"]
    assert (above[LOW] > 1).all()
    assert (above[HIGH] < 1).all()  # the other part


def test_with_binary_weights_the_leak_does_most(by_weights, by_others):
    says(LOOPS, "With binary weights it does most", "with about the same power in 4-30 Hz")
    says(LOOPS, "It leaves a third to three quarters of the high frequencies")
    of_others = by_others[RATIO].unstack("weights")
    assert (of_others["binary, p = 0.2"] < of_others["weights as above"]).all()
    of_weights = by_weights[RATIO].unstack("kind")
    assert (of_weights["binary"] < of_weights[["normal", "lognormal"]].min(axis=1)).all()
    for binary in (by_weights.loc["binary"], by_others.loc["binary, p = 0.2"]):
        assert binary[RATIO].between(1 / 3 - 0.05, 0.75 + 0.05).all()
        assert binary[LOW].between(0.85, 1.15).all()
    assert of_weights["binary"].min() < 1 / 3 + 0.05
    assert of_weights["binary"].max() > 0.75 - 0.05


def test_only_sparse_binary_networks_exceed_the_bound_with_the_filter(by_weights, by_others):
    says(LOOPS, "No network with it is above the bound", "with and without autapses")
    pictures(LOOPS, "loops-18", "those of the filter lie a little higher", "all stay below it")
    for found in (by_weights, by_others):
        assert (found["above 0.1"] == 0).all()
        assert (found["largest"] < BOUND).all()
    above = by_weights["of these above 0.1"]
    assert above[above > 0].index.tolist() == [("binary", 0.1), ("binary", 0.2)]
    above = by_others["of these above 0.1"]
    assert above[above > 0].index.tolist() == [("binary, p = 0.2", "autapses")]


def test_d3_is_false_of_some_kinds_of_weights_and_true_of_others():
    says(LOOPS, "by the kind with the largest ratio", "true, more or less, where they do not")
    found = measured(LOOPS, "loops-22")
    assert (found["D3", ""]["largest_ratio_to_filter"] > 0.75).all()
    assert (found["D3", ""]["smallest_ratio_to_filter"] < 0.75).all()
    assert (found["D3", "positive"]["largest_ratio_to_filter"] < 0.75).all()


def test_layer_2_is_almost_silent_where_inhibitory_neurons_are_more_active(controls):
    says(LOOPS, "inhibitory neurons are more active than excitatory ones", "more of layer 2 is")
    excitatory, inhibitory = (
        controls.loc[f"mean activity of {kind}, layer 1 (a.u.)"] for kind in ("ENs", "INs")
    )
    second = controls.loc["mean activity of layer 2 (a.u.)"]
    silent = controls.loc["silent neurons of layer 2"]
    assert (inhibitory > excitatory).drop(AUTAPSES).all()
    assert (second < 0.01 * excitatory).drop(AUTAPSES).all()
    assert silent[NO_LEAK] > 4  # of 8
    assert inhibitory[AUTAPSES] == pytest.approx(excitatory[AUTAPSES], rel=0.02)
    assert silent[AUTAPSES] < silent[NO_LEAK]
    assert second[AUTAPSES] > second[NO_LEAK]
    says(LOOPS, "The last column is the network with autapses")
    assert controls.columns[-1] == AUTAPSES


def test_with_autapses_and_delays_half_as_many_networks_run():
    says(LOOPS, "these two with two kinds of weights and half as many networks")
    rows = table(LOOPS, "loops-14", ["file", "column"])["rows"].xs("hf", level="column")
    forms = 3
    assert rows["open_loops_weights.csv"] / (forms * 3 * 5) == 20
    assert rows["open_loops_others.csv"] / (forms * 2 * (1 + 5)) == 10


# ---------------------------------------------------------------- build-up


@pytest.fixture
def tried():
    return table(BUILD_UP, "build-08", "median over seeds")


@pytest.fixture
def planted():
    return table(BUILD_UP, "build-13", "presentations")


HALF = 10  # of 20 seeds
MET = ["seeds with 4b", "seeds with 4c"]
OF_ANALYSIS = ["warm-up left in", "left out of the maximum alone"]


def test_no_change_of_the_model_brings_the_build_up_in_most_networks(tried, planted):
    says(BUILD_UP, "Here they do neither in most networks", "No change of the model or of its")
    assert (tried.drop(index=OF_ANALYSIS)[MET] < HALF).all(axis=None)
    says(BUILD_UP, "no more networks meet the criteria than with their presentations in a random")
    assert (planted.loc["as drawn"] <= planted.loc["in a random order"]).all()
    assert (planted.loc["as drawn"] == tried.loc["as drawn", MET]).all()


def test_a_large_enough_build_up_is_found(planted):
    says(BUILD_UP, "from which size on a build-up and a fading would be found in most networks")
    grown = planted.drop(index=["as drawn", "in a random order"])
    assert all(grown[name].is_monotonic_increasing for name in MET)
    assert (grown.iloc[-1] > HALF).all()
    assert grown.iloc[0]["seeds with 4c"] < HALF


def test_two_readings_raise_hf_and_a_few_more_networks_build_up(tried):
    says(BUILD_UP, "makes the high frequencies stronger", "A few more networks", "still a minority")
    for reading in ("neurons updated in turn", "|Σ w a| in Eq. 1"):
        assert tried.loc[reading, "HF of the network"] > tried.loc["as drawn", "HF of the network"]
        assert (tried.loc[reading, MET] > tried.loc["as drawn", MET]).all()
        assert (tried.loc[reading, MET] < HALF).all()


def test_the_start_of_the_record_matters_most(tried):
    says(BUILD_UP, "The start of the record matters most", "and HF falls from there")
    says(BUILD_UP, "more networks meet 4b than with any other change")
    left_in, later = OF_ANALYSIS
    builds = ["build-up EN1", "build-up IN1"]
    assert tried.loc[left_in, "peak at presentation"] == 1
    assert (tried.loc[left_in, [*builds, "left at the end"]] < 0.5).all()
    assert (tried[builds].idxmin() == left_in).all()
    assert (tried[builds].idxmax() == later).all()
    assert (tried.drop(index=later)["seeds with 4b"] < tried.loc[later, "seeds with 4b"]).all()


# ---------------------------------------------------------------- stability


@pytest.fixture
def radii():
    return table(LINEAR, "linear_response-13", "networks")


@pytest.fixture
def instants():
    return table(LINEAR, "linear_response-13c", "networks")


def by_form(found, name):
    """A column without and with leak, by the group of networks."""
    parts = found[name].copy()
    parts.index = parts.index.str.rsplit(", ", n=1).map(tuple)
    return parts.unstack()


LEFT, MOVE = "left of a perturbation, largest", "move by themselves under constant input"


def test_at_their_mean_only_binary_networks_are_unstable(radii):
    says(LINEAR, "with the leak and without it, but for a sparse binary one (first table)")
    pictures(LINEAR, "linear_response-10", "with leak they lie closer to it", "have binary weights")
    for name, bound in (("largest", 1), (LEFT, 0)):
        beyond = radii.index[radii[name] > bound]
        assert beyond.tolist() == ["binary, no leak", "binary, leak"]
    says(LINEAR, "a touch wakes it for good, leak or not")
    assert (radii.loc[["binary, no leak", "binary, leak"], LEFT] > 0.1).all()


def test_one_network_refutes_what_is_said_of_all():
    says(LINEAR, "That one is enough to refute what is said of all")
    says(LINEAR, "which is the only difference between D1 with leak and without")
    found = measured(LINEAR, "linear_response-12")
    no_leak, leak = found["D1", "filter"], found["D1", ""]
    moves = no_leak["motion_under_constant_input"] > 1e-6
    (one,) = leak.index[leak["spectral_radius"] >= 1]
    for form in (no_leak, leak):
        assert form.index[form["spectral_radius"] >= 1].tolist() == [one]
        assert form.index[form["left_of_perturbation"] > 0.01].tolist() == [one]
    assert moves.sum() == 1
    assert not moves[one]
    assert (leak["motion_under_constant_input"] <= 1e-6).all()
    says(LINEAR, "a network that oscillates by itself can have a radius below 1 at its mean")
    assert no_leak.loc[moves, "spectral_radius"].item() < 1


def test_oscillations_of_their_own_are_a_rare_exception_without_leak(radii):
    says(LINEAR, "are a rare exception without leak and do not occur with it (last column)")
    assert radii.columns[-1] == MOVE
    moves, many = by_form(radii, MOVE).sum(), by_form(radii, "how many").sum()
    assert 0 < moves["no leak"] < 0.01 * many["no leak"]
    assert moves["leak"] == 0
    oscillating = measured(LINEAR, "linear_response-12")["D1", "negative"]
    assert (oscillating["motion_under_constant_input"] > 1e-6).all()


def test_the_radius_per_step_is_larger_with_leak(radii):
    says(LINEAR, "The median radius per step is larger with leak")
    median = by_form(radii, "radius at the mean, median")
    assert len(median) == 7
    assert (median["leak"] > median["no leak"]).all()


def test_with_leak_deviations_grow_for_less_time_and_hardly(instants):
    says(LINEAR, "Without leak, some networks with binary weights spend a part of their time")
    says(LINEAR, "and deviations hardly grow within a time constant, on average")
    seen = instants["seen in one, all"]
    assert 0 < seen["binary, no leak"] < 100
    share = by_form(instants, "share of time, mean (%)")
    share = share[share["no leak"] > 0]
    assert share.index.tolist() == ["binary", "sizes"]
    assert (share["leak"] < share["no leak"]).all()
    growth = by_form(instants, "growth by that in 10 steps").loc[share.index]
    assert (growth["leak"] < 1.15).all()
    assert (growth["no leak"] > 2).all()


def test_not_in_every_network_is_there_less_time(instants):
    says(LINEAR, "in such states longest with leak is so longer than any without")
    longest = by_form(instants, "largest (%)").loc["sizes"]
    assert longest["leak"] > longest["no leak"]
    says(LINEAR, "and counts three times")
    assert instants.loc["sizes, leak", "seen in one, all"] == 3


def test_more_networks_are_seen_in_growing_states_the_more_often_one_looks(instants):
    says(LINEAR, "the number rises with the instants that are looked at")
    says(LINEAR, "where there are no delays, also at instants of its run (fewer where sizes differ")
    seen = instants[[name for name in instants if name.startswith("seen in one")]]
    assert (seen.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (seen.iloc[:, -1] > seen.iloc[:, 0])[seen.iloc[:, -1] > 0].all()
    sizes = instants.index.str.startswith("sizes")
    assert instants.loc[sizes, "instants"].max() < instants.loc[~sizes, "instants"].min()
    assert not instants.index.str.startswith("delays").any()


def test_hf_needs_no_instability_with_normal_and_lognormal_weights():
    says(LINEAR, "HF is above 1, and no network was seen in a state in which deviations grow")
    says(LINEAR, "goes with HF from network to network for most p")
    order = table(LINEAR, "linear_response-13d", ["kind", "mean"])
    weak = order.drop(index="binary", level="kind")
    assert len(weak) == 10
    assert (weak["HF without leak"] > 1).all()
    assert (weak["share of time in growing states (%)"] == 0).all()
    binary = order.loc["binary"]
    assert (binary["share of time in growing states (%)"] > 0).all()
    assert (binary["from"] > 0).mean() > 0.5


def test_linear_response_has_less_hf_than_there_is():
    says(LINEAR, "and has less HF than there is: least is missing with the weakest weights")
    hf = table(LINEAR, "linear_response-14", "weights")
    for form in ("no leak", "leak"):
        share = hf[f"HF, {form}, predicted"] / hf[f"HF, {form}, simulated"]
        assert (share < 1).all()
        assert share.idxmax() == "normal 0.1"
        binary = share.index.str.startswith("binary")
        assert share[binary].max() < share[~binary].min()


# ---------------------------------------------------------------- representation


@pytest.fixture
def explained():
    return table(REPRESENTATION, "representation-10", ["steps", "form"])


def test_read_at_one_instant_the_network_with_leak_tells_less(explained):
    says(REPRESENTATION, "the network with leak tells less of its input than the one without")
    says(REPRESENTATION, "do not prevent the sensors from being read out without leak")
    pictures(REPRESENTATION, "representation-07", "with leak it is lower for one step and meets")
    now = explained.loc[1]
    assert (now.loc["no leak"] - now.loc["leak"] > 0.05).all()
    assert explained.loc[(1, "no leak"), "mean"] > 0.9
    assert explained.loc[(1, "no leak"), "worst sensor"] > 0.8


def test_read_over_two_steps_it_tells_as_much(explained):
    says(REPRESENTATION, "Read over two steps, it tells as much")
    pictures(REPRESENTATION, "representation-07", "about the same at any number of steps")
    mean = explained["mean"].unstack("form")
    assert mean.loc[2:, "leak"].values == pytest.approx(mean.loc[2:, "no leak"].values, abs=0.01)
    assert mean["no leak"].max() - mean["no leak"].min() < 0.02


def test_a_filter_afterwards_costs_about_as_much_as_the_leak():
    says(REPRESENTATION, "A filter afterwards costs about as much as the leak in the network")
    found = {
        name: x["loss"] for (_, name), x in measured(REPRESENTATION, "representation-09").items()
    }
    mean = found[""].mean()
    assert found["filter"].mean() == pytest.approx(mean, rel=0.2)
    assert found["positive"].abs().max() < 0.05 * mean
    assert found["negative"].min() > mean


def test_the_bounds_of_d2_are_those_of_its_criterion():
    says(REPRESENTATION, "at most five percentage points", "if it costs at most fifty")
    claims = yaml.safe_load((BOOK / "claims.yml").read_text(encoding="utf-8"))
    (d2,) = (claim for claim in claims if claim["id"] == "D2")
    bounds = [d2[part][0]["bound"] for part in ("criterion", "direction")]
    assert bounds == [0.05, 0.5]
