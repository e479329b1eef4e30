"""Speed as ratios within one run, against the limit of the machine and what else one could use.

    make bench                                   with what the environment has
    make peers bench                             with all peers, in environments of their own
    python benchmarks/run.py [--save] [--only PART ...] [--repeats N]

Results are shown equal before anything is timed. Repetitions of all candidates are interleaved,
after compilation, on one core (`make bench` keeps libraries from using more). Peers that are not
installed are left out and named. `--save` writes book/performance.json, which the page on
performance draws.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import numpy as np
import peers
from scipy.signal import chirp

from lsm.delays import with_delays
from lsm.dynamics import izhikevich_response, simulate
from lsm.network import two_layer
from lsm.neurons import LSM, izhikevich_grid
from lsm.runs import NETWORK_K_STATIC, Setting, run, sensory_input
from lsm.spectrum import highest_frequency, log_frequencies, max_power
from lsm.sweeps import sweep
from lsm.weights import weight_distribution

DT = peers.DT
NEURON = LSM(k_static=NETWORK_K_STATIC, tau_dyn=10e-3)
N_WINDOWS = 50
FREQS = log_frequencies(1.8, highest_frequency(DT))
# Neurons and steps of one timed run.
SIZES = {18: 50_000, 100: 20_000, 500: 2_000, 1000: 1_000, 2000: 1_000, 5000: 400}


def interleaved(calls: dict[str, Callable[[], object]], n: int) -> dict[str, list[float]]:
    """Seconds of each call, all in turn, `n` times; a call that times itself returns them.

    Each is called once more before it is timed, since its first call after another pays for what
    that one left behind: cold caches, and memory given back to the system.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(n):
        for name, call in calls.items():
            call()
            start = time.perf_counter()
            own = call()
            took = time.perf_counter() - start
            seconds[name].append(own if isinstance(own, float) else took)
    return seconds


def show(title: str, seconds: dict[str, list[float]]) -> None:
    """Print our median, and how many times longer each other one takes."""
    ours = median(seconds["lsm"])
    print(f"  {title}: lsm {1e3 * ours:.2f} ms")
    for name, values in seconds.items():
        if name != "lsm":
            ratios = [b / a for a, b in zip(seconds["lsm"], values, strict=True)]
            spread = f"{min(ratios):.3g} to {max(ratios):.3g}"
            print(f"    {name}: {median(values) / ours:.3g} times as long ({spread})")


def available(make: Callable, *arguments) -> Callable | None:
    """The peer's call, or None with a word if it is not there or fails."""
    try:
        return make(*arguments)
    except (ImportError, OSError, RuntimeError) as error:
        print(f"  without {make.__name__}: {error}")
    except Exception as error:  # a peer's own kind of failure must not end the run
        print(f"  without {make.__name__}: {type(error).__name__}: {error}")
    return None


def job(n: int, n_steps: int):
    """A two-layer network of n neurons under the paper's sensory input."""
    half = n // 2
    sizes = (round(half * 5 / 9), half - round(half * 5 / 9))
    rng = np.random.default_rng(1)
    setting = Setting(n_presentations=-(-n_steps // 1000))
    inputs = np.ascontiguousarray(sensory_input(setting, rng=rng)[:, :n_steps])
    weights = weight_distribution("normal", 0.4)
    return two_layer(weights, sizes=sizes, rng=rng), inputs


def simulators(repeats: int) -> list[dict]:
    found = []
    for n, n_steps in SIZES.items():
        network, inputs = job(n, n_steps)
        expected = simulate(network, inputs, NEURON, dt=DT)
        calls: dict = {"lsm": lambda a=network, b=inputs: simulate(a, b, NEURON, dt=DT)}
        makers = {"C loop": peers.c_loop}
        if n <= 1000:
            makers |= {"ANNarchy": peers.annarchy, "Brian2 C++": peers.brian}
        if n == 18:
            makers |= {"JAX scan": peers.jax_scan, "NumPy loop": peers.numpy_loop}
        difference, compiled = {}, {}
        for name, make in makers.items():
            start = time.perf_counter()
            call = available(make, network, inputs, NEURON)
            if call is None:
                continue
            if name in ("ANNarchy", "Brian2 C++"):
                whole = time.perf_counter() - start
                compiled[name] = getattr(call, "compile_seconds", whole)
            got = getattr(call, "result", call)()
            difference[name] = float(np.abs(got - expected).max())
            calls[name] = call
        print(f"simulate, {n} neurons, {n_steps} steps")
        print("  largest differences", {k: f"{v:.0e}" for k, v in difference.items()})
        if compiled:
            print("  seconds to compile", {k: f"{v:.0f}" for k, v in compiled.items()})
        seconds = interleaved(calls, repeats if n <= 1000 else 3)
        show("whole call", seconds)
        for call in calls.values():
            getattr(call, "close", lambda: None)()
        steps = {name: [1e6 * s / n_steps for s in values] for name, values in seconds.items()}
        found.append(
            {"n": n, "microseconds": steps, "difference": difference, "compile_seconds": compiled}
        )
        if n >= 2000 and "C loop" in calls:
            found[-1]["bandwidth_share"] = bandwidth_share(network, median(steps["lsm"]) * 1e-6)
    return found


def bandwidth_share(network, seconds_per_step: float) -> float:
    """Speed at which the weights are read, over that of a C loop that only reads as much."""
    library = peers.shared_library(network)
    library.sum.restype = peers.ctypes.c_double
    weights = np.ones(network.n_neurons**2)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        library.sum(peers.pointer(weights), peers.ctypes.c_long(weights.size))
        seconds.append(time.perf_counter() - start)
    share = median(seconds) / seconds_per_step
    print(f"  {share:.2f} of the speed of a loop that only reads the weights")
    return share


def delays(repeats: int) -> list[dict]:
    found = []
    for n, n_steps in ((18, 50_000), (100, 5_000), (500, 1_000)):
        network, inputs = job(n, n_steps)
        network = with_delays(network, 5e-3, rng=np.random.default_rng(2))
        gather = peers.plain_gather(network, inputs, NEURON)
        calls = {"lsm": lambda a=network, b=inputs: simulate(a, b, NEURON, dt=DT)}
        calls["plain gather loop"] = gather
        difference = float(np.abs(gather() - calls["lsm"]()).max())
        print(f"simulate with delays, {n} neurons; largest difference {difference:.0e}")
        seconds = interleaved(calls, repeats)
        show("whole call", seconds)
        steps = {name: [1e6 * s / n_steps for s in values] for name, values in seconds.items()}
        found.append({"n": n, "microseconds": steps, "difference": difference})
    return found


def silence(repeats: int) -> list[dict]:
    """Networks in which leaky neurons fall silent, whose activity must not stay denormal."""
    found = []
    n_steps = 50_000
    _, inputs = job(18, n_steps)
    print("the C loop (-ffast-math) lets the processor flush denormal numbers, at no cost")
    for kind, longest in (("binary", 0.0), ("lognormal", 0.0), ("binary", 5e-3)):
        rng = np.random.default_rng(2)
        network = two_layer(weight_distribution(kind, 0.3), rng=rng)
        if longest:
            network = with_delays(network, longest, rng=rng)
        peer = ("plain gather loop", peers.plain_gather) if longest else ("C loop", peers.c_loop)
        calls = {"lsm": lambda a=network: simulate(a, inputs, NEURON, dt=DT)}
        activity = calls["lsm"]()
        n_silent = int((activity[:, n_steps // 2 :].max(axis=1) < np.finfo(float).tiny).sum())
        print(f"simulate, {kind} weights, delays up to {longest:g} s, {n_silent} neurons silent")
        call = available(peer[1], network, inputs, NEURON)
        if call is not None:
            calls[peer[0]] = call
        seconds = interleaved(calls, repeats)
        show("whole call", seconds)
        steps = {name: [1e6 * s / n_steps for s in values] for name, values in seconds.items()}
        found.append(
            {"weights": kind, "delay": longest, "n_silent": n_silent, "microseconds": steps}
        )
    return found


def spectrum_signals() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    t = np.arange(50_000) * DT
    f = np.array([1.8, 3.3, 10.0, 37.1, 100.0, 217.0, 333.0, 434.0, 490.0])
    methods = ("linear", "quadratic", "logarithmic", "hyperbolic")
    return {
        "network, no leak": run(Setting(), seed=1).activity,
        "network, leak": run(Setting(neuron=NEURON), seed=1).activity,
        "white noise": rng.normal(size=(6, t.size)),
        "Brownian noise": np.cumsum(rng.normal(size=(6, t.size)), axis=1),
        "pure tones": np.cos(2 * np.pi * f[:, None] * t + 0.3),
        "chirps": np.array([chirp(t, 1, t[-1], 490, method=method) for method in methods]),
    }


def spectra(repeats: int) -> dict:
    errors = {}
    signals = spectrum_signals()
    for name, x in signals.items():
        expected = peers.full_length(x, FREQS, N_WINDOWS)()
        got = max_power(x, FREQS, dt=DT, n_windows=N_WINDOWS)
        strong = expected > 1e-4 * expected.max(axis=-1, keepdims=True)
        mean = expected.mean(axis=-1)
        active = mean > 0
        errors[name] = {
            "windows": float((np.abs(got - expected)[strong] / expected[strong]).max()),
            "mean": float((np.abs(got.mean(axis=-1) - mean)[active] / mean[active]).max()),
        }
        worst = errors[name]
        print(f"max_power, {name}: error {worst['windows']:.0e}, of the mean {worst['mean']:.0e}")
    x = signals["network, no leak"]
    calls: dict = {"lsm": lambda: max_power(x, FREQS, dt=DT, n_windows=N_WINDOWS)}
    calls["full-length FFT"] = peers.full_length(x, FREQS, N_WINDOWS)
    calls["pywt.cwt, reflected"] = peers.pywavelets(x, FREQS, N_WINDOWS)
    calls["pywt.cwt, bare ends"] = peers.pywavelets(x, FREQS, N_WINDOWS, reflect=False)
    for name, make in (("ssqueezepy float32", peers.ssqueezepy), ("fcwt float32", peers.fcwt)):
        call = available(make, x, FREQS, N_WINDOWS)
        if call is not None:
            calls[name] = call
    if "ssqueezepy float32" in calls:  # the one peer with the same wavelet
        active = [0, 1, 2]
        a, b = calls["lsm"]()[active], calls["ssqueezepy float32"]()[active]
        print(f"  ssqueezepy differs by {np.median(np.abs(b / a - 1)):.0e} in the median window")
    seconds = interleaved(calls, max(3, repeats // 2))
    show(f"maximum power, {len(x)} signals, {FREQS.size} frequencies", seconds)
    return {"errors": errors, "seconds": seconds, "n_signals": len(x)}


def workload() -> dict:
    """The work of whole figures, in seconds."""
    found = {}

    def timed(name: str, call: Callable[[], object]) -> None:
        start = time.perf_counter()
        call()
        found[name] = time.perf_counter() - start
        print(f"  {name}: {found[name]:.2f} s")

    print("the work of whole figures")
    kinds = ("binary", "lognormal", "normal")
    neurons = (LSM(k_static=NETWORK_K_STATIC), NEURON)
    settings = [
        Setting(weights=weight_distribution(kind, mean), neuron=neuron, stream=10 * i + j)
        for i, kind in enumerate(kinds)
        for j, mean in enumerate((0.1, 0.2, 0.3, 0.4, 0.5))
        for neuron in neurons
    ]

    def transform(result):
        return max_power(result.activity, FREQS, dt=DT, n_windows=N_WINDOWS)

    def shape(result):
        return result.activity.shape

    timed(
        "150 networks, one by one",
        lambda: [run(setting, seed=0, repeat=i) for setting in settings for i in range(5)],
    )
    for what, measure in (("150 networks", shape), ("150 networks and 2,700 spectra", transform)):
        for n in (1, 2):
            with ThreadPoolExecutor(n) as threads:
                options = dict(seed=0, n_repeats=5, executor=threads)
                timed(
                    f"{what}, {n} thread{'s' * (n > 1)}",
                    lambda measure=measure, o=options: sweep(measure, settings, **o),
                )
    models = izhikevich_grid()
    inputs = [
        sensory_input(Setting(rate=rate), rng=np.random.default_rng(0))
        for rate in (50, 100, 150, 200)
    ]
    izhikevich_response(inputs[0][:, :100], np.ones(6), models, dt=DT)
    timed(
        "405 x 4 Izhikevich neurons",
        lambda: [izhikevich_response(x, np.full(6, 1 / 6), models, dt=DT) for x in inputs],
    )
    return found


def start_up() -> dict:
    """Seconds from a new interpreter, with the compiled code in its cache."""
    code = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
    first = "import lsm.runs as s; t = time.perf_counter(); s.run(s.Setting(), seed=1)"
    found = {}
    for name, statement in (
        ("import lsm", "import lsm"),
        ("import lsm.sweeps", "import lsm.sweeps"),
        ("first run of a network", first),
    ):
        command = [sys.executable, "-c", code.format(statement)]
        outputs = [subprocess.check_output(command, text=True) for _ in range(5)]
        found[name] = median(float(output) for output in outputs)
        print(f"  {name}: {found[name]:.2f} s")
    return found


def machine() -> dict:
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].split(":")[1].strip() if names else processor
    packages = {}
    for name in ("numpy", "scipy", "numba", "pywavelets", "jax", "ssqueezepy", "fcwt", "ANNarchy"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "absent"
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": packages,
        "date": datetime.date.today().isoformat(),
    }


def main() -> None:
    parts = {
        "simulators": lambda: simulators(arguments.repeats),
        "delays": lambda: delays(arguments.repeats),
        "silence": lambda: silence(arguments.repeats),
        "spectra": lambda: spectra(arguments.repeats),
        "workload": workload,
        "start_up": start_up,
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--save", action="store_true", help="write book/performance.json")
    arguments = parser.parse_args()
    results: dict = {"machine": machine()}
    for name in arguments.only:
        results[name] = parts[name]()
    if arguments.save:
        path = peers.HERE.parent / "book" / "performance.json"
        if path.exists():  # parts not measured now are kept
            results = json.loads(path.read_text()) | results
        path.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
