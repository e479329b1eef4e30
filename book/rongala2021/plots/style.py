"""Colours, marks and words that mean the same in all figures."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from numpy.typing import ArrayLike

from rongala2021.display import restore_defaults

# One colour for one thing in the whole book, most of them Okabe and Ito's or Tol's: they stay apart
# for colour-blind readers; what shares a figure and is close in grey differs in dash or marker too.
EXCITATORY = "#0072B2"
INHIBITORY = "#D55E00"
SENSORY = "#4D4D4D"
INPUT = "#4D4D4D"
NO_LEAK = "#AA3377"
LEAK = "#009E73"
#: The leak as a filter of the output afterwards.
FILTER = "#E69F00"
#: Networks without leak whose loops are cut open.
OPEN_LOOP = "#8C510A"
#: Another model of a neuron beside the linear summation model.
OTHER_MODEL = "#332288"
#: Another choice than the one that the book takes.
ALTERNATIVE = "#888888"
#: What the paper states in numbers.
PAPER = "#1A1A1A"
#: Of the two forms of the neuron, in the order of `settings.FORMS`, and how figures name them.
FORM_COLORS = (NO_LEAK, LEAK)
FORM_LABELS = ("without leak", "with leak")
#: Of the three models of an isolated neuron, in the order of `single.MODELS`, and their names.
MODEL_COLORS = (NO_LEAK, LEAK, OTHER_MODEL)
MODEL_LABELS = ("LSM, without leak", "LSM, with leak", "Izhikevich")
#: Of the verdicts, as in ``_static/front.css``.
VERDICT_COLORS = {
    "reproduced": "#0072b2",
    "partly": "#7fc0ea",
    "borderline": "#b3b3b3",
    "not reproduced": "#d98032",
    "not testable": "#8c8c8c",
}
#: Markers and dashes of the weight distributions, in the order of `settings.KINDS`.
KIND_FORMATS = ("o-", "x--", "s:")
POWER_LABEL = "maximum power (a.u.²)"
GAIN_LABEL = "gain over the input"
#: Names of what is varied in several steps, as titles of legends; units stand with the values.
VARIED = {
    "mean": "mean weight, or p",
    "delay": "mean delay",
    "rate": "rate of each sensor",
    "sensors": "number of sensors",
    "size": "excitatory neurons, layer 1 x layer 2",
}


def use_style() -> None:
    """Apply the book's style, and nothing of the user's, to all figures that follow."""
    restore_defaults()
    with as_file(files("rongala2021") / "style.mplstyle") as path:
        plt.style.use(path)


def panel_letter(ax: Axes, letter: str, *, dx: float = -28.0, dy: float = 3.0) -> None:
    """Write a bold panel letter above the top left corner, `dx`, `dy` points away from it."""
    ax.annotate(
        letter,
        (0, 1),
        xycoords="axes fraction",
        xytext=(dx, dy),
        textcoords="offset points",
        fontsize=11,
        fontweight="bold",
        va="bottom",
    )


def shades(n: int) -> list[tuple[float, ...]]:
    """`n` colours in the order of the values that they stand for, dark to light."""
    return [tuple(color) for color in plt.get_cmap("cividis")(np.linspace(0.0, 0.85, n))]


@dataclass(frozen=True)
class Level:
    """How one of several values of an ordered quantity is drawn.

    Attributes
    ----------
    color : tuple of float
        One of `shades`.
    marker : str
        For readers who cannot tell the shades apart, and for crossing lines.
    """

    color: tuple[float, ...]
    marker: str


def levels(n: int) -> list[Level]:
    """Of `n` values in their order."""
    markers = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
    return [Level(color, markers[i % len(markers)]) for i, color in enumerate(shades(n))]


def log_frequency_axis(axis: Axis) -> None:
    """Ticks of a log axis of frequencies at 1, 2 and 5 of each decade, written out."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_formatter(NullFormatter())


def plain_ticks(axis: Axis, values: ArrayLike) -> None:
    """Ticks of a log axis at these values alone, written out."""
    numbers = np.asarray(values)
    axis.set_ticks(numbers, [f"{x:g}" for x in numbers])
    axis.set_minor_formatter(NullFormatter())


def level_legend(ax: Axes, varied: str, **options: Any) -> None:
    """The legend of spectra of several values: what is varied, by its name in `VARIED`, on top.

    Options are those of `Axes.legend`; by default it stands at the lower left.
    """
    # The frame keeps lines that run behind it from being read as entries.
    usual: dict[str, Any] = {"loc": "lower left", "frameon": True, "edgecolor": "none"}
    usual |= {"labelspacing": 0.3, "borderpad": 0.2}
    ax.legend(title=VARIED[varied], alignment="left", **(usual | options))


def stated_mark(
    ax: Axes,
    label: str,
    *,
    x: float | tuple[float, float] | None = None,
    y: float | None = None,
    at: float = 0.97,
    ha: str = "left",
    va: str = "bottom",
) -> None:
    """What the paper states, marked in the same way in all figures: dotted, its words in italics.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With the limits that it shall keep.
    label : str
        Follows "paper:".
    x, y : float, optional
        Where a line is drawn. Of x two numbers are the ends of a range, drawn as a bracket; with
        neither there are only words.
    at : float
        Place of the words along the line, or height of the bracket, in parts of the axes.
    ha, va : str
        On which side of that place, or of x, the words stand, and on which one of y.
    """
    limits = ax.get_xlim(), ax.get_ylim()
    line: dict[str, Any] = {"color": PAPER, "lw": 1.0, "ls": (0, (1, 1.6)), "zorder": 2.5}
    words: dict[str, Any] = {
        "color": PAPER,
        "fontsize": 7.5,
        "fontstyle": "italic",
        "ha": ha,
        "va": "top",
    }
    along: Any = "axes fraction"
    shift = (0.0, 0.0)
    place: tuple[float, float] = (0.98 if ha == "right" else 0.02, at)
    if y is not None:
        ax.axhline(y, **line)
        place, along, shift = (
            (at, y),
            ax.get_yaxis_transform(),
            (0.0, 2.0 if va == "bottom" else -2.0),
        )
        words["va"] = va
    elif isinstance(x, tuple):
        ax.plot(x, [at, at], marker="|", ms=5, mew=1.0, transform=ax.get_xaxis_transform(), **line)
        middle = float(np.sqrt(x[0] * x[1])) if ax.get_xscale() == "log" else sum(x) / 2
        place, along, shift = (middle, at), ax.get_xaxis_transform(), (0.0, -3.0)
        words["ha"] = "center"
    elif x is not None:
        ax.axvline(x, **line)
        place, along = (x, at), ax.get_xaxis_transform()
        shift = (3.0 if ha == "left" else -3.0, 0.0)
    box = {"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.6}
    text = ax.annotate(
        f"paper: {label}",
        place,
        xycoords=along,
        xytext=shift,
        textcoords="offset points",
        bbox=box,
        zorder=6,
        **words,
    )
    text.set_in_layout(False)  # words at the edge must not make the panel smaller
    ax.set(xlim=limits[0], ylim=limits[1])
