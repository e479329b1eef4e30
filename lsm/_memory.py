"""How much memory this process may have, and the refusal of what cannot fit into it.

A call whose small arguments can ask for much says, before it allocates, how many bytes it would
hold at once at its peak. All numbers are Python's integers, which do not overflow.

The estimates are what calls allocate beside their arguments, at most: less is better than more, by
which something would be refused that fits. Tests measure both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from lsm import _cgroups
from lsm import _validate as check

# Rows of the history that `lsm._kernels.run_network` has at least, beside one for each lag, and
# what its rows are longer than the numbers of sensors and neurons.
_BLOCK, _PADDING = 64, 8


@lru_cache(maxsize=1)
def limit() -> int:
    """Bytes that this process may have at all.

    The machine's physical memory, or less where a control group or the limit of the address space
    (`ulimit -v`) says so. Swap does not count: arrays that are read again and again are useless
    there. What cannot be read sets no limit but that of any array. Read once in each process.
    """
    return min([sys.maxsize, *_limits()])


def _limits() -> Iterator[int]:
    with suppress(AttributeError, ValueError, OSError):  # not on Windows
        page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
        if page > 0 and pages > 0:
            yield page * pages
    with suppress(ImportError):  # not on Windows
        import resource

        space, _ = resource.getrlimit(resource.RLIMIT_AS)
        if space >= 0:  # RLIM_INFINITY is -1, or larger than any memory
            yield space
    for text in _cgroups.texts("memory", "memory.max", "memory.limit_in_bytes"):
        with suppress(ValueError):  # "max", or not there
            if int(text) > 0:
                yield int(text)


def fits(name: str, what: str, n_bytes: int, *got: object) -> None:
    """Refuse an argument that asks for more bytes than there are.

    A ValueError, as at every public boundary, and no MemoryError: the argument is wrong for this
    machine, nothing has failed, and no second attempt would help.

    Parameters
    ----------
    name : str
        Of the argument.
    what : str
        What it asks for, in the singular.
    n_bytes : int
        Held at once at the peak.
    got : object
        What was asked for; text is told as it is.
    """
    if n_bytes > limit():
        asked = " ".join(part if isinstance(part, str) else check.shown(part) for part in got)
        raise ValueError(
            f"{name}: expected {what} that fits into {_told(limit())} of memory, got {asked}, "
            f"which would take {_told(n_bytes)}"
        )


def _told(n_bytes: int) -> str:
    """Four digits and a unit."""
    for power, unit in enumerate(("bytes", "kB", "MB", "GB", "TB", "PB", "EB")):
        if n_bytes < 1000 ** (power + 1):
            return f"{n_bytes / 1000**power:.4g} {unit}"
    return "more than 1000 EB"  # which no float may hold


def of_network(n_neurons: int, n_sensors: int) -> int:
    """Drawing a two-layer network: weights, masks, products, and the copies that it keeps."""
    return 8 * n_neurons * (5 * n_neurons + 2 * n_sensors)


def of_delays(n_neurons: int, n_sensors: int) -> int:
    """Drawing the delays of a network, which is a copy of the one without."""
    return 8 * n_neurons * (4 * n_neurons + n_sensors)


def of_spikes(n_sensors: int, n_spikes: int) -> int:
    """Drawing spikes, and their sorted copy."""
    return 16 * n_sensors * n_spikes


def of_presentations(n_sensors: int, n_spikes: int) -> int:
    """Displacing spikes."""
    return 32 * n_sensors * n_spikes


def of_counts(n_sensors: int, n_spikes: int, n_steps: int) -> int:
    """Counting spikes in steps."""
    return 16 * n_sensors * (n_spikes + n_steps)


def of_inputs(n_sensors: int, n_spikes: int, n_steps: int) -> int:
    """Spikes, counts and post-synaptic potentials, of which it keeps the last."""
    held = 8 * n_sensors * n_spikes
    return max(
        of_presentations(n_sensors, n_spikes), held + of_counts(n_sensors, n_spikes, n_steps)
    )


def of_activity(
    n_neurons: int, n_sensors: int, n_steps: int, *, lags: tuple[int, int], in_turn: bool = False
) -> int:
    """Simulating a network whose synapses take from the first to the second of `lags` steps."""
    # Arrays of n x n at once: while they are made, and beside the activity.
    if in_turn:
        making, made, history = 3, 2, n_neurons * (lags[1] + n_steps)
    else:
        making, made = (6, 6) if lags[0] < lags[1] else (4, 3)
        history = (lags[1] + max(_BLOCK, lags[1])) * (n_sensors + n_neurons + _PADDING)
    square = n_neurons * n_neurons
    return 8 * max(making * square, made * square + n_neurons * n_steps + history)


def of_internal(n_neurons: int, n_steps: int) -> int:
    """Excitation, inhibition, open channels, and what is made of them."""
    return 32 * n_neurons * n_steps


def of_update(n_neurons: int, longest: int) -> int:
    """Eigenvalues of the update of activity over `longest` steps: mostly zeros, and a full copy."""
    return n_neurons * n_neurons * (12 * longest * longest + 16)


def of_responses(n_freqs: int, n_neurons: int, n_sensors: int) -> int:
    """Linear equations of a network, complex, at all frequencies."""
    return 16 * n_freqs * n_neurons * (2 * n_neurons + max(n_neurons, n_sensors))


def of_transform(n_values: int, n_freqs: int) -> int:
    """The Morse transform of `n_values` samples: its rows, and the copy that stacks them."""
    return 32 * n_values * (n_freqs + 1)


def of_spectra(n_values: int, n_maxima: int) -> int:
    """Samples, spectra of double and single precision; later two of them, and maxima."""
    return max(28 * n_values, 12 * n_values + 8 * n_maxima)
