"""The explorer's address and command line: the browser's, run in V8, against Python's."""

import shlex
from dataclasses import asdict
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from papermill.cli import _resolve_type

from rongala2021 import explorer
from tests.v8 import scripts

COMMAND = ".venv/bin/papermill book/explore.ipynb out.ipynb"
BY_NAME = {knob.name: knob for knob in explorer.KNOBS}


def values_of(knob):
    """All that a knob can be."""
    if isinstance(knob.default, bool):
        return st.booleans()
    if knob.choices:
        return st.sampled_from(knob.choices)
    if isinstance(knob.default, int):
        return st.integers(int(knob.low), int(knob.high))
    # The package refuses what is smaller, and not zero.
    return st.floats(knob.low, knob.high).filter(lambda x: x == 0 or x >= 1e-70)


all_values = st.fixed_dictionaries({knob.name: values_of(knob) for knob in explorer.KNOBS})


@pytest.fixture(scope="module")
def call():
    """Call a function of the address with values that JSON can say."""
    with scripts(["address"]) as loaded:
        loaded.call("() => Object.assign(globalThis, { address: explorerAddress(explorerData) })")
        yield lambda name, *given: loaded.call(f"address.{name}", *given)


def read(call, hash_):
    """Values by an address, and what it tells."""
    found = call("read", hash_)
    # JSON does not keep 50.0 from becoming 50.
    kinds = {name: type(knob.default) for name, knob in BY_NAME.items()}
    return {name: kinds[name](v) for name, v in found["values"].items()}, found["problems"]


def told(call, hash_):
    """What an address tells, if it leaves everything else as by default."""
    values, problems = read(call, hash_)
    assert values == explorer.DEFAULTS
    (problem,) = problems
    return problem


@given(values=all_values)
@example(explorer.DEFAULTS | {"delay": 0.0001, "jitter": 1.5e-05})  # where exponents begin
@example(explorer.DEFAULTS | {"delay": 1e-70, "rate": 100.0})
def test_the_address_is_that_of_python_and_leads_back_to_the_bit(call, values):
    hash_ = explorer.address(values)
    assert call("write", values) == hash_
    assert read(call, hash_) == (values, [])


@given(values=all_values)
def test_the_command_gives_papermill_what_differs_from_the_defaults(call, values):
    command = call("command", values)
    assert command.startswith(COMMAND)
    words = shlex.split(command.removeprefix(COMMAND))
    flags, names, texts = words[::3], words[1::3], words[2::3]
    assert set(flags) <= {"-p"}
    got = dict(zip(names, map(_resolve_type, texts), strict=True))
    assert got == {k: v for k, v in values.items() if v != explorer.DEFAULTS[k]}
    assert all(type(v) is type(explorer.DEFAULTS[k]) for k, v in got.items())


def test_the_command_of_the_defaults_sets_nothing(call):
    assert call("command", explorer.DEFAULTS) == COMMAND
    binary = explorer.DEFAULTS | {"weights": "binary", "mean_weight": 0.2, "autapses": True}
    expected = f"{COMMAND} -p weights binary -p mean_weight 0.2 -p autapses True"
    assert call("command", binary) == expected


@given(
    number=st.sampled_from([k for k in explorer.KNOBS if k.unit]).flatmap(
        lambda knob: st.tuples(st.just(knob), st.integers(0, 10**6))
    )
)
def test_a_number_in_a_field_is_the_parameter_without_noise(call, number):
    knob, thousandths = number
    shown = thousandths / 1000
    meant = float(Decimal(thousandths) / 1000 / Decimal(knob.per_unit))
    assert call("meant", asdict(knob), shown) == meant
    assert call("shown", asdict(knob), meant) == shown


def test_values_that_are_missing_are_the_defaults(call):
    assert read(call, "") == (explorer.DEFAULTS, [])
    assert read(call, "#v=" + explorer.data()["version"]) == (explorer.DEFAULTS, [])
    assert read(call, "#jitter=0.02") == (explorer.DEFAULTS | {"jitter": 0.02}, [])


@pytest.mark.parametrize("knob", [k for k in explorer.KNOBS if k.address], ids=lambda k: k.name)
def test_a_knob_is_understood_by_both_its_names(call, knob):
    value = type(knob.default)(knob.high)
    for key in (knob.name, knob.address):
        assert read(call, f"#{key}={value}") == (explorer.DEFAULTS | {knob.name: value}, [])


@pytest.mark.parametrize(
    ("hash_", "problem"),
    [
        ("delay=0.0201", "delay: expected a number from 0 to 0.02, got 0.0201; 0.0 is used"),
        ("mean=0x1", "mean: expected a number from 0.01 to 1, got 0x1; 0.4 is used"),
        ("mean_weight=", "mean_weight: expected a number from 0.01 to 1, got nothing; 0.4 is used"),
        ("rate=nan", "rate: expected a number from 10 to 200, got nan; 50.0 is used"),
        ("rate=Infinity", "rate: expected a number from 10 to 200, got Infinity; 50.0 is used"),
        ("jitter=1e-71", "jitter: expected a number from 0 to 0.05, got 1e-71; 0.01 is used"),
        ("sensors=6.5", "sensors: expected an integer from 1 to 50, got 6.5; 6 is used"),
        ("sensors=51", "sensors: expected an integer from 1 to 50, got 51; 6 is used"),
        ("dt=0.003", "dt: expected one of 0.0005, 0.001, 0.002, got 0.003; 0.001 is used"),
        ("autapses=1", "autapses: expected true or false, got 1; false is used"),
        (
            "autapses=constructor",
            "autapses: expected true or false, got constructor; false is used",
        ),
        (
            "weights=Binary",
            "weights: expected one of normal, lognormal, binary, got Binary; normal is used",
        ),
        (
            "weights=%zz",
            "weights: expected one of normal, lognormal, binary, got %zz; normal is used",
        ),
        ("mean=0.1&mean_weight=0.2", "mean_weight: expected once, got 0.2 as well; 0.4 is used"),
        ("v=0.0.9", "v: expected 0.1.0, got 0.0.9; its numbers may have been others"),
    ],
)
def test_what_an_address_cannot_have_is_told_and_is_as_by_default(call, hash_, problem):
    problem = problem.replace("0.1.0", explorer.data()["version"])
    assert told(call, "#" + hash_) == problem


def test_a_key_that_is_none_is_told_with_all_that_are(call):
    problem = told(call, "#speed=3")
    assert problem.startswith("speed: no knob; expected one of ")
    keys = problem.partition("one of ")[2].split(", ")
    assert keys == [*(knob.address or knob.name for knob in explorer.KNOBS), "v"]


def test_a_key_that_is_empty_is_none(call):
    for hash_ in ("#=binary", "#="):
        assert told(call, hash_).startswith(": no knob; ")


def test_a_plus_sign_may_stand_before_a_number(call):
    assert read(call, "#mean=+0.5") == (explorer.DEFAULTS | {"mean_weight": 0.5}, [])


def test_of_much_that_is_wrong_a_little_is_told(call):
    _, problems = read(call, "#" + "&".join(f"key{n}={n}" for n in range(3000)))
    assert len(problems) == 6
    assert problems[-1] == "and 2995 more"
    assert len(told(call, "#mean=" + "9" * 5000)) < 120
    assert len(told(call, "#" + "k" * 5000 + "=1")) < 250


def test_one_wrong_value_leaves_the_others(call):
    values, problems = read(call, "#mean=9&jitter=0.02&weights=binary")
    assert values == explorer.DEFAULTS | {"jitter": 0.02, "weights": "binary"}
    assert len(problems) == 1


def test_names_of_sections_set_no_knob(call):
    assert call("isState", "#the-network-live") is False
    assert call("isState", "#mean=0.2") is True
