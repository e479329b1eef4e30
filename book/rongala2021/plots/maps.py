"""Values as colours over two axes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator, ScalarFormatter
from numpy.typing import ArrayLike

from lsm._validate import Array
from lsm.measures import HIGH_FREQUENCY


def _edges(freqs: Array) -> Array:
    step = np.sqrt(freqs[1:] / freqs[:-1])
    return np.concatenate([[freqs[0] / step[0]], freqs[:-1] * step, [freqs[-1] * step[-1]]])


#: Decades of power that the colours of every map span.
DECADES = 6


def power_limits(power: ArrayLike) -> tuple[float, float]:
    """Ends of the colours of a figure's maps: the power of ten above all power, and `DECADES` down.

    Parameters
    ----------
    power : array
        Of all maps of the figure.
    """
    most = float(np.max(power))
    high = 10.0 ** np.ceil(np.log10(most)) if most > 0 else 1.0
    return high / 10.0**DECADES, high


def power_map(
    ax: Axes, power: ArrayLike, freqs: ArrayLike, *, limits: tuple[float, float]
) -> QuadMesh:
    """Power over presentations and frequency, colour and frequency on log scales.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    power : (n_freqs, n_presentations) array
        All 0 of a silent neuron, whose map is grey.
    freqs : (n_freqs,) array
        Equal ratios (Hz).
    limits : (float, float)
        Ends of the colour scale, to share between maps; powers below are drawn as its lower end.

    Returns
    -------
    matplotlib.collections.QuadMesh
    """
    mesh = power_mesh(ax, power, freqs, limits=limits)
    high_border(ax)
    if not np.any(power):
        ax.text(0.5, 0.5, "silent", transform=ax.transAxes, ha="center", va="center", fontsize=7.5)
    ax.set_yscale("log")
    map_frequency_axis(ax.yaxis)
    ax.set_xlabel("presentation")
    ax.set_ylabel("frequency (Hz)")
    return mesh


def power_mesh(
    ax: Axes, power: ArrayLike, freqs: ArrayLike, *, limits: tuple[float, float]
) -> QuadMesh:
    """The colours of a `power_map`, with its parameters, on axes that are set up."""
    values, f = np.asarray(power), np.asarray(freqs)
    x = np.arange(values.shape[1] + 1) + 0.5
    drawn = np.ma.array(np.maximum(values, limits[0]), mask=not values.any())
    cmap = plt.get_cmap().with_extremes(bad="0.88")
    return ax.pcolormesh(x, _edges(f), drawn, norm=LogNorm(*limits), cmap=cmap, rasterized=True)


def high_border(ax: Axes) -> Line2D:
    """The frequency from which on frequencies count as high, on a `power_map`."""
    return ax.axhline(HIGH_FREQUENCY, color="white", lw=0.8, ls=(0, (4, 3)))


def map_frequency_axis(axis: Axis) -> None:
    """Ticks of the frequencies of a `power_map`: few, so that they fit beside small ones."""
    axis.set_major_locator(LogLocator(subs=(1, 3), numticks=12))
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_locator(NullLocator())


def power_bar(cax: Axes, limits: tuple[float, float]) -> None:
    """The colour bar of `power_map`s with these limits."""
    colors = ScalarMappable(LogNorm(*limits))
    cax.figure.colorbar(colors, cax=cax, label="maximum power (a.u.²)", extend="min")
    cax.yaxis.set_minor_locator(NullLocator())


def scan_map(
    ax: Axes,
    x: ArrayLike,
    y: ArrayLike,
    values: ArrayLike,
    *,
    limits: tuple[float, float],
    level: float,
) -> QuadMesh:
    """Values over a log x axis and the rows of y, with the contour of a level.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x : (n_x,) array
        Positive, equal ratios.
    y : (n_y,) array
        Equal distances.
    values : (n_y, n_x) array
        Positive.
    limits : (float, float)
        Ends of the logarithmic colour scale.
    level : float

    Returns
    -------
    matplotlib.collections.QuadMesh
        For a colour bar.
    """
    columns, rows, grid = np.asarray(x), np.asarray(y), np.asarray(values)
    half = np.diff(rows).mean() / 2
    edges = np.append(rows - half, rows[-1] + half)
    mesh = ax.pcolormesh(_edges(columns), edges, grid, norm=LogNorm(*limits), rasterized=True)
    ax.contour(columns, rows, grid, levels=[level], colors="white", linewidths=1.5)
    ax.set_xscale("log")
    return mesh
