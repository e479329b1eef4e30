"""What tests of names and of results share: settings, other processes, a package that is edited."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import FunctionType

import numpy as np

import lsm
import rongala2021
from lsm.neurons import LSM
from lsm.runs import Setting
from rongala2021.run_measures import network_power
from rongala2021.spectra import Spectrum

PACKAGES = {package.__name__: Path(package.__file__).parent for package in (lsm, rongala2021)}
FREQS = np.array([5.0, 20.0, 100.0, 200.0])
SPECTRUM = Spectrum(freqs=FREQS, warm_up=0.1)
SETTING = Setting(neuron=LSM(tau_dyn=np.linspace(0.0, 0.02, 18)))
MEASURE = partial(network_power, spectrum=SPECTRUM)


PATHS = (str(PACKAGES["lsm"].parent), str(PACKAGES["rongala2021"].parent))


def in_other_process(code, *arguments, paths=PATHS, hash_seed="1", wait=True):
    """Standard output of a program that sees the packages under test, or others."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": hash_seed}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    if not wait:
        return process
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out


FILES = {
    "__init__": "",
    "alone": "import json",
    "relative": "from .alone import x",
    "sibling": "from . import alone",
    "absolute": "import kept.alone as a",
    "submodule": "from kept import alone",
    "two": "from kept import alone, sibling as s",
    "within": "def f():\n    from kept.alone import x",
    "guarded": "try:\n    import kept.missing\nexcept ImportError:\n    import numpy",
    "whole": "import kept",
    "whole_by_path": "import kept.alone",
    "whole_by_name": "from kept import x",
    "whole_by_star": "from kept import *",
    "inner.__init__": "from kept import alone",
    "inner.deep": "from . import flat",
    "inner.flat": "from .. import sibling",
    "inner.up": "from ..relative import x",
    "inner.bare.__init__": "from ...relative import x",
    "user": "from kept.inner.flat import x",
    "user_of_inner": "from kept.inner import x",
    "user_of_bare": "import kept.inner.bare as b",
    "circle": "from kept import arc",
    "arc": "from kept import circle",
}


def in_module(module, name="f"):
    """A function that says that it stands in a module."""
    function = FunctionType((lambda: None).__code__, {}, name)
    function.__module__, function.__qualname__ = module, name
    return function
