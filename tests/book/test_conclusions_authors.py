"""What pages conclude in words that compare, against the tables that stand above on the page.

Numbers in prose are glued and follow the results; words such as "more" or "a quarter" are typed. A
test that fails here tells that a sentence is to be written anew, and not that the code is wrong.
"""

import pytest

from tests.conclusions import between, says, table

PRINTED = "as printed"
MECHANISMS = "beyond/authors_mechanisms"
NETWORKS = "beyond/authors_networks"


# ---------------------------------------------------------------- layer 2


def test_layer_1_inhibits_layer_2_but_with_autapses():
    says(MECHANISMS, "the first table holds it to rounding wherever the state is stable")
    found = table(MECHANISMS, "mech-08", ["autapses", "mean", "level"])
    assert (found.loc["no", "drive of layer 2"] < 0).all()
    assert (found.loc["yes", ["drive of layer 2", "INs − ENs, layer 1"]] == 0).all(axis=None)
    assert (found.loc["no", "q*"] < 1).all()
    off = found["off by (10⁻⁹)"]
    assert off[off > 1].index.tolist() == [("no", 0.4, 0.2)]


def test_the_estimate_lies_within_the_interval_of_the_networks():
    says(MECHANISMS, "lies within the interval of the simulated networks in each row")
    found = table(MECHANISMS, "mech-10", ["autapses", "mean"])
    for row in found.index:
        low, high = between(found, row, "driven, simulated")
        assert low <= found.loc[row, "driven, by theory"] <= high
    assert (found.loc["yes", "driven, simulated"] > 0.4).all()


@pytest.fixture
def awake():
    return table(MECHANISMS, "mech-15", "reading")


def test_with_autapses_neurons_are_driven_and_hardly_more_are_active(awake):
    says(
        MECHANISMS, "autapses do not wake layer 2", "a sixth as printed", "with one of 0.3 none is"
    )
    assert 0.4 < awake.loc["autapses", "above zero"] < 0.6
    low, high = between(awake, "autapses", "active")
    assert low < awake.loc[PRINTED, "active"] < high
    assert awake.loc["autapses", "at 0.03"] == pytest.approx(0.5, abs=0.1)
    assert awake.loc[PRINTED, "at 0.03"] == pytest.approx(1 / 6, abs=0.03)
    assert (awake.loc[[PRINTED, "autapses"], "at 0.3"] == 0).all()


def test_what_takes_the_balance_away_wakes_layer_2(awake):
    says(MECHANISMS, "wake all of it, inhibition of 0.8 two thirds")
    balance = ["no INs of layer 1 → layer 2", "INs only within their layer", "sensors to ENs only"]
    assert (awake.loc[balance, "active"] == 1).all()
    assert awake.loc["inhibition 0.8", "active"] == pytest.approx(2 / 3, abs=0.05)
    drive = table(MECHANISMS, "mech-13", "reading")["drive of layer 2"]
    assert (drive[[*balance, "inhibition 0.8"]] > 0).all()
    assert (drive[["binary weights, p = 0.2", "|Σ w a| in Eq. 1"]] < 0).all()
    for order in ("in turn", "layer by layer"):
        low, high = between(awake, order, "active")
        assert low < awake.loc[PRINTED, "active"] < high
    same = ["above zero", "HF of layer 1, median"]
    assert (awake.loc["internal activity recorded", same] == awake.loc[PRINTED, same]).all()


def test_hf_and_a_waking_layer_2_are_different_things(awake):
    says(MECHANISMS, "lowers HF a little", "raise HF by a quarter only", "more than three times")
    ratio = awake["HF"] / awake.loc[PRINTED, "HF"]
    assert 0.9 < ratio["inhibition 0.8"] < 1
    assert ratio["INs only within their layer"] == pytest.approx(1.25, abs=0.05)
    assert (ratio[["no INs of layer 1 → layer 2", "sensors to ENs only"]] > 3).all()
    assert awake["HF of layer 2, median"].idxmax() == "in turn"
    assert (
        awake.loc["in turn", "HF of layer 1, median"] > awake.loc[PRINTED, "HF of layer 1, median"]
    )
    assert awake.loc["in turn", "active"] < 0.2


# ---------------------------------------------------------------- autapses


@pytest.fixture
def orders():
    return table(MECHANISMS, "mech-19", "order")


def test_where_lags_are_equal_autapses_do_not_raise_hf(orders):
    says(MECHANISMS, "in each of four orders (the fifth grey row equals the first by construction)")
    equal = orders[(orders["later at ENs"].abs() < 0.2) & (orders["at INs"].abs() < 0.2)]
    assert len(equal) == 5
    assert equal["ratio"].between(0.9, 1).all()
    same = orders.loc[["together", "in turn, all a step later"]].values
    assert (same[0] == same[1]).all()


def test_where_lags_are_unequal_all_but_one_order_raise_hf(orders):
    says(MECHANISMS, "With EN→EN a step later inhibition still arrives half a step late at INs")
    unequal = orders[(orders["later at ENs"].abs() >= 0.2) | (orders["at INs"].abs() >= 0.2)]
    below = unequal[unequal["ratio"] < 1.5]
    assert below.index.tolist() == ["in turn, EN→EN a step later"]
    assert below["at INs"].item() == 0.5
    late = ["in turn, IN→IN a step later", "ENs together, then INs together"]
    assert (orders.loc[late, "HF without"] > 100).all()
    assert (orders["HF without"].drop(late) < 10).all()


def test_the_candidates_are_refuted(orders):
    says(MECHANISMS, "a step later it lets autapses do more", "a step later it does as much")
    assert (
        orders.loc["in turn, EN→IN a step later", "ratio"]
        > orders.loc["in turn, ENs first", "ratio"]
    )
    some = table(MECHANISMS, "mech-22", ["which", "update"])
    in_turn = some.xs("in turn", level="update")
    low, high = between(in_turn, "a step later", "ratio")
    assert low < in_turn.loc["all", "ratio"] < high
    assert in_turn.loc["of INs alone", "ratio"] >= in_turn.loc["all", "ratio"]
    assert (in_turn.loc[["of ENs alone", "none, one more in i"], "ratio: to"] < 1).all()


def test_linear_response_raises_hf_in_every_order():
    says(MECHANISMS, "by a quarter in turn, where they double it")
    linear = table(MECHANISMS, "mech-24", "update")
    assert (linear["ratio, linear: from"] > 1).all()
    assert linear.loc["in turn", "ratio, linear"] == pytest.approx(1.25, abs=0.05)
    assert linear.loc["in turn", "ratio"] == pytest.approx(2, abs=0.1)
    assert (linear.drop("in turn")["ratio"] < 1.01).all()


# ---------------------------------------------------------------- memory and walks


def test_nothing_lasts_a_presentation_without_leak():
    says(MECHANISMS, "a quarter of a second at most", "well over a presentation")
    found = table(MECHANISMS, "mech-26", "reading")
    controls = ["walk of 0.2 ms (control)", "τ_dyn = 0.2 s (control)"]
    assert (found["steps, longest"].drop(controls) <= 250).all()
    assert found.loc[controls[1], "steps, longest"] > 1500
    assert found.loc[controls[0], "outside, of 10"] > 5
    assert (found["outside, of 10"].drop(controls[0]) <= 1).all()


def test_only_the_largest_lossy_walk_loses_spikes_and_it_rises_late():
    says(
        MECHANISMS,
        "fewer by more than three percent",
        "rise by two percent only, below its interval",
    )
    walks = table(MECHANISMS, "mech-31", ["law", "step_ms"])
    farthest = ("lossy walk", 10)
    assert walks.index[walks["late spikes"] < 0.97].tolist() == [farthest]
    assert walks["late HF"].idxmax() == farthest
    assert walks.loc[farthest, "late HF: from"] == pytest.approx(1, abs=0.05)
    assert walks.loc[farthest, "late HF: from"] > 1
    assert walks.loc[farthest, "late input: to"] < 1
    density = table(MECHANISMS, "mech-39", "step_ms").loc[10]
    assert density["by lost spikes"] == pytest.approx(1.02, abs=0.005)
    assert density["by lost spikes: to"] < density["seen: from"]


def test_a_walk_tells_no_more_than_shuffled_presentations():
    says(
        MECHANISMS, "about as large under independent jitter", "4b does not tell a walk from chance"
    )
    criteria = table(MECHANISMS, "mech-33", ["law", "step_ms"])
    more = (criteria["4b"] - criteria["4b, shuffled"]).groupby(level="law").sum()
    assert (more > 0).all()
    assert more.max() < 2 * more["uniform"]
    drift = table(MECHANISMS, "mech-31", ["law", "step_ms"])
    moved = (drift["rise by 1.2"] + drift["fall by 1.2"]).groupby(level="law").sum()
    assert moved["walk"] > moved["uniform"]


# ---------------------------------------------------------------- combined readings


@pytest.fixture
def readings():
    return table(NETWORKS, "authors-06", "reading")


def mean_by(readings, choice, target):
    """Share of the networks that meet a target, by the levels of a choice."""
    return readings.groupby(choice)[target].mean() / 12


def test_the_denominator_gives_and_takes(readings):
    says(NETWORKS, "brings low activity at low weights and the weakening by dense input more often")
    for target, more in (
        ("Low activity at low weights", True),
        ("Dense input weakens", True),
        ("Peaks inverse to the delay", False),
    ):
        sum_of_magnitudes, magnitude_of_sum = mean_by(readings, "Denominator of Eq. 1", target)[
            ["Σ|w a|, the sum of magnitudes", "|Σ w a|, the magnitude of the sum"]
        ]
        assert (magnitude_of_sum > sum_of_magnitudes) is more
    peaks = mean_by(readings, "Denominator of Eq. 1", "Peaks inverse to the delay")
    assert peaks.min() < peaks.max() / 2  # "far less often"


def test_a_second_layer_that_takes_part_is_cheap_but_not_by_the_order_alone(readings):
    says(NETWORKS, "The order of update alone does not", "and so are transients and low activity")
    cheap = ["Layer 2 takes part", "Transients", "Low activity at low weights"]
    assert ((readings[cheap] > 6).mean() > 0.5).all()
    printed = readings.loc[1]
    choices = readings.columns[2:8]
    same = (
        readings[choices.drop("Order of update")] == printed[choices.drop("Order of update")]
    ).all(axis=1)
    assert same.sum() == 3
    assert (readings.loc[same, "Layer 2 takes part"] <= 6).all()


def test_one_change_does_most(readings):
    says(
        NETWORKS, "No reading with one contradiction meets more, and no other single change as many"
    )
    choices = readings.columns[2:8]
    single = readings[(readings[choices] != readings.loc[1, choices]).sum(axis=1) == 1]
    most = single[single["targets met"] == single["targets met"].max()]
    assert most["Sensors excite"].tolist() == ["sensors to ENs only"]
    one = readings[readings["sentences contradicted"] == 1]
    assert one["targets met"].max() == most["targets met"].item()
    none = readings[readings["sentences contradicted"] == 0]
    assert none[choices.drop("Order of update")].nunique().eq(1).all()


def test_the_thresholds_and_sparse_input_hang_on_none_of_the_choices(readings):
    says(NETWORKS, "hang on none of these choices", "nor does a build-up that fades")
    never = [
        "Thresholds of Figure 5",
        "High frequencies with sparse input",
        "They build up and fade",
    ]
    assert (readings[never] <= 6).all(axis=None)
    beside = table(NETWORKS, "authors-08", "beside reading")
    assert (beside["They build up and fade"].dropna() <= 6).all()
    grows = beside[beside["changed"].str.startswith("Leak that grows")][
        "A leak that grows as the root"
    ]
    assert (grows >= 11).all()


def test_the_choices_decide_in_the_order_that_is_told():
    words = "the denominator, what layer 2 hears, whether sensors reach INs, the order of update"
    says(NETWORKS, words, "decides little but the first target")
    turned = table(NETWORKS, "authors-38", "choice")["targets that turn, on average"]
    combined = [
        "Denominator of Eq. 1",
        "What layer 2 hears",
        "Sensors excite",
        "Order of update",
        "Inhibition against excitation",
    ]
    assert turned[combined].is_monotonic_decreasing
    assert turned[combined].min() > 1 > turned["What is analysed"]
