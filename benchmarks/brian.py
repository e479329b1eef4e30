"""A network in Brian2's C++ standalone mode: compiled once, then run whenever a line comes in."""

import sys
import time
from pathlib import Path

import brian2 as b2
import numpy as np

folder = Path(sys.argv[1])
job = np.load(folder / "job.npz")
b2.set_device("cpp_standalone", build_on_run=False)
b2.defaultclock.dt = 1 * b2.ms
n_steps, n_sensors = job["inputs"].shape
n = len(job["w_rec"])
psp = b2.TimedArray(job["inputs"], dt=1 * b2.ms)
sensors = b2.NeuronGroup(n_sensors, "a = psp(t, i) : 1")
group = b2.NeuronGroup(n, "a : 1\ndrive : 1\nexc : 1\ninh : 1\nchannels : 1\ngain : 1")
group.channels = job["channels"]
group.gain = job["gain"]
w = job["w_rec"].T  # [source, target]
n_exc = int((w >= 0).all(axis=1).sum())
links = []
for name, sources, weights in (
    ("drive", sensors, job["w_in"].T),
    ("exc", group[:n_exc], w[:n_exc]),
    ("inh", group[n_exc:], -w[n_exc:]),
):
    link = b2.Synapses(sources, group, f"w : 1\n{name}_post = w * a_pre : 1 (summed)")
    link.connect()
    link.w = weights.ravel()
    links.append(link)
group.run_regularly(
    """total = clip(drive + exc - inh, 0, inf)
    a = (1 - gain) * a + gain * total / (channels + drive + exc + inh)""",
    when="end",
)
monitor = b2.StateMonitor(group, "a", record=True, when="end", order=1)
net = b2.Network(sensors, group, *links, monitor)
net.run(n_steps * b2.defaultclock.dt)
start = time.perf_counter()
build = str(folder / "build")
b2.device.build(directory=build, compile=True, run=False, debug=False, with_output=False)
print(time.perf_counter() - start, flush=True)
for _ in sys.stdin:
    b2.device.run(build, with_output=False, run_args=[])
    np.save(folder / "activity.npy", np.asarray(monitor.a))
    print(b2.device._last_run_time, flush=True)
