"""Combined readings, run: the static leak within each, the targets, what is changed beside them."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.inputs import PSPKernel
from lsm.network import CONNECTIVITY
from lsm.runs import Run, Setting
from lsm.spectrum import log_frequencies
from rongala2021 import calibrating, ledger, multiverse_runs
from rongala2021.active_neurons import layer_two, relative_swings
from rongala2021.multiverse import load
from rongala2021.multiverse_runs import (
    CONSTANTS,
    Plan,
    calibrated_setting,
    row_of,
    run_beside,
    run_row,
    samples_of_row,
)
from rongala2021.project import book_file
from rongala2021.readings import FIGURES, NetworkConditions, Reading, network_samples
from rongala2021.scale import Scale
from rongala2021.spectra import Spectrum

CLAIMS = ledger.load(book_file("claims.yml"))
DESIGN = load(book_file("authors.yml"), CLAIMS)
FIRST = DESIGN.rows()[0]
BASE = Setting(n_presentations=20, duration=0.2)
CONDITIONS = NetworkConditions(
    tau_dyn=0.01,
    n_short=2,
    delays=[0.0, 2e-3, 4e-3, 6e-3, 8e-3],
    rates=(50, 100, 150),
    counts=(6, 15, 30),
    sizes=((3, 2), (5, 4)),
)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    spectrum = Spectrum(freqs=log_frequencies(10.0, 400.0, voices=4), warm_up=0.05)
    store = tmp_path_factory.mktemp("results")
    scale = Scale(seed=11, n_networks=2, spectrum=spectrum, store=store)
    return Plan(
        base=BASE, conditions=CONDITIONS, calibration=scale, judging=replace(scale, seed=12)
    )


@pytest.fixture(scope="module")
def first(plan):
    return run_row(plan, DESIGN, CLAIMS, FIRST)


def test_the_static_leak_is_by_the_rule_within_the_reading(plan):
    levels = ("in_turn", "sum", "all", "en", "equal", "internal")
    setting, found = calibrated_setting(plan, DESIGN, levels)
    short = replace(setting, n_presentations=2)
    assert found == calibrating.calibrated(short, CONSTANTS, plan.calibration)
    assert setting.neuron.k_static == found.k_static
    assert (setting.n_presentations, setting.recorded) == (20, "internal activity")
    assert setting.neuron.k_static != calibrated_setting(plan, DESIGN, FIRST)[1].k_static


def test_a_row_tells_of_every_target_network_by_network(plan, first):
    assert list(first.met) == [target.id for target in DESIGN.targets]
    assert {len(each) for each in first.met.values()} == {2}
    setting, _ = calibrated_setting(plan, DESIGN, FIRST)
    found = network_samples(setting, CONDITIONS, plan.judging, Reading())
    expected = "".join("01"[bool(s["HF_network"] >= 2)] for s in found["4a"])
    assert first.met["amplified"] == expected
    assert first.means["4a.HF_network"] == pytest.approx(
        np.mean([s["HF_network"] for s in found["4a"]]), rel=1e-3
    )
    ratio = [s["HF_binary_10"] / s["smallest_HF_binary_above_10"] for s in found["5a"]]
    assert first.met["binary_order"] == "".join("01"[bool(x < 1)] for x in ratio)


def test_a_row_is_its_record(first):
    assert row_of(first.record()) == first
    assert first.counts() == {name: each.count("1") for name, each in first.met.items()}


@pytest.mark.parametrize(
    ("name", "level", "figures"),
    [
        ("jitter", "walk_5", ("4",)),
        ("tau", "plain", ("8",)),
        ("weights", "binary", ("4", "6", "7")),
    ],
)
def test_a_choice_changed_alone_is_changed_in_its_figures_alone(plan, first, name, level, figures):
    choice = next(choice for choice in DESIGN.alone if choice.id == name)
    assert choice.figures == figures
    row = run_beside(plan, DESIGN, CLAIMS, FIRST, (choice, level))
    assert row.beside == (name, level)
    assert row.k_static == first.k_static
    assert set(row.met) < set(first.met)
    assert row_of(row.record()) == row
    same = [measure for measure in row.means if row.means[measure] == first.means[measure]]
    assert len(same) < len(row.means)


def test_what_is_not_changed_leaves_all_as_it_was(plan, first):
    jitter = next(choice for choice in DESIGN.alone if choice.id == "jitter")
    row = run_beside(plan, DESIGN, CLAIMS, FIRST, (jitter, "independent"))
    assert row.met.items() <= first.met.items()
    assert row.means.items() <= first.means.items()
    assert {"build_up", "layer_2", "transients", "amplified"} == row.met.keys()


def test_only_the_figures_that_are_asked_for_are_run(plan):
    found = samples_of_row(BASE, CONDITIONS, plan.judging, ("7",))
    assert {claim[0] for claim in found} == {"7"}
    assert multiverse_runs.FIGURES == FIGURES


def test_networks_behind_the_rule_are_not_judged(plan):
    with pytest.raises(ValueError, match=r"^judging: expected another seed .* got 11 for both"):
        replace(plan, judging=plan.calibration)


# Who is active


def recorded(activity, layer):
    class Network:
        pass

    network = Network()
    network.layer = np.array(layer)
    return Run(Setting(kernel=PSPKernel()), network, np.zeros((1, 4)), np.array(activity))


def test_a_neuron_is_active_by_its_swings_beside_layer_1():
    swing = np.tile([-1.0, 1.0], 200)
    rows = [4 * swing, 2 * swing, 1 * swing, 0.21 * swing, 0.19 * swing + 5, 0 * swing]
    assert layer_two(recorded(rows, [1, 1, 1, 2, 2, 2])).n_active == 1
    assert layer_two(recorded(np.zeros((3, 400)), [1, 2, 2])).n_active == 0
    rise = np.where(np.arange(400) < 100, 1e6, swing)  # from rest
    assert layer_two(recorded([4 * swing, rise], [1, 2])).n_active == 1
    assert layer_two(recorded([rise, 0.01 * rise], [1, 2])).n_active == 0


def test_swings_are_told_beside_the_typical_one_of_layer_1():
    swing = np.tile([-1.0, 1.0], 200)
    rows = [4 * swing, 2 * swing, swing, swing + 5, 0 * swing]
    told = relative_swings(recorded(rows, [1, 1, 1, 2, 2]), 0.0)
    np.testing.assert_allclose(told, [2, 1, 0.5, 0.5, 0])
    silent = relative_swings(recorded([0 * swing, swing, 0 * swing], [1, 2, 2]), 0.1)
    assert silent.tolist() == [0, np.inf, 0]


@pytest.mark.parametrize("start", [0.4, 1.0])
def test_a_record_that_ends_before_its_start_is_refused(start):
    expected = f"^start: expected less than the record of 0.4 s, got {start:g}"
    with pytest.raises(ValueError, match=expected):
        relative_swings(recorded(np.ones((2, 400)), [1, 2]), start)


def test_without_inhibition_of_layer_1_layer_2_is_active(plan):
    factors = [list(row) for row in CONNECTIVITY]
    factors[1][3] = factors[3][3] = 0.0
    awake = replace(BASE, connectivity=factors)
    found = [samples_of_row(s, CONDITIONS, plan.judging, ("4",))["layer_2"] for s in (BASE, awake)]
    counts = [[sample["n_active"] for sample in each] for each in found]
    assert min(counts[1]) == 8 > max(counts[0])
