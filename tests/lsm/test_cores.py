"""The budget of cores: what sets it, how it is shared, and how many threads a sweep then uses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsm import _cgroups, cores
from lsm.cores import available_cores, split_cores

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of 16 processors whose control groups a test writes."""
    monkeypatch.delenv("LSM_WORKERS", raising=False)
    monkeypatch.setattr(cores, "_processors", lambda: 16)
    monkeypatch.setattr(_cgroups, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(_cgroups, "_MEMBERSHIP", tmp_path / "membership")

    def write(membership, **files):
        (tmp_path / "membership").write_text(membership)
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text) if isinstance(text, bytes) else path.write_text(text)

    return write


V2 = "0::/batch/job\n"
ODD = ("", "max", "100000", "x y", "1 0", "0 1", "-1 100000", "1 2 3", b"\xff\xfe")


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        (V2, {"batch/job/cpu.max": "400000 100000\n"}, 4),
        (V2, {"batch/job/cpu.max": "350000 100000\n"}, 4),  # rounded up
        (V2, {"batch/job/cpu.max": "1000 100000\n"}, 1),
        (V2, {"batch/job/cpu.max": "50000 25000\n"}, 2),
        (V2, {"batch/job/cpu.max": "max 100000\n"}, 16),
        (V2, {"batch/job/cpu.max": "max 100000\n", "batch/cpu.max": "300000 100000\n"}, 3),
        (V2, {"batch/job/cpu.max": "500000 100000\n", "batch/cpu.max": "300000 100000\n"}, 3),
        (V2, {"batch/job/cpu.max": "200000 100000\n", "batch/cpu.max": "300000 100000\n"}, 2),
        (V2, {"batch/job/cpu.max": "9900000 100000\n"}, 16),
        (V2, {"other/cpu.max": "100000 100000\n"}, 16),
        # A container sees its own group as the root, whatever the path says.
        (V2, {"cpu.max": "250000 100000\n"}, 3),
        ("0::/../../job\n", {"cpu.max": "250000 100000\n"}, 3),
        ("0::/../job\n", {"job/cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/a:b c\n", {"a:b c/cpu.max": "150000 100000\n"}, 2),
        # Version 1, under either name of its mount.
        (
            "5:memory:/m\n4:cpu,cpuacct:/docker/x\n0::/\n",
            {
                "cpu,cpuacct/docker/x/cpu.cfs_quota_us": "150000\n",
                "cpu,cpuacct/docker/x/cpu.cfs_period_us": "50000\n",
            },
            3,
        ),
        (
            "4:cpuacct,cpu:/docker/x\n",
            {"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            2,
        ),
        (
            "4:cpu:/\n",
            {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
            16,
        ),
        ("4:cpuset:/\n", {"cpu/cpu.cfs_quota_us": "1\n", "cpu/cpu.cfs_period_us": "1\n"}, 16),
        ("4:cpu:/\n", {"cpu/cpu.cfs_quota_us": "100000\n"}, 16),  # without a period
        # What is odd sets no limit.
        *((V2, {"batch/job/cpu.max": text}, 16) for text in ODD),
        ("", {"cpu.max": "100000 100000\n"}, 16),
        ("what\n::\n0\n", {}, 16),
    ],
)  # fmt: skip
def test_the_quota_of_control_groups_counts(machine, membership, files, expected):
    machine(membership, **files)
    assert available_cores() == expected


def test_control_groups_that_cannot_be_read_set_no_limit(machine, tmp_path):
    assert available_cores() == 16  # there is none
    machine(V2)
    (tmp_path / "cgroup" / "batch" / "job" / "cpu.max").mkdir(parents=True)
    assert available_cores() == 16
    (tmp_path / "membership").unlink()
    (tmp_path / "membership").mkdir()
    assert available_cores() == 16


def test_a_quota_above_the_processors_does_not_add_any(machine, monkeypatch):
    monkeypatch.setattr(cores, "_processors", lambda: 2)
    machine(V2, **{"batch/job/cpu.max": "400000 100000\n"})
    assert available_cores() == 2


def test_processors_are_the_least_that_the_system_tells(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)), raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 5, raising=False)
    assert cores._processors() == 5
    monkeypatch.delattr(os, "process_cpu_count")  # before Python 3.13
    assert cores._processors() == 6
    monkeypatch.delattr(os, "sched_getaffinity")  # on macOS
    assert cores._processors() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores._processors() == 1


@pytest.mark.parametrize(("given", "expected"), [("1", 1), ("5", 5), (" 64 ", 64), ("", 16)])
def test_the_environment_wins(machine, monkeypatch, given, expected):
    monkeypatch.setenv("LSM_WORKERS", given)
    assert available_cores() == expected


@pytest.mark.parametrize("given", ["x", "0", "-1", "1.5", "2e1", "1 2", "all", "9" * 5000])
def test_an_environment_that_is_no_number_is_refused(machine, monkeypatch, given):
    monkeypatch.setenv("LSM_WORKERS", given)
    with pytest.raises(ValueError, match=r"^LSM_WORKERS: expected an integer >= 1, got '"):
        available_cores()


# Two levels


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_two_levels_stay_within_the_budget(n_cores, n_tasks):
    at_once, each = split_cores(n_cores, n_tasks)
    assert 1 <= at_once <= n_tasks
    assert each >= 1
    assert at_once * each <= n_cores
    assert at_once * (each + 1) > n_cores  # no core without work that could have some
    assert (at_once - 1) ** 2 < n_cores  # memory grows with the root


@pytest.mark.parametrize(
    ("n_cores", "n_tasks", "expected"),
    [(1, 9, (1, 1)), (2, 9, (2, 1)), (4, 9, (2, 2)), (5, 9, (3, 1)), (16, 9, (4, 4)),
     (16, 2, (2, 8)), (16, 1, (1, 16)), (64, 20, (8, 8))],
)  # fmt: skip
def test_examples_of_two_levels(n_cores, n_tasks, expected):
    assert split_cores(n_cores, n_tasks) == expected


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", None, True])
def test_what_is_no_number_of_cores_or_tasks_is_refused(wrong):
    with pytest.raises(ValueError, match=r"^n_cores: expected an integer >= 1, got "):
        split_cores(wrong, 1)
    with pytest.raises(ValueError, match=r"^n_tasks: expected an integer >= 1, got "):
        split_cores(1, wrong)


# In processes


def told(code, **environment):
    plain = {name: value for name, value in os.environ.items() if name != "LSM_WORKERS"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=plain | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.strip(), done.stderr, done.returncode


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_a_process_bound_to_one_processor_has_one():
    one = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, [{one}]); import lsm; print(lsm.available_cores())"
    assert told(code)[0] == "1"


# Threads that measure at the same time: each waits until as many as asked for have come, or enough
# time has passed for more of them.
SWEEPING = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from lsm.runs import Setting
from lsm.sweeps import sweep
expected, given = int(sys.argv[1]), eval(sys.argv[2])
together, used = threading.Barrier(expected), set()
def measure(result):
    used.add(threading.get_ident())
    together.wait(60)
setting = Setting(sizes=(1, 1), n_sensors=1, n_presentations=1, duration=0.01)
executor = given and ThreadPoolExecutor(given)
sweep(measure, [setting], seed=0, n_repeats=2 * expected, executor=executor)
print(len(used))
"""


@pytest.mark.parametrize(
    ("workers", "given", "expected"), [("3", None, 3), ("3", 2, 2), ("1", 4, 4)]
)
def test_a_sweep_uses_as_many_threads_as_the_budget_allows_or_as_it_is_told(
    workers, given, expected
):
    code = f"import sys; sys.argv = ['', '{expected}', '{given}']\n{SWEEPING}"
    out, err, code = told(code, LSM_WORKERS=workers)
    assert (out, code) == (str(expected), 0), err


def test_a_sweep_with_a_wrong_budget_is_refused():
    _, err, code = told("import sys; sys.argv = ['', '1', 'None']\n" + SWEEPING, LSM_WORKERS="x")
    assert code == 1
    assert err.endswith("ValueError: LSM_WORKERS: expected an integer >= 1, got 'x'\n")
