"""The explorer's four views of a network, drawn by Python: on its page, and at each turned knob."""

from __future__ import annotations

import io
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from PIL import Image

from lsm.measures import HIGH_FREQUENCY
from lsm.network import Network
from rongala2021 import plots
from rongala2021.explorer import DRAWN
from rongala2021.settings import FORMS

_SIZE = (7.2, 6.6)
_OF_NEURONS = (plots.EXCITATORY, plots.INHIBITORY)


def explorer_figure(found: xr.Dataset, network: Network) -> Figure:
    """The views of one network, for pyplot to show.

    Parameters
    ----------
    found : Dataset
        From `explorer.views`.
    network : Network
        The one that was looked at.
    """
    fig = plt.figure(figsize=_SIZE)
    frame = _frame_of(found, n_presentations=found.sizes["presentation"])
    _content(_axes(fig, frame), frame, found, network)
    return fig


class Pictures:
    """The same figure as PNG, of one network after another: drawn again is only what changed.

    That takes a fifth of the time of a new figure, most of which goes into ticks and their labels.
    """

    # A reader turns a knob to and fro.
    _N_KEPT = 12

    def __init__(self) -> None:
        self._kept: dict[_Frame, tuple[FigureCanvasAgg, _Axes, object]] = {}

    def png(self, found: xr.Dataset, network: Network, *, n_presentations: int) -> bytes:
        """The views of one network.

        Parameters
        ----------
        found : Dataset
            From `explorer.views`.
        network : Network
            The one that was looked at.
        n_presentations : int
            That maps have room for.
        """
        frame = _frame_of(found, n_presentations=n_presentations)
        if frame not in self._kept:
            canvas = FigureCanvasAgg(Figure(figsize=_SIZE, dpi=100))
            axes = _axes(canvas.figure, frame)
            canvas.draw()
            self._kept[frame] = canvas, axes, canvas.copy_from_bbox(canvas.figure.bbox)
            if len(self._kept) > self._N_KEPT:
                del self._kept[next(iter(self._kept))]
        canvas, axes, empty = self._kept[frame]
        canvas.restore_region(empty)
        drawn = _content(axes, frame, found, network)
        for artist in sorted(drawn, key=Artist.get_zorder):
            artist.draw(canvas.renderer)
        for artist in drawn:
            artist.remove()
        picture = io.BytesIO()
        Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").save(
            picture, format="png", compress_level=1
        )
        return picture.getvalue()


class _Frame(NamedTuple):
    """Limits of all axes; they change in steps, so that what moves with a knob are the curves."""

    lowest_frequency: float
    highest_frequency: float
    lowest_gain: float
    highest_gain: float
    lowest_activity: float
    highest_activity: float
    power: tuple[float, float]
    n_presentations: int


def _frame_of(found: xr.Dataset, *, n_presentations: int) -> _Frame:
    freqs = found["frequency"].values
    gains = np.stack([found["gain"], found["expected"]])
    decades = np.log10(gains[np.isfinite(gains) & (gains > 0)])
    low, high = (decades.min(), decades.max()) if decades.size else (0.0, 0.0)
    return _Frame(
        float(freqs[0]),
        float(freqs[-1]),
        10.0 ** min(np.floor(low), -3),
        10.0 ** max(np.ceil(high), 1),
        np.floor(5 * float(found["traces"].min())) / 5,
        np.ceil(5 * float(found["traces"].max()) + 1e-9) / 5,
        plots.power_limits(found["power"]),
        n_presentations,
    )


class _Axes(NamedTuple):
    """Axes of the views; of each pair the first has no leak."""

    gain: Axes
    circuit: Axes
    traces: tuple[Axes, ...]
    maps: tuple[Axes, ...]


def _axes(fig: Figure, frame: _Frame) -> _Axes:
    """All that stays: axes with their labels and scales, and legends."""
    fig.set_layout_engine("none")  # finding places for axes takes longer than drawing them

    def place(left: float, right: float, bottom: float, top: float) -> Axes:
        return fig.add_axes((left, bottom, right - left, top - bottom))

    columns, bar = ((0.085, 0.455), (0.54, 0.87)), (0.888, 0.902)
    axes = _Axes(
        gain=place(*columns[0], 0.705, 0.955),
        circuit=place(0.49, 0.995, 0.65, 0.98),
        traces=tuple(place(*across, 0.44, 0.585) for across in columns),
        maps=tuple(place(*across, 0.065, 0.345) for across in columns),
    )
    f_low, f_high = frame.lowest_frequency, frame.highest_frequency
    ax = axes.gain
    for title, color in zip(plots.FORM_LABELS, plots.FORM_COLORS, strict=True):
        ax.plot([], [], color=color, lw=1.6, label=title)
    ax.plot([], [], color="black", lw=0.8, ls="--", label="linear response")
    ax.axhline(1, color="0.5", lw=0.7, ls=":")
    ax.axvspan(HIGH_FREQUENCY, f_high, color="0.93", zorder=0)
    ax.set(xscale="log", yscale="log", xlim=(f_low, f_high))
    ax.set(ylim=(frame.lowest_gain, frame.highest_gain))
    plots.log_frequency_axis(ax.xaxis)
    ax.yaxis.set_minor_locator(NullLocator())  # each tick takes a millisecond
    ax.set(xlabel="frequency (Hz)", ylabel="gain over the input")
    ax.legend(loc="lower left")
    for ax, title in zip(axes.traces, plots.FORM_LABELS, strict=True):
        ax.set(
            xlim=(0, 400),
            xticks=range(0, 401, 100),
            ylim=(frame.lowest_activity, frame.highest_activity),
            title=title,
        )
        ax.set(xlabel="time (ms)", ylabel="activity (a.u.)")
    axes.circuit.set(xlim=(-0.4, 6.9), ylim=(-1, 1.12))
    axes.circuit.set_axis_off()
    for name, color in zip(DRAWN, _OF_NEURONS, strict=True):
        axes.traces[0].plot([], [], color=color, label=name)
    axes.traces[0].legend(loc="lower right", ncols=2, bbox_to_anchor=(1.02, 0.95))
    for ax in axes.maps:
        ax.set(yscale="log", ylim=(f_low, f_high))
        ax.set(xlim=(0.5, frame.n_presentations + 0.5))
        plots.map_frequency_axis(ax.yaxis)
        ax.set(xlabel="presentation", ylabel="frequency (Hz)")
    plots.power_bar(place(*bar, 0.065, 0.345), frame.power)
    plots.panel_letter(axes.gain, "A", dx=-36, dy=-2)
    plots.panel_letter(axes.circuit, "B", dx=-12, dy=-2)
    for ax, letter in zip((*axes.traces, *axes.maps), "CDEF", strict=True):
        plots.panel_letter(ax, letter, dx=-36)
    return axes


def _content(axes: _Axes, frame: _Frame, found: xr.Dataset, network: Network) -> list[Artist]:
    """All that changes from network to network."""
    drawn: list[Artist] = []
    freqs = found["frequency"].values
    for form, color in zip(FORMS, plots.FORM_COLORS, strict=True):
        one = found.sel(form=form)
        drawn += axes.gain.plot(freqs, one["gain"], color=color, lw=1.6)
        drawn += axes.gain.plot(freqs, one["expected"], color="black", lw=0.8, ls="--")
    drawn += plots.circuit(axes.circuit, network, [found["activity"].sel(form=f) for f in FORMS])
    times = np.linspace(0, 400, found.sizes["time"], endpoint=False)
    for form, ax in zip(FORMS, axes.traces, strict=True):
        for trace, color in zip(found["traces"].sel(form=form), _OF_NEURONS, strict=True):
            drawn += ax.plot(times, trace, color=color)
    for form, title, ax in zip(FORMS, plots.FORM_LABELS, axes.maps, strict=True):
        power = found["power"].sel(form=form)
        drawn.append(plots.power_mesh(ax, power, freqs, limits=frame.power))
        drawn.append(plots.high_border(ax))
        text = f"{found.attrs['neuron']}, {title}" + ("" if power.any() else ": silent")
        drawn.append(ax.text(0, 1.03, text, transform=ax.transAxes, fontsize=8.5))
    return drawn
