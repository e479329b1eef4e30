"""Signals and spikes over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike


def spike_raster(ax: Axes, times: ArrayLike, *, color: str, labels: Sequence[str]) -> None:
    """Spike trains as rows of ticks, the first on top.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    times : (n_trains, n_spikes) array
        Seconds.
    color : str
    labels : sequence of str
        One for each train.
    """
    rows = np.asarray(times)
    ax.eventplot(rows, colors=color, lineoffsets=list(range(0, -len(rows), -1)), linelengths=0.7)
    ax.set_yticks(-np.arange(len(rows)), labels)
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)


def traces(
    ax: Axes,
    signals: ArrayLike,
    *,
    dt: float,
    color: str | tuple[float, ...],
    labels: Sequence[str] = (),
    offset: float = 0.0,
    start: float = 0.0,
) -> None:
    """Signals over time, each `offset` below the one before, its label at the left.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    signals : (n_steps,) or (n_signals, n_steps) array
    dt : float
        Step (s).
    color : str
    labels : sequence of str
        Written left of each trace, at the height of its median; none if empty.
    offset : float
        Distance between traces, in the signals' unit.
    start : float
        Time of the first step (s).
    """
    rows = np.atleast_2d(signals)
    t = start + dt * np.arange(rows.shape[-1])
    for i, row in enumerate(rows):
        ax.plot(t, row - i * offset, color=color)
    for i, label in enumerate(labels):
        ax.annotate(
            label,
            (t[0], np.median(rows[i]) - i * offset),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7.5,
        )


def round_length(most: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is at most so long, for a bar."""
    ten = math.floor(math.log10(most))
    return max(x for x in (float(f"{n}e{ten}") for n in (1, 2, 5)) if x <= most)


def scale_bars(
    ax: Axes, *, x: float, y: float, x_label: str, y_label: str, beside: bool = False
) -> None:
    """Calibration bars of length `x` and `y` (data units), without axes.

    They lie below the lower right corner or, if `beside`, right of it.
    """
    right, bottom = ax.get_xlim()[1], ax.get_ylim()[0] - 0.4 * y
    if beside:
        right, bottom = right + 1.1 * x, np.dot(ax.get_ylim(), (0.9, 0.1))
    (bars,) = ax.plot(
        [right - x, right, right],
        [bottom, bottom, bottom + y],
        color="black",
        lw=1.4,
        solid_capstyle="butt",
        clip_on=not beside,
    )
    below = ax.annotate(
        x_label,
        (right - x / 2, bottom),
        xytext=(0, -3),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=7.5,
    )
    left = ax.annotate(
        y_label,
        (right, bottom + y / 2),
        xytext=(-4, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=7.5,
    )
    for artist in (bars, below, left):
        artist.set_in_layout(not beside)
    for text in (below, left):
        text.set_annotation_clip(False)
    ax.set_axis_off()


def presentations(ax: Axes, rows: ArrayLike, *, dt: float, color: str) -> None:
    """Repeated traces as thin lines, and their mean as a thick one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : (n_presentations, n_steps) array
    dt : float
        Step (s).
    color : str
        Of the mean.
    """
    each = np.asarray(rows)
    t = dt * np.arange(each.shape[-1])
    # So pale that the mean stands out without its hue.
    ax.plot(t, each.T, color="0.72", lw=0.25, alpha=0.6, rasterized=True)
    ax.plot(t, each.mean(axis=0), color=color, lw=1.4)
    ax.margins(x=0)
