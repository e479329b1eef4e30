"""Single values, and how they scatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from rongala2021.plots.curves import labelled


def ratios(
    ax: Axes, values: Mapping[str, ArrayLike], bounds: Mapping[str, float], *, color: str
) -> None:
    """Ratios on a log axis, one row for each name: all repetitions, their median, and a bound.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : mapping of str to array
        Ratios of each row, the first on top.
    bounds : mapping of str to float
        What the median of a row should reach, drawn as a tick, for some or all rows.
    color : str
    """
    for row, (name, repeated) in enumerate(values.items()):
        each = np.asarray(repeated, dtype=float)
        ax.plot(each, np.full(each.size, row), "|", color=color, alpha=0.6, ms=7)
        ax.plot(np.median(each), row, "o", color=color, ms=5)
        label = f"{np.median(each):.3g}"
        ax.text(1.02, row, label, transform=ax.get_yaxis_transform(), va="center", fontsize=7)
        if name in bounds:
            ax.plot([bounds[name]] * 2, [row - 0.35, row + 0.35], color="0.3", lw=1.5)
    ax.axvline(1, color="0.6", lw=0.7, ls="--", zorder=0)
    ax.set_xscale("log")
    ax.set_yticks(range(len(values)), list(values))
    ax.set_ylim(len(values) - 0.4, -0.7)


def strips(ax: Axes, values: Mapping[str, ArrayLike], colors: Sequence[str]) -> None:
    """Columns of points, one for each repetition, with mean and standard deviation beside them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : mapping of str to (n_repeats,) array
    colors : sequence of str
    """
    for column, (each, color) in enumerate(zip(values.values(), colors, strict=True)):
        y = np.asarray(each)
        shift = np.linspace(-0.18, 0.06, y.size)
        ax.plot(column + shift, y, "o", color=color, ms=2, alpha=0.5, mew=0)
        ax.errorbar(column + 0.24, y.mean(), y.std(), fmt="o", color=color, ms=4, capsize=2.5)
    ax.set_xticks(range(len(values)), list(values))
    ax.set_xlim(-0.5, len(values) - 0.5)


def densities(
    ax: Axes,
    samples: Mapping[str, ArrayLike],
    *,
    bins: ArrayLike,
    colors: Sequence[str | tuple[float, ...]],
) -> None:
    """Share of the values of several samples in each bin, as outlines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    samples : mapping of str to array
    bins : (n_bins + 1,) array
    colors : sequence of colours
        One for each sample.
    """
    edges = np.asarray(bins)
    for (label, values), color in zip(samples.items(), colors, strict=True):
        counts, _ = np.histogram(np.ravel(values), edges)
        share = 100 * counts / np.size(values)
        ax.stairs(share, edges, color=color, fill=True, alpha=0.25)
        ax.stairs(share, edges, color=color, lw=1.2, label=label)


def dots(
    ax: Axes,
    values: xr.DataArray,
    over: str,
    *,
    color: str,
    bound: float | None = None,
    marker: str = "o",
) -> None:
    """Every repeat of each condition as a dot in its column, the mean as a bar; log axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : DataArray over conditions and repeats
    over : str
        Axis of the conditions.
    color : str
    bound : float, optional
        Drawn as a dashed line.
    marker : str
        Of the repeats.
    """
    columns = labelled(values, over)
    for column, (_, each) in enumerate(columns):
        y = each.values
        x = column + np.linspace(-0.25, 0.25, y.size) if y.size > 1 else [column]
        ax.plot(x, y, marker, color=color, ms=2.5, alpha=0.6, mew=0)
        ax.plot([column - 0.33, column + 0.33], [float(each.mean())] * 2, color=color, lw=2)
    if bound is not None:
        ax.axhline(bound, color="0.4", lw=0.8, ls="--", zorder=0)
    ax.set_yscale("log")
    ax.set_xticks(range(len(columns)), [label for label, _ in columns])


def rows_of_dots(
    ax: Axes, values: Mapping[str, ArrayLike], *, color: str, bound: float | None = None
) -> None:
    """Every value of each condition as a tick in its row, the first on top, the median as a dot.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : mapping of str to array
    color : str
    bound : float, optional
        Drawn as a dashed line.
    """
    for row, each in enumerate(values.values()):
        x = np.ravel(each)
        ax.plot(x, np.full(x.size, row), "|", color=color, alpha=0.35, ms=8)
        ax.plot(np.median(x), row, "o", color=color, ms=5, mec="white", mew=0.8)
    if bound is not None:
        ax.axvline(bound, color="0.4", lw=0.8, ls="--", zorder=0)
    ax.set_yticks(range(len(values)), list(values))
    ax.set_ylim(len(values) - 0.5, -0.5)
