"""The committed records: whole, of the present design, and what the present sources give again."""

from dataclasses import replace

import pytest
from authors import SEEDS, plan

from rongala2021 import ledger
from rongala2021.calibrating import by_rule
from rongala2021.multiverse import load, read, which_meet
from rongala2021.multiverse_runs import CONSTANTS, samples_of_row
from rongala2021.multiverse_scores import best, front, page_data, score
from rongala2021.multiverse_scores import load as records_of
from rongala2021.project import book_file

CLAIMS = ledger.load(book_file("claims.yml"))
DESIGN = load(book_file("authors.yml"), CLAIMS)
RECORDS = records_of(book_file("authors.json"), DESIGN, CLAIMS)
TARGETS = [target.id for target in DESIGN.targets]


def test_the_records_are_of_every_combination_and_target():
    assert [row.levels for row in RECORDS.rows] == DESIGN.rows()
    n = RECORDS.about["networks"]
    for row in RECORDS.rows:
        assert list(row.met) == TARGETS
        assert {len(each) for each in row.met.values()} == {n}
        assert CONSTANTS[0] <= row.k_static <= CONSTANTS[-1]


def test_what_was_changed_alone_and_confirmed_belongs_to_the_best_rows():
    some = {RECORDS.rows[0].levels, *(row.levels for row in best(RECORDS.rows, 3))}
    assert {row.levels for row in RECORDS.confirmed} == some
    changes = [(c.id, level.id) for c in DESIGN.alone for level in c.levels[1:]]
    for levels in some:
        assert [row.beside for row in RECORDS.beside if row.levels == levels] == changes
    fresh = {len(each) for row in RECORDS.confirmed for each in row.met.values()}
    assert fresh == {RECORDS.about["fresh"]}
    assert RECORDS.about["seeds"] == SEEDS
    assert len(set(SEEDS.values())) == len(SEEDS)
    assert {r.levels: r.k_static for r in RECORDS.confirmed}.items() <= {
        r.levels: r.k_static for r in RECORDS.rows
    }.items()


@pytest.mark.parametrize("number", [0, 77, 143])
def test_networks_that_are_run_again_meet_the_same_targets(number, tmp_path):
    row = RECORDS.rows[number]
    given = plan(2)
    base = read(given.base, DESIGN, row.levels)
    base = replace(base, neuron=replace(base.neuron, k_static=row.k_static))
    scale = replace(given.judging, store=tmp_path)
    found = samples_of_row(base, given.conditions, scale, ("4", "6"))
    again = 0
    for target in DESIGN.targets:
        if (judged := which_meet(target, CLAIMS, found)) is not None:
            assert "".join("01"[x] for x in judged) == row.met[target.id][:2], target.id
            again += 1
    assert again == 5


def test_the_page_tells_what_the_records_hold():
    data = page_data(RECORDS, DESIGN)
    for row, told in zip(RECORDS.rows, data["rows"], strict=True):
        assert told["counts"] == [row.met[target].count("1") for target in TARGETS]
        assert (told["k_static"], told["calibrated"]) == (row.k_static, row.satisfied)
    assert len(data["beside"]) == len(RECORDS.beside)


def test_a_row_without_a_solution_of_the_rule_is_said_to_have_none():
    assert any(row.satisfied for row in RECORDS.rows)
    assert not by_rule(CONSTANTS, CONSTANTS * 0 + 1).satisfied
    assert score(front(RECORDS.rows, DESIGN)[-1])[0] == max(score(r)[0] for r in RECORDS.rows)
