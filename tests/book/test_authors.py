"""The command that runs the combined readings: what it is asked, its order, and how it ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import authors
import pytest

ROOT = Path(__file__).parents[2]

# Rows of their own in the place of networks; spawned workers import them from a file.
STUB = """
import sys, time
sys.path.insert(0, {book!r})
import authors
from rongala2021.multiverse_runs import Row

def row(item):
    wait, name = item
    time.sleep(wait)
    if name == "bad":
        raise ValueError("nothing to be had")
    return Row(levels=(name,), k_static=0.1, satisfied=True, met={{"a": "10"}}, means={{}})

if __name__ == "__main__":
    print([r.levels[0] for r in authors.each(row, {items!r}, "row")], flush=True)
"""


def started(tmp_path, items):
    script = tmp_path / "stub.py"
    script.write_text(STUB.format(book=str(ROOT / "book"), items=items))
    return subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def in_session(leader):
    """Processes of a session that run."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("processes are listed by /proc")
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(state[3]) == leader and state[0] != "Z":
                found.append(int(entry.name))
    return found


def left_of(leader, *, within=30.0):
    """Processes of a session that still run some seconds later."""
    deadline = time.monotonic() + within
    while (left := in_session(leader)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def test_rows_come_in_the_order_of_the_items(tmp_path):
    run = started(tmp_path, [(1.0, "slow"), (0.0, "one"), (0.0, "two")])
    output, errors = run.communicate(timeout=120)
    assert output.splitlines()[-1] == "['slow', 'one', 'two']", errors
    assert "row 3/3" in output
    assert "k_static 0.1  0 targets, 0.50" in output


def test_a_row_that_fails_is_named_at_once_and_ends_the_others(tmp_path):
    start = time.monotonic()
    # On one core the first is the only one that runs.
    run = started(tmp_path, [(0.0, "bad"), *[(60.0, "late")] * 5])
    _, errors = run.communicate(timeout=120)
    assert "RuntimeError: row 0.0 bad: ValueError('nothing to be had')" in errors
    assert time.monotonic() - start < 50
    # What Python starts beside its workers notices their end by itself.
    assert left_of(run.pid) == []


def test_workers_end_with_their_parent(tmp_path):
    run = started(tmp_path, [(60.0, "one"), (60.0, "two")])
    deadline = time.monotonic() + 60
    while len(in_session(run.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(3.0)  # while they import
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=60)
    assert left_of(run.pid) == []


@pytest.mark.parametrize("word", ["0", "-1", "x"])
@pytest.mark.parametrize("name", ["networks", "fresh"])
def test_wrong_numbers_are_refused_by_their_name_before_anything_runs(capsys, name, word):
    with pytest.raises(SystemExit) as ended:
        authors.arguments([f"--{name}", word])
    assert ended.value.code == 2
    assert f"--{name}: " in capsys.readouterr().err


def test_networks_behind_the_rule_are_others_than_those_judged_and_these_than_the_fresh():
    judged, fresh = authors.plan(3), authors.plan(4, judging="confirmation")
    seeds = {p.seed for p in (judged.calibration, judged.judging, fresh.judging)}
    assert len(seeds) == 3
    assert (judged.judging.n_networks, fresh.judging.n_networks) == (3, 4)
    assert judged.calibration.n_networks >= 20
    assert judged.judging.store == ROOT / "_build" / "results"


def test_what_cannot_be_run_is_told_in_a_line(monkeypatch, capsys):
    def fail(*_):
        raise ValueError("authors.yml: expected targets")

    monkeypatch.setattr(authors, "run_all", fail)
    monkeypatch.setattr(authors.interrupts, "answer", lambda _: None)
    assert authors.main([]) == 1
    assert capsys.readouterr().err == "authors.yml: expected targets\n"

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(authors, "run_all", interrupt)
    assert authors.main([]) == 130
    assert capsys.readouterr().err.startswith("interrupted")
