"""Another value for each field of a setting, for tests of what depends on which."""

from lsm.inputs import PSPKernel
from lsm.network import CONNECTIVITY
from lsm.neurons import LSM
from lsm.weights import Normal

OTHERS = {
    "weights": Normal(mean=0.5),
    "sizes": (4, 5),
    "n_sensors": 7,
    "autapses": True,
    "connectivity": (CONNECTIVITY[0], (0.0, 1.0, 1.0, 0.0, 1.0), *CONNECTIVITY[2:]),
    "delay": 1e-3,
    "delay_law": "uniform",
    "count_zero": False,
    "update": "in turn",
    "recorded": "internal activity",
    "rate": 50.5,
    "n_presentations": 51,
    "duration": 1.001,
    "jitter": 0.0,
    "law": "gaussian",
    "kernel": PSPKernel(latency=1e-3),
    "neuron": LSM(),
    "dt": 5e-4,
    "stream": 1,
}
