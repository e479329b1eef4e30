"""Figures of the combined readings: what each level does to each target, and the Pareto front."""

from __future__ import annotations

from collections import Counter
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rongala2021 import plots
from rongala2021.multiverse import Design
from rongala2021.multiverse_runs import Row
from rongala2021.multiverse_scores import Records, by_level, front, score

#: Colours of shares of networks from 0 to 1.
COLORS = "PuBuGn"
# From which share on numbers are white.
_DARK = 0.6


def effects_figure(records: Records, design: Design) -> Figure:
    """Share of networks that meet each target at each level, mean over the other choices.

    Parameters
    ----------
    records : Records
    design : Design
    """
    found = by_level(records, design)
    widths = [len(choice.levels) for choice in design.choices]
    fig, axes = plt.subplots(
        1, len(widths), figsize=(7.2, 4.9), sharey=True, gridspec_kw={"width_ratios": widths}
    )
    for ax, choice in zip(axes, design.choices, strict=True):
        _levels(ax, found.isel(level=np.flatnonzero(found["choice"] == choice.id)))
        ax.set_title(fill(choice.name, 7 * len(choice.levels)), fontsize=7)
    axes[0].set_yticks(range(len(design.targets)), [target.name for target in design.targets])
    return fig


def _levels(ax: Axes, found: xr.DataArray) -> None:
    shares = found.transpose("target", "level").values
    ax.imshow(shares, cmap=COLORS, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        color = "white" if share > _DARK else "black"
        ax.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=6, color=color)
    ticks = np.arange(found.sizes["level"])
    ax.set_xticks(ticks, found["name"].values, rotation=90, fontsize=6.5)
    ax.set_xticks(ticks[1:] - 0.5, minor=True)
    ax.set_yticks(np.arange(1, found.sizes["target"]) - 0.5, minor=True)
    ax.grid(which="minor", color="white", lw=0.8)
    ax.tick_params(which="both", length=0)


def front_figure(records: Records, design: Design) -> Figure:
    """Targets met against sentences contradicted: all rows, those that no other beats, fresh ones.

    Parameters
    ----------
    records : Records
    design : Design
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.4))

    def place(row: Row) -> tuple[int, int]:
        return design.against(row.levels), score(row)[0]

    counts = Counter(map(place, records.rows))
    points = np.array(list(counts))
    sizes = [14 * n for n in counts.values()]
    ax.scatter(
        points[:, 0],
        points[:, 1],
        s=sizes,
        color=plots.ALTERNATIVE,
        alpha=0.6,
        lw=0,
        label="readings",
    )
    for point, n in counts.items():
        ax.annotate(str(n), point, ha="center", va="center", fontsize=6)
    edge = np.array([place(row) for row in front(records.rows, design)])
    ax.plot(*edge.T, color="black", lw=1.2, drawstyle="steps-post", label="Pareto front")
    fresh = np.array([place(row) for row in records.confirmed])
    ax.plot(*fresh.T, "D", ms=6, mfc="none", mec=plots.NO_LEAK, mew=1.4, label="fresh networks")
    ax.plot(
        *place(records.rows[0]), "s", ms=11, mfc="none", mec=plots.LEAK, mew=1.4, label="as printed"
    )
    ax.set(
        xlabel="sentences contradicted",
        ylabel=f"targets met (of {len(design.targets)})",
        xticks=range(int(points[:, 0].max()) + 1),
        ylim=(-0.7, len(design.targets) + 0.7),
    )
    ax.legend(loc="upper left", markerscale=0.7)
    return fig
