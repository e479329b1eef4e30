"""The same work by other means, each as a function without arguments to be timed."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pywt
from numba import njit
from scipy import fft

from lsm.dynamics import leak_gain
from lsm.network import Network
from lsm.neurons import LSM
from lsm.spectrum import morse

HERE = Path(__file__).parent
BRIAN_PYTHON = HERE.parent / "_build" / "brian" / "bin" / "python"
DT = 1e-3


# Simulators


def sorted_weights(network: Network):
    """|w| as [source, target], excitatory sources first as `two_layer` numbers them."""
    n_exc = int((network.sign > 0).sum())
    w = np.abs(network.w_rec.T)
    return n_exc, w[:n_exc], w[n_exc:]


def shared_library(network: Network) -> ctypes.CDLL:
    """limit.c compiled for the size of this network."""
    folder = Path(tempfile.mkdtemp())
    n_exc, _, _ = sorted_weights(network)
    sizes = {"N": network.n_neurons, "N_EXC": n_exc, "SENSORS": network.n_sensors}
    flags = ["-O3", "-march=native", "-ffast-math", "-fPIC", "-c"]
    define = [f"-D{name}={value}" for name, value in sizes.items()]
    compiler, compiled, library = (
        os.environ.get("CC", "cc"),
        folder / "limit.o",
        folder / "limit.so",
    )
    subprocess.run([compiler, *flags, *define, "-o", compiled, HERE / "limit.c"], check=True)
    # Linked without -ffast-math: with it, gcc flushes denormal numbers of the whole process.
    subprocess.run([compiler, "-shared", "-o", library, compiled], check=True)
    return ctypes.CDLL(str(library))


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def aligned(values: np.ndarray) -> np.ndarray:
    raw = np.empty(values.nbytes + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    copy = raw[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy


def c_loop(network: Network, inputs: np.ndarray, neuron: LSM) -> Callable[[], np.ndarray]:
    library = shared_library(network)
    n, n_steps = network.n_neurons, inputs.shape[1]
    _, w_exc, w_inh = sorted_weights(network)

    def padded(w):
        return aligned(np.pad(w, [(0, 0), (0, -n % 8)]))

    channels = np.ones(n + -n % 8)
    channels[:n] = neuron.k_static * network.n_synapses
    gain = np.full(channels.size, leak_gain(neuron.tau_dyn, DT))
    constant = [padded(w) for w in (network.w_in.T, w_exc, w_inh)] + [channels, gain]

    def call():
        out = np.empty((n, n_steps))
        steps = ctypes.c_long(n_steps)
        library.run(pointer(inputs), steps, *[pointer(array) for array in constant], pointer(out))
        return out

    return call


def numpy_loop(network: Network, inputs: np.ndarray, neuron: LSM) -> Callable[[], np.ndarray]:
    gain = leak_gain(neuron.tau_dyn, DT)
    channels = neuron.k_static * network.n_synapses
    absolute = np.abs(network.w_rec)

    def call():
        out = np.empty((inputs.shape[1], network.n_neurons))
        a = np.zeros(network.n_neurons)
        for t in range(inputs.shape[1]):
            drive = network.w_in @ inputs[:, t]
            undamped = np.maximum(drive + network.w_rec @ a, 0.0)
            a = out[t] = a + gain * (undamped / (channels + drive + absolute @ a) - a)
        return out.T

    return call


def jax_scan(network: Network, inputs: np.ndarray, neuron: LSM) -> Callable[[], np.ndarray]:
    import jax

    jax.config.update("jax_enable_x64", True)
    gain = float(leak_gain(neuron.tau_dyn, DT))
    channels = jax.numpy.asarray(neuron.k_static * network.n_synapses)
    w, w_in = jax.numpy.asarray(network.w_rec), jax.numpy.asarray(network.w_in)

    def step(a, x):
        drive = w_in @ x
        undamped = jax.numpy.maximum(drive + w @ a, 0.0)
        a = a + gain * (undamped / (channels + drive + abs(w) @ a) - a)
        return a, a

    scan = jax.jit(lambda x: jax.lax.scan(step, jax.numpy.zeros(network.n_neurons), x.T)[1].T)
    scan(inputs).block_until_ready()
    return lambda: np.asarray(scan(inputs).block_until_ready())


def annarchy(network: Network, inputs: np.ndarray, neuron: LSM) -> Callable[[], np.ndarray]:
    """Compiled here; its sensors lag a step, so they are given one step early."""
    # It finds its build tools on the path.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    import ANNarchy as ann

    net = ann.Network(dt=1.0)
    net.config(num_threads=1)
    model = ann.Neuron(
        parameters={name: ann.Parameter(0.0, locality="local") for name in ("channels", "gain")},
        equations=[
            "total = pos(sum(exc) - sum(inh))",
            "r = (1.0 - gain) * r + gain * total / (channels + sum(exc) + sum(inh))",
        ],
    )
    early = np.concatenate([inputs.T[1:], np.zeros((1, inputs.shape[0]))])
    sensors = net.create(ann.TimedArray(rates=early))
    neurons = net.create(geometry=network.n_neurons, neuron=model)
    neurons.channels = neuron.k_static * network.n_synapses
    neurons.gain = float(leak_gain(neuron.tau_dyn, DT))
    n_exc, w_exc, w_inh = sorted_weights(network)
    for source, target, weights in (
        (sensors, "exc", network.w_in),
        (neurons[:n_exc], "exc", w_exc.T),
        (neurons[n_exc:], "inh", w_inh.T),
    ):
        net.connect(source, neurons, target).from_matrix(weights, storage_format="dense")
    monitor = net.monitor(neurons, "r")
    net.compile(directory=tempfile.mkdtemp(), silent=True)

    def call():
        net.simulate(inputs.shape[1])

    def result():
        net.reset(populations=True)
        call()
        activity = np.asarray(monitor.get("r")).T
        return activity[:, -inputs.shape[1] :]

    call.result = result
    return call


def brian(network: Network, inputs: np.ndarray, neuron: LSM) -> Callable[[], float]:
    """Runs in its own environment; a call returns the seconds that its C++ run took."""
    folder = Path(tempfile.mkdtemp())
    np.savez(
        folder / "job.npz",
        inputs=inputs.T,
        w_in=network.w_in,
        w_rec=network.w_rec,
        channels=neuron.k_static * network.n_synapses,
        gain=leak_gain(neuron.tau_dyn, DT),
    )
    process = subprocess.Popen(
        [BRIAN_PYTHON, HERE / "brian.py", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    def answer():
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"Brian2 ended with exit status {process.wait()}")
        return float(line)

    compile_seconds = answer()

    def call():
        process.stdin.write("run\n")
        process.stdin.flush()
        return answer()

    def result():
        call()
        return np.load(folder / "activity.npy")

    call.compile_seconds = compile_seconds
    call.result = result
    call.close = process.terminate
    return call


@njit(cache=True, nogil=True)
def _gather(drive, w, lag, n_exc, channels, gain, history):
    longest = lag.max()
    for t in range(drive.shape[0]):
        for k in range(drive.shape[1]):
            p = drive[t, k]
            q = 0.0
            for j in range(n_exc):
                p += w[k, j] * history[t + longest - lag[k, j], j]
            for j in range(n_exc, w.shape[1]):
                q += w[k, j] * history[t + longest - lag[k, j], j]
            undamped = (p - q) / (channels[k] + p + q) if p > q else 0.0
            previous = history[t + longest - 1, k]
            history[t + longest, k] = previous + gain * (undamped - previous)


def plain_gather(network: Network, inputs: np.ndarray, neuron: LSM) -> Callable[[], np.ndarray]:
    """The loop one would write first for synapses that each have their own delay."""
    n_exc, _, _ = sorted_weights(network)
    lag = 1 + np.rint(network.delays / DT).astype(np.int64)
    w = np.abs(network.w_rec)
    channels = neuron.k_static * network.n_synapses
    gain = float(leak_gain(neuron.tau_dyn, DT))

    def call():
        drive = np.ascontiguousarray((network.w_in @ inputs).T)
        history = np.zeros((lag.max() + drive.shape[0], network.n_neurons))
        _gather(drive, w, lag, n_exc, channels, gain, history)
        return history[lag.max() :].T.copy()

    return call


# Spectra: maximum power of each frequency in each of `n_windows` windows


def reflected(signal: np.ndarray) -> tuple[np.ndarray, slice]:
    n = signal.shape[-1]
    return np.pad(signal, (n // 2, n - n // 2), mode="symmetric"), slice(n // 2, n // 2 + n)


def maxima(coefs: np.ndarray, n_windows: int) -> np.ndarray:
    power = coefs.real**2 + coefs.imag**2
    return power.reshape(*coefs.shape[:-1], n_windows, -1).max(axis=-1)


def full_length(signals, freqs, n_windows):
    """The whole reflected Morse transform by one complex FFT a frequency, float64."""
    grid = fft.fftfreq(2 * signals.shape[-1], DT)

    def call():
        factors = [morse(grid / f) for f in freqs]
        found = np.empty((len(signals), freqs.size, n_windows))
        for i, signal in enumerate(signals):
            extended, own = reflected(signal)
            spectrum = fft.fft(extended)
            for j, factor in enumerate(factors):
                found[i, j] = maxima(fft.ifft(spectrum * factor)[own], n_windows)
        return found

    return call


def pywavelets(signals, freqs, n_windows, reflect=True):
    wavelet = "cmor1.5-1.0"
    scales = pywt.frequency2scale(wavelet, freqs * DT)

    def call():
        found = []
        for signal in signals:
            extended, own = reflected(signal) if reflect else (signal, slice(None))
            coefs, _ = pywt.cwt(extended, scales, wavelet, method="fft")
            found.append(maxima(coefs[:, own], n_windows))
        return np.array(found)

    return call


def ssqueezepy(signals, freqs, n_windows):
    """The same wavelet in single precision; it reflects and pads to a power of two itself."""
    os.environ["SSQ_PARALLEL"] = "0"
    import ssqueezepy as ssq

    wavelet = ssq.Wavelet(("gmw", {"gamma": 3, "beta": 20, "dtype": "float32"}))
    peak = (20 / 3) ** (1 / 3)
    scales = (peak / (2 * np.pi * freqs[::-1] * DT)).astype(np.float32)  # rising
    single = signals.astype(np.float32)

    def call():
        found = []
        for signal in single:
            coefs, _ = ssq.cwt(signal, wavelet, scales=scales, fs=1 / DT, padtype="reflect")
            found.append(maxima(coefs[::-1], n_windows))
        return np.array(found)

    call()  # it may fail only when called
    return call


def fcwt(signals, freqs, n_windows):
    """Morlet wavelet in single precision, one thread."""
    import fcwt as library

    single = signals.astype(np.float32)

    def call():
        found = []
        for signal in single:
            extended, own = reflected(signal)
            _, coefs = library.cwt(
                extended, int(1 / DT), freqs[0], freqs[-1], freqs.size, scaling="log"
            )
            found.append(maxima(coefs[:, own], n_windows))
        return np.array(found)

    call()  # it may fail only when called
    return call
