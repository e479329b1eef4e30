"""Composite figures that are long, or drawn by more than one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lsm.network import Network
from lsm.sweeps import Run
from rongala2021 import plots, stated
from rongala2021.settings import FORMS


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


def activity_of(runs: Mapping[str, Run]) -> xr.DataArray:
    """Activity of runs of the same size, cut into their presentations.

    Parameters
    ----------
    runs : mapping of form to Run

    Returns
    -------
    DataArray over form, neuron, presentation, time
        a.u.; presentations are counted from 1, and time (s) from the start of each.
    """
    first = next(iter(runs.values()))
    setting = first.setting
    shape = (first.network.n_neurons, setting.n_presentations, -1)
    cut = np.stack([result.activity.reshape(shape) for result in runs.values()])
    coords = {
        "form": list(runs),
        "neuron": list(first.network.names),
        "presentation": np.arange(setting.n_presentations) + 1,
        "time": setting.dt * np.arange(cut.shape[-1]),
    }
    return xr.DataArray(cut, coords=coords, name="activity")


def network_figure(network: Network, power: xr.DataArray, activity: xr.DataArray) -> Figure:
    """A network, and the power and traces of two of its neurons without and with leak.

    Parameters
    ----------
    network : Network
    power : DataArray over form, neuron, frequency (Hz), presentation
        Of two forms and two neurons, with their `sign` (a.u.²).
    activity : DataArray over form, neuron, presentation, time
        Of the same forms and neurons in the presentations that are drawn (a.u.): of each the
        middle 40 %.

    Returns
    -------
    matplotlib.figure.Figure
    """
    numbers = activity["presentation"].values
    high = 0.65 + 0.15 * numbers.size
    fig = plt.figure(figsize=(7.2, 8.2 + 2 * high))
    heights = [1.4, 1, high, 1, high]
    grid = fig.add_gridspec(5, 3, height_ratios=heights, width_ratios=[1, 1, 0.04])
    ax = fig.add_subplot(grid[0, :])
    net = network
    plots.network_diagram(ax, net.w_rec, net.w_in, net.layer, net.sign, net.names)
    plots.panel_letter(ax, "A", dx=-34)
    top, freqs = float(power.max()), power["frequency"].values
    n_steps = activity.sizes["time"]
    middle = activity.isel(time=slice(3 * n_steps // 10, 7 * n_steps // 10))
    dt = float(activity["time"][1] - activity["time"][0])
    first = None
    heads = ("no leak", "with leak")
    for row, (head, letters) in enumerate(zip(heads, ("BCDE", "FGHI"), strict=True)):
        for column, name in enumerate(power["neuron"].values):
            of_one = power.isel(form=row).sel(neuron=name)
            ax = fig.add_subplot(grid[2 * row + 1, column])
            mesh = plots.power_map(ax, of_one, freqs, limits=(1e-6 * top, top))
            ax.set_title(f"{name}, {head}")
            plots.panel_letter(ax, letters[column], dx=-34)
            ax = fig.add_subplot(grid[2 * row + 2, column], sharey=first)
            first = first or ax
            color = plots.EXCITATORY if of_one["sign"] > 0 else plots.INHIBITORY
            rows = middle.isel(form=row).sel(neuron=name)
            labels = [f"#{number}" for number in numbers]
            plots.traces(ax, rows, dt=dt, color=color, labels=labels, offset=0.6)
            ax.margins(x=0)
            ax.set_axis_off()
            plots.panel_letter(ax, letters[column + 2], dx=-34)
    plots.scale_bars(ax, x=0.1, y=0.2, x_label="100 ms", y_label="0.2 a.u.")
    bar = fig.add_subplot(grid[1:, 2])
    fig.colorbar(mesh, cax=bar, label="maximum power (a.u.²)", extend="min")
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
