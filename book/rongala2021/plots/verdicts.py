"""What criteria say of the claims."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from rongala2021.plots.style import INPUT, LEAK, NO_LEAK, VERDICT_COLORS

#: How what a criterion says of a control is drawn beside what it says of the networks.
CONTROL_MARKERS = {"negative": "x", "positive": "+", "filter": "s"}


def _beside(ax: Axes, control: str, x: float, row: int) -> None:
    """A control's marker in a row of a figure of all claims."""
    ax.plot(x, row, CONTROL_MARKERS[control], color="0.25", mfc="none", ms=5, mew=1.1, zorder=4)


def _named_rows(ax: Axes, names: Collection[str]) -> None:
    """Rows with their names, the first on top, each on a pale line."""
    ax.set_yticks(range(len(names)), list(names))
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis="y", color="0.92")
    ax.set_axisbelow(True)


def forest(
    ax: Axes,
    margins: Mapping[str, ArrayLike],
    *,
    limits: tuple[float, float],
    controls: Mapping[str, Mapping[str, ArrayLike]],
) -> None:
    """By which factor conditions are met: every sample, and the median; right of 1 it is met.

    A median on the bound itself is grey: it meets "at least" and not "more than".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    margins : mapping of str to array
        Factors of each condition, the first on top.
    limits : (float, float)
        Factors beyond are drawn as arrows at the ends of the log axis.
    controls : mapping of str to mapping of str to array
        By the names of `CONTROL_MARKERS`, factors of the same conditions: their medians are drawn.
    """
    low, high = limits
    for row, each in enumerate(margins.values()):
        values = np.asarray(each, dtype=float)
        values = values[np.isfinite(values)]
        middle = float(np.median(values))
        color = INPUT if middle == 1 else LEAK if middle > 1 else NO_LEAK
        shown = np.clip(values, low, high)
        ax.plot(shown, np.full(values.size, row), "|", color=color, alpha=0.5, ms=6)
        ax.plot(shown[:1], [row], "o", color="white", mec=color, ms=4, zorder=3)
        marker = "<" if middle < low else ">" if middle > high else "D"
        ax.plot(np.clip(middle, low, high), row, marker, color=color, ms=4)
    for name, of_control in controls.items():
        for row, condition in enumerate(margins):
            factors = np.asarray(of_control.get(condition, ()), dtype=float)
            factors = factors[np.isfinite(factors)]
            if factors.size:
                _beside(ax, name, float(np.clip(np.median(factors), low, high)), row)
    ax.axvline(1, color="0.3", lw=0.8)
    ax.set_xscale("log")
    ax.set_xlim(low / 1.2, high * 1.2)
    _named_rows(ax, margins)


def shares(
    ax: Axes,
    shares: Mapping[str, tuple[float, float, float]],
    *,
    colors: Sequence[str],
    controls: Mapping[str, Mapping[str, float]],
) -> None:
    """Shares of seeds with their intervals, one row for each claim, the first on top.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    shares : mapping of str to (share, low, high)
    colors : sequence of str
        One for each row.
    controls : mapping of str to mapping of str to float
        By the names of `CONTROL_MARKERS`, the shares of some rows' controls.
    """
    for name, of_control in controls.items():
        for row, claim in enumerate(shares):
            if claim in of_control:
                _beside(ax, name, of_control[claim], row)
    for row, ((share, low, high), color) in enumerate(zip(shares.values(), colors, strict=True)):
        ax.plot([low, high], [row, row], color=color, lw=2, alpha=0.5)
        ax.plot(share, row, "o", color=color, ms=4)
    ax.axvline(0.5, color="0.3", lw=0.8, ls="--")
    ax.set_xlim(-0.03, 1.03)
    _named_rows(ax, shares)


def verdict_matrix(
    ax: Axes,
    verdicts: xr.DataArray,
    symbols: Mapping[str, str],
    *,
    perhaps: Collection[tuple[str, str]] = (),
) -> None:
    """Verdicts as coloured cells with symbols; those that differ from the first row are framed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    verdicts : DataArray of str over rows, columns
        Empty where there is none.
    symbols : mapping of verdict to symbol
    perhaps : collection of (row, column)
        Cells whose frame is thin and dotted: they may differ by chance.
    """
    rows, columns = (verdicts[axis].values.tolist() for axis in verdicts.dims)
    cells = verdicts.values.tolist()
    for y, row in enumerate(cells):
        for x, verdict in enumerate(row):
            changed = verdict != cells[0][x] and verdict in VERDICT_COLORS
            unsure = (rows[y], columns[x]) in perhaps
            ax.add_patch(
                Rectangle(
                    (x - 0.46, y - 0.46),
                    0.92,
                    0.92,
                    facecolor=VERDICT_COLORS.get(verdict, "white"),
                    edgecolor="black" if changed else "none",
                    lw=0.8 if unsure else 1.6,
                    ls=":" if unsure else "-",
                )
            )
            ink = "white" if verdict == "reproduced" else "black"
            ax.text(x, y, symbols.get(verdict, ""), ha="center", va="center", fontsize=8, color=ink)
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
