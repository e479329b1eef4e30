"""Figures 5 to 8: spectra of networks, and their gains over the input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from lsm._validate import Array
from rongala2021 import plots, stated
from rongala2021.settings import AMPLIFIED, AMPLIFIED_FROM, FORMS
from rongala2021.spectra import gain, high_frequency_ratio


def _head(ax: Axes, letter: str, title: str) -> None:
    plots.panel_letter(ax, letter)
    ax.set_title(title)


def _where_amplified(kind: str) -> str:
    """The paper's words for the means from which high frequencies are amplified."""
    there = AMPLIFIED.sel(kind=kind)
    if kind == "binary":
        return f"p > {there['mean'].values[~there.values].max():.0%}"
    return f"μ ≥ {there['mean'].values[there.values].min():g}"


def _limits(axes: Iterable[Axes], low: float, high: float) -> None:
    """Power or gain from `low` to `high` in all of these panels, further where a line leads there.

    Other parameters than those of the paper may lead anywhere.
    """
    panels = list(axes)
    lines = [line.get_ydata() for ax in panels for line in ax.get_lines()]
    values = np.concatenate([np.asarray(line, float) for line in lines])
    drawn = values[np.isfinite(values) & (values > 0)]
    for ax in panels:
        ax.set_ylim(drawn.min(initial=low), drawn.max(initial=high))


def weights_figure(drawn: xr.Dataset, samples: Mapping[str, Mapping[str, Array]]) -> Figure:
    """Distributions of weights, and spectra of networks that have them (Fig. 5).

    Parameters
    ----------
    drawn : Dataset over form, kind, mean, draw, frequency
        Variables `power` and `input`.
    samples : mapping of kind to mapping of mean to array
        Weights.
    """
    fig = plt.figure(figsize=(7.2, 8.2))
    grid = fig.add_gridspec(3, 3, height_ratios=[0.75, 1, 1])
    colors = plots.shades(drawn.sizes["mean"])
    first, spectra = None, []
    for column, (kind, weights) in enumerate(samples.items()):
        ax = fig.add_subplot(grid[0, column])
        plots.densities(ax, weights, bins=np.linspace(0, 1.05, 43), colors=colors)
        _head(ax, "ABC"[column], kind)
        ax.set(xlabel="weight", ylabel="" if column else "share of synapses (%)")
        ax.legend(title="p" if kind == "binary" else "mean weight", handlelength=0.8, loc="best")
        source = drawn["input"].sel(form="no leak", kind=kind).mean(["mean", "draw"])
        for row, form in enumerate(FORMS):
            ax = fig.add_subplot(grid[row + 1, column], sharex=first, sharey=first)
            first = first or ax
            power = drawn["power"].sel(form=form, kind=kind)
            plots.power_spectra(ax, power, "mean", reference=source)
            _head(ax, "" if column else "DE"[row], f"{kind}, {plots.FORM_LABELS[row]}")
            ax.set_ylabel("" if column else plots.POWER_LABEL)
            spectra.append(ax)
            if form == "leak":
                plots.stated_mark(ax, "over-damped", x=stated.OVER_DAMPED, at=0.95)
            else:
                plots.stated_mark(ax, f"amplified for {_where_amplified(kind)}", ha="right")
    assert first is not None
    _limits(spectra, 1e-9, 10)
    plots.level_legend(first, "mean")
    return fig


def amplified_figure(hf: xr.DataArray, *, removed: float) -> Figure:
    """HF of all groups of networks, and where the paper says that they are amplified (Fig. 5).

    Parameters
    ----------
    hf : DataArray over form, kind, mean, group
    removed : float
        Bound of HF with leak; without, it is `AMPLIFIED_FROM`.
    """
    fig, axes = plt.subplots(1, hf.sizes["kind"], figsize=(7.2, 3.0), sharey=True)
    last = hf.sizes["mean"] - 0.5
    for ax, kind, letter in zip(axes, hf["kind"].values, "ABC", strict=True):
        forms = zip(FORMS, plots.FORM_COLORS, (AMPLIFIED_FROM, removed), strict=True)
        for form, color, bound in forms:
            plots.dots(ax, hf.sel(form=form, kind=kind), "mean", color=color, bound=bound)
        _head(ax, letter, kind)
        ax.set(xlabel="probability p" if kind == "binary" else "mean weight", xlim=(-0.5, last))
        begin = int(np.flatnonzero(AMPLIFIED.sel(kind=kind))[0]) - 0.5
        plots.stated_mark(ax, "amplified", x=(begin + 0.04, last - 0.04), at=0.97)
    _limits(axes, 5e-3, 100)
    axes[0].set_ylabel("HF")
    for y, va, dy in ((AMPLIFIED_FROM, "top", -2), (removed, "bottom", 2)):
        at = {"xytext": (0, dy), "textcoords": "offset points", "va": va, "fontsize": 7.5}
        axes[-1].annotate(f"our bound: {y:g}", (-0.45, y), **at)
    # In the gap between both forms.
    labels = zip(plots.FORM_LABELS, plots.FORM_COLORS, strict=True)
    handles = [Line2D([], [], color=c, marker="o", ms=2.5, lw=2, label=text) for text, c in labels]
    axes[0].legend(handles=handles, loc="center left", bbox_to_anchor=(0, 0.44))
    return fig


def delays_figure(
    gains: xr.DataArray,
    added: xr.DataArray,
    peaks: Mapping[str, xr.DataArray],
    *,
    expected: ArrayLike,
    dt: float,
) -> Figure:
    """Gains and added peaks of networks with conduction delays (Fig. 6).

    Parameters
    ----------
    gains : DataArray over form, delay (s), network, frequency
        The first delay is 0.
    added : DataArray over delay, network, frequency
        Power without leak over that without delays.
    peaks : mapping of two laws to DataArray over delay, network
        Frequency (Hz) of the peak that a delay adds without leak; the first law is that of the
        gains.
    expected : (n_delays,) array
        Frequencies (Hz) of these peaks by theory.
    dt : float
        Step (s), which adds to every delay.
    """
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 6.8))
    low, right = axes[1]
    styles = plots.levels(gains.sizes["delay"])
    delays = gains["delay"].values[1:]
    names = [f"{1e3 * delay:g} ms" for delay in delays]
    labelled = gains.assign_coords(delay=["none", *names])
    for ax, form, label in zip(axes[0], FORMS, plots.FORM_LABELS, strict=True):
        plots.gain_spectra(ax, labelled.sel(form=form), "delay", of=styles)
        ax.set_title(label)
    _limits(axes[0], 3e-3, 30)
    plots.stated_mark(axes[0, 0], "a peak for each delay")
    plots.stated_mark(axes[0, 1], "peaks removed")
    axes[0, 1].set_ylabel("")
    plots.level_legend(axes[0, 0], "delay", ncols=2)
    plots.gain_spectra(low, added.assign_coords(delay=names), "delay", of=styles[1:])
    low.set(ylabel="power over that without delays", yscale="linear", title=plots.FORM_LABELS[0])
    for ax in (*axes[0], low):
        for frequency, level in zip(np.asarray(expected), styles[1:], strict=True):
            ax.axvline(frequency, color=level.color, lw=0.8, ls="--", zorder=0)
    lags_ms = 1e3 * (delays + dt)
    taken, other = peaks
    laws = ((other, plots.ALTERNATIVE, "s-"), (taken, plots.NO_LEAK, "o-"))
    for law, color, fmt in laws:
        rows = peaks[law].transpose("network", "delay")
        plots.band(right, lags_ms, rows, color=color, label=f"{law} delays", fmt=fmt)
    right.loglog(lags_ms, expected, color="0.4", ls="--", label="expected: 1 / (2 (d + dt))")
    # The height is ours: only how the frequencies go with the delay is in the text.
    with_delay = delays**stated.PEAK_WITH_DELAY
    height = float(np.exp(np.log(peaks[taken].median("network") / with_delay).mean()))
    line = height * with_delay
    right.plot(lags_ms, line, color=plots.PAPER, lw=1.0, ls=(0, (1, 1.6)))
    right.annotate(
        "paper: inverse to the delay",
        (lags_ms[0], line[0]),
        xytext=(6, -2),
        textcoords="offset points",
        fontsize=7.5,
        fontstyle="italic",
    )
    right.set(xlabel="mean delay and one step (ms)", ylabel="frequency of the added peak (Hz)")
    plots.plain_ticks(right.xaxis, lags_ms)
    plots.plain_ticks(right.yaxis, [20, 50, 100, 200, 500])
    right.legend(loc="lower left")
    for ax, letter in zip(axes.flat, "ABCD", strict=True):
        plots.panel_letter(ax, letter)
    return fig


#: What figures call the leak of a panel of Figure 8, where it is not what settings call it.
_LEAKS = {FORMS[0]: plots.FORM_LABELS[0]}

#: What the text says of the panels of Figure 7 without leak, by what is varied.
_OF_DENSITIES = {
    "rate": ("with sensors at {} and {} Hz", stated.SPARSE_RATES, stated.DENSE_RATES),
    "sensors": ("with {} and {} sensors", stated.SPARSE_SENSORS, stated.DENSE_SENSORS),
}


def densities_figure(found: xr.Dataset) -> Figure:
    """Power at several densities of the input, without and with leak (Fig. 7).

    Parameters
    ----------
    found : Dataset over form, density, network, frequency
        Variables `power` and `input`; beside density the coordinate `varied`.
    """
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 6.8), sharex=True, sharey=True)
    for row, (varied, part) in enumerate(found.groupby("varied")):
        source = part["input"].sel(form="no leak").isel(density=0).mean("network")
        for column, form in enumerate(FORMS):
            ax = axes[row, column]
            plots.power_spectra(ax, part["power"].sel(form=form), "density", reference=source)
            _head(ax, ("AB", "CD")[row][column], plots.FORM_LABELS[column])
            ax.set(**_outer(axes, row, column, plots.POWER_LABEL))
        words, _, dense = _OF_DENSITIES[varied]
        plots.stated_mark(axes[row, 0], f"less power {words.format(*dense)}", ha="right")
        plots.level_legend(axes[row, 0], varied)
    _limits(axes.flat, 1e-9, 10)
    return fig


def densities_gain_figure(gains: xr.DataArray, hf: xr.DataArray) -> Figure:
    """Gains of the panels of `densities_figure`, and what HF they give without leak.

    Parameters
    ----------
    gains : DataArray over form, density, network, frequency
        Over the input of the same density; beside density the coordinate `varied`.
    hf : DataArray over form, density, network
    """
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 5.6), sharex=True, sharey="col")
    for row, (varied, part) in enumerate(gains.groupby("varied")):
        no_leak, leak = axes[row]
        told = _with_hf(part.sel(form=FORMS[0]), hf.sel(form=FORMS[0]), "density")
        plots.gain_spectra(no_leak, told, "density", bound=AMPLIFIED_FROM)
        plots.gain_spectra(leak, part.sel(form="leak"), "density")
        words, sparse, _ = _OF_DENSITIES[varied]
        plots.stated_mark(no_leak, f"high frequencies {words.format(*sparse)}")
        _mark_cutoff(leak)
        plots.level_legend(no_leak, varied, ncols=2)
        for column, (ax, label) in enumerate(zip(axes[row], plots.FORM_LABELS, strict=True)):
            _head(ax, ("AB", "CD")[row][column], label)
            ax.set(**_outer(axes, row, column, plots.GAIN_LABEL))
    _limits(axes[:, 0], 0.1, 12)
    _limits(axes[:, 1], 1e-3, 30)
    return fig


def sizes_figure(drawn: xr.Dataset) -> Figure:
    """Power of networks of several sizes with four leaks (Fig. 8).

    Parameters
    ----------
    drawn : Dataset over weights, leak, size, network, frequency
        Variables `power` and `input`.
    """
    fig, axes = plt.subplots(4, 2, figsize=(7.2, 10.4), sharex=True, sharey=True)
    source = drawn["input"].isel(leak=0, size=0).mean("network")
    for column, weights in enumerate(drawn["weights"].values):
        for row, leak in enumerate(drawn["leak"].values):
            ax, here = axes[row, column], {"weights": weights, "leak": leak}
            reference = source.sel(weights=weights)
            plots.power_spectra(ax, drawn["power"].sel(here), "size", reference=reference)
            _head(ax, "ABCDEFGH"[4 * column + row], f"{weights}, {_LEAKS.get(leak, leak)}")
            ax.set(**_outer(axes, row, column, plots.POWER_LABEL))
        _mark_damped(axes[-1, column])
    _limits(axes.flat, 1e-10, 10)
    plots.level_legend(axes[0, 0], "size", ncols=2)
    return fig


def sizes_gain_figure(drawn: xr.Dataset) -> Figure:
    """Gains of the panels of `sizes_figure`, and what HF they give without leak.

    A gain is scaled over low frequencies, which leaks that grow damp as well. So the panels of
    these show power over that with the fixed leak.

    Parameters
    ----------
    drawn : Dataset over weights, leak, size, network, frequency
        Variables `power` and `input`.
    """
    each, hf = gain(drawn), high_frequency_ratio(drawn)
    relative = drawn["power"] / drawn["power"].isel(leak=1, drop=True)
    fig, axes = plt.subplots(4, 2, figsize=(7.2, 8.6), sharex=True, sharey="row")
    labels = (plots.GAIN_LABEL, plots.GAIN_LABEL, *["power over that\nwith the fixed leak"] * 2)
    narrow = {"ncols": 2, "handlelength": 1.3, "columnspacing": 1.0}
    for column, weights in enumerate(drawn["weights"].values):
        for row, leak in enumerate(drawn["leak"].values):
            ax, here = axes[row, column], {"weights": weights, "leak": leak}
            shown = (each if row < 2 else relative).sel(here)
            if row == 0:
                shown = _with_hf(shown, hf.sel(here), "size")
            plots.gain_spectra(ax, shown, "size", bound=None if row else AMPLIFIED_FROM)
            _head(ax, "ABCDEFGH"[4 * column + row], f"{weights}, {_LEAKS.get(leak, leak)}")
            ax.set(**_outer(axes, row, column, labels[row]))
        plots.level_legend(axes[0, column], "size", loc="upper left", **narrow)
        _mark_cutoff(axes[1, column])
        _mark_damped(axes[-1, column])
    _limits(axes[0], 0.3, 50)
    _limits(axes[1], 3e-4, 20)
    # On one scale, so that what both leaks take away can be compared.
    _limits(axes[2:].flat, 1e-3, 10)
    return fig


def _with_hf(gains: xr.DataArray, hf: xr.DataArray, over: str) -> xr.DataArray:
    """Gains whose conditions tell their HF, the mean over networks."""
    mean = hf.mean("network").sel({over: gains[over]})
    pairs = zip(gains[over].values, mean.values, strict=True)
    labels = [f"{name}: HF {x:.1f}" for name, x in pairs]
    return gains.assign_coords({over: labels})


def _outer(axes: Array, row: int, column: int, label: str) -> dict[str, str]:
    """Labels of the axes of a panel: those at the left and at the bottom have them."""
    bottom = row == len(axes) - 1
    return {"xlabel": "frequency (Hz)" if bottom else "", "ylabel": "" if column else label}


def _mark_cutoff(ax: Axes) -> None:
    """Where the paper's leak alone would halve the power."""
    words = f"τ = 1/100 s\n(cutoff at {stated.CUTOFF:.1f} Hz)"
    plots.stated_mark(ax, words, x=stated.CUTOFF, at=0.3, ha="right")


def _mark_damped(ax: Axes) -> None:
    """Below which frequency the largest networks are damped, says the paper."""
    limit = stated.DAMPED_WELL_BELOW
    plots.stated_mark(ax, f"largest damped\nwell below {limit:g} Hz", x=limit, at=0.17, ha="right")
