"""Sweeps over many settings: what they may not depend on, what they keep, tell and refuse."""

import io
import json
import os
import pickle
import re
import sys
import time
import tracemalloc
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
import threadpoolctl
from nbclient import NotebookClient

from keepers import powers_of, total_of, weighted_input
from lsm import _optional, _progress, sweeps
from lsm import runs as runs_module
from lsm.neurons import LSM
from lsm.runs import Setting, generators, run
from lsm.store import StoreWarning
from lsm.sweeps import ExecutorWarning, SweepError, sweep
from lsm.weights import Lognormal

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.5)
LEAK = LSM(k_static=0.05, tau_dyn=0.01)
SETTINGS = [
    SMALL,
    replace(SMALL, neuron=LEAK),
    replace(SMALL, delay=3e-3, weights=Lognormal(mean=0.3)),
    replace(SMALL, stream=1),
]


def assert_same(found, expected):
    """Two nested lists of arrays."""
    for f, e in zip(found, expected, strict=True):
        np.testing.assert_array_equal(f, e)


def activities(settings, *, n_repeats=3, first=0, seed=1, executor=None):
    return sweep(
        lambda r: r.activity,
        settings,
        seed=seed,
        n_repeats=n_repeats,
        first=first,
        executor=executor,
    )


# Sweeps


def test_a_sweep_is_its_runs_by_setting_and_repeat():
    found = activities(SETTINGS)
    assert [len(row) for row in found] == [3] * len(SETTINGS)
    for setting, row in zip(SETTINGS, found, strict=True):
        assert_same(row, [run(setting, seed=1, repeat=i).activity for i in range(3)])


@pytest.mark.parametrize("n_workers", [1, 3, 8])
def test_a_sweep_does_not_depend_on_the_number_of_workers(n_workers):
    expected = activities(SETTINGS)
    with ThreadPoolExecutor(n_workers) as threads:
        found = activities(SETTINGS, executor=threads)
        assert threads.submit(len, "as before").result() == 9  # left open for what comes next
    for ours, row in zip(found, expected, strict=True):
        assert_same(ours, row)


def test_a_sweep_does_not_depend_on_order_added_settings_or_added_repeats():
    expected = activities(SETTINGS)
    for found, row in zip(activities(SETTINGS[::-1])[::-1], expected, strict=True):
        assert_same(found, row)
    for i, setting in enumerate(SETTINGS):
        assert_same(activities([setting])[0], expected[i])
    more = activities(SETTINGS[:1], n_repeats=5)[0]
    assert_same(more[:3], expected[0])


def test_a_sweep_may_leave_out_the_first_repeats():
    expected = activities(SETTINGS, n_repeats=5)
    found = activities(SETTINGS, n_repeats=3, first=2)
    for ours, row in zip(found, expected, strict=True):
        assert_same(ours, row[2:])


def test_settings_may_come_one_by_one():
    for found, row in zip(activities(iter(SETTINGS)), activities(SETTINGS), strict=True):
        assert_same(found, row)


def test_a_sweep_over_nothing_finds_nothing():
    assert activities([]) == []


def test_repeats_and_seeds_differ():
    rows = activities([SMALL], n_repeats=3)[0] + activities([SMALL], n_repeats=3, seed=2)[0]
    for i in range(6):
        for j in range(i):
            assert (rows[i] != rows[j]).any()


def fail_in_some(result):
    """Fails in the layers of other sizes, and of the second repeat."""
    if result.setting.sizes == (3, 1):
        raise KeyError("from within")
    if result.setting.stream and result.activity.any():
        raise ValueError(f"stream: expected 0, got {result.setting.stream}")
    return float(result.activity.sum())


def test_failed_runs_end_no_other_and_one_error_names_each_of_them():
    settings = [
        SMALL,
        replace(SMALL, sizes=(3, 1)),
        replace(SMALL, stream=1),
        replace(SMALL, rate=9),
    ]
    with pytest.raises(SweepError) as caught:
        sweep(fail_in_some, settings, seed=5, n_repeats=2, first=3)
    small = "sizes=({}, 1), n_sensors=3, n_presentations=3, duration=0.5"
    assert str(caught.value).splitlines() == [
        "4 of 8 runs failed:",
        f"Setting({small.format(3)}), seed 5, repeats 3, 4: KeyError: 'from within'",
        f"Setting({small.format(2)}, stream=1), seed 5, repeats 3, 4: "
        "ValueError: stream: expected 0, got 1",
    ]
    named = [(f.setting, f.seed, f.repeat) for f in caught.value.failures]
    assert named == [(s, 5, repeat) for s in settings[1:3] for repeat in (3, 4)]
    done = sweep(fail_in_some, [settings[0], settings[3]], seed=5, n_repeats=2, first=3)
    assert caught.value.found == [done[0], [None, None], [None, None], done[1]]
    assert isinstance(caught.value.__cause__, KeyError | ValueError)  # with its traceback


def test_an_interrupt_is_no_failed_run():
    calls = []

    def interrupt(result):
        calls.append(1)
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as thread, pytest.raises(KeyboardInterrupt):
        sweep(interrupt, [SMALL], seed=0, n_repeats=200, executor=thread)
    assert len(calls) < 200


# Sweeps that keep their results


POWER = partial(powers_of, lowest=20.0)


def powers(settings=SETTINGS, *, n_repeats=3, seed=1, executor=None, store=None):
    return sweep(POWER, settings, seed=seed, n_repeats=n_repeats, executor=executor, store=store)


def assert_same_powers(found, expected):
    assert [len(row) for row in found] == [len(row) for row in expected]
    for row, others in zip(found, expected, strict=True):
        for result, other in zip(row, others, strict=True):
            assert type(result) is type(other)
            assert_same(result, other)


@pytest.fixture
def runs(monkeypatch):
    """Counts runs."""
    calls = []

    def counted(setting, seed, repeat):
        calls.append((setting, seed, repeat))
        return generators(setting, seed, repeat)

    monkeypatch.setattr(runs_module, "generators", counted)
    return calls


@pytest.mark.parametrize("n_workers", [1, 2, 8])
def test_results_are_the_same_with_and_without_a_store(tmp_path, n_workers):
    expected = powers()
    for _ in range(2):
        with ThreadPoolExecutor(n_workers) as threads:
            found = powers(store=tmp_path / "results", executor=threads)
        assert_same_powers(found, expected)


def test_what_was_kept_is_not_run_again_whoever_asks(tmp_path, runs):
    powers(store=tmp_path)
    assert len(runs) == 12
    powers(store=tmp_path)
    powers([replace(setting) for setting in SETTINGS[::-1]], store=tmp_path, n_repeats=2)
    assert len(runs) == 12


def test_only_what_is_new_is_run(tmp_path, runs):
    powers(store=tmp_path)
    runs.clear()
    more = powers([*SETTINGS, replace(SMALL, rate=60.0)], store=tmp_path, n_repeats=4)
    assert sorted(repeat for _, _, repeat in runs) == [0, 1, 2, 3, 3, 3, 3, 3]
    runs.clear()
    powers(store=tmp_path, seed=2)
    assert [seed for _, seed, _ in runs] == [2] * 12
    assert_same_powers(more[:4], powers(n_repeats=4))


def test_a_sweep_without_a_store_keeps_nothing(tmp_path, runs, monkeypatch):
    monkeypatch.chdir(tmp_path)
    powers()
    powers()
    assert len(runs) == 24
    assert not list(tmp_path.iterdir())


def test_a_cell_asked_for_twice_in_a_sweep_is_run_once(tmp_path, runs):
    found = powers([SMALL, replace(SMALL)], store=tmp_path)
    assert len(runs) == 3
    assert_same_powers(found[:1], found[1:])


def test_what_is_drawn_can_be_another_than_a_run(tmp_path):
    draw = partial(weighted_input, weight=0.5)
    settings = [SMALL, replace(SMALL, rate=90.0)]
    options = dict(seed=3, n_repeats=2, store=tmp_path)
    for _ in range(2):
        found = sweep(total_of, settings, draw=draw, **options)
        expected = [[total_of(draw(s, seed=3, repeat=i)) for i in range(2)] for s in settings]
        assert found == expected
    n_kept = len(list(tmp_path.rglob("*.npz")))
    assert n_kept == 4
    sweep(total_of, settings, draw=partial(weighted_input, weight=0.6), **options)  # others
    assert len(list(tmp_path.rglob("*.npz"))) == 2 * n_kept
    with pytest.raises(ValueError, match=r"^store: expected functions and classes of .*lsm"):
        sweep(total_of, settings, draw=lambda s, **_: np.ones(1), **options)


def test_a_measure_whose_results_cannot_be_kept_is_refused_before_anything_runs(tmp_path, runs):
    with pytest.raises(ValueError, match=r"^store: expected a function that returns a NamedTuple"):
        sweep(lambda r: r.activity, [SMALL], seed=0, n_repeats=2, store=tmp_path)
    assert not runs
    assert not list(tmp_path.iterdir())


def test_a_failing_run_keeps_what_was_done_and_nothing_of_itself(tmp_path, runs):
    measure = partial(powers_of, lowest=300.0)
    short = replace(SMALL, dt=2e-3)
    with pytest.raises(
        SweepError, match=r"dt=0.002.*: ValueError: freqs: expected at least one in 3"
    ):
        sweep(measure, [short, SMALL], seed=0, n_repeats=1, store=tmp_path)
    assert len(list(tmp_path.rglob("*.npz"))) == 1
    runs.clear()
    sweep(measure, [SMALL], seed=0, n_repeats=1, store=tmp_path)
    assert not runs


def counts(caplog):
    """What the last sweep logged: runs, from disk, computed, failed."""
    return [int(number) for number in re.findall(r"\d+", caplog.messages[-1])]


def test_a_sweep_logs_how_many_runs_it_found_and_how_many_it_computed(tmp_path, caplog):
    caplog.set_level("INFO", "lsm.sweeps")
    powers(store=tmp_path, n_repeats=2)
    assert counts(caplog) == [8, 0, 8, 0]
    powers([*SETTINGS, SETTINGS[0]], store=tmp_path)
    assert counts(caplog) == [15, 11, 4, 0]  # one run that is asked for twice is computed once
    powers()
    assert counts(caplog) == [12, 0, 12, 0]


class Distant(ThreadPoolExecutor):
    """Keeps results where this process does not see them."""

    def submit(self, function, cell):
        elsewhere = cell.store.with_name("elsewhere")
        return super().submit(function, cell._replace(store=elsewhere))


def test_what_workers_keep_elsewhere_is_kept_here_too(tmp_path, runs):
    with Distant(2) as executor:
        found = powers(store=tmp_path / "here", executor=executor)
    names = [
        {path.relative_to(tmp_path / place) for path in (tmp_path / place).rglob("*.npz")}
        for place in ("here", "elsewhere")
    ]
    assert names[0] == names[1]
    assert len(runs) == 12
    assert_same_powers(powers(store=tmp_path / "here"), found)
    assert len(runs) == 12


class Breaking(ThreadPoolExecutor):
    """Breaks after some runs, as processes do of which one is killed."""

    def __init__(self, n_left):
        super().__init__(1)
        self.n_left = n_left

    def submit(self, function, cell):
        self.n_left -= 1
        if self.n_left < -2:
            raise BrokenExecutor("refused")
        return super().submit(self.compute, function, cell)

    def compute(self, function, cell):
        if self.n_left < 0:
            raise BrokenExecutor("a worker is gone")
        return function(cell)


@pytest.mark.parametrize("n_left", [0, 5, 11])
def test_what_a_broken_executor_leaves_is_computed_here(tmp_path, runs, n_left):
    expected = powers()
    runs.clear()
    with Breaking(n_left) as executor, pytest.warns(ExecutorWarning, match="computed here") as told:
        found = powers(store=tmp_path, executor=executor)
    assert_same_powers(found, expected)
    assert len(runs) == 12
    assert len(told) == 1
    assert told[0].filename == __file__


class Gone(ThreadPoolExecutor):
    """Takes some cells and then no more, as a cluster whose client was closed."""

    def __init__(self, n_left):
        super().__init__(1)
        self.n_left = n_left

    def submit(self, function, cell):
        self.n_left -= 1
        if self.n_left < 0:
            raise OSError("closed")
        return super().submit(function, cell)


@pytest.mark.parametrize("n_left", [0, 5])
def test_what_an_executor_does_not_take_is_computed_here(runs, n_left):
    with Gone(n_left) as executor, pytest.warns(ExecutorWarning, match=f"lost {12 - n_left} runs"):
        found = powers(executor=executor)
    assert len(runs) == 12
    assert_same_powers(found, powers())


@pytest.mark.filterwarnings("ignore::lsm.sweeps.ExecutorWarning")
def test_an_executor_that_is_shut_down_meanwhile_leaves_the_rest(runs):
    executor = ThreadPoolExecutor(1)
    expected = powers()
    runs.clear()

    def shut_down_and_measure(result):
        executor.shutdown(wait=False, cancel_futures=True)
        return POWER(result)

    found = sweep(shut_down_and_measure, SETTINGS, seed=1, n_repeats=3, executor=executor)
    assert_same_powers(found, expected)
    assert len(runs) == 12


class Counting(ThreadPoolExecutor):
    """Counts the cells that it has, at most."""

    def __init__(self):
        super().__init__(2)
        self.n_now = self.most = 0

    def submit(self, function, cell):
        self.n_now += 1
        self.most = max(self.most, self.n_now)
        return super().submit(self.compute, function, cell)

    def compute(self, function, cell):
        self.n_now -= 1
        return function(cell)


def test_an_executor_has_a_bounded_number_of_cells_at_a_time(monkeypatch):
    monkeypatch.setattr(sweeps, "_AT_ONCE", 4)
    with Counting() as executor:
        found = activities(SETTINGS, executor=executor)
    assert executor.most <= 4
    for ours, row in zip(found, activities(SETTINGS), strict=True):
        assert_same(ours, row)


def blas_threads():
    info = threadpoolctl.threadpool_info()
    return {pool["num_threads"] for pool in info if pool["user_api"] == "blas"}


def test_linear_algebra_has_one_thread_while_any_sweep_runs_and_its_own_afterwards():
    seen = []

    def outer(result):
        sweep(lambda _: seen.append(blas_threads()), [SMALL], seed=0, n_repeats=2)
        seen.append(blas_threads())  # another sweep has ended

    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        sweep(outer, [SMALL], seed=0, n_repeats=2)
        assert blas_threads() == before
    assert len(seen) == 6
    assert all(each == {1} for each in seen)


def test_a_failed_sweep_can_be_told_from_another_process():
    with pytest.raises(SweepError) as caught:
        sweep(fail_in_some, [replace(SMALL, stream=1)], seed=5, n_repeats=2)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.failures == caught.value.failures
    assert again.found == caught.value.found


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError


def test_an_error_without_text_is_told_by_its_kind():
    def fail(result):
        raise Unspeakable

    with pytest.raises(SweepError, match=r"repeat 0: Unspeakable$") as caught:
        sweep(fail, [SMALL], seed=5, n_repeats=1)
    assert caught.value.failures[0].kind is Unspeakable


def test_one_seed_has_one_name_whatever_its_type(tmp_path, runs):
    powers(store=tmp_path, seed=1)
    powers(store=tmp_path, seed=np.int64(1), n_repeats=np.int8(3))
    assert len(runs) == 12


class Elsewhere(ThreadPoolExecutor):
    """Works in another folder."""

    def submit(self, function, cell):
        os.chdir("/")
        return super().submit(function, cell)


def test_a_relative_store_is_that_of_the_sweep_wherever_its_workers_are(
    tmp_path, monkeypatch, runs
):
    monkeypatch.chdir(tmp_path)
    with Elsewhere(1) as executor:
        powers(store=Path("results"), executor=executor)
    assert len(list((tmp_path / "results").rglob("*.npz"))) == 12


def test_a_spoiled_result_is_replaced_by_what_workers_keep_elsewhere(tmp_path, monkeypatch):
    powers(store=tmp_path / "here")
    path = next((tmp_path / "here").rglob("*.npz"))
    path.write_bytes(b"rubbish")
    monkeypatch.setattr(_optional, "_TOLD", set())
    with Distant(1) as executor, pytest.warns(StoreWarning, match="was spoiled"):
        powers(store=tmp_path / "here", executor=executor)
    with np.load(path) as file:
        assert "each" in file.files


# Memory


class Part(NamedTuple):
    """A little of a large array."""

    some: np.ndarray


def some_of(result):
    return Part(result.activity[0, :3])


def some_within(result):
    return {"some": [result.activity[0, :3]]}


def peak_of(n_settings, measure=some_of):
    """The most that a sweep over so many settings takes on one thread (bytes)."""
    settings = [replace(SMALL, rate=50.0 + i, n_presentations=40) for i in range(n_settings)]
    with ThreadPoolExecutor(1) as thread:
        tracemalloc.start()
        try:
            with suppress(SweepError):
                sweep(measure, settings, seed=0, n_repeats=1, executor=thread)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def failing(result):
    kept = np.ones(10**6)  # held by the frame of an error
    raise KeyError(f"{kept.sum()}")


@pytest.mark.parametrize("measure", [some_of, some_within, failing])
def test_the_peak_of_a_sweep_does_not_grow_with_the_number_of_settings(measure):
    peak_of(2, measure)  # with all that is made once
    few, many = peak_of(4, measure), peak_of(64, measure)
    assert few > 20_000 * 8 * 6  # the activity of a run
    assert many < 1.3 * few


# What a person is told


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(monkeypatch, stream, **options):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        powers(**options)
    return stream.getvalue()


def test_a_terminal_is_told_how_far_a_sweep_is_and_how_long_it_takes(monkeypatch, tmp_path):
    text = shown(monkeypatch, Terminal(), store=tmp_path, n_repeats=1)
    last = text.rpartition("\r")[2]
    assert re.search(r"100%.* 4/4 \[\d\d:\d\d<00:00, .*runs?/?s?", last)
    assert text.endswith("\n")
    assert text.count("\n") == 1
    text = shown(monkeypatch, Terminal(), store=tmp_path)
    assert re.search(r"\r.* 4/12 \[", text)  # the time left is that of what is to be computed
    assert text.rpartition("\r")[2].rstrip().endswith(", 4 from disk]")


def test_what_is_no_terminal_is_told_nothing(monkeypatch, tmp_path, capfd):
    assert shown(monkeypatch, io.StringIO(), store=tmp_path) == ""
    assert shown(monkeypatch, io.StringIO()) == ""
    assert capfd.readouterr() == ("", "")


class Interrupting(Terminal):
    """An interrupt comes while the bar is drawn anew."""

    seen = False

    def write(self, text):
        if re.search(r" [1-9]\d*/6 ", text) and not self.seen:
            self.seen = True
            raise KeyboardInterrupt
        return super().write(text)


def test_an_interrupt_while_the_bar_is_drawn_ends_the_sweep(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Interrupting())
    with ThreadPoolExecutor(1) as thread, pytest.raises(KeyboardInterrupt):
        sweep(lambda _: time.sleep(0.15), [SMALL], seed=0, n_repeats=6, executor=thread)
    assert sys.stderr.seen
    with ThreadPoolExecutor(1) as other:  # to which a lock of this thread would be closed
        assert other.submit(powers).result(60)


def test_failed_runs_bring_the_bar_to_its_end_too(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(SweepError):
        sweep(fail_in_some, [replace(SMALL, stream=1)], seed=0, n_repeats=3)
    assert " 3/3 " in stream.getvalue()


@pytest.mark.parametrize("stream", [None, "closed"])
def test_without_standard_error_nothing_is_told(monkeypatch, stream):
    if stream == "closed":
        stream = io.StringIO()
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    assert len(powers()) == 4


def test_nothing_is_printed_on_standard_output(monkeypatch, capsys):
    shown(monkeypatch, Terminal())
    assert capsys.readouterr().out == ""


def test_the_line_is_left_after_an_error_too(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(SweepError):
        sweep(fail_in_some, [SMALL, replace(SMALL, stream=1)], seed=0, n_repeats=1)
    assert stream.getvalue().endswith("\n")


def test_a_program_that_runs_others_is_told_through_a_file(monkeypatch, tmp_path):
    record = tmp_path / "progress"
    monkeypatch.setenv("LSM_PROGRESS", str(record))
    monkeypatch.setattr(_progress, "_counts", {"from_disk": 0, "computed": 0})
    seen = []

    def note(result):
        seen.append(json.loads(record.read_text()))
        time.sleep(0.25)  # longer than between two lines
        return 0.0

    with ThreadPoolExecutor(1) as thread:
        assert shown(monkeypatch, Terminal(), store=tmp_path / "results", n_repeats=1) == ""
        powers(store=tmp_path / "results")
        sweep(note, [SMALL], seed=0, n_repeats=4, executor=thread)
    done = [int(told["line"].partition("/4 ")[0]) for told in seen]
    assert all(i - 1 <= n <= i for i, n in enumerate(done))  # the next one starts at once
    assert re.fullmatch(r"[23]/4 \[00:\d\d<00:\d\d, .*runs?/?s?.*\]", seen[-1]["line"])
    assert json.loads(record.read_text()) == {"line": "", "from_disk": 4, "computed": 16}
    for nowhere in (tmp_path / "no" / "folder", tmp_path, "/", "."):
        monkeypatch.setenv("LSM_PROGRESS", str(nowhere))
        powers()  # and nothing is told


NOTEBOOK = """
from keepers import powers_of
from functools import partial
from lsm.runs import Setting
from lsm.sweeps import sweep
setting = Setting(sizes=(2, 1), n_presentations=40)
_ = sweep(partial(powers_of, lowest=20.0), [setting], seed=1, n_repeats=60)
"""


@pytest.mark.parametrize("by", ["JupyterLab", "papermill"])
def test_jupyterlab_shows_a_bar_and_a_checked_notebook_nothing(monkeypatch, by):
    if by == "JupyterLab":
        monkeypatch.setenv("JPY_SESSION_NAME", "page.ipynb")
    else:
        monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NOTEBOOK)])
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    kinds = [
        set(output.get("data", [output["output_type"]])) for output in notebook.cells[0].outputs
    ]
    widget = {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert kinds == ([widget] if by == "JupyterLab" else [])
