"""Drawing on given axes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator, ScalarFormatter
from numpy.typing import ArrayLike, NDArray

from lsm._validate import Array
from lsm.measures import HIGH_FREQUENCY
from lsm.network import Network
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


def _edges(freqs: Array) -> Array:
    step = np.sqrt(freqs[1:] / freqs[:-1])
    return np.concatenate([[freqs[0] / step[0]], freqs[:-1] * step, [freqs[-1] * step[-1]]])


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


def spectra(
    ax: Axes, freqs: ArrayLike, values: ArrayLike, *, color: str, label: str, ls: str = "-"
) -> None:
    """Spectra on log axes: their median as a line, their whole range as a band.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    freqs : (n_freqs,) array
        Hz.
    values : (n_spectra, n_freqs) array
    color, label : str
    ls : str
        Dash of the line.
    """
    f, rows = np.asarray(freqs), _with_scale(np.asarray(values))
    ax.fill_between(f, rows.min(axis=0), rows.max(axis=0), color=color, alpha=0.25, lw=0)
    ax.loglog(f, np.median(rows, axis=0), color=color, label=label, ls=ls)
    _frequencies_along(ax, f)


def gain_axis(ax: Axes, *, bound: float | None = None) -> None:
    """What all panels of gains share, on axes whose frequencies are set; dashed: a gain of 1.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The frequencies that count as high are shaded.
    bound : float, optional
        Of a claim about the mean gain at these, drawn across them.
    """
    top = ax.get_xlim()[1]
    ax.axhline(1, color="0.5", lw=0.7, ls="--", zorder=1)
    ax.axvspan(HIGH_FREQUENCY, top, color="0.93", zorder=0)
    if bound is not None:
        ax.plot([HIGH_FREQUENCY, top], [bound] * 2, color="0.3", lw=0.9, ls=(0, (5, 2)), zorder=1)
        text = ax.annotate(
            f"our bound of the mean, HF: {bound:g}",
            (HIGH_FREQUENCY, bound),
            xytext=(-3, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7.5,
        )
        text.set_in_layout(False)
    ax.set_ylabel(GAIN_LABEL)


def gains(
    ax: Axes,
    each: Mapping[str, xr.DataArray],
    *,
    colors: Sequence[str],
    dashes: Sequence[str] | None = None,
) -> None:
    """Gains over the input, as `spectra`; dashed: 1; shaded: the frequencies that count as high.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    each : mapping of str to DataArray over network, frequency
        By the labels of the legend.
    colors : sequence of str
        One for each.
    dashes : sequence of str, optional
        One for each; by default all lines are solid.
    """
    lines = dashes or ["-"] * len(each)
    for (label, gain), color, ls in zip(each.items(), colors, lines, strict=True):
        spectra(ax, gain["frequency"], gain, color=color, label=label, ls=ls)
    gain_axis(ax)
    ax.legend(loc="lower left")


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


def growth(ax: Axes, sizes: ArrayLike, values: ArrayLike, *, color: str, label: str) -> None:
    """Cost against size on log axes: medians as a line, all repetitions as ticks.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    sizes : (n_sizes,) array
    values : (n_sizes, n_repeats) array
        NaN where a size was repeated less often.
    color, label : str
    """
    n, rows = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    ax.loglog(n, np.nanmedian(rows, axis=1), "o-", color=color, ms=4, label=label)
    ax.loglog(n, rows, "_", color=color, alpha=0.6, ms=6)


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


def band(
    ax: Axes,
    x: ArrayLike,
    rows: ArrayLike,
    *,
    color: str,
    label: str | None = None,
    fmt: str = "o-",
) -> None:
    """Repeated curves: their median as a line with markers, their whole range as a band.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x : (n_points,) array
    rows : (n_repeats, n_points) array
    color, label : str
    fmt : str
        Marker and dash of the median.
    """
    each = np.asarray(rows)
    ax.fill_between(x, each.min(axis=0), each.max(axis=0), color=color, alpha=0.25, lw=0)
    ax.plot(x, np.median(each, axis=0), fmt, color=color, ms=3.5, label=label)


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


def _frequencies_along(ax: Axes, freqs: Array) -> None:
    log_frequency_axis(ax.xaxis)
    ax.set_xlim(freqs[0], freqs[-1])
    ax.set_xlabel("frequency (Hz)")


def _with_scale(rows: Array) -> Array:
    """Spectra without those of silent networks, whose gains are NaN, unless all are."""
    known = rows[~np.isnan(rows).any(axis=-1)]
    return known if known.size else rows


def _labelled(values: xr.DataArray, over: str) -> list[tuple[str, xr.DataArray]]:
    """The parts of an array along one axis, with their labels as text."""
    labels = values[over].values
    texts = [f"{x:g}" if values[over].dtype.kind in "if" else str(x) for x in labels]
    return list(zip(texts, (values.isel({over: i}) for i in range(labels.size)), strict=True))


def _level_lines(
    ax: Axes, values: xr.DataArray, over: str, levels_of: Sequence[Level] | None, middle: str
) -> None:
    """The middle of repeated spectra as a line with sparse markers, their range as a band."""
    f = values["frequency"].values
    curves = _labelled(values, over)
    styles = levels(len(curves)) if levels_of is None else levels_of
    step = max(f.size // 4, 1)
    for i, ((label, repeated), level) in enumerate(zip(curves, styles, strict=True)):
        rows = _with_scale(repeated.transpose(..., "frequency").values)
        color = level.color
        ax.fill_between(f, rows.min(axis=0), rows.max(axis=0), color=color, alpha=0.13, lw=0)
        line = getattr(np, middle)(rows, axis=0)
        places = (step * (i + 1) // (len(curves) + 1), step)
        ax.loglog(f, line, color=color, lw=1.3, label=label)
        ax.lines[-1].set(marker=level.marker, markevery=places, ms=3.5, mew=0)
    _frequencies_along(ax, f)


def power_spectra(
    ax: Axes,
    power: xr.DataArray,
    over: str,
    *,
    reference: xr.DataArray | None = None,
) -> None:
    """Power spectra of several conditions on log axes: the mean of each, its range as a band.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    power : DataArray over conditions, repeats and frequency (Hz)
    over : str
        Axis of the conditions, drawn as `levels` in their order.
    reference : DataArray over frequency, optional
        Spectrum of the input, drawn dashed.
    """
    if reference is not None:
        f = power["frequency"].values
        ax.loglog(f, reference, color=INPUT, ls="--", lw=1.2, label="input")
    _level_lines(ax, power, over, None, "mean")
    ax.set_ylabel(POWER_LABEL)


def gain_spectra(
    ax: Axes,
    gain: xr.DataArray,
    over: str,
    *,
    of: Sequence[Level] | None = None,
    bound: float | None = None,
) -> None:
    """As `power_spectra`, of gains over the input and their medians, on a `gain_axis`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    gain : DataArray over conditions, repeats and frequency (Hz)
    over : str
        Axis of the conditions.
    of : sequence of Level, optional
        One for each condition; by default `levels`.
    bound : float, optional
        As in `gain_axis`.
    """
    _level_lines(ax, gain, over, of, "median")
    gain_axis(ax, bound=bound)


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


def single_spectra(ax: Axes, power: xr.DataArray, over: str) -> None:
    """As `power_spectra`, with a line for each repeat and none for the mean."""
    f = power["frequency"].values
    curves = _labelled(power, over)
    for (label, repeated), color in zip(curves, shades(len(curves)), strict=True):
        rows = repeated.transpose(..., "frequency").values
        lines = ax.loglog(f, rows.T, color=color, lw=0.7, alpha=0.85)
        lines[0].set_label(label)
    _frequencies_along(ax, f)


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
    columns = _labelled(values, over)
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


def prediction(
    ax: Axes, freqs: ArrayLike, predicted: ArrayLike, simulated: ArrayLike, *, color: str
) -> None:
    """A simulated spectrum as a wide, pale line, and its prediction dashed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    freqs, predicted, simulated : (n_freqs,) array
    color : str
    """
    f = np.asarray(freqs)
    ax.loglog(f, simulated, color=color, lw=2.5, alpha=0.4)
    ax.loglog(f, predicted, color=color, lw=1.0, ls="--")
    _frequencies_along(ax, f)


#: How what a criterion says of a control is drawn beside what it says of the networks.
CONTROL_MARKERS = {"negative": "x", "positive": "+", "filter": "s"}


def _beside(ax: Axes, control: str, x: float, row: int) -> None:
    """A control's marker in a row of a figure of all claims."""
    ax.plot(x, row, CONTROL_MARKERS[control], color="0.25", mfc="none", ms=5, mew=1.1, zorder=4)


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
    ax.set_yticks(range(len(margins)), list(margins))
    ax.set_ylim(len(margins) - 0.4, -0.6)
    ax.grid(axis="y", color="0.92")
    ax.set_axisbelow(True)


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
    ax.set_yticks(range(len(shares)), list(shares))
    ax.set_ylim(len(shares) - 0.4, -0.6)
    ax.grid(axis="y", color="0.92")
    ax.set_axisbelow(True)


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
