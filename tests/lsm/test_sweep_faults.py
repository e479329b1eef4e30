"""Sweeps in real processes that are killed, run out of disk or meet each other: nothing is lost."""

import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from keepers import noted, powers_of
from lsm import keys
from lsm.keys import key
from lsm.runs import Setting, run
from lsm.sweeps import SweepError, sweep

ROOT = Path(__file__).parents[2]
PATHS = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "packages")])
N_SETTINGS, N_REPEATS = 4, 3
N_RUNS = N_SETTINGS * N_REPEATS

# A sweep in a process of its own. It prints its results, what was logged and what was warned of.
SWEEPING = """
import json, logging, multiprocessing, os, sys, warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path

def executor(by):
    if by == "processes":
        return ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))
    # As a page makes it; a cluster is left open.
    from rongala2021.workers import executor
    return nullcontext(executor(by))

if __name__ == "__main__":
    from keepers import noted
    from lsm.runs import Setting
    from lsm.sweeps import sweep
    by, folder, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    PREPARE
    logging.getLogger("lsm.sweeps").addHandler(logging.StreamHandler(sys.stdout))
    logging.getLogger("lsm.sweeps").setLevel("INFO")
    base = dict(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.2)
    settings = [Setting(**base, rate=50.0 + i) for i in range(4)]
    (folder / "notes").mkdir(exist_ok=True)
    measure = partial(noted, folder=str(folder / "notes"), seconds=seconds)
    with warnings.catch_warnings(record=True) as told, executor(by) as pool:
        warnings.simplefilter("always")
        options = dict(seed=1, n_repeats=3, store=folder / "results", executor=pool)
        rows = sweep(measure, settings, **options)
    print(json.dumps([[[*found.each.tolist(), found.mean] for found in row] for row in rows]))
    print(json.dumps([str(w.message) for w in told if w.category.__module__ == "lsm._optional"]))
"""


def start(folder, *, by="", seconds=0.0, prepare="pass", prefix=()):
    folder.mkdir(exist_ok=True)
    script = folder / "sweeping.py"
    script.write_text(SWEEPING.replace("PREPARE", prepare))
    return subprocess.Popen(
        [*prefix, sys.executable, str(script), by, str(folder), str(seconds)],
        env=os.environ | {"PYTHONPATH": PATHS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process):
    """Results, counts (runs, from disk, computed, failed) and warnings of a sweep that ended."""
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    logged, results, told = output.splitlines()
    counts = [int(word) for word in logged.replace(",", "").split() if word.isdigit()]
    return json.loads(results), counts, json.loads(told)


def notes(folder):
    """Of each run that was computed to its end."""
    return list((folder / "notes").glob("*")) if (folder / "notes").is_dir() else []


def kept(folder):
    return sorted(folder.joinpath("results").rglob("*.npz"))


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


def descendants(process):
    with_all = psutil.Process(process.pid).children(recursive=True)
    return [child for child in with_all if "resource_tracker" not in " ".join(child.cmdline())]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the sweep finds where nothing goes wrong."""
    folder = tmp_path_factory.mktemp("plain")
    results, counts, told = end(start(folder))
    assert counts == [N_RUNS, 0, N_RUNS, 0]
    assert len(kept(folder)) == len(notes(folder)) == N_RUNS
    assert not told
    return results


@pytest.mark.parametrize("seconds", [0.0, 0.02])
def test_processes_find_what_threads_find(tmp_path, expected, seconds):
    results, counts, told = end(start(tmp_path, by="processes", seconds=seconds))
    assert results == expected
    assert counts == [N_RUNS, 0, N_RUNS, 0]
    assert not told
    workers = {path.suffix for path in notes(tmp_path)}
    assert len(workers) in (1, 2)
    assert len(notes(tmp_path)) == N_RUNS


def test_a_worker_that_is_killed_costs_what_it_was_at(tmp_path, expected):
    process = start(tmp_path, by="processes", seconds=0.3)
    until(lambda: len(kept(tmp_path)) >= 3, "three results")
    worker = next(
        child
        for child in descendants(process)
        if f".{child.pid}" in {path.suffix for path in notes(tmp_path)}
    )
    worker.kill()
    results, counts, told = end(process)
    assert results == expected
    # Python ends both workers of its pool when one is gone.
    assert N_RUNS <= len(notes(tmp_path)) <= N_RUNS + 2
    assert counts[0] == N_RUNS
    assert counts[3] == 0
    (message,) = told
    assert message.startswith("the executor lost ")


@pytest.mark.parametrize("by", ["", "processes"])
def test_a_sweep_that_is_killed_goes_on_where_it_was(tmp_path, expected, by):
    process = start(tmp_path, by=by, seconds=0.3)
    until(lambda: len(kept(tmp_path)) >= 4, "four results")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    until(lambda: not sessions(process.pid), "the end of all workers")
    there, before = kept(tmp_path), notes(tmp_path)
    assert 4 <= len(there) < N_RUNS
    results, counts, told = end(start(tmp_path))
    assert results == expected
    assert counts == [N_RUNS, 0, N_RUNS, 0]  # other seconds are another name
    results, counts, told = end(start(tmp_path, seconds=0.3))
    assert results == expected
    assert counts == [N_RUNS, len(there), N_RUNS - len(there), 0]
    assert len(notes(tmp_path)) == len(before) + N_RUNS + N_RUNS - len(there)
    assert not told


def sessions(number):
    """Processes of a session that a test started."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == number and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def edit():
    """Another version of a module, in a worker."""
    keys._SOURCES["keepers"] += b"# edited"
    keys._digest.cache_clear()


def test_a_worker_with_other_sources_is_refused_and_keeps_nothing(tmp_path):
    settings = [Setting(sizes=(2, 1), n_presentations=1, duration=0.1)]
    measure = partial(powers_of, lowest=20.0)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=edit) as pool, pytest.raises(SweepError) as told:
        sweep(measure, settings, seed=0, n_repeats=1, store=tmp_path, executor=pool)
    reason = told.value.failures[0].reason
    assert re.fullmatch(r"RuntimeError: .* \d+: expected the sources and versions of .*", reason)
    assert not kept(tmp_path)


# What lies on disk


@pytest.mark.parametrize("by", ["", "processes"])
def test_spoiled_results_are_computed_again_and_told_once(tmp_path, expected, by):
    end(start(tmp_path))
    cut, rubbish, empty, *_ = kept(tmp_path)
    cut.write_bytes(cut.read_bytes()[:-30])
    rubbish.write_bytes(os.urandom(2000))
    empty.write_bytes(b"")
    results, counts, told = end(start(tmp_path, by=by))
    assert results == expected
    assert counts == [N_RUNS, N_RUNS - 3, 3, 0]
    (message,) = told
    starts = tuple(f"{path} was spoiled, and is computed again (" for path in (cut, rubbish, empty))
    assert message.startswith(starts)
    results, counts, told = end(start(tmp_path))
    assert (results, counts, told) == (expected, [N_RUNS, N_RUNS, 0, 0], [])


LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))"


@pytest.mark.parametrize("by", ["", "processes"])
def test_a_sweep_on_a_full_disk_keeps_nothing_and_warns_once(tmp_path, expected, by):
    # Of each process; notes are empty, and so need no room.
    results, counts, told = end(start(tmp_path, by=by, prepare=LIMITED))
    assert results == expected
    assert counts == [N_RUNS, 0, N_RUNS, 0]
    (message,) = told
    assert message.startswith(f"results are not kept in {tmp_path / 'results'} (")
    assert "File too large" in message
    left = [path for path in tmp_path.joinpath("results").rglob("*") if path.is_file()]
    assert not left


def mounting(folder, command):
    """What runs a command where `folder` is a file system of its own, if that can be had."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare")
    script = f'{command} && shift && exec "$@"'
    within = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", folder]
    if subprocess.run([*map(str, within), "true"], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    return [str(word) for word in within]


@pytest.mark.parametrize("by", ["", "processes"])
def test_a_sweep_on_a_small_disk_keeps_what_fits_and_warns_once(tmp_path, expected, by):
    place = tmp_path / "results"
    place.mkdir()
    told_by = 'mount -t tmpfs -o size=24k tmpfs "$1"'
    results, _, told = end(start(tmp_path, by=by, prefix=mounting(place, told_by)))
    assert results == expected
    (message,) = told
    assert "No space left on device" in message


@pytest.mark.parametrize("by", ["", "processes"])
def test_a_store_that_can_only_be_read_is_read_and_warns_once(tmp_path, expected, by):
    end(start(tmp_path))
    for path in kept(tmp_path)[:5]:
        path.unlink()
    command = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"'
    prefix = mounting(tmp_path / "results", command)
    results, counts, told = end(start(tmp_path, by=by, prefix=prefix))
    assert results == expected
    assert counts == [N_RUNS, N_RUNS - 5, 5, 0]
    (message,) = told
    assert "Read-only file system" in message


# Several at once

# As on a file system of the network.
NO_LOCKS = """
    import errno
    from lsm import store
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")
    store.fcntl.flock = refuse
"""


@pytest.mark.parametrize("by", ["", "processes"])
def test_two_that_ask_for_the_same_compute_it_once(tmp_path, expected, by):
    both = [start(tmp_path, by=by, seconds=0.2) for _ in range(2)]
    found = [end(process) for process in both]
    assert [results for results, _, _ in found] == [expected] * 2
    assert len(notes(tmp_path)) == N_RUNS
    assert sum(counts[2] for _, counts, _ in found) == N_RUNS
    assert not any(told for _, _, told in found)
    assert len(kept(tmp_path)) == N_RUNS
    assert sorted(p for p in (tmp_path / "results").rglob("*") if p.is_file()) == kept(tmp_path)


def test_two_that_ask_for_the_same_without_locks_find_the_same(tmp_path, expected):
    both = [start(tmp_path, seconds=0.2, prepare=NO_LOCKS) for _ in range(2)]
    found = [end(process) for process in both]
    assert [results for results, _, _ in found] == [expected] * 2
    for _, counts, told in found:
        assert counts[0] == N_RUNS
        assert len(told) <= 1  # none, if the other had computed all
        assert all(message.startswith("no locks in ") for message in told)
    files = [p for p in (tmp_path / "results").rglob("*") if p.is_file() and p.suffix != ".lock"]
    assert sorted(files) == kept(tmp_path)
    assert end(start(tmp_path, seconds=0.2))[1] == [N_RUNS, N_RUNS, 0, 0]


# On a cluster


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers of Dask on this host: processes, and the scheduler's address."""
    record = tmp_path / "scheduler.json"
    around = os.environ | {"PYTHONPATH": PATHS}
    quiet = dict(env=around, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    dask = [sys.executable, "-m", "dask"]
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    told = [*local, "--port", "0", "--scheduler-file", str(record)]
    processes = [subprocess.Popen([*dask, "scheduler", *told], **quiet)]
    try:
        until(record.exists, "the file of the scheduler")
        address = json.loads(record.read_text())["address"]
        worker = [*dask, "worker", address, *local, "--nthreads", "1", "--no-nanny"]
        processes += [subprocess.Popen(worker, **quiet) for _ in range(2)]
        yield processes, address
    finally:
        for process in processes:
            process.kill()
            process.wait(60)


def test_a_worker_of_a_cluster_that_is_killed_costs_what_it_was_at(tmp_path, expected, cluster):
    (_, *workers), address = cluster
    process = start(tmp_path, by=address, seconds=0.3)
    pids = {f".{worker.pid}": worker for worker in workers}
    until(lambda: {path.suffix for path in notes(tmp_path)} == {*pids}, "work of both workers")
    workers[0].kill()
    before = len(notes(tmp_path))
    results, counts, told = end(process)
    assert results == expected
    # It may have kept the run that it was at, and was asked for again.
    assert counts[0] == counts[1] + counts[2] == N_RUNS
    assert not told
    assert N_RUNS <= len(notes(tmp_path)) <= N_RUNS + 2
    later = [path.suffix for path in notes(tmp_path)].count(f".{workers[1].pid}")
    assert later >= N_RUNS - before
    assert len(kept(tmp_path)) == N_RUNS


# What a result tells


def shown(*words):
    command = [sys.executable, "-m", "lsm.store", "show", *map(str, words)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": PATHS}, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def test_a_result_tells_its_setting(tmp_path):
    end(start(tmp_path))
    folder = tmp_path / "results"
    path = kept(tmp_path)[0]
    name = path.relative_to(folder).with_suffix("").as_posix()
    code, text, errors = shown(name, "--store", folder)
    assert (code, errors) == (0, "")
    assert text.splitlines()[0] == str(path)
    told = [line.split() for line in text.splitlines()]
    seconds, rate, seed, repeat = (
        next(words[1] for words in told if words[0] == part and len(words) > 1)
        for part in ("seconds", "rate", "seed", "repeat")
    )
    assert ["measure"] in told
    assert ["function", "keepers.noted"] in told
    assert ["draw", "lsm.runs.run"] in told
    # What it tells is enough to find it: by its name, and by computing it.
    setting = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.2, rate=float(rate))
    measure = partial(noted, folder=str(tmp_path / "notes"), seconds=float(seconds))
    assert key(measure, run, setting, int(seed), int(repeat)) == name
    again = measure(run(setting, seed=int(seed), repeat=int(repeat)))
    assert ["mean", "float64[]", str(again.mean)] in told
    start_of_it = path.stem[:12]
    assert shown(start_of_it, "--store", folder)[1] == text


@pytest.mark.parametrize(("name", "n_found"), [("0123", 0), ("", N_RUNS), ("../x", 0)])
def test_what_is_not_one_result_is_not_shown(tmp_path, name, n_found):
    end(start(tmp_path))
    code, text, errors = shown(name, "--store", tmp_path / "results")
    told = f"KEY: expected the name of one result in {tmp_path / 'results'}, or its start, "
    assert (code, text, errors) == (2, "", f"{told}got {name!r}, which {n_found} have\n")


def test_a_result_of_an_earlier_version_is_shown_without_a_setting(tmp_path):
    path = tmp_path / "f" / "g" / "abc.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, power=np.arange(3.0))
    code, text, errors = shown("abc", "--store", tmp_path)
    assert (code, errors) == (0, "")
    *_, told, power = text.splitlines()
    assert told == "by an earlier version, which did not tell what it is of"
    assert power == "power float64[3]  [0.0, 1.0, 2.0]"


def test_a_spoiled_result_is_told_in_one_line(tmp_path):
    end(start(tmp_path))
    path = kept(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:50])
    code, text, errors = shown(path.stem, "--store", tmp_path / "results")
    assert (code, text) == (2, "")
    assert errors.count("\n") == 1
    assert str(path) in errors
