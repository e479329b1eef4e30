"""Verdicts: of one sample, of many seeds, and of all claims that a page measured."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from rongala2021.judging import SYMBOLS, faults, judge, judge_all, mean_interval, met, share
from tests.study.examples import claim, examples, full, low, weak

# One claim


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (2.0, "reproduced"),
        (9.0, "reproduced"),
        (1.5, "partly"),
        (1.0, "not reproduced"),
        (-9.0, "not reproduced"),
        (math.nan, "not reproduced"),
    ],
)
def test_verdict_of_one_sample(x, expected):
    found = judge(claim(), [{"x": x}])
    assert (found.id, found.verdict, found.k) == ("1a", expected, int(x >= 2))


def test_without_a_direction_nothing_is_partly():
    assert judge(claim(direction=()), [{"x": 1.5}]).verdict == "not reproduced"


def test_all_conditions_must_hold():
    both = claim(criterion=(full, low), direction=(weak, low))
    assert judge(both, [{"x": 3, "y": 0}]).verdict == "reproduced"
    assert judge(both, [{"x": 1.5, "y": 0}]).verdict == "partly"
    assert judge(both, [{"x": 3, "y": 1}]).verdict == "not reproduced"
    assert judge(both, [{"x": 3, "y": math.nan}]).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("k", "expected"),
    [(20, "reproduced"), (15, "reproduced"), (14, "borderline"), (6, "borderline"), (5, "no")],
)
def test_verdict_of_twenty_seeds(k, expected):
    samples = [{"x": 2.0}] * k + [{"x": 0.0}] * (20 - k)
    found = judge(claim(), samples)
    assert found.verdict == expected.replace("no", "not reproduced")
    assert (found.k, len(found.samples)) == (k, 20)


def most(k, n):
    """Sign test at 5 % on either side; None if neither."""
    at_least = sum(math.comb(n, i) for i in range(k, n + 1)) / 2**n
    at_most = sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    return True if at_least < 0.05 else False if at_most < 0.05 else None


seeds = st.lists(st.sampled_from([math.nan, 0.0, 1.5, 2.0]), min_size=2, max_size=40)


@examples(200)
@given(seeds)
def test_most_seeds_are_a_majority_beyond_sampling_error(values):
    strong, direction = (sum(x >= bound for x in values) for bound in (2, 1.5))
    expected = {True: "reproduced", None: "borderline"}.get(most(strong, len(values)))
    if expected is None:
        expected = {True: "partly", None: "borderline", False: "not reproduced"}[
            most(direction, len(values))
        ]
    assert judge(claim(), [{"x": x} for x in values]).verdict == expected


@examples(100)
@given(seeds)
def test_every_seed_means_every_seed(values):
    strong, direction = (all(x >= bound for x in values) for bound in (2, 1.5))
    expected = "reproduced" if strong else "partly" if direction else "not reproduced"
    assert judge(claim(every=True), [{"x": x} for x in values]).verdict == expected


@examples(100)
@given(seeds, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_the_seeds_does_not_matter(values, every, random):
    samples = [{"x": x} for x in values]
    found = judge(claim(every=every), samples)
    random.shuffle(samples)
    again = judge(claim(every=every), samples)
    assert (again.verdict, again.k) == (found.verdict, found.k)


@examples(100)
@given(seeds, st.booleans(), st.data())
def test_a_better_seed_never_worsens_the_verdict(values, every, data):
    ranks = ["not reproduced", "partly", "borderline", "reproduced"]

    def rank():
        found = judge(claim(every=every, direction=()), [{"x": x} for x in values])
        return ranks.index(found.verdict)

    before = rank()
    values[data.draw(st.integers(0, len(values) - 1))] = 2.0
    assert rank() >= before


def test_a_seed_that_meets_the_criterion_has_the_direction_too():
    # 17 of 20 together; the 12 alone would be borderline.
    samples = [{"x": 3.0, "y": 1.0}] * 5 + [{"x": 0.0, "y": 0.0}] * 12 + [{"x": 0.0, "y": 1.0}] * 3
    assert judge(claim(direction=(low,)), samples).verdict == "partly"


def test_what_is_not_testable_needs_no_sample():
    found = judge(claim(not_testable="no such figure", criterion=()), [])
    assert (found.verdict, found.reason) == ("not testable", "no such figure")


@pytest.mark.parametrize(
    ("fields", "samples", "message"),
    [
        ({}, [], "samples: expected at least one for claim 1a, got none"),
        ({"criterion": ()}, [{"x": 1}], "claim: expected a criterion for 1a, got none"),
        ({}, [{"y": 1}], "samples: expected x for claim 1a, got no x"),
        ({}, [{"x": 1}, {}], "samples: expected x for claim 1a, got no x"),
        ({"direction": ()}, [{}], "samples: expected x for claim 1a, got no x"),
        ({"criterion": (low,)}, [{"y": 1}], "samples: expected x, y for claim 1a, got no x"),
    ],
)
def test_samples_that_cannot_be_judged(fields, samples, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        judge(claim(**fields), samples)


def test_every_verdict_has_a_symbol_of_its_own():
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


# All that a page measured


@pytest.mark.parametrize(
    ("x", "expected", "reason"),
    [
        (2.0, "reproduced", ""),
        (1.5, "not testable", "needs 1a, which is partly"),
        (0.0, "not testable", "needs 1a, which is not reproduced"),
    ],
)
def test_a_claim_may_require_another(x, expected, reason):
    ledger = {"1a": claim(), "1b": claim("1b", requires="1a")}
    found = judge_all(ledger, {"1a": {"x": x}, "1b": {"x": 3.0}})
    assert list(found) == ["1a", "1b"]
    assert (found["1b"].id, found["1b"].verdict, found["1b"].reason) == ("1b", expected, reason)
    assert found["1b"].samples == ({"x": 3.0},)


def test_a_claim_cannot_be_judged_before_what_it_requires():
    ledger = {"1a": claim(), "1b": claim("1b", requires="1a")}
    with pytest.raises(ValueError, match="expected 1a before 1b"):
        judge_all(ledger, {"1b": {"x": 3.0}, "1a": {"x": 2.0}})


def test_an_unknown_claim_is_refused():
    with pytest.raises(ValueError, match=r"^measured: expected ids of the ledger, got '9z'$"):
        judge_all({"1a": claim()}, {"9z": {"x": 1}})


def test_numbers_are_plain_floats_whatever_was_measured():
    measured = [{"x": np.float32(3), "extra": np.int64(7)}, {"x": np.array(9.0)}]
    found = judge_all({"1a": claim()}, {"1a": measured})["1a"]
    assert found.samples == ({"x": 3.0, "extra": 7.0}, {"x": 9.0})
    assert all(type(value) is float for sample in found.samples for value in sample.values())


def test_met_tells_of_each_seed_whether_criterion_and_direction_hold():
    samples = [{"x": 3.0}, {"x": 1.5}, {"x": 0.0}, {"x": math.nan}]
    assert met(claim(), samples) == ([True, False, False, False], [True, True, False, False])
    # Without a direction the criterion is all there is.
    assert met(claim(direction=()), samples)[1] == [True, False, False, False]


# Controls


def judged(kind="empirical", x=3.0, controls="negative positive filter", **of_controls):
    entry = claim(kind=kind, controls=dict.fromkeys(controls.split(), "made up"))
    found = {name: {"1a": {"x": value}} for name, value in of_controls.items()}
    return entry, judge_all({"1a": entry}, {"1a": {"x": x}}, **found)["1a"]


def test_a_control_is_judged_by_the_same_criterion():
    _, verdict = judged(negative=0.0, positive=1.5)
    said = {name: control.verdict for name, control in verdict.controls.items()}
    assert said == {"negative": "not reproduced", "positive": "partly"}
    assert verdict.controls["positive"].samples == ({"x": 1.5},)


def test_of_a_control_only_the_claims_are_judged_that_the_ledger_describes_it_for():
    _, verdict = judged(controls="negative", negative=0.0, positive=3.0)
    assert list(verdict.controls) == ["negative"]
    ledger = {"1a": claim(controls={"negative": "made up"})}
    assert not judge_all(ledger, {"1a": {"x": 3}}, negative={"9z": {"x": 0}})["1a"].controls


def test_an_unknown_control_is_refused():
    with pytest.raises(ValueError, match=r"^controls: expected some of negative.*, got placebo$"):
        judged(placebo=0.0)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"negative": 0.0}, []),
        ({"negative": 1.5}, []),
        ({}, ["has no negative control"]),
        ({"negative": 3.0}, ["its negative control is reproduced"]),
        ({"x": 0.0, "negative": 0.0}, ["is not reproduced and has no positive control"]),
        ({"x": 1.5, "negative": 0.0}, ["is not reproduced and has no positive control"]),
        ({"x": 0.0, "negative": 0.0, "positive": 3.0}, []),
        ({"x": 0.0, "negative": 0.0, "positive": 1.5}, ["its positive control is partly"]),
        ({"negative": 0.0, "positive": 0.0}, ["its positive control is not reproduced"]),
        ({"negative": 0.0, "filter": 0.0}, []),
        (
            {"negative": 0.0, "filter": 3.0},
            ["is of kind empirical, but a filter afterwards is reproduced"],
        ),
        ({"kind": "filter", "negative": 0.0, "filter": 3.0}, []),
        (
            {"kind": "filter", "negative": 0.0, "filter": 0.0},
            ["is of kind filter, but a filter afterwards is not reproduced"],
        ),
        ({"kind": "filter"}, ["has no negative control"]),
        ({"kind": "identity"}, []),
        ({"kind": "identity", "negative": 3.0}, ["its negative control is reproduced"]),
    ],
    ids=str,
)
def test_a_verdict_is_no_evidence_if_its_criterion_cannot_tell_true_from_false(fields, expected):
    assert faults(*judged(**fields)) == [f"1a: {text}" for text in expected]


# Intervals


def test_the_share_is_the_exact_interval_of_clopper_and_pearson():
    low, high = share(17, 20)
    assert low == pytest.approx(beta.ppf(0.025, 17, 4))
    assert high == pytest.approx(beta.ppf(0.975, 18, 3))
    assert share(20, 20)[1] == 1


def test_the_interval_of_a_mean_is_near_that_of_normal_theory():
    x = np.random.default_rng(1).normal(3.0, 2.0, 200)
    mean, low, high = mean_interval([*x, np.nan])
    assert mean == pytest.approx(x.mean())
    half = 1.96 * x.std() / np.sqrt(200)
    assert low == pytest.approx(mean - half, abs=0.1 * half)
    assert high == pytest.approx(mean + half, abs=0.1 * half)
    assert mean_interval([*x, np.nan]) == (mean, low, high)
    assert np.isnan(mean_interval([np.nan])).all()
