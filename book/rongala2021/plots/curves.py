"""Spectra, gains and other curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from lsm._validate import Array
from lsm.measures import HIGH_FREQUENCY
from rongala2021.plots.style import (
    GAIN_LABEL,
    INPUT,
    POWER_LABEL,
    Level,
    levels,
    log_frequency_axis,
    shades,
)


def _frequencies_along(ax: Axes, freqs: Array) -> None:
    log_frequency_axis(ax.xaxis)
    ax.set_xlim(freqs[0], freqs[-1])
    ax.set_xlabel("frequency (Hz)")


def _with_scale(rows: Array) -> Array:
    """Spectra without those of silent networks, whose gains are NaN, unless all are."""
    known = rows[~np.isnan(rows).any(axis=-1)]
    return known if known.size else rows


def labelled(values: xr.DataArray, over: str) -> list[tuple[str, xr.DataArray]]:
    """The parts of an array along one axis, with their labels as text."""
    labels = values[over].values
    texts = [f"{x:g}" if values[over].dtype.kind in "if" else str(x) for x in labels]
    return list(zip(texts, (values.isel({over: i}) for i in range(labels.size)), strict=True))


def _level_lines(
    ax: Axes, values: xr.DataArray, over: str, levels_of: Sequence[Level] | None, middle: str
) -> None:
    """The middle of repeated spectra as a line with sparse markers, their range as a band."""
    f = values["frequency"].values
    curves = labelled(values, over)
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


def single_spectra(ax: Axes, power: xr.DataArray, over: str) -> None:
    """As `power_spectra`, with a line for each repeat and none for the mean."""
    f = power["frequency"].values
    curves = labelled(power, over)
    for (label, repeated), color in zip(curves, shades(len(curves)), strict=True):
        rows = repeated.transpose(..., "frequency").values
        lines = ax.loglog(f, rows.T, color=color, lw=0.7, alpha=0.85)
        lines[0].set_label(label)
    _frequencies_along(ax, f)


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
