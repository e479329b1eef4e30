"""Networks as diagrams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from numpy.typing import ArrayLike, NDArray

from lsm._validate import Array
from lsm.network import Network
from rongala2021.plots.style import EXCITATORY, INHIBITORY, SENSORY


def _places(
    layers: NDArray[np.int64], signs: NDArray[np.int64], n_sensors: int
) -> tuple[Array, Array]:
    """Points of neurons, a column for each kind and layer, and of sensors, a column at 0."""
    place = np.empty((layers.size, 2))
    for number in np.unique(layers):
        for kind in (1, -1):
            column = np.flatnonzero((layers == number) & (signs == kind))
            place[column, 0] = 3.0 * number - 0.5 * kind
            place[column, 1] = np.linspace(1, -1, column.size + 2)[1:-1]
    sensors = np.zeros((n_sensors, 2))
    sensors[:, 1] = np.linspace(1, -1, n_sensors + 2)[1:-1]
    return place, sensors


def network_diagram(
    ax: Axes,
    w_rec: ArrayLike,
    w_in: ArrayLike,
    layer: ArrayLike,
    sign: ArrayLike,
    names: Sequence[str],
) -> None:
    """A layered network: sensors at the left, a column of each kind of neuron for each layer.

    Lines have the colour of their source and widths that grow with their weight; a black edge
    marks a neuron with an autapse.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    w_rec : (n_neurons, n_neurons) array
        Signed weights ``[target, source]``.
    w_in : (n_neurons, n_sensors) array
    layer : (n_neurons,) array
        Counted from 1.
    sign : (n_neurons,) array
        +1 for excitatory, -1 for inhibitory neurons.
    names : sequence of str
    """
    recurrent, sensory = np.asarray(w_rec), np.asarray(w_in)
    layers, signs = np.asarray(layer), np.asarray(sign)
    strongest = max(np.abs(recurrent).max(), sensory.max(), np.finfo(float).tiny)
    place, sensors = _places(layers, signs, sensory.shape[1])
    ends = [(sensors[s], place[t], sensory[t, s], SENSORY, 0.0) for t, s in np.argwhere(sensory)]
    for target, source in np.argwhere(recurrent * (1 - np.eye(layers.size))):
        color = EXCITATORY if signs[source] > 0 else INHIBITORY
        bend = 0.1
        if place[target, 0] == place[source, 0]:  # within a column, bow out to its free side
            downwards = place[target, 1] < place[source, 1]
            bend = -0.6 if downwards == (signs[source] > 0) else 0.6
        weight = abs(recurrent[target, source])
        ends.append((place[source], place[target], weight, color, bend))
    for start, end, weight, color, bend in ends:
        ax.add_patch(
            FancyArrowPatch(
                start,
                end,
                connectionstyle=f"arc3,rad={bend}",
                arrowstyle="-",
                color=color,
                lw=0.8 * weight / strongest,
                alpha=0.4,
            )
        )
    ax.scatter(sensors[:, 0], sensors[:, 1], s=30, marker="s", color=SENSORY, zorder=3)
    for (x, y), kind, own, name in zip(place, signs, np.diag(recurrent), names, strict=True):
        color = EXCITATORY if kind > 0 else INHIBITORY
        edge = "black" if own else color
        ax.scatter(x, y, s=200, color=color, edgecolor=edge, lw=1.5, zorder=3)
        ax.text(x, y, name, ha="center", va="center", color="white", fontsize=5.5, zorder=4)
    heads = [(0.0, "sensors")] + [(3.0 * number, f"layer {number}") for number in np.unique(layers)]
    for x, text in heads:
        ax.text(x, 1.02, text, ha="center", fontsize=8)
    handles = [
        Line2D([], [], color=EXCITATORY, marker="o", label="excitatory (EN)"),
        Line2D([], [], color=INHIBITORY, marker="o", label="inhibitory (IN)"),
        Line2D([], [], color=SENSORY, marker="s", label="sensory"),
    ]
    ax.legend(handles=handles, loc="center left", bbox_to_anchor=(0.98, 0.5))
    ax.set_xlim(-0.4, 3.0 * layers.max() + 1.3)
    ax.set_ylim(-1, 1.15)
    ax.set_axis_off()


#: Area (points²) of a neuron whose mean activity is 1, which is the highest that there is.
_AREA = 420.0


def circuit(ax: Axes, network: Network, activity: Sequence[xr.DataArray]) -> list[Artist]:
    """A network as in `network_diagram`, where the area of each neuron is its mean activity.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    network : Network
    activity : sequence of two DataArray over neuron
        Drawn as a disc, and as a circle around it (a.u.).

    Returns
    -------
    list of matplotlib.artist.Artist
        All that is drawn.
    """
    signs, n = network.sign, network.n_neurons
    place, sensors = _places(network.layer, signs, network.w_in.shape[1])
    weights = np.hstack([network.w_rec * (1 - np.eye(n)), network.w_in])
    targets, sources = np.nonzero(weights)
    starts, ends = np.vstack([place, sensors])[sources], place[targets]
    bend = np.where(sources < n, 0.1, 0.0)
    within = (sources < n) & (starts[:, 0] == ends[:, 0])  # a column: out to its free side
    outwards = (starts[:, 1] > ends[:, 1]) == (signs[targets] > 0)
    bend[within] = np.where(outwards, -0.6, 0.6)[within]
    colors = np.where(signs > 0, EXCITATORY, INHIBITORY)
    strength = np.abs(weights)[targets, sources]
    # One collection: a patch for each of hundreds of synapses takes ten times as long.
    synapses = LineCollection(
        _arcs(ax, starts, ends, bend),
        colors=np.append(colors, [SENSORY] * len(sensors))[sources],
        linewidths=0.8 * strength / max(strength.max(initial=0), np.finfo(float).tiny),
        alpha=0.35,
    )
    ax.add_collection(synapses, autolim=False)
    disc, circle = (_AREA * np.asarray(each) for each in activity)
    x, y = place.T
    of_sensor = min(14.0, 200.0 / len(sensors))
    drawn: list[Artist] = [
        synapses,
        ax.scatter(sensors[:, 0], sensors[:, 1], s=of_sensor, marker="s", color=SENSORY, zorder=3),
        ax.scatter(x, y, s=disc, color=colors, lw=0, zorder=3),
        # Of a silent neuron a dot is left.
        ax.scatter(x, y, s=np.maximum(circle, 2), fc="none", ec="black", lw=0.7, zorder=4),
    ]
    below = -np.sqrt(np.maximum(disc, circle)) / 2 - 1.5
    for point, name, dy in zip(place, network.names, below, strict=True):
        text = ax.annotate(name, point, (0, dy), textcoords="offset points", fontsize=5.5, zorder=5)
        text.set(
            ha="center", va="top", bbox={"fc": "white", "ec": "none", "alpha": 0.7, "pad": 0.4}
        )
        drawn.append(text)
    heads = [(0.0, "sensors")] + [(3.0 * k, f"layer {k}") for k in np.unique(network.layer)]
    drawn += [ax.text(x, 1.02, text, ha="center", fontsize=8) for x, text in heads]
    return drawn


def _arcs(ax: Axes, starts: Array, ends: Array, bend: Array) -> list[Array]:
    """Lines bent as matplotlib's "arc3", each (n_points, 2)."""
    first, last = ax.transData.transform(starts), ax.transData.transform(ends)
    dx, dy = (last - first).T
    middle = (first + last) / 2 + bend[:, None] * np.stack([dy, -dx], axis=-1)
    t = np.linspace(0, 1, 9)[:, None, None]
    points = (1 - t) ** 2 * first + 2 * t * (1 - t) * middle + t**2 * last
    each = ax.transData.inverted().transform(points.reshape(-1, 2)).reshape(points.shape)
    return list(np.swapaxes(each, 0, 1))
