"""Figures of what silences layer 2, what autapses do, what is remembered, and walks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rongala2021 import plots
from rongala2021.mechanisms import with_interval

# Steps.
_BALANCED = 0.2
# Presentations in the running mean of HF.
_SMOOTH = 5
#: Networks without autapses and with them: colour and marker.
_AUTAPSES: tuple[dict[str, Any], ...] = (
    {"color": plots.NO_LEAK, "marker": "o", "label": "without autapses"},
    {"color": plots.OTHER_MODEL, "marker": "s", "label": "with autapses"},
)


def _theory(ax: Axes, x: xr.DataArray, found: xr.Dataset, style: Mapping[str, Any]) -> None:
    """Theory as a line, and simulated networks as points with their interval."""
    alpha = style.get("alpha", 1.0)
    ax.plot(x, found["predicted"].mean("network"), color=style["color"], alpha=alpha, lw=1.2)
    simulated = with_interval(found["share"])
    mean = simulated["average"]
    reach = np.maximum([mean - simulated["low"], simulated["high"] - mean], 0.0)
    ax.errorbar(x, mean, reach, fmt=style["marker"], ms=4, capsize=2, alpha=alpha, **_named(style))


def _named(style: Mapping[str, Any]) -> dict[str, Any]:
    return {"color": style["color"], "label": style["label"]}


def silence_figure(
    balances: xr.Dataset, scattered: xr.Dataset, inhibited: xr.Dataset, least: xr.DataArray
) -> Figure:
    """What layer 1 sends to layer 2, and which share of layer 2 that drives.

    Parameters
    ----------
    balances : Dataset over autapses, mean, level
        Of `mechanisms.balances`.
    scattered, inhibited : Dataset
        Of `mechanisms.driven`, over autapses, network and mean, cv or inhibition.
    least : DataArray over autapses
        Strength of inhibition where the drive is zero by theory.
    """
    fig, (ax_a, ax_b, ax_c) = plt.subplots(1, 3, figsize=(7.2, 2.8))
    means = balances["mean"].values
    for autapses, style in zip((False, True), _AUTAPSES, strict=True):
        shades = np.linspace(0.5, 1.0, means.size)
        for mean, alpha in zip(means, shades, strict=True):
            drive = balances["drive"].sel(autapses=autapses, mean=mean)
            ax_a.plot(drive["level"], drive, ms=3.5, alpha=alpha, **style)
            if not autapses:
                place = (float(drive["level"][-1]), float(drive[-1]))
                ax_a.annotate(
                    f"{mean:g}", place, xytext=(4, 0), textcoords="offset points", va="center"
                )
            found = scattered.sel(autapses=autapses, mean=mean)
            _theory(ax_b, found["cv"], found, {**style, "alpha": alpha})
        found = inhibited.sel(autapses=autapses)
        _theory(ax_c, found["inhibition"], found, style)
        ax_c.axvline(float(least.sel(autapses=autapses)), color=style["color"], lw=0.8, ls=":")
    ax_a.axhline(0.0, color="0.4", lw=0.8, ls="--", zorder=0)
    ax_a.set(xlabel="sum of the sensors (a.u.)", ylabel="net drive of layer 2")
    ax_b.set(xlabel="CV of the weights", ylabel="share of layer 2 that is driven")
    ax_c.set(xlabel="inhibition over excitation", ylim=(-0.03, 1.03))
    ax_b.set_ylim(-0.03, 1.03)
    for ax, letter in zip((ax_a, ax_b, ax_c), "ABC", strict=True):
        plots.panel_letter(ax, letter)
    handles, labels = ax_c.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=2)
    return fig


def autapses_figure(found: xr.Dataset, ratios: xr.DataArray) -> Figure:
    """HF with autapses over HF without, for orders of update: every network, mean and interval.

    Parameters
    ----------
    found : Dataset over order, network
        Of `mechanisms.in_orders`; excitation and inhibition count as balanced if they arrive with
        mean lags that differ by less than `_BALANCED` steps, at ENs and at INs.
    ratios : DataArray over order, network
    """
    later = found[["at_ens", "at_ins"]].mean("network")
    balanced = (abs(later["at_ens"]) < _BALANCED) & (abs(later["at_ins"]) < _BALANCED)
    summary = with_interval(ratios, geometric=True)
    orders = ratios["order"].values
    fig, ax = plt.subplots(figsize=(7.2, 0.7 + 0.3 * orders.size))
    for row, order in enumerate(orders):
        each, one = ratios.sel(order=order), summary.sel(order=order)
        color, marker = (
            (plots.ALTERNATIVE, "o") if bool(balanced.sel(order=order)) else (plots.NO_LEAK, "D")
        )
        ax.plot(each, np.full(each.size, row), "|", color=color, alpha=0.4, ms=7)
        ax.plot([one["low"], one["high"]], [row, row], color=color, lw=2.2)
        ax.plot(one["average"], row, marker, color=color, ms=5.5, mec="white", mew=0.8)
    ax.axvline(1.0, color="0.4", lw=0.8, ls="--", zorder=0)
    ax.set(xscale="log", xlabel="HF with autapses over HF without")
    plots.plain_ticks(ax.xaxis, [0.5, 1, 2, 5, 10, 20, 50, 100])
    ax.set_yticks(range(orders.size), list(orders))
    ax.set_ylim(orders.size - 0.5, -0.5)
    return fig


def echoes_figure(found: xr.Dataset) -> Figure:
    """Autocorrelation of HF over presentations: a panel for each reading, shuffled ones shaded.

    Parameters
    ----------
    found : Dataset over reading, lag
        Of `mechanisms.echoes`.
    """
    readings = found["reading"].values
    shape: dict[str, Any] = {"figsize": (7.2, 2.3), "sharex": True, "sharey": True}
    fig, axes = plt.subplots(1, readings.size, **shape, squeeze=False)
    for ax, reading, letter in zip(axes[0], readings, "ABCDEFGH", strict=False):
        one = found.sel(reading=reading)
        ax.fill_between(one["lag"], one["low"], one["high"], color=plots.ALTERNATIVE, alpha=0.3)
        ax.plot(one["lag"], one["shuffled"], "--", color=plots.ALTERNATIVE, lw=1)
        ax.plot(one["lag"], one["seen"], "o-", color=plots.NO_LEAK, ms=3)
        ax.set_title(str(reading).replace(" (", "\n(").replace(", ", ",\n"), fontsize=8)
        ax.set_xticks([1, 5, 10])
        plots.panel_letter(ax, letter, dx=-16)
    fig.supxlabel("presentations later", fontsize=9)
    axes[0, 0].set_ylabel("autocorrelation of log HF")
    return fig


def walks_figure(hf: xr.DataArray, spikes: xr.DataArray) -> Figure:
    """HF over presentations, mean of networks, and spikes: a column for each law of jitter.

    Parameters
    ----------
    hf, spikes : DataArray over law, step_ms, presentation
        Geometric mean of HF over networks, drawn as a running mean; and mean number of spikes.
    """
    laws, steps = hf["law"].values, hf["step_ms"].values
    shape: dict[str, Any] = {
        "figsize": (7.2, 3.6),
        "sharex": True,
        "sharey": "row",
        "squeeze": False,
    }
    fig, axes = plt.subplots(2, laws.size, height_ratios=[2, 1], **shape)
    for column, law in enumerate(laws):
        for step, level in zip(steps, plots.levels(steps.size), strict=True):
            label = f"{step:g} ms"
            for ax, values in zip(axes[:, column], (hf, spikes), strict=True):
                one = values.sel(law=law, step_ms=step)
                if ax is axes[0, column]:
                    one = one.rolling(presentation=_SMOOTH, center=True).mean()
                every = max(1, one.sizes["presentation"] // 6)
                ax.plot(
                    one["presentation"],
                    one,
                    color=level.color,
                    marker=level.marker,
                    markevery=every,
                    ms=3.5,
                    lw=1,
                    label=label,
                )
        axes[0, column].set_title("independent" if law == "uniform" else str(law))
        axes[1, column].set_xlabel("presentation")
        plots.panel_letter(axes[0, column], "ABCDEFGH"[column])
    axes[0, 0].set_ylabel("HF of layer 1")
    axes[1, 0].set_ylabel("spikes")
    axes[1, 0].legend(title="jitter, or step", ncols=2, fontsize=7, title_fontsize=7)
    return fig
