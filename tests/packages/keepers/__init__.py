"""Functions of a watched package, for tests of what is kept on disk."""

import os
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lsm import keys
from lsm.measures import band_power
from lsm.runs import Run, Setting, generators, sensory_input

keys.watch(__name__)


class Powers(NamedTuple):
    """One array and one number of a run."""

    each: np.ndarray
    mean: float


def powers_of(result: Run, *, lowest: float) -> Powers:
    """Power of each neuron from a frequency on, and mean activity."""
    power = band_power(result.activity, (lowest, 400.0), dt=result.setting.dt)
    return Powers(power, float(result.activity.mean()))


def noted(result: Run, *, folder: str, seconds: float) -> Powers:
    """The same, slowly; a file in a folder tells that it was computed, and in which process."""
    time.sleep(seconds)
    name = f"{result.setting.rate:g}-{time.monotonic_ns()}.{os.getpid()}"
    Path(folder, name).touch()
    return powers_of(result, lowest=20.0)


class Total(NamedTuple):
    """A number."""

    total: float


def total_of(inputs: np.ndarray) -> Total:
    """Sum of an array."""
    return Total(float(inputs.sum()))


def weighted_input(setting: Setting, *, weight: float, seed: int, repeat: int = 0) -> np.ndarray:
    """Another thing to draw of a setting than a run."""
    return weight * sensory_input(setting, rng=generators(setting, seed, repeat)[0])
