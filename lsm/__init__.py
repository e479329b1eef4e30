"""Non-spiking neurons with dynamic leak in recurrent networks.

A reproduction of Rongala, Enander, Kohler, Loeb and Jörntell (2021), "A non-spiking neuron
model with dynamic leak to avoid instability in recurrent networks", Front. Comput. Neurosci.
15:656401, doi:10.3389/fncom.2021.656401.

LSM stands for the paper's *linear summation model*, not for the liquid state machine that the
field also abbreviates so.

Conventions: seconds and hertz, time on the last axis, weights as ``[target, source]``, and
randomness only through an explicit ``rng``. Data runs one way::

    spike_times -> present -> bin_spikes -> convolve_psp
        -> simulate -> max_power -> measures
"""

import lazy_loader

# The public names stand in `__init__.pyi`; each module is imported when a name of it is first used.
_public, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name != "__version__":
        return _public(name)
    from importlib.metadata import version  # slow to import

    return version(__name__)
