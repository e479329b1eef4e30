"""What cannot fit into memory is refused before it allocates: what there is, what calls take."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lsm import _cgroups, _memory
from lsm.delays import with_delays
from lsm.dynamics import (
    hodgkin_huxley_response,
    internal_activity,
    izhikevich_response,
    lsm_response,
    simulate,
)
from lsm.inputs import bin_spikes, present, spike_times
from lsm.measures import band_gain, correlation, gain, high_frequency_ratio, pearson
from lsm.network import neuron_kinds, scaled_time_constants, two_layer
from lsm.neurons import LSM, HodgkinHuxley, Izhikevich
from lsm.runs import Setting, bytes_of_run, run, sensory_input
from lsm.spectrum import cwt, log_frequencies, max_power
from lsm.sweeps import SweepError, sweep
from lsm.theory import linear_response, spectral_radius
from lsm.weights import Binary, Lognormal, Normal

ROOT = Path(__file__).resolve().parents[2]
GB = 10**9

# What there is


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of 24 GB whose control groups a test writes."""
    pages = {"SC_PAGE_SIZE": 4000, "SC_PHYS_PAGES": 6 * 10**6}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__, raising=False)
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    monkeypatch.setattr(_cgroups, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(_cgroups, "_MEMBERSHIP", tmp_path / "membership")

    def write(membership, files):
        (tmp_path / "membership").write_text(membership)
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def read_limit():
    return _memory.limit.__wrapped__()


V2, V1 = "0::/batch/job\n", "5:cpu:/c\n4:memory:/batch/job\n0::/\n"
NAME = "memory/batch/job/memory.limit_in_bytes"


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        (V2, {"batch/job/memory.max": f"{4 * GB}\n"}, 4 * GB),
        (V2, {"batch/job/memory.max": "max\n"}, 24 * GB),
        (V2, {"batch/job/memory.max": f"{99 * GB}\n"}, 24 * GB),
        (V2, {"batch/job/memory.max": "max\n", "batch/memory.max": f"{3 * GB}\n"}, 3 * GB),
        (V2, {"batch/job/memory.max": f"{2 * GB}\n", "memory.max": f"{3 * GB}\n"}, 2 * GB),
        (V2, {"other/memory.max": "1\n"}, 24 * GB),
        (V2, {"batch/job/memory.max": "x y\n"}, 24 * GB),
        (V1, {NAME: f"{5 * GB}\n"}, 5 * GB),
        (V1, {NAME: "9223372036854771712\n"}, 24 * GB),  # how version 1 says that there is none
        (V1, {NAME: "-1\n"}, 24 * GB),
        (V1, {"memory/memory.limit_in_bytes": f"{6 * GB}\n", NAME: f"{7 * GB}\n"}, 6 * GB),
        (V1, {"cpu/c/memory.limit_in_bytes": "1\n"}, 24 * GB),
        ("", {"memory.max": "1\n"}, 24 * GB),
    ],
)
def test_the_limit_of_control_groups_counts(machine, membership, files, expected):
    machine(membership, files)
    assert read_limit() == expected


def unknown(name):
    raise ValueError("unrecognized configuration name")


@pytest.mark.parametrize("sysconf", [None, unknown, lambda name: -1], ids=["none", "error", "-1"])
def test_a_system_that_tells_nothing_sets_the_limit_of_any_array(machine, monkeypatch, sysconf):
    if sysconf is None:
        monkeypatch.delattr(os, "sysconf")
    else:
        monkeypatch.setattr(os, "sysconf", sysconf)
    assert read_limit() == sys.maxsize
    machine(V2, {"batch/job/memory.max": f"{4 * GB}\n"})
    assert read_limit() == 4 * GB


@pytest.mark.parametrize(("space", "expected"), [(8 * GB, 8), (99 * GB, 24), (-1, 24)])
def test_the_limit_of_the_address_space_counts(machine, monkeypatch, space, expected):
    class Resource:
        RLIMIT_AS = "AS"

        @staticmethod
        def getrlimit(kind):
            return {"AS": (space, -1)}[kind]

    monkeypatch.setitem(sys.modules, "resource", Resource)
    assert read_limit() == expected * GB


def test_the_limit_is_read_once(machine):
    before = _memory.limit()
    machine(V2, {"batch/job/memory.max": "1\n"})
    assert _memory.limit() == before != read_limit()


# How it is refused


@pytest.mark.parametrize(
    ("n_bytes", "told"),
    [(1001, "1.001 kB"), (103_400_000_000, "103.4 GB"), (25_276_502_016, "25.28 GB"),
     (8 * 10**18, "8 EB"), (10**21, "more than 1000 EB"), (10**5000, "more than 1000 EB")],
    ids=["kB", "tenths", "hundredths", "EB", "more", "much more"],
)  # fmt: skip
def test_a_refusal_tells_the_bytes(monkeypatch, n_bytes, told):
    monkeypatch.setattr(_memory, "limit", lambda: 1000)
    with pytest.raises(ValueError, match=r"^sizes: ") as error:
        _memory.fits("sizes", "a network", n_bytes, (5, 4), "and", 6)
    assert str(error.value) == (
        f"sizes: expected a network that fits into 1 kB of memory, got (5, 4) and 6, "
        f"which would take {told}"
    )
    _memory.fits("sizes", "a network", 1000, (5, 4))


def rng():
    return np.random.default_rng(0)


W = Normal(mean=0.4)
SMALL = two_layer(W, sizes=(5, 5), rng=rng())
MIDDLE = two_layer(W, sizes=(100, 100), rng=rng())
DELAYED = replace(SMALL, delays=np.full((20, 20), 60.0) - np.eye(20))
LONG = replace(SMALL, delays=np.full((20, 20), 0.3))
FREQS = np.linspace(5.0, 400.0, 80)
X = rng().random((4, 20000))
POINT = (LSM(), np.ones(6), np.ones(20))
SPIKES = np.full((6, 100), 0.5)
OFTEN = np.tile(np.linspace(0.0, 999.0, 4000), (6, 1))  # some in every page of memory
LOUD = np.tile(X, (10, 1))
SENSED, SENT = np.ones((6, 100000)), np.ones((20, 100000))
POWER = np.ones((300, 1, 80)), np.ones((300, 80)), FREQS

# name: (argument, call); each asks for much more than its arguments take.
CALLS = {
    "spike_times": ("rate", lambda: spike_times(4e5, 1.0, 6, rng=rng())),
    "spike_times, sensors": ("n_sensors", lambda: spike_times(2.0, 1.0, 10**6, rng=rng())),
    "present": ("n_presentations", lambda: present(SPIKES, 4000, 1.0, rng=rng())),
    "present, gaussian": (
        "n_presentations",
        lambda: present(SPIKES, 4000, 1.0, law="gaussian", rng=rng()),
    ),
    "present, walk": (
        "n_presentations",
        lambda: present(SPIKES, 4000, 1.0, law="walk", rng=rng()),
    ),
    "present, lossy walk": (
        "n_presentations",
        lambda: present(SPIKES, 4000, 1.0, law="lossy walk", rng=rng()),
    ),
    "bin_spikes": ("n_steps", lambda: bin_spikes(OFTEN, 10**6, dt=1e-3)),
    "Normal": ("shape", lambda: W.sample((2000, 2000), rng=rng())),
    "Lognormal": ("shape", lambda: Lognormal(mean=0.4).sample((2000, 2000), rng=rng())),
    "Lognormal, logarithm": (
        "shape",
        lambda: Lognormal(mean=0.4, of="logarithm").sample((2000, 2000), rng=rng()),
    ),
    "Binary": ("shape", lambda: Binary(p=0.4).sample(4 * 10**6, rng=rng())),
    "two_layer": ("sizes", lambda: two_layer(W, sizes=(250, 250), rng=rng())),
    "two_layer, autapses": (
        "sizes",
        lambda: two_layer(Binary(p=0.4), sizes=(250, 250), autapses=True, rng=rng()),
    ),
    "two_layer, sensors": (
        "n_sensors",
        lambda: two_layer(W, sizes=(5, 5), n_sensors=200000, rng=rng()),
    ),
    "with_delays": ("network", lambda: with_delays(MIDDLE, 0.01, rng=rng())),
    "neuron_kinds": ("sizes", lambda: neuron_kinds((10**6, 10**6))),
    "scaled_time_constants": (
        "sizes",
        lambda: scaled_time_constants(0.01, 0.5, sizes=(400000, 400000)),
    ),
    "lsm_response": ("weights", lambda: lsm_response(X[:1], np.ones((100, 1)), LSM(), dt=1e-3)),
    "hodgkin_huxley_response": (
        "weights",
        lambda: hodgkin_huxley_response(X[:1], np.ones((100, 1)), HodgkinHuxley(), dt=1e-3),
    ),
    "izhikevich_response": (
        "neurons",
        lambda: izhikevich_response(X[:1], [1.0], [Izhikevich()] * 200, dt=1e-3),
    ),
    "simulate": ("inputs", lambda: simulate(SMALL, np.ones((6, 300000)), LSM(), dt=1e-3)),
    "simulate in turn": (
        "inputs",
        lambda: simulate(SMALL, np.ones((6, 300000)), LSM(), dt=1e-3, update="in turn"),
    ),
    "simulate layer by layer": (
        "inputs",
        lambda: simulate(SMALL, np.ones((6, 300000)), LSM(), dt=1e-3, update="layer by layer"),
    ),
    "simulate in turn, delays": (
        "inputs",
        lambda: simulate(DELAYED, np.ones((6, 100000)), LSM(), dt=1e-3, update="in turn"),
    ),
    "internal_activity": (
        "activity",
        lambda: internal_activity(SMALL, SENSED, SENT, LSM(), dt=1e-3),
    ),
    "internal_activity, delays and leak": (
        "activity",
        lambda: internal_activity(
            DELAYED, SENSED, SENT, LSM(tau_dyn=0.01), dt=1e-3, update="in turn"
        ),
    ),
    "simulate, delays": (
        "inputs",
        lambda: simulate(DELAYED, np.ones((6, 100000)), LSM(), dt=1e-3),
    ),
    "log_frequencies": ("voices", lambda: log_frequencies(5.0, 10.0, voices=5 * 10**6)),
    "cwt": ("freqs", lambda: cwt(X, FREQS, dt=1e-3)),
    "cwt, few": ("freqs", lambda: cwt(X, FREQS[-5:], dt=1e-3)),
    "cwt, real": ("freqs", lambda: cwt(X, FREQS, dt=1e-3, wavelet="mexh")),
    "cwt, complex": ("freqs", lambda: cwt(X, FREQS[-20:], dt=1e-3, wavelet="cmor1.5-1.0")),
    "max_power": ("n_windows", lambda: max_power(X, FREQS, dt=1e-3, n_windows=10000)),
    "max_power, few": ("n_windows", lambda: max_power(LOUD, FREQS[:9], dt=1e-3, n_windows=10)),
    "max_power, zero": (
        "n_windows",
        lambda: max_power(LOUD, FREQS[:9], dt=1e-3, n_windows=10, ends="zero"),
    ),
    "max_power, complex": (
        "n_windows",
        lambda: max_power(X, FREQS[-40:], dt=1e-3, n_windows=10000, wavelet="cmor1.5-1.0"),
    ),
    "correlation": ("y", lambda: correlation(np.ones((2000, 1, 2)), np.ones((2000, 2)))),
    "pearson": ("y", lambda: pearson(X[0].reshape(-1, 1, 2)[:2000], X[1].reshape(-1, 2)[:2000])),
    "gain": ("input_power", lambda: gain(*POWER)),
    "band_gain": ("input_power", lambda: band_gain(*POWER, (100.0, 400.0))),
    "high_frequency_ratio": ("input_power", lambda: high_frequency_ratio(*POWER)),
    "spectral_radius": ("dt", lambda: spectral_radius(LONG, *POINT, dt=5e-3)),
    "linear_response": (
        "freqs",
        lambda: linear_response(SMALL, *POINT, np.tile(FREQS, 50), dt=1e-3),
    ),
    "sensory_input": ("setting", lambda: sensory_input(Setting(duration=20.0), rng=rng())),
}

# Bytes of inputs that are made in the call.
MADE = {
    "simulate": 48 * 300000,
    "simulate in turn": 48 * 300000,
    "simulate layer by layer": 48 * 300000,
    "simulate, delays": 48 * 100000,
    "simulate in turn, delays": 48 * 100000,
}

# Runs, of which one part or another takes most.
TINY = Setting(sizes=(5, 5), n_presentations=1, duration=0.1)
LARGE = replace(TINY, sizes=(250, 250))
RUNS = {
    "run, long": Setting(n_presentations=400),
    "run, large": LARGE,
    "run, large, delays": replace(LARGE, delay=0.01),
    "run, large, in turn": replace(LARGE, update="in turn"),
    "run, large, layer by layer, delays": replace(LARGE, update="layer by layer", delay=0.01),
    "run, long, layer by layer": Setting(n_presentations=200, update="layer by layer"),
    "run, long, internal activity": Setting(n_presentations=200, recorded="internal activity"),
    "run, large, not all connected": replace(
        LARGE, connectivity=((1, 1, 1, 1, 0), (0, 1, 1, 0, 1)) * 2
    ),
    "run, lossy walk": Setting(n_presentations=200, law="lossy walk"),
    "run, large, zero not counted": replace(LARGE, count_zero=False, weights=Binary(p=0.4)),
    "run, large and long": replace(LARGE, sizes=(150, 150), duration=20.0),
    "run, long delays": replace(TINY, duration=200.0, delay=50.0),
    "run, many sensors": replace(TINY, n_sensors=20000),
}
CALLS |= {
    name: ("setting", lambda setting=setting: run(setting, seed=0))
    for name, setting in RUNS.items()
}
CALLS["sweep"] = ("setting", lambda: sweep(len, [LARGE], seed=0, n_repeats=1))
# These hand on what another of them refuses.
ALONE = {name: call for name, (_, call) in CALLS.items() if name not in ("sweep", "band_gain")}


@pytest.fixture
def asked(monkeypatch):
    """Bytes that calls have asked for."""
    found, fits = [], _memory.fits

    def spied(name, what, n_bytes, *got):
        found.append(n_bytes)
        fits(name, what, n_bytes, *got)

    monkeypatch.setattr(_memory, "fits", spied)
    return found


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_refused_by_the_argument_that_asks_and_before_it_allocates(
    monkeypatch, asked, name
):
    argument, call = CALLS[name]
    own = MADE.get(name, 0)
    if name in ("max_power, few", "max_power, zero"):
        own = 2 * LOUD.nbytes  # signals that are not silent are known only then
    monkeypatch.setattr(_memory, "limit", lambda: 10**6)
    pattern = (
        rf"(^|: ){argument}: expected .* that fits into 1 MB of memory, got .*, which would take "
    )
    tracemalloc.start()
    try:
        with pytest.raises((ValueError, SweepError), match=pattern):
            call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - own < max(asked) / 4
    assert max(asked) > 2 * 10**6
    assert all(type(n_bytes) is int for n_bytes in asked)


@pytest.mark.parametrize("name", ["two_layer", "bin_spikes", "cwt", "run, long delays", "gain"])
def test_what_fits_just_so_is_not_refused(monkeypatch, asked, name):
    _, call = CALLS[name]
    call()
    most = max(asked)
    monkeypatch.setattr(_memory, "limit", lambda: most)
    call()
    monkeypatch.setattr(_memory, "limit", lambda: most - 1)
    with pytest.raises(ValueError, match=r": expected .* memory"):
        call()


# 50,000 neurons on 24 GB

HUGE = Setting(sizes=(12500, 12500))
REFUSED = (
    "setting: expected a run that fits into 24 GB of memory, got 50000 neurons and 6 sensors over "
    "50000 steps, which would take 120 GB"
)


def small(call, refused):
    """What a call is refused with, which must take next to no memory."""
    tracemalloc.start()
    try:
        with pytest.raises((ValueError, SweepError), match=re.escape(refused)):
            call()
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


def test_fifty_thousand_neurons_are_refused_on_24_gigabytes(monkeypatch, asked):
    monkeypatch.setattr(_memory, "limit", lambda: 24 * GB)
    small(lambda: run(HUGE, seed=0), REFUSED)
    n, n_sensors, n_steps = 50000, 6, 50000
    # Inputs, network (weights and delays), and while it simulates weights sorted and packed.
    held = n_sensors * n_steps + n * (2 * n + n_sensors)
    history = (1 + 64) * (n + n_sensors + 8)
    assert asked[-1] == 8 * (held + max(4 * n * n, 3 * n * n + n * n_steps + history))
    small(lambda: sweep(len, [HUGE], seed=0, n_repeats=2), REFUSED)
    small(
        lambda: two_layer(W, sizes=(12500, 12500), rng=rng()),
        "sizes: expected a network that fits into 24 GB of memory, got (12500, 12500) with 6 "
        "sensors, which would take 100 GB",
    )


@pytest.mark.parametrize(
    "more",
    [
        {"sizes": (10**9, 10**9)},
        {"sizes": (np.int64(10**9), np.int64(10**9))},  # whose square overflows
        {"sizes": (10**30, 1)},
        {"sizes": (1, 10**5000)},
        {"n_sensors": 10**30},
        {"n_presentations": 10**12},
        {"n_presentations": 10**5000},
        {"duration": 1e10},
        {"rate": 1e14},
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_setting_for_a_larger_machine_can_be_made_and_is_refused_where_it_would_run(more):
    def made_and_run():
        run(Setting(**more), seed=0)

    small(made_and_run, "setting: expected a")


# In processes


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (6 * 10**9, -1))
import numpy as np
from lsm import Normal, two_layer
made = two_layer(Normal(mean=0.4), sizes=(25, 25), rng=np.random.default_rng(0))
print(made.n_neurons)
two_layer(Normal(mean=0.4), sizes=(5000, 5000), rng=np.random.default_rng(0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the address space has no limit")
def test_a_process_of_limited_address_space_refuses_by_it():
    done = python(LIMITED, OPENBLAS_NUM_THREADS="1")
    assert (done.stdout, done.returncode) == ("100\n", 1), done.stderr
    assert done.stderr.endswith(
        "ValueError: sizes: expected a network that fits into 6 GB of memory, got (5000, 5000) "
        "with 6 sensors, which would take 16 GB\n"
    )


# Each call once to compile, and once from a peak that is reset.
MEASURED = """
import gc, json
from lsm import _memory
from tests.lsm.test_memory import ALONE

def status(name):
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))

asked, found = [], {}
_memory.fits = lambda name, what, n_bytes, *got: asked.append(n_bytes)
for name, call in ALONE.items():
    call()
    asked.clear()
    gc.collect()
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")
    before = status("VmRSS:")
    kept = call()
    found[name] = max(asked), status("VmHWM:") - before
    del kept
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def peaks():
    """Estimated and measured bytes of each call."""
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("peaks of memory cannot be reset on this system")
    # Large arrays are given back at once, and linear algebra has one thread's buffers.
    own = {"MALLOC_MMAP_THRESHOLD_": "65536", "OPENBLAS_NUM_THREADS": "1"}
    done = python(MEASURED, **own)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ALONE)
def test_an_estimate_is_a_lower_bound_that_is_close(peaks, name):
    estimated, measured = peaks[name]
    measured -= MADE.get(name, 0)
    # Linux counts resident pages some hundred at a time.
    assert 0.7 * measured < estimated < 1.01 * measured + 2**19, (estimated, measured)


def test_a_sweep_has_no_more_threads_than_runs_fit_into_memory(monkeypatch):
    monkeypatch.setenv("LSM_WORKERS", "8")
    small, large = Setting(n_presentations=1), Setting(n_presentations=20)
    together, most = [0], [0]
    lock = threading.Lock()

    def measure(result):
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        time.sleep(0.05)
        with lock:
            together[0] -= 1

    for limit, expected in ((3.5, 3), (0.9, 1), (100, 8)):
        monkeypatch.setattr(_memory, "limit", lambda n=limit: int(n * bytes_of_run(large)))
        monkeypatch.setattr(_memory, "fits", lambda *_: None)
        most[0] = 0
        sweep(measure, [small, large], seed=0, n_repeats=12)
        assert most[0] <= expected
        assert expected == 1 or most[0] > 1
