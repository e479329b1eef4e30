"""The two-layer, fully reciprocal network (section Network Connectivity)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsm import _memory, _steps
from lsm import _validate as check
from lsm._parameters import ByValue, keep
from lsm._validate import Array
from lsm.weights import WeightDistribution


def neuron_names(sign: NDArray[np.int64]) -> tuple[str, ...]:
    """Names as in the paper: EN1, EN2, ... for excitatory (+1), IN1, ... for inhibitory neurons."""
    counts = np.where(sign > 0, np.cumsum(sign > 0), np.cumsum(sign < 0))
    kinds = np.where(sign > 0, "EN", "IN")
    return tuple(f"{kind}{count}" for kind, count in zip(kinds, counts, strict=True))


def neuron_kinds(sizes: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Layer and sign of each neuron of a two-layer network.

    Excitatory neurons come first, layer 1 before layer 2, then the inhibitory ones likewise.

    Parameters
    ----------
    sizes : (int, int)
        Number of excitatory neurons in each layer; as many inhibitory ones go with them.

    Returns
    -------
    layer, sign : (n_neurons,) int array
        Counted from 1; +1 for excitatory neurons, -1 for inhibitory ones.
    """
    sizes = checked_sizes("sizes", sizes)
    _memory.fits("sizes", "two arrays", 32 * sum(sizes), sizes)
    return np.tile(np.repeat([1, 2], sizes), 2), np.repeat([1, -1], sum(sizes))


#: Factors of the weights between populations, [target, source]. Targets are the excitatory neurons
#: of layers 1 and 2, then the inhibitory ones likewise; sources are the sensors and these. A factor
#: of 0 is no synapse. As in Figure 4A: sensors excite layer 1, and neurons connect to all others.
CONNECTIVITY = (
    (1.0, 1.0, 1.0, 1.0, 1.0),
    (0.0, 1.0, 1.0, 1.0, 1.0),
    (1.0, 1.0, 1.0, 1.0, 1.0),
    (0.0, 1.0, 1.0, 1.0, 1.0),
)
Connectivity = tuple[tuple[float, ...], ...]


def checked_connectivity(connectivity: Connectivity) -> Connectivity:
    """`connectivity` as tuples of floats, else a ValueError."""
    shape = np.shape(CONNECTIVITY)
    factors = check.array("connectivity", connectivity, shape=shape, low=0)
    return tuple(map(tuple, (factors + 0.0).tolist()))


@dataclass(frozen=True, kw_only=True, eq=False)
class Network(ByValue):
    """A recurrent network with its sensory synapses.

    It keeps copies of its arrays, which cannot be written to; `dataclasses.replace` makes another
    network with other arrays.

    Attributes
    ----------
    w_in : (n_neurons, n_sensors) array
        Sensory weights ``[target, source]``, excitatory.
    w_rec : (n_neurons, n_neurons) array
        Recurrent weights ``[target, source]``, signed by their source.
    n_synapses : (n_neurons,) array
        The i of Eq. 1: synapses on each neuron, those of weight zero included.
    delays : (n_neurons, n_neurons) array
        Conduction delays ``[target, source]`` (s).
    layer : (n_neurons,) int array
        Layer of each neuron, counted from 1.
    sign : (n_neurons,) int array
        +1 for excitatory neurons, -1 for inhibitory ones.

    Raises
    ------
    ValueError
        If shapes disagree, a value is not finite, a delay is negative, or a weight has another
        sign than its source.
    """

    w_in: Array
    w_rec: Array
    n_synapses: Array
    delays: Array
    layer: NDArray[np.int64]
    sign: NDArray[np.int64]

    def __post_init__(self) -> None:
        sign = check.array("sign", self.sign, shape=("n_neurons",))
        n = sign.size
        if n == 0 or not np.isin(sign, (-1, 1)).all():
            raise ValueError(f"sign: expected values of +1 and -1, got {check.shown(self.sign)}")
        layer = check.array("layer", self.layer, shape=(n,), low=1)
        if (layer % 1).any() or layer.max() > 2**53:
            raise ValueError(
                f"layer: expected whole numbers up to 2**53, got {check.shown(self.layer)}"
            )
        w_rec = check.array("w_rec", self.w_rec, shape=(n, n))
        keep(
            self,
            w_in=check.array("w_in", self.w_in, shape=(n, "n_sensors"), low=0),
            w_rec=w_rec,
            n_synapses=check.array("n_synapses", self.n_synapses, shape=(n,), low=0),
            delays=check.array("delays", self.delays, shape=(n, n), low=0),
            layer=layer.astype(np.int64),
            sign=sign.astype(np.int64),
        )
        if (w_rec * sign < 0).any():
            target, source = np.argwhere(w_rec * sign < 0)[0]
            raise ValueError(
                f"w_rec: expected the sign of its source, {int(sign[source]):+d}, in column "
                f"{source}, got {w_rec[target, source]:g}"
            )

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return self.sign.size

    @property
    def n_sensors(self) -> int:
        """Number of sensory inputs."""
        return self.w_in.shape[1]

    @property
    def names(self) -> tuple[str, ...]:
        """Names as in the paper: EN1, EN2, ... for excitatory, IN1, ... for inhibitory neurons."""
        return neuron_names(self.sign)


def checked_sizes(name: str, sizes: tuple[int, int]) -> tuple[int, int]:
    """`sizes` as a tuple of two integers of at least 1, else a ValueError."""
    if not isinstance(sizes, Sequence) or len(sizes) != 2:
        got = check.shown(sizes)
        raise ValueError(f"{name}: expected two integers, one for each layer, got {got}")
    first, second = (check.integer(name, size, low=1) for size in sizes)
    return first, second


def check_two_layer(
    weights: WeightDistribution, sizes: tuple[int, int], n_sensors: int, autapses: bool
) -> None:
    """Refuse what `two_layer` cannot build.

    Raises
    ------
    ValueError
        If an argument is out of range or `weights` cannot be sampled.
    """
    if isinstance(weights, type) or not hasattr(weights, "sample"):
        raise ValueError(
            f"weights: expected Normal, Lognormal, Binary or another distribution with a sample "
            f"method, got {weights!r}"
        )
    checked_sizes("sizes", sizes)
    check.integer("n_sensors", n_sensors, low=1)
    check.instance("autapses", autapses, bool)


def two_layer(
    weights: WeightDistribution,
    *,
    sizes: tuple[int, int] = (5, 4),
    n_sensors: int = 6,
    autapses: bool = False,
    connectivity: Connectivity = CONNECTIVITY,
    rng: np.random.Generator,
) -> Network:
    """The paper's two-layer network (Figure 4A; with autapses, Supplementary Figure 7A).

    By default sensors excite every neuron of layer 1 and none of layer 2, and all neurons connect
    to all others within and between layers. Neurons come in the order of `neuron_kinds`. The same
    `rng` gives the same weights with and without autapses, and before they are multiplied by any
    `connectivity`.

    Parameters
    ----------
    weights : Normal, Lognormal or Binary
        Distribution of all weights.
    sizes : (int, int)
        Number of excitatory neurons in each layer; as many inhibitory ones go with them.
    n_sensors : int
        Number of sensory inputs.
    autapses : bool
        Whether each neuron also connects to itself.
    connectivity : (4, 5) nested tuple of float
        Factors of the weights between populations ``[target, source]``, as in `CONNECTIVITY`; a
        factor of 0 is no synapse.
    rng : numpy.random.Generator

    Returns
    -------
    Network
        Without delays.

    Raises
    ------
    ValueError
        If an argument is out of range, `weights` cannot be sampled, or the network does not fit
        into memory.
    """
    check_two_layer(weights, sizes, n_sensors, autapses)
    connectivity = checked_connectivity(connectivity)
    n_neurons = 2 * sum(checked_sizes("sizes", sizes))
    name = "sizes" if n_neurons > n_sensors else "n_sensors"
    n_bytes = _memory.of_network(n_neurons, int(n_sensors))
    _memory.fits(name, "a network", n_bytes, sizes, "with", n_sensors, "sensors")
    layer, sign = neuron_kinds(sizes)
    n = layer.size
    population = layer - 1 + 2 * (sign < 0)
    factors = np.array(connectivity)[population]
    recurrent = factors[:, 1 + population]
    if not autapses:
        recurrent = recurrent * (1.0 - np.eye(n))
    w_in = weights.sample((n, n_sensors), rng=rng) * factors[:, :1]
    w_rec = weights.sample((n, n), rng=rng) * recurrent * sign
    n_synapses = (recurrent > 0).sum(axis=1) + n_sensors * (factors[:, 0] > 0)
    return Network(
        w_in=w_in,
        w_rec=w_rec,
        n_synapses=n_synapses,
        delays=np.zeros((n, n)),
        layer=layer,
        sign=sign,
    )


def scaled_time_constants(
    tau_dyn: float,
    power: float,
    *,
    sizes: tuple[int, int],
    n_sensors: int = 6,
    reference: tuple[int, int] = (5, 4),
    connectivity: Connectivity = CONNECTIVITY,
) -> Array:
    """Time constants that grow with the number of synapses of a two-layer network (Figure 8).

    The paper scales with the number of synapses or its square root, but states no constant. Taken
    here: each neuron against one of its population in the 5x4 network, which so keeps `tau_dyn`.

    Parameters
    ----------
    tau_dyn : float
        Of the neurons of the reference network (s).
    power : float
        0 for the same everywhere, 0.5 for the square root, 1 for proportional.
    sizes, n_sensors
        As in `two_layer`.
    reference : (int, int)
        Sizes of the network that keeps `tau_dyn`.
    connectivity
        As in `two_layer`.

    Returns
    -------
    (n_neurons,) array
        Seconds.

    Raises
    ------
    ValueError
        If an argument is out of range, or memory too small.
    """
    check.number("tau_dyn", tau_dyn, low=0)
    check.number("power", power, low=0, high=10)
    n_neurons = 2 * sum(checked_sizes("sizes", sizes))
    _memory.fits("sizes", "an array", 8 * n_neurons, sizes)
    checked_sizes("reference", reference)
    check.integer("reference", 2 * sum(reference), high=_steps.MOST)
    counts = [synapse_counts(s, n_sensors, connectivity) for s in (sizes, reference)]
    if min(map(min, counts)) == 0:
        raise ValueError(
            f"connectivity: expected synapses on every population, got none on one of {sizes} or "
            f"{reference}"
        )
    return tau_dyn * np.repeat(counts[0] / counts[1], (*sizes, *sizes)) ** power


def synapse_counts(
    sizes: tuple[int, int], n_sensors: int, connectivity: Connectivity = CONNECTIVITY
) -> Array:
    """The i of Eq. 1 of a neuron of each population of a two-layer network without autapses.

    Parameters
    ----------
    sizes, n_sensors, connectivity
        As in `two_layer`.

    Returns
    -------
    (4,) array
        Of the excitatory neurons of layers 1 and 2, then of the inhibitory ones likewise.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    check.integer("sizes", 2 * sum(checked_sizes("sizes", sizes)), high=_steps.MOST)
    check.integer("n_sensors", n_sensors, low=1, high=_steps.MOST)
    connected = np.array(checked_connectivity(connectivity)) > 0
    sources = np.array([n_sensors, *sizes, *sizes], dtype=np.float64)
    # A neuron has no synapse on itself.
    return connected @ sources - np.diagonal(connected[:, 1:])
