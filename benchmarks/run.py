"""Speed as ratios within one run: the simulator and the spectrum against plain alternatives.

Results are shown equal first. Times are medians of interleaved repetitions after compilation;
ratios are what to quote, times depend on the machine.
"""

from __future__ import annotations

import platform
import resource
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pywt
from scipy import fft

from lsm.dynamics import simulate
from lsm.neurons import LSM
from lsm.spectrum import highest_frequency, log_frequencies, max_power, morse
from lsm.sweeps import NETWORK_K_STATIC, Setting, run

DT = 1e-3
N_WINDOWS = 50


def plain_network(network, inputs, neuron):
    """Eq. 1-3 with one step of delay and exact leak, a NumPy statement a line."""
    gain = -np.expm1(-DT / neuron.tau_dyn)
    activity = np.zeros((inputs.shape[1], network.n_neurons))
    previous = np.zeros(network.n_neurons)
    static = neuron.k_static * network.n_synapses
    for t in range(inputs.shape[1]):
        total = network.w_in @ inputs[:, t] + network.w_rec @ previous
        absolute = network.w_in @ inputs[:, t] + np.abs(network.w_rec) @ previous
        undamped = np.maximum(total / (static + absolute), 0.0)
        previous = activity[t] = previous + gain * (undamped - previous)
    return activity.T


def full_length(signals, freqs):
    """The same maxima from the whole reflected Morse transform, one signal at a time."""
    n = signals.shape[-1]
    found = np.empty((len(signals), freqs.size, N_WINDOWS))
    grid = fft.fftfreq(2 * n, DT)
    for i, signal in enumerate(signals):
        spectrum = fft.fft(np.pad(signal, (n // 2, n - n // 2), mode="symmetric"))
        for j, f in enumerate(freqs):
            row = fft.ifft(spectrum * morse(grid / f))[n // 2 : n // 2 + n]
            found[i, j] = (np.abs(row) ** 2).reshape(N_WINDOWS, -1).max(axis=-1)
    return found


def pywavelets(signals, freqs):
    """What a user would call: another mother wavelet, zeros beyond the ends."""
    scales = pywt.frequency2scale("cmor1.5-1.0", freqs * DT)
    for signal in signals:
        coefs, _ = pywt.cwt(signal, scales, "cmor1.5-1.0", method="fft")
        (np.abs(coefs) ** 2).reshape(freqs.size, N_WINDOWS, -1).max(axis=-1)


def compare(ours: Callable[[], object], others: dict[str, Callable[[], object]], n: int) -> None:
    """Print our median time, and how many times longer each other one takes."""
    seconds: dict[str, list[float]] = {name: [] for name in ("ours", *others)}
    for _ in range(n):
        for name, call in {"ours": ours, **others}.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    print(f"  ours {1e3 * median(seconds['ours']):.1f} ms")
    for name in others:
        ratios = [b / a for a, b in zip(seconds["ours"], seconds[name], strict=True)]
        spread = f"{min(ratios):.1f} to {max(ratios):.1f}"
        print(f"  {name}: {median(ratios):.1f} times longer ({spread})")


def peak_memory() -> float:
    """Highest memory of this process so far (MB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)  # bytes on macOS, else kilobytes


def main() -> None:
    print(f"Python {platform.python_version()} on {platform.machine()}, {platform.platform()}")
    setting = Setting(neuron=LSM(k_static=NETWORK_K_STATIC, tau_dyn=10e-3))
    _, network, inputs, signals = run(setting, seed=1)
    neuron = setting.neuron
    freqs = log_frequencies(1.8, highest_frequency(DT))
    power = max_power(signals, freqs, dt=DT, n_windows=N_WINDOWS)
    print(f"peak memory after simulation and maximum power: {peak_memory():.0f} MB")

    print(f"\nsimulate: {network.n_neurons} neurons, {inputs.shape[1]} steps, with leak")
    error = np.abs(signals - plain_network(network, inputs, neuron)).max()
    print(f"  largest difference {error:.1e}")
    compare(
        lambda: simulate(network, inputs, neuron, dt=DT),
        {"NumPy loop": lambda: plain_network(network, inputs, neuron)},
        n=5,
    )

    print(f"\nmax_power: {len(signals)} signals, {freqs.size} frequencies, {N_WINDOWS} windows")
    reference = full_length(signals, freqs)
    counted = reference > 1e-4 * reference.max(axis=-1, keepdims=True)
    error = (np.abs(power - reference)[counted] / reference[counted]).max()
    print(f"  largest relative difference to the full-length transform {error:.1e}")
    compare(
        lambda: max_power(signals, freqs, dt=DT, n_windows=N_WINDOWS),
        {
            "full-length transform, scipy FFT": lambda: full_length(signals, freqs),
            "pywt.cwt(method='fft')": lambda: pywavelets(signals, freqs),
        },
        n=3,
    )


if __name__ == "__main__":
    main()
