"""Combined readings as settings, against a loop written from their words; what meets a target."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from lsm.neurons import LSM
from lsm.runs import Setting, generators, run
from rongala2021 import ledger
from rongala2021.multiverse import CHANGES, load, read, which_meet
from rongala2021.project import book_file

CLAIMS = ledger.load(book_file("claims.yml"))
DESIGN = load(book_file("authors.yml"), CLAIMS)
SMALL = Setting(n_presentations=1, duration=0.12, sizes=(3, 2), n_sensors=4)


def drawn(setting, levels, seed):
    """Weights, synapses and steps of delay of each neuron, from the words of the levels."""
    _, _, hears, sensors, inhibition, _ = levels
    _, rng, late = generators(setting, seed)
    n = 10
    w_in, w_rec = np.abs(rng.normal(0.4, 0.08, (n, 4))), np.abs(rng.normal(0.4, 0.08, (n, n)))
    layer, excites = np.array([1, 1, 1, 2, 2] * 2), np.arange(n) < 5
    synapses = np.zeros(n)
    for k in range(n):
        if layer[k] == 2 or (sensors == "en" and not excites[k]):
            w_in[k] = 0.0
        else:
            synapses[k] += 4
        for j in range(n):
            from_in_to_other = not excites[j] and layer[j] != layer[k]
            none = j == k and not setting.autapses
            none |= hears == "own_in" and from_in_to_other
            none |= hears == "no_in" and from_in_to_other and layer[j] == 1
            if not excites[j]:
                w_rec[k, j] *= -0.8 if inhibition == "weaker" else -1.0
            if none:
                w_rec[k, j] = 0.0
            else:
                synapses[k] += 1
    steps = np.zeros((n, n), dtype=int)
    if setting.delay:
        seconds = np.abs(late.normal(setting.delay, 0.2 * setting.delay, (n, n)))
        steps = np.floor(seconds / setting.dt + 0.5).astype(int)
    return w_in, w_rec, synapses, steps, layer


def by_loop(setting, levels, seed, inputs):
    """Eq. 1-3 neuron by neuron, in the order of the words."""
    update, denominator, *_, plotted = levels
    w_in, w_rec, synapses, steps, layer = drawn(setting, levels, seed)
    n, n_steps = 10, inputs.shape[1]
    sent, internal = np.zeros((n, n_steps)), np.zeros((n, n_steps))
    tau = setting.neuron.tau_dyn
    keep = np.exp(-setting.dt / tau) if tau else 0.0
    order = sorted(range(n), key=lambda k: layer[k]) if update == "by_layer" else range(n)
    for t in range(n_steps):
        for k in order:
            heard = w_in[k] @ inputs[:, t]
            opened = heard
            for j in range(n):
                same = update == "in_turn" and j < k
                same |= update == "by_layer" and layer[j] < layer[k]
                when = t - steps[k, j] - (0 if same else 1)
                x = w_rec[k, j] * sent[j, when] if when >= 0 else 0.0
                heard, opened = heard + x, opened + abs(x)
            if denominator == "sum":
                opened = abs(heard)
            v = heard / (setting.neuron.k_static * synapses[k] + opened)
            before = (sent[k, t - 1], internal[k, t - 1]) if t else (0.0, 0.0)
            sent[k, t] = keep * before[0] + (1 - keep) * max(v, 0.0)
            internal[k, t] = keep * before[1] + (1 - keep) * v
    return sent if plotted == "activity" else internal


@pytest.mark.parametrize("levels", DESIGN.rows(), ids="-".join)
def test_each_combination_does_what_its_words_say(levels):
    seed = DESIGN.rows().index(levels)
    tau, delay = [(0.0, 0.0), (0.01, 0.0), (0.0, 3e-3)][seed % 3]
    base = replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=tau), delay=delay)
    setting = read(replace(base, autapses=seed % 2 == 1), DESIGN, levels)
    found = run(setting, seed=seed)
    np.testing.assert_allclose(
        found.activity, by_loop(setting, levels, seed, found.inputs), rtol=0, atol=1e-12
    )
    np.testing.assert_array_equal(found.network.n_synapses, drawn(setting, levels, seed)[2])


def test_the_first_row_is_the_setting_of_the_book():
    first = DESIGN.rows()[0]
    assert read(SMALL, DESIGN, first) == SMALL
    assert len(set(DESIGN.rows())) == 3 * 2 * 3 * 2 * 2 * 2
    assert DESIGN.against(first) == 0


def test_no_two_combinations_are_one_setting():
    names = {read(SMALL, DESIGN, levels) for levels in DESIGN.rows()}
    assert len(names) == len(DESIGN.rows())


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (("in_turn", "magnitudes", "all", "both", "equal", "activity"), 0),
        (("in_turn", "magnitudes", "all", "both", "equal", "internal"), 1),
        (("together", "sum", "no_in", "both", "equal", "activity"), 2),
        (("by_layer", "sum", "own_in", "en", "weaker", "internal"), 5),
    ],
)
def test_sentences_that_a_row_contradicts_are_counted(levels, expected):
    assert DESIGN.against(levels) == expected


def test_choices_that_are_changed_alone_change_what_they_name():
    law = {level: CHANGES["jitter"][level](SMALL) for level in CHANGES["jitter"]}
    assert law["independent"] == SMALL
    assert (law["walk_2"].law, law["walk_2"].jitter) == ("walk", 2e-3)
    assert (law["lossy_10"].law, law["lossy_10"].jitter) == ("lossy walk", 10e-3)
    weights = [change(SMALL).weights for change in CHANGES["weights"].values()]
    assert weights[0] == SMALL.weights
    assert len(set(map(repr, weights))) == 3


# Targets


def test_every_target_rests_on_what_is_measured_and_judged():
    known = CLAIMS.keys() | {"layer_2", "binary"}
    for target in DESIGN.targets:
        assert target.needs(), target.id
        assert target.needs() <= known, target.id
        assert target.sentence
        assert target.where


FOUND = {
    "4b": [{"build_up_EN1": 2, "build_up_IN1": 2}] * 3,
    "4c": [{"peak_presentation": p, "left_at_the_end": 0.4} for p in (4, 10, 25)],
    "4a": [{"HF_network": x} for x in (2.5, 1.5, float("nan"))],
}


@pytest.mark.parametrize(
    ("target", "expected"),
    [("build_up", [False, True, False]), ("amplified", [True, False, False]), ("delays", None)],
)
def test_networks_meet_a_target_if_they_meet_all_that_it_rests_on(target, expected):
    which = next(t for t in DESIGN.targets if t.id == target)
    assert which_meet(which, CLAIMS, FOUND) == expected


# The file


def test_the_first_level_of_each_choice_is_nowhere_against_the_text():
    for choice in (*DESIGN.choices, *DESIGN.alone):
        assert choice.levels[0].stance != "against", choice.id
        assert all(level.sentence.strip() for level in choice.levels)


def changed(tmp_path, change):
    given = yaml.safe_load(book_file("authors.yml").read_text(encoding="utf-8"))
    change(given)
    path = tmp_path / "authors.yml"
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    return path


WRONG = {
    "stance: expected one of says, silent, against": lambda d: d["choices"][0]["levels"][0].update(
        stance="maybe"
    ),
    "expected each id once": lambda d: d["targets"].append(d["targets"][0]),
    "expected levels": lambda d: d["choices"][0]["levels"].pop(),
    "expected targets, choices and alone": lambda d: d.pop("alone"),
    "expected layer_2 to rest on claims, got 4zz": lambda d: d["targets"][0].update(claims=["4zz"]),
    "expected layer_2 to rest on claims, got nothing": lambda d: d["targets"][0].pop("criterion"),
    "claims: expected a list, got '4b'": lambda d: d["targets"][2].update(claims="4b"),
    "measure: expected claim.measure, got 'HF'": lambda d: d["targets"][0]["criterion"][0].update(
        measure="HF"
    ),
    "targets, choices and alone: AttributeError": lambda d: d["targets"].append("a"),
    "comparison: expected one of": lambda d: d["targets"][0]["criterion"][0].update(comparison="~"),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_design_that_is_wrong_is_refused(tmp_path, message):
    with pytest.raises(ValueError, match=message):
        load(changed(tmp_path, WRONG[message]), CLAIMS)
