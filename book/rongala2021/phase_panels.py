"""The phase diagram's figures: HF over static leak, mean weight, delay and law of the weights."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke

from lsm._validate import Array
from lsm.runs import NETWORK_K_STATIC
from rongala2021 import phase, plots, stated
from rongala2021.settings import AMPLIFIED_FROM

#: Red above and blue below the input's share of high frequencies, which is white.
COLORS = "RdBu_r"
#: HF at the ends of the colours: as far above 1 as below.
LIMITS = (0.1, 10.0)
#: Laws whose weights scale with their mean: of these, mean and static leak count by their ratio.
SCALED = ("normal", "lognormal")

# Of the normal weights of the other pages.
_MEAN_WEIGHT = 0.4
_SILENT = "0.55"
_HATCH: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.25", "hatch": "/////", "lw": 0}
_SCALING: dict[str, Any] = {"color": "black", "ls": "-.", "lw": 1.0}
_HERE: dict[str, Any] = {"marker": "*", "ms": 9, "color": plots.FILTER, "mec": "black", "mew": 0.6}


def _style(level: float, variable: str) -> dict[str, Any]:
    """Of the boundary at a level, thin at that of the input, dashed by theory."""
    wide = level == AMPLIFIED_FROM
    simulated = variable == "simulated"
    return {
        "color": "black",
        "ls": "-" if simulated else (0, (3, 1.5)),
        "lw": 1.7 if wide else 0.9,
        "marker": "o" if wide else "s",
        "ms": 3.4 if wide else 2.8,
        "mfc": "black" if simulated else "white",
        "mew": 0.8,
    }


def _cased(width: float) -> list[Any]:
    """A white border, so that lines show on every colour."""
    return [withStroke(linewidth=width + 1.6, foreground="white")]


def _edges(values: Array, *, log: bool = False) -> Array:
    points = np.log(values) if log else values
    half = np.diff(points).mean() / 2
    edges = np.append(points - half, points[-1] + half)
    return np.exp(edges) if log else edges


def _map(ax: Axes, points: xr.Dataset) -> None:
    """HF of one law and delay over mean and k_static, hatched where theory errs."""
    x, y = _edges(points["mean"].values), _edges(points["k_static"].values, log=True)
    ratios = phase.typical(points["simulated"]).transpose("k_static", "mean")
    shown = np.ma.masked_invalid(ratios.values)
    cmap = plt.get_cmap(COLORS).with_extremes(bad=_SILENT)
    ax.pcolormesh(x, y, shown, norm=LogNorm(*LIMITS), cmap=cmap, rasterized=True)
    above = points[["simulated", "predicted"]].to_array("how") >= AMPLIFIED_FROM
    wrong = (above.isel(how=0) != above.isel(how=1)).mean("network") > 0.5
    for j, i in np.argwhere(wrong.transpose("k_static", "mean").values):
        corner, width, height = (x[i], y[j]), x[i + 1] - x[i], y[j + 1] - y[j]
        ax.add_patch(Rectangle(corner, width, height, **_HATCH))
    ax.set(yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))


def _boundaries(ax: Axes, points: xr.Dataset, *, scaled: bool) -> None:
    """Where HF falls through 2 and 1, simulated and by theory, and how firm the first is."""
    means = points["mean"].values
    between = phase.boundary(phase.halves(points["simulated"]), AMPLIFIED_FROM)
    first, second = between.transpose("half", "mean").values
    ax.vlines(means, first, second, color="black", lw=3.2, alpha=0.45, zorder=3)
    for level in (1.0, AMPLIFIED_FROM):
        for variable in ("predicted", "simulated"):
            found = phase.boundary(phase.typical(points[variable]), level)
            style = _style(level, variable)
            ax.plot(means, found, path_effects=_cased(style["lw"]), zorder=4, **style)
            if scaled and (level, variable) == (AMPLIFIED_FROM, "simulated"):
                ratio = float(np.exp(np.log(found / means).mean()))
                line = np.linspace(*ax.get_xlim(), 50)
                ax.plot(line, ratio * line, path_effects=_cased(1.0), zorder=3.5, **_SCALING)


def diagram_figure(points: xr.Dataset) -> Figure:
    """HF over mean weight and static leak: a row for each law, a column for each delay.

    Parameters
    ----------
    points : Dataset over kind, mean, delay, k_static, network
        Variables `simulated` and `predicted`, as `phase.Point` has them.
    """
    kinds, delays = points["kind"].values, points["delay"].values
    shape, size = (len(kinds), len(delays)), (7.2, 1.1 + 1.9 * len(kinds))
    fig, axes = plt.subplots(*shape, figsize=size, sharex=True, sharey=True, squeeze=False)
    for (row, column), ax in np.ndenumerate(axes):
        kind, delay = str(kinds[row]), float(delays[column])
        part = points.sel(kind=kind, delay=delay)
        _map(ax, part)
        _boundaries(ax, part, scaled=kind in SCALED)
        ax.set_title(f"{kind}, {_named(delay)}")
        ax.set_xlabel("" if row + 1 < len(kinds) else "mean weight, or p")
        ax.set_ylabel("" if column else "$k_{static}$")
        ax.set_xticks(part["mean"].values)
        plots.plain_ticks(ax.yaxis, 10.0 ** np.arange(-3, 1))
        if row == column == 0:
            plots.stated_mark(ax, "1 in Fig. 1", y=stated.K_STATIC, at=0.03, va="top")
        else:
            ax.axhline(stated.K_STATIC, color=plots.PAPER, lw=1.0, ls=(0, (1, 1.6)), zorder=2.5)
        if (kind, delay) == ("normal", 0.0):
            ax.plot(_MEAN_WEIGHT, NETWORK_K_STATIC, ls="", zorder=6, **_HERE)
    colors = ScalarMappable(LogNorm(*LIMITS), COLORS)
    bar = fig.colorbar(colors, ax=axes, label="HF", extend="both", aspect=40, pad=0.02)
    plots.plain_ticks(bar.ax.yaxis, [0.1, 0.2, 0.5, 1, 2, 5, 10])
    fig.legend(handles=_key(points), loc="outside lower center", ncols=3, handlelength=3)
    return fig


def _named(delay: float) -> str:
    return f"{1e3 * delay:g} ms" if delay else "no delay"


def _key(points: xr.Dataset) -> list[Any]:
    """Entries of the diagram's legend, which tells what is nowhere to be seen."""
    found: list[Any] = []
    for level in (AMPLIFIED_FROM, 1.0):
        for variable, words in (("simulated", "simulated"), ("predicted", "by theory")):
            passes = phase.boundary(phase.typical(points[variable]), level).notnull().any()
            label = f"HF = {level:g}, {words}" + ("" if passes else " (nowhere)")
            found.append(Line2D([], [], label=label, **_style(level, variable)))
    halves: dict[str, Any] = {
        "color": "black",
        "lw": 3.2,
        "alpha": 0.45,
        "label": "both halves of the networks, HF = 2",
    }
    found += [
        Line2D([], [], label="$k_{static}$ ∝ mean weight", **_SCALING),
        Line2D([], [], **halves),
        Patch(label="theory on the other side of 2", **_HATCH),
        Line2D([], [], ls="", label="the book's networks", **_HERE),
    ]
    silent = bool(phase.typical(points["simulated"]).isnull().any())
    return [*found, Patch(color=_SILENT, label="all silent")] if silent else found


def leak_figure(points: xr.Dataset, *, bound: float) -> Figure:
    """The largest HF with leak over the static leak: a panel for each law, a line for each delay.

    Parameters
    ----------
    points : Dataset over kind, mean, delay, k_static, network
        Variables `simulated` and `predicted`, with leak.
    bound : float
        Below which high frequencies count as removed.
    """
    fig, axes = plt.subplots(1, points.sizes["kind"], figsize=(7.2, 2.7), sharey=True)
    delays = points["delay"].values
    for ax, kind, letter in zip(axes, points["kind"].values, "ABC", strict=False):
        most = points.sel(kind=kind).max(["mean", "network"])
        for delay, level in zip(delays, plots.levels(len(delays)), strict=True):
            each = most.sel(delay=delay)
            style = {"color": level.color, "marker": level.marker, "ms": 3.5}
            ax.plot(each["k_static"], each["simulated"], label=_named(delay), **style)
            ax.plot(each["k_static"], each["predicted"], ls="--", **(style | {"mfc": "white"}))
        ax.axhline(bound, color="0.4", lw=0.8, ls="--", zorder=0)
        ax.set(xscale="log", yscale="log", title=kind, xlabel="$k_{static}$", ylim=(0.01, 1))
        plots.plain_ticks(ax.xaxis, 10.0 ** np.arange(-3, 1))
        plots.plain_ticks(ax.yaxis, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1])
        plots.panel_letter(ax, letter)
    axes[0].set_ylabel("largest HF with leak")
    axes[0].legend(title="mean delay", alignment="left", loc="upper right")
    styles: dict[str, dict[str, Any]] = {
        "simulated": {"marker": "o"},
        "by theory": {"marker": "o", "ls": "--", "mfc": "white"},
    }
    handles = [Line2D([], [], color="0.2", ms=3.5, label=k, **v) for k, v in styles.items()]
    axes[1].legend(handles=handles, loc="upper right")
    return fig
