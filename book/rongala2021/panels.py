"""Composite figures that are long, or drawn by more than one page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lsm.measures import HIGH_FREQUENCY
from lsm.network import Network
from rongala2021 import plots, stated
from rongala2021.run_measures import SILENT
from rongala2021.settings import FORMS

# Of the two forms, in the order of `settings.FORMS`.


def column_of_traces(
    activity: xr.DataArray, titles: Sequence[str], *, own_scales: bool = False
) -> Figure:
    """Activity at each value of a constant, one below the other (Suppl. Fig. 2 and 3).

    Parameters
    ----------
    activity : DataArray over the constant and time (s)
    titles : sequence of str
        One for each value.
    own_scales : bool
        Whether each trace has the scale that shows its shape best after 0.1 s.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n = len(activity)
    dt = float(activity["time"][1])
    fig, axes = plt.subplots(n, 1, figsize=(7.2, 0.75 * n + 0.6), sharex=True)
    for ax, row, title, color in zip(axes, activity, titles, plots.shades(n), strict=True):
        plots.traces(ax, row, dt=dt, color=color)
        ax.set_title(title, loc="right", fontsize=7.5, pad=-2)
        ax.margins(x=0)
        settled = row.sel(time=slice(0.1, None))
        low, high = (0.95 * settled.min(), 1.02 * row.max()) if own_scales else (0, activity.max())
        ax.set_ylim(low, high)
    axes[n // 2].set_ylabel("activity (a.u.)")
    axes[-1].set_xlabel("time (s)")
    return fig


def index_at_rates(ax: Axes, followed: xr.DataArray, crowd: xr.DataArray, *, known: int) -> None:
    """How faithfully three models and many Izhikevich neurons follow their input (Fig. 3G).

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    followed : DataArray over rate (Hz) and model
        Index of both forms of the neuron.
    crowd : DataArray over rate and parameters
        Index of the Izhikevich neurons.
    known : int
        Which of them is that of Table 1.
    """
    rates = crowd["rate"]
    ax.plot(rates, crowd, color="0.6", lw=0.35, alpha=0.6)
    known_r = crowd.isel(parameters=known)
    ax.plot(rates, known_r, "*-", color=plots.OTHER_MODEL, label="Izhikevich, Table 1", ms=8)
    styles = zip(FORMS, plots.FORM_COLORS, plots.MODEL_LABELS, ("o-", "s-"), strict=False)
    for form, color, label, fmt in styles:
        ax.plot(rates, followed.sel(model=form), fmt, color=color, label=label)
    ax.plot([], [], color="0.6", label=f"Izhikevich, {crowd.sizes['parameters']} settings")
    ax.set(xlabel="mean rate of each sensor (Hz)", ylabel="correlation r with the input")
    ax.set_xticks(rates)
    ax.legend(loc="lower right")


def without_silent(power: xr.DataArray) -> xr.DataArray:
    """Power over form, neuron, frequency, presentation, 0 of neurons that count as silent."""
    most = power.max(["frequency", "presentation"])
    return power.where(most > SILENT * most.max("neuron"), 0.0)


def stated_course(ax: Axes) -> None:
    """On a map, where the paper's high frequencies stop building up and begin to fade (4c)."""
    for number in (stated.BUILD_UP_UNTIL, stated.FADES_AFTER):
        ax.axvline(number + 0.5, color="white", lw=1.1, ls=":")


def network_figure(
    network: Network,
    power: xr.DataArray,
    drawn: Mapping[str, xr.Dataset],
    *,
    course_of: Collection[str] = (),
) -> Figure:
    """A network, and the power and traces of two of its neurons without and with leak.

    Parameters
    ----------
    network : Network
    power : DataArray over form, neuron, frequency (Hz), presentation
        Of two forms, with the neurons' `sign` (a.u.²).
    drawn : mapping of neuron to Dataset
        Two of them, from `stretches.stretches`, with the same forms.
    course_of : collection of neurons
        Those whose map without leak shows `stated_course`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n_rows = max(each.sizes["presentation"] for each in drawn.values())
    high = 0.45 + 0.3 * n_rows
    fig = plt.figure(figsize=(7.2, 7.2 + 2 * high))
    heights = [1.5, 1, high, 1, high]
    grid = fig.add_gridspec(5, 3, height_ratios=heights, width_ratios=[1, 1, 0.04])
    ax = fig.add_subplot(grid[0, :])
    net = network
    plots.network_diagram(ax, net.w_rec, net.w_in, net.layer, net.sign, net.names)
    plots.panel_letter(ax, "A", dx=-34)
    power = power.sel(neuron=list(drawn))
    limits, freqs = plots.power_limits(power), power["frequency"].values
    spans = [each["activity"].max("time") - each["activity"].min("time") for each in drawn.values()]
    offset = 0.7 * max(float(span.max()) for span in spans) or 1.0
    first, last = None, []
    for row, (head, letters) in enumerate(zip(plots.FORM_LABELS, ("BCDE", "FGHI"), strict=True)):
        for column, (name, stretch) in enumerate(drawn.items()):
            of_one = power.isel(form=row).sel(neuron=name)
            ax = fig.add_subplot(grid[2 * row + 1, column])
            plots.power_map(ax, of_one, freqs, limits=limits)
            ax.set_title(f"{name}, {head}")
            if name in course_of and row == 0:
                stated_course(ax)
            plots.panel_letter(ax, letters[column], dx=-34)
            ax = fig.add_subplot(grid[2 * row + 2, column], sharey=first)
            first = first or ax
            color = plots.EXCITATORY if of_one["sign"] > 0 else plots.INHIBITORY
            _rows(ax, stretch.isel(form=row), color=color, offset=offset)
            plots.panel_letter(ax, letters[column + 2], dx=-34)
        last.append(ax)
        plots.power_bar(fig.add_subplot(grid[2 * row + 1, 2]), limits)
    for ax in last:
        ax.set_ylim(ax.get_ylim())  # that of all, which the bars leave as it is
        y = plots.round_length(offset)
        plots.scale_bars(ax, x=0.1, y=y, x_label="100 ms", y_label=f"{y:g} a.u.", beside=True)
    return fig


def _rows(ax: Axes, stretch: xr.Dataset, *, color: str, offset: float) -> None:
    """Traces of the presentations of a stretch, one below the other, their transients marked."""
    time = stretch["time"].values
    dt = float(time[1] - time[0])
    activity = stretch["activity"] - stretch["activity"].median("time")
    labels = [f"#{number}" for number in stretch["presentation"].values]
    plots.traces(ax, activity, dt=dt, color=color, labels=labels, offset=offset, start=time[0])
    for row, (trace, height) in enumerate(zip(activity, stretch["transient"], strict=True)):
        for step in np.flatnonzero(height):
            near = trace[max(step - _NEAR, 0) : step + _NEAR + 1]
            y = float(near.max()) - row * offset + 0.11 * offset
            ax.plot(time[step], y, "v", color="black", ms=3.5, mew=0, clip_on=False)
    for text, number in zip(ax.texts, stretch["presentation"].values, strict=True):
        if number == stretch.attrs["presentation"]:
            text.set_fontweight("bold")
    marked = bool(stretch["transient"].any())
    label = "counted transient" if marked else "no counted transient"
    ax.plot([], [], "v" if marked else " ", color="black", ms=3.5, mew=0, label=label)
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0, handletextpad=0)
    ax.set_title(f"{time[0]:.2f}–{time[-1] + dt:.2f} s")
    ax.set_xlim(time[0], time[-1])
    ax.set_axis_off()


#: Steps around a transient above whose trace its marker lies.
_NEAR = 8


def result_figure(stretch: xr.Dataset, gain: xr.DataArray, hf: xr.DataArray) -> Figure:
    """What the leak does: one neuron's activity, and the gain of networks over their input.

    Parameters
    ----------
    stretch : Dataset
        Of one excitatory neuron, from `stretches.stretches`; drawn is the presentation with the
        highest transient, or the first.
    gain : DataArray over form, network, frequency (Hz)
    hf : DataArray over form, network

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.8))
    number = stretch.attrs["presentation"] or int(stretch["presentation"][0])
    activity = stretch["activity"].sel(presentation=number)
    ms = 1e3 * (activity["time"] - activity["time"][0])
    freqs = gain["frequency"].values
    # First, so that the axis has a positive limit where all networks are silent; above the bands.
    right.axhline(1, color="0.4", lw=0.8, ls="--", zorder=1.1)
    for i, (head, color) in enumerate(zip(plots.FORM_LABELS, plots.FORM_COLORS, strict=True)):
        text = {"color": color, "fontsize": 9.5, "fontweight": "bold"}
        trace = activity.isel(form=i).values
        left.plot(ms, trace, color=color, lw=1.0 + 1.2 * i)
        lowest = trace.size // 4 + int(trace[trace.size // 4 : -trace.size // 4].argmin())
        left.annotate(
            head,
            (float(ms[lowest]), trace[lowest]),
            xytext=(0.015 + 0.97 * i, 0.02),
            textcoords="axes fraction",
            ha="right" if i else "left",
            arrowprops={"arrowstyle": "-", "color": color, "lw": 0.8, "shrinkB": 3},
            **text,
        )
        rows = gain.isel(form=i)
        plots.spectra(right, freqs, rows, color=color, label=head)
        right.lines[-1].set_linewidth(1.8)
        middle = float(rows.median("network").sel(frequency=60.0, method="nearest"))
        silent = np.isnan(middle)
        told = "silent" if silent else f"HF = {float(hf.isel(form=i).mean()):.{2 + i}f}"
        right.annotate(
            f"{head}\n{told}",
            (50, 1.0 if silent else middle),
            xytext=(0, -6 if i else 10),
            textcoords="offset points",
            ha="right",
            va="top" if i else "bottom",
            **text,
        )
    right.axvspan(HIGH_FREQUENCY, freqs[-1], color="0.93", zorder=0)
    highest = max(float(np.nanmax(line.get_ydata(), initial=0)) for line in right.lines)
    right.set_ylim(top=max(60, 2 * highest))
    right.text(0.99, 0.98, "high frequencies (HF)", transform=right.transAxes, ha="right", va="top")
    right.set_xlim(freqs[0], freqs[-1])
    for ax in (left, right):
        ax.tick_params(labelsize=8.5)
    left.set_xlim(0, float(ms[-1]))
    left.set_xlabel("time (ms)", fontsize=9)
    left.set_ylabel("activity of one neuron (a.u.)", fontsize=9)
    right.set_xlabel("frequency (Hz)", fontsize=9)
    right.set_ylabel("gain over the input", fontsize=9)
    return fig


def euler_methods(inputs: xr.Dataset, found: pd.DataFrame, largest: xr.Dataset) -> Figure:
    """Both Euler methods at growing steps, and their largest potentials.

    Parameters
    ----------
    inputs : Dataset
        From `appendix.inputs_of`.
    found : DataFrame
        From `appendix.solutions`: a panel for each step.
    largest : Dataset
        From `appendix.largest_potentials`.
    """
    colors = {"implicit": plots.OTHER_MODEL, "explicit": plots.ALTERNATIVE}
    formats = {"implicit": "o-", "explicit": "s--"}
    labels = {"implicit": "implicit (A8)", "explicit": "explicit"}
    first, dt = inputs.isel(input=0), inputs.attrs["dt"]
    steps = dict(iter(found.groupby("step_s", sort=False)))
    fig = plt.figure(figsize=(7.2, 6.0))
    grid = fig.add_gridspec(len(steps) + 1, 2, width_ratios=[1.35, 1])
    top = fig.add_subplot(grid[0, 0])
    plots.traces(top, first["excitation"], dt=dt, start=dt, color=plots.EXCITATORY)
    plots.traces(top, -first["inhibition"], dt=dt, start=dt, color=plots.INHIBITORY)
    top.set_ylabel("input, exc. and\n−inh. (a.u.)")
    axes = [top]
    for row, (h, run) in enumerate(steps.items()):
        ax = fig.add_subplot(grid[row + 1, 0], sharex=top)
        plots.traces(ax, first["potential"], dt=dt, start=dt, color="0.75")
        ax.lines[-1].set(label="implicit at the finest step", lw=2.5)
        for name in ("explicit", "implicit"):
            plots.traces(ax, run[name], dt=h, start=h, color=colors[name])
            ax.lines[-1].set(label=labels[name], lw=1.0 if name == "implicit" else 0.8)
        for bound in (-stated.REVERSAL, stated.REVERSAL):
            ax.axhline(bound, color="0.3", lw=0.7, ls="--", zorder=0)
        ax.set_ylim(-2, 2)
        ax.set_ylabel("potential (a.u.)")
        ax.set_title(f"h = {1e3 * h:.3g} ms = {h / inputs.attrs['tau']:.3g} τ")
        axes.append(ax)
    top.set_xlim(0, 0.4)
    axes[-1].set_xlabel("time (s)")
    right = fig.add_subplot(grid[:3, 1])
    for name, color in colors.items():
        steps_ms = 1e3 * largest["step_s"]
        style = {"color": color, "label": labels[name], "fmt": formats[name]}
        plots.band(right, steps_ms, largest[name], **style)
    for h in steps:
        right.axvline(1e3 * h, color="0.85", lw=0.7, zorder=0)
    right.set(xscale="log", yscale="log", ylim=(0.1, 1e4))
    plots.stated_mark(right, "within ±1", y=stated.REVERSAL, at=0.02)
    right.set(xlabel="step h (ms)", ylabel="largest |potential| (a.u.)")
    corner = fig.add_subplot(grid[3:, 1])
    corner.set_axis_off()
    corner.legend(*axes[1].get_legend_handles_labels(), loc="center")
    for ax, letter in zip([*axes, right], "ABCDEFGHIJK", strict=False):
        plots.panel_letter(ax, letter, dx=-34)
    fig.align_ylabels(axes)
    return fig


# What is varied within the panels of `leak_and_filter`.
_OVER = {"mean": "mean weight, or p", "other": "autapses, or mean delay"}


def leak_and_filter(hf: xr.DataArray, others: xr.DataArray, *, bound: float) -> Figure:
    """HF of every network with the leak in it, and with a filter afterwards.

    Parameters
    ----------
    hf, others : DataArray over form, network and others
        Forms "leak" and "filter"; with the weights of Figure 5, over kind and mean, and with
        autapses and delays, over weights and other.
    bound : float
        Drawn as a dashed line.
    """
    fig = plt.figure(figsize=(7.2, 5.2))
    rows = fig.add_gridspec(2, 1)
    parts = ((hf, "kind", "mean"), (others, "weights", "other"))
    first = None
    letters = iter("ABCDE")
    for row, (values, across, over) in enumerate(parts):
        cells = rows[row].subgridspec(1, values.sizes[across])
        for column, label in enumerate(values[across].values):
            ax = fig.add_subplot(cells[column], sharey=first)
            first = first or ax
            for form, color, marker in (("filter", plots.FILTER, "s"), ("leak", plots.LEAK, "o")):
                each = values.sel({"form": form, across: label})
                plots.dots(ax, each, over, color=color, bound=bound, marker=marker)
            ax.set(title=label, xlabel=_OVER[over])
            ax.set_ylabel("" if column else "HF")
            plots.panel_letter(ax, next(letters))
    parts_of = (("leak in the network", plots.LEAK, "o"), ("filter afterwards", plots.FILTER, "s"))
    handles = [Line2D([], [], color=c, marker=m, ms=3, label=text) for text, c, m in parts_of]
    ax.legend(handles=handles, loc="upper right")
    fig.axes[0].annotate(
        f"our bound: {bound:g}", (-0.4, bound), (0, 2), textcoords="offset points", fontsize=7
    )
    return fig


def linear_figure(radii: Mapping[str, Mapping[str, xr.Dataset]], spectra: xr.Dataset) -> Figure:
    """Spectral radii of groups of networks, and spectra beside those of the linear network.

    Parameters
    ----------
    radii : mapping of form to mapping of group to Dataset
        Of `linear.stability`.
    spectra : Dataset over form, weights, network
        Of `linear.prediction`; the first network is drawn.
    """
    n_columns = 3
    n_rows = -(-(spectra.sizes["weights"] + 1) // n_columns)  # one cell for the legend
    fig = plt.figure(figsize=(7.2, 3.6 + 2.3 * n_rows))
    grid = fig.add_gridspec(2, 1, height_ratios=[3.6, 2.3 * n_rows])
    top = grid[0].subgridspec(1, 2, wspace=0.35)
    styles = list(zip(FORMS, plots.FORM_COLORS, plots.FORM_LABELS, strict=True))
    for column, (form, color, label) in enumerate(styles):
        ax = fig.add_subplot(top[column])
        rows = {group: found["at_mean"] for group, found in radii[form].items()}
        plots.rows_of_dots(ax, rows, color=color, bound=1.0)
        ax.set(title=label, xlabel="spectral radius")
        plots.panel_letter(ax, "AB"[column], dx=-60)
    cells = grid[1].subgridspec(n_rows, n_columns)
    first = None
    for i, name in enumerate(spectra["weights"].values):
        ax = fig.add_subplot(cells[divmod(i, n_columns)], sharex=first, sharey=first)
        first = first or ax
        for form, color, _ in styles:
            drawn = spectra.sel(form=form, weights=name).isel(network=0)
            lines = (drawn[what] for what in ("frequency", "predicted", "simulated"))
            plots.prediction(ax, *lines, color=color)
        ax.set_title(name)
        plots.panel_letter(ax, "CDEFGHIJK"[i])
        ax.set_ylabel("" if i % n_columns else plots.POWER_LABEL)
    corner = fig.add_subplot(cells[-1, -1])
    corner.set_axis_off()
    handles = [
        Line2D([], [], color=color, label=f"{label}, {what}", **style)
        for _, color, label in styles
        for what, style in (("simulated", {"lw": 2.5, "alpha": 0.4}), ("predicted", {"ls": "--"}))
    ]
    corner.legend(handles=handles, loc="center")
    return fig
