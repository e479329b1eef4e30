"""Other readings of the text: what they change, and that claims are measured as on the pages."""

from dataclasses import replace

import numpy as np
import pytest

from lsm import experiments, readings
from lsm.claims import Claim, Condition
from lsm.network import Binary, Lognormal
from lsm.neurons import LSM, HodgkinHuxley, izhikevich_grid
from lsm.population import high_frequencies, open_loop, population, transients
from lsm.single import (
    drive,
    faithfulness,
    izhikevich_faithfulness,
    low_pass,
    membrane_likeness,
    trial,
    variation,
)
from lsm.spectrum import highest_frequency, log_frequencies
from lsm.sweeps import Setting, run

TAU = 0.01
BASE = Setting(neuron=LSM(k_static=0.05), n_presentations=20, duration=0.5)
FREQS = log_frequencies(2.0, 400.0, voices=4)


@pytest.mark.parametrize("name", readings.READINGS)
def test_a_reading_changes_every_setting_it_touches_and_can_be_run(name):
    reading = readings.READINGS[name]
    base = replace(BASE, n_presentations=2, duration=0.1, sizes=(2, 1))
    cases = [
        replace(base, weights=Lognormal(mean=0.3), neuron=LSM(k_static=0.05, tau_dyn=TAU)),
        replace(base, weights=Binary(p=0.5), delay=0.0 if "in turn" in name else 3e-3),
    ]
    changed = [reading(s) for s in cases]
    assert (name == "as taken") == all(a is b for a, b in zip(changed, cases, strict=True))
    before, after = ([run(s, seed=0).activity for s in settings] for settings in (cases, changed))
    same = [a.shape == b.shape and (a == b).all() for a, b in zip(before, after, strict=True)]
    assert all(same) == (name == "as taken")


def test_network_samples_are_judged_as_the_pages_judge_them(tmp_path):
    base = replace(BASE, n_presentations=20, duration=0.25)
    options = dict(
        n_short=2,
        delays=np.array([0, 2e-3]),
        rates=(50, 100, 150),
        counts=(6, 8, 10),
        sizes=((2, 1), (3, 2)),
        seed=0,
        n_repeats=1,
        skip=0.05,
        cache=tmp_path,
    )
    plain = readings.READINGS["as taken"]
    found = readings.network_samples(base, TAU, FREQS, reading=plain, **options)
    assert list(found) == (
        [
            "4a",
            "4b",
            "4c",
            "4d",
            "4e",
            "S6",
            "S7a",
            "S7b",
            "5a",
            "5b",
            "5c",
            "5d",
            "6a",
            "6b",
            "7a",
            "7b",
            "7c",
            "8a",
            "8b",
            "8c",
            "8d",
            "8e",
        ]
    )
    assert {len(samples) for samples in found.values()} == {1}
    some = readings.network_samples(base, TAU, FREQS, reading=plain, figures=("7",), **options)
    assert some == {name: found[name] for name in ("7a", "7b", "7c")}
    short = replace(base, n_presentations=2)
    for settings, axes, samples in (
        (experiments.figure_5(short, TAU), (2, 3, 5), experiments.samples_5),
        (experiments.figure_7(short, TAU, (50, 100, 150), (6, 8, 10)), (2, 6), None),
        (experiments.figure_8(short, TAU, options["sizes"]), (2, 4, 2), experiments.samples_8),
    ):
        p = population(settings, FREQS, seed=0, n_repeats=1, skip=0.05)
        power, source = (x.reshape(*axes, 1, -1) for x in (p.power, p.input))
        mean, variance = (x.reshape(*axes, 1) for x in (p.mean, p.variance))
        if samples is None:
            expected = experiments.samples_7(power, source, 3, FREQS)
        else:
            more = mean if samples is experiments.samples_5 else variance
            expected = samples(power, source, more, FREQS)
        for name, each in expected.items():
            assert found[name] == [pytest.approx(sample, nan_ok=True) for sample in each]
    other = readings.network_samples(
        base, TAU, FREQS, reading=plain, figures=("7",), ends="zero", **options
    )
    assert other["7a"] != some["7a"]
    no_static = readings.network_samples(
        base,
        TAU,
        FREQS,
        reading=readings.READINGS["k_static = 1 (Fig. 1)"],
        figures=("4",),
        **options,
    )
    assert no_static["4a"] != found["4a"]


@pytest.mark.parametrize("how", [{}, {"ends": "zero"}, {"wavelet": "mexh"}])
def test_figures_4_s7_and_6_are_measured_under_the_reading_in_every_part(tmp_path, how):
    base = replace(BASE, n_presentations=20, duration=0.25, sizes=(3, 2), dt=5e-4)
    tau, skip, delays = 0.013, 0.05, np.array([0, 2e-3, 5e-3, 0.011])
    reading = readings.READINGS["Euler's method for Eq. 2"]
    found = readings.network_samples(
        base,
        tau,
        FREQS,
        reading=reading,
        figures=("4", "S7", "6"),
        **how,
        n_short=2,
        delays=delays,
        rates=(),
        counts=(),
        sizes=(),
        seed=3,
        n_repeats=1,
        skip=skip,
        cache=tmp_path,
    )

    def high(setting):
        return [high_frequencies(run(setting, seed=3), FREQS, skip=skip, **how)]

    no_leak, leak = (reading(s) for s in experiments.figure_4(base, tau))
    network = run(no_leak, seed=3).network
    drawn = [network.names.index("EN1"), network.names.index("IN1")]
    counted = [[transients(run(s, seed=3), neurons=drawn)] for s in (no_leak, leak)]
    held = [transients(open_loop(no_leak, seed=3), neurons=drawn)]
    expected = experiments.samples_4(
        high(no_leak), high(leak), counted, held, network.layer, network.names
    )
    own, own_leak = (replace(s, autapses=True) for s in (no_leak, leak))
    expected |= experiments.samples_s7(high(own), high(no_leak), high(own_leak))
    # The band of half the step is an octave wider.
    ratio = FREQS[-1] / FREQS[-2]
    more = int(np.log(highest_frequency(5e-4) / FREQS[-1]) / np.log(ratio))
    wide = np.append(FREQS, FREQS[-1] * ratio ** np.arange(1, more + 1))
    short = replace(base, n_presentations=2)
    settings = [reading(s) for s in experiments.figure_6(short, tau, delays)]
    p = population(settings, wide, seed=3, n_repeats=1, skip=skip, **how)
    power, source = (x.reshape(2, 4, 1, -1) for x in (p.power, p.input))
    expected |= experiments.samples_6(power, source, delays, wide, dt=5e-4)
    assert expected.keys() == found.keys()
    for name, samples in expected.items():
        assert found[name] == [pytest.approx(sample, nan_ok=True) for sample in samples], name


def test_figures_that_are_none_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^figures: expected one of 4, 5, 6, 7, 8, S7, got 'S8'"):
        readings.network_samples(
            BASE,
            TAU,
            FREQS,
            reading=readings.READINGS["as taken"],
            figures=("S8",),
            n_short=2,
            delays=np.array([0, 2e-3]),
            rates=(),
            counts=(),
            sizes=(),
            seed=0,
            n_repeats=1,
            skip=0.0,
            cache=tmp_path,
        )


def test_delays_are_searched_up_to_the_band_of_the_step(tmp_path, monkeypatch):
    asked = []

    def watched(settings, freqs, **options):
        asked.append((settings[0].dt, freqs))
        return population(settings, freqs, **options)

    monkeypatch.setattr(readings, "population", watched)
    freqs = log_frequencies(2.0, highest_frequency(1e-3), voices=5)
    for name in ("as taken", "time step 0.25 ms"):
        readings.network_samples(
            replace(BASE, duration=0.25),
            TAU,
            freqs,
            reading=readings.READINGS[name],
            figures=("6",),
            n_short=2,
            delays=np.array([0, 2e-3]),
            rates=(),
            counts=(),
            sizes=(),
            seed=0,
            n_repeats=1,
            skip=0.0,
            cache=tmp_path,
        )
    (_, plain), (dt, wide) = asked
    np.testing.assert_array_equal(plain, freqs)
    assert dt == 2.5e-4
    np.testing.assert_allclose(wide, log_frequencies(2.0, highest_frequency(2.5e-4), voices=5))


SINGLE = dict(
    weight=1.0,
    weight_single=0.01,
    k_static=[0.01, 1.0, 10.0],
    tau_values=[0.001, 0.1],
    rates=(50, 100),
    seed=4,
    n_repeats=1,
)
ALONE = Setting(neuron=LSM(k_static=1.0), n_presentations=4)


@pytest.fixture(scope="module")
def as_taken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    plain = readings.READINGS["as taken"]
    return folder, readings.single_samples(ALONE, TAU, reading=plain, cache=folder, **SINGLE)


def test_single_samples_are_judged_as_the_pages_judge_them(as_taken):
    _, found = as_taken
    assert list(found) == [
        *("1c", "2a", "2b", "2c", "3a", "3b", "3c", "3d", "3e", "3g", "S1", "S4"),
    ]
    drawn = drive(ALONE, weight=1.0, seed=4)
    v = variation(drawn, k_static=SINGLE["k_static"], tau_dyn=SINGLE["tau_values"])
    quality = [
        [
            faithfulness(
                trial(replace(ALONE, rate=rate), tau_dyn=TAU, weight=0.01, seed=4), dt=ALONE.dt
            )
        ]
        for rate in (50.0, 100.0)
    ]
    expected = {
        **experiments.samples_2([v], SINGLE["k_static"]),
        **experiments.samples_3(quality[0]),
        **experiments.samples_s4(quality),
    }
    for name, samples in expected.items():
        assert found[name] == [pytest.approx(sample) for sample in samples]


# What each reading must change, and what it cannot.
TOUCHED = {
    "time step 0.5 ms": ("1c", "2b", "3b", "S1"),
    "time step 0.25 ms": ("1c", "2b", "3b", "S1"),
    "time step 0.1 ms": ("1c", "2b", "3b", "S1"),
    "Euler's method for Eq. 2": ("1c", "3b", "S1"),
    "Gaussian jitter": ("2b", "3a", "S1"),
    "k_static = 1/6 (A9)": ("3d", "S1"),
    "Izhikevich in steps of 0.5 ms": ("3c", "3e", "S4"),
    "weights 0.1 in Fig. 3": ("3c", "3e", "S4"),
    "weights 0.001 in Fig. 3": ("3c", "3e"),
    "against the reference": ("3c", "3d", "S4"),
}
KEPT = {
    "Euler's method for Eq. 2": ("2a", "2b", "3e"),
    "Izhikevich in steps of 0.5 ms": ("1c", "2a", "2b", "2c", "3a", "3b", "3d", "S1"),
    "weights 0.1 in Fig. 3": ("1c", "2a", "2b", "2c", "S1"),
    "weights 0.001 in Fig. 3": ("1c", "2a", "2b", "2c", "S1"),
    "against the reference": ("1c", "2a", "2b", "2c", "3a", "3b", "3e", "S1"),
}


@pytest.mark.parametrize("name", TOUCHED)
def test_a_reading_of_the_neuron_changes_what_it_touches_alone(as_taken, name):
    folder, before = as_taken
    change = {"reading": readings.READINGS["as taken"], **SINGLE}
    change |= readings.SINGLE_READINGS[name]
    after = readings.single_samples(ALONE, TAU, cache=folder, **change)
    assert list(readings.SINGLE_READINGS) == ["as taken", *TOUCHED]
    assert [name for name in TOUCHED[name] if after[name] == before[name]] == []
    assert [name for name in KEPT.get(name, ()) if after[name] != before[name]] == []


@pytest.fixture
def asked(monkeypatch):
    """What `beaten` was asked to compare."""
    calls = []

    def watched(quality, grid):
        calls.append((quality, grid))
        return experiments.beaten(quality, grid)

    monkeypatch.setattr(readings, "beaten", watched)
    return calls


def test_all_neurons_are_compared_with_the_reference_if_any_is(as_taken, asked):
    """Else the order of two models would hang on what each of them is compared with."""
    folder, _ = as_taken
    plain = readings.READINGS["as taken"]
    readings.single_samples(ALONE, TAU, reading=plain, against="reference", cache=folder, **SINGLE)
    ((quality, grid),) = asked
    for row in (*quality, *grid):
        for each in row:
            np.testing.assert_array_equal(each.r, each.r_reference)
            np.testing.assert_array_equal(each.rho, each.rho_reference)


def test_the_grid_of_spiking_neurons_has_their_weights_and_their_steps(as_taken, asked):
    folder, _ = as_taken
    options = SINGLE | {"weight_single": 0.02, "rates": (100, 50, 150)}
    plain = readings.READINGS["time step 0.5 ms"]
    found = readings.single_samples(
        ALONE, 0.013, reading=plain, n_substeps=3, cache=folder, **options
    )
    setting = replace(ALONE, dt=5e-4, rate=100.0)
    models = izhikevich_grid()
    expected = izhikevich_faithfulness(
        drive(setting, weight=0.02, seed=4), models=models, n_substeps=3
    )
    ((_, (at_100, at_50)),) = asked  # those that claim 3g names
    np.testing.assert_allclose(at_100[0].r, expected.r)
    assert (at_50[0].r != expected.r).any()
    # And the others: the first rate, the other weight, the time constant.
    driven = drive(setting, weight=1.0, seed=4)
    membrane = HodgkinHuxley(tau=0.013)
    (alike,) = found["S1"]
    expected = membrane_likeness(driven, tau_dyn=0.013, membrane=membrane)
    assert alike == pytest.approx({"r": expected.r, "rho": expected.rho})
    (cut,) = found["1c"]
    assert cut["corner_hz"] == pytest.approx(low_pass(driven, tau_dyn=0.013).frequency)


def test_outputs_are_compared_with_input_or_reference_alone():
    plain = readings.READINGS["as taken"]
    with pytest.raises(ValueError, match=r"^against: expected one of input, reference"):
        readings.single_samples(ALONE, TAU, reading=plain, against="mean", cache=None, **SINGLE)


# What turns


CONDITION = Condition(measure="x", comparison=">", bound=1.0)
DIRECTION = Condition(measure="x", comparison=">", bound=0.0)
LEDGER = {
    name: Claim(id=name, statement="", where="", page="p", criterion=(CONDITION,), direction=weak)
    for name, weak in (("a", ()), ("b", (DIRECTION,)))
}


def seeds(*values):
    return [{"x": float(x)} for x in values]


def test_a_reading_turns_a_claim_clearly_if_all_five_seeds_go_one_way():
    found = {
        "first": {"a": seeds(2, 2, 2, 2, 2), "b": seeds(0.5, 0.5, 0.5, 0.5, 0.5)},
        "one seed": {"a": seeds(2, 2, 2, 2, 0)},
        "four seeds": {"a": seeds(0, 0, 0, 0, 2), "b": seeds(2, 2, 2, 2, 0.5)},
        "all": {"a": seeds(0, 0, 0, 0, 0), "b": seeds(2, 2, 2, 2, 2)},
        "all but the direction": {"b": seeds(-1, -1, -1, -1, -1)},
        "none": {"a": seeds(3, 3, 3, 3, 3), "b": seeds(0.1, 0.2, 0.3, 0.4, 0.5)},
    }
    rows = readings.turned(LEDGER, found)
    assert rows["a"] == (("all",), ("one seed", "four seeds"), 5)
    assert rows["b"] == (("all", "all but the direction"), ("four seeds",), 5)


def test_seeds_that_go_both_ways_turn_nothing_clearly():
    found = {
        "first": {"a": seeds(*[2] * 8, *[0] * 2)},
        "other": {"a": seeds(*[0] * 4, *[2] * 4, *[2] * 1, 0)},
    }
    assert readings.turned(LEDGER, found)["a"].clearly == ()


def test_verdicts_and_means_are_those_of_the_samples():
    found = {"one": {"a": [{"x": 2.0}], "b": [{"x": 0.5}]}, "two": {"a": [{"x": 0.0}] * 5}}
    assert readings.verdicts(LEDGER, found) == {
        "one": {"a": "reproduced", "b": "partly"},
        "two": {"a": "not reproduced"},
    }
    means = readings.means(found, {"x of a": ("a", "x"), "x of b": ("b", "x")})
    np.testing.assert_array_equal(means["x of a"], [2.0, 0.0])
    np.testing.assert_array_equal(means["x of b"], [0.5, np.nan])
