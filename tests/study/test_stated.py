"""What the paper states stands in several places of the book, which must agree."""

import re
from cmath import exp, pi
from pathlib import Path

import pytest
import yaml

from lsm.dynamics import leak_gain
from rongala2021 import ledger, stated
from rongala2021.settings import AMPLIFIED

BOOK = Path(__file__).parents[2] / "book"
CLAIMS = ledger.load(BOOK / "claims.yml")
PARAMETERS = yaml.safe_load((BOOK / "parameters.yml").read_text(encoding="utf-8"))
SOURCE = (BOOK / "rongala2021" / "stated.py").read_text(encoding="utf-8")


def numbers(text):
    return [float(x) for x in re.findall(r"\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize(
    ("claim", "values"),
    [
        ("1a", [stated.CEILING]),
        ("4c", [stated.BUILD_UP_UNTIL, stated.FADES_AFTER]),
        ("5d", stated.OVER_DAMPED),
        ("7a", [*stated.SPARSE_RATES, *stated.SPARSE_SENSORS]),
        ("7b", [*stated.DENSE_RATES, *stated.DENSE_SENSORS]),
        ("8e", [stated.DAMPED_WELL_BELOW]),
        ("S1", [stated.LIKENESS]),
    ],
)
def test_claims_name_the_same_numbers(claim, values):
    assert set(values) <= set(numbers(CLAIMS[claim].statement)), CLAIMS[claim].statement


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rates", [*stated.SPARSE_RATES, *stated.DENSE_RATES]),
        ("sensor_counts", [*stated.SPARSE_SENSORS, *stated.DENSE_SENSORS]),
        ("jitter", [1e3 * stated.JITTER]),
        ("k_static_alone", [stated.K_STATIC]),
    ],
)
def test_parameters_of_pages_name_the_same_numbers(name, values):
    assert numbers(str(PARAMETERS[name]["paper"])) == pytest.approx(values)


def test_the_leak_is_the_one_of_the_pages():
    above, below = numbers(PARAMETERS["tau_dyn"]["paper"])
    assert above / below == stated.TAU_DYN


def test_at_the_cutoff_the_leak_halves_the_power():
    step = 1e-5
    gain = leak_gain(stated.TAU_DYN, step)
    # Of the recursion y[n] = y[n-1] + gain * (x[n] - y[n-1]) at that frequency.
    response = gain / (1 - (1 - gain) * exp(-2j * pi * stated.CUTOFF * step))
    assert abs(response) ** 2 == pytest.approx(0.5, rel=1e-3)


def test_weights_that_are_amplified_agree_with_the_claim():
    normal, lognormal, binary = (
        AMPLIFIED["mean"].values[AMPLIFIED.sel(kind=kind).values] for kind in AMPLIFIED["kind"]
    )
    text = CLAIMS["5a"].statement
    assert {normal.min(), lognormal.min()} <= set(numbers(text)), text
    above = AMPLIFIED["mean"].values[~AMPLIFIED.sel(kind="binary").values].max()
    assert 100 * above in numbers(text), text
    assert above < binary.min()


def test_every_number_says_where_it_stands():
    lines = SOURCE.splitlines()
    assigned = [i for i, line in enumerate(lines) if re.match(r"[A-Z_]+ = ", line)]
    assert len(assigned) == sum(name.isupper() for name in vars(stated))
    for i in assigned:
        assert lines[i - 1].startswith("#: ") or lines[i - 2].startswith("#: "), lines[i]
