"""The explorer's knobs in JupyterLab, on the package itself."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Event, Lock
from typing import Any

import ipywidgets as widgets
import numpy as np
import xarray as xr

from lsm.runs import Setting
from rongala2021 import explorer, plots
from rongala2021.explorer import KNOBS, Knob
from rongala2021.explorer_figure import Pictures

#: Seconds without a change after which all presentations are looked at.
REST = 0.5
# What a page has beside the knobs.
_BESIDE = {"seed": explorer.SEED, "n_presentations": Setting.n_presentations}


def knobs(values: Mapping[str, Any] | None = None) -> Knobs:
    """Knobs of a network with what it does in both forms: a picture, and a sentence.

    Parameters
    ----------
    values : mapping of str to value, optional
        By the names of `explorer.KNOBS`, and `seed` and `n_presentations`; those of Figure 4 where
        a name is missing. A value outside a knob's limits widens them.

    Returns
    -------
    `Knobs`

    Raises
    ------
    ValueError
        If a name is none of these.
    """
    known = explorer.DEFAULTS | _BESIDE
    given = dict(values or {})
    for name in given:
        if name not in known:
            raise ValueError(f"values: expected names among {', '.join(known)}, got {name!r}")
    plots.use_style()
    return Knobs(known | given)


class Knobs(widgets.Box):
    """Widgets of one setting, a picture of its network, and what is said of it.

    While a knob turns, the first presentations are shown, and at rest all. A thread draws: what
    comes meanwhile waits, and of that the newest counts alone.

    Parameters
    ----------
    values : dict of str to value
        Of all knobs, and `seed` and `n_presentations`.

    Attributes
    ----------
    values : dict of str to value
        As the knobs stand.
    knobs : dict of str to ipywidgets.Widget
    buttons : dict of str to ipywidgets.Button
    image : ipywidgets.Image
    sentence : ipywidgets.HTML
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.knobs = {knob.name: _widget(knob, values[knob.name]) for knob in KNOBS}
        presets = {label: explorer.DEFAULTS | own for label, own in explorer.PRESETS.items()}
        self.buttons = {
            label: self._button(label, own) for label, own in {**presets, "reset": values}.items()
        }
        self.image = widgets.Image(format="png", layout={"width": "100%", "max_width": "720px"})
        self.sentence = widgets.HTML()
        self._pictures, self._held = Pictures(), False
        self._changed, self._lock = Event(), Lock()
        # One thread for all that is drawn: matplotlib reads its fonts anew in each.
        self._thread = ThreadPoolExecutor(1)
        self._following: Future[None] | None = None
        for knob in KNOBS:
            self.knobs[knob.name].observe(partial(self._turned, knob), "value")
        self._enable()
        self._thread.submit(self._show, values, values["n_presentations"]).result()
        row = widgets.Box([*self.buttons.values()], layout={"flex_flow": "row wrap"})
        left = widgets.VBox([row, *self.knobs.values()], layout={"width": "470px"})
        right = widgets.VBox([self.sentence, self.image], layout={"flex": "1 1 430px"})
        super().__init__([left, right], layout={"flex_flow": "row wrap"})

    def finish(self) -> None:
        """Wait until all is shown."""
        while following := self._following:
            following.result()

    def _button(self, label: str, values: Mapping[str, Any]) -> widgets.Button:
        button = widgets.Button(description=label, layout={"width": "auto"})
        button.on_click(lambda _: self._turn_to(values))
        return button

    def _turn_to(self, values: Mapping[str, Any]) -> None:
        """Turn all knobs at once."""
        self.values = {**self.values, **values}
        self._held = True
        for knob in KNOBS:
            self.knobs[knob.name].value = values[knob.name]
        self._held = False
        self._enable()
        self._ask()

    def _turned(self, knob: Knob, change: Mapping[str, Any]) -> None:
        if not self._held:
            self.values = {**self.values, knob.name: change["new"]}
            self._enable()
            self._ask()

    def _enable(self) -> None:
        self.knobs["weight_cv"].disabled = self.values["weights"] == "binary"

    def _ask(self) -> None:
        with self._lock:
            self._changed.set()
            if self._following is None:
                self._following = self._thread.submit(self._follow)

    def _follow(self) -> None:
        """Show the newest values until they rest."""
        while True:
            self._changed.clear()
            values = self.values
            self._show(values, min(explorer.N_QUICK, values["n_presentations"]))
            if not self._changed.wait(REST):
                self._show(values, values["n_presentations"])
            with self._lock:
                if not self._changed.is_set():
                    self._following = None
                    return

    def _show(self, values: Mapping[str, Any], n: int) -> None:
        """Show the first `n` presentations; nothing else could tell what went wrong in a thread."""
        whole = values["n_presentations"]
        try:
            found = explorer.views(values, n_presentations=n, seed=values["seed"])
            network = explorer.network_of(values, seed=values["seed"])
            self.image.value = self._pictures.png(found, network, n_presentations=whole)
            seen = f"all {n}" if n == whole else f"the first {n} of {whole}"
            told = f"{sentence(found)} Seen: {seen} presentations."
        except Exception as error:
            told = f"<b>Not shown.</b> {html.escape(str(error))}"
        self.sentence.value = f'<div role="status" style="line-height: 1.4">{told}</div>'


def sentence(found: xr.Dataset) -> str:
    """What there is to say of both forms of a network, from `explorer.views`."""
    hf, active, radius = (found[name].values for name in ("hf", "n_active", "radius"))
    if not np.isfinite(hf).all():
        return "All neurons are silent."
    at_work = f"{active[0]} of {found.sizes['neuron']} neurons are active"
    if active[0] != active[1]:
        at_work += f" without leak and {active[1]} with it"
    return (
        f"HF is {hf[0]:.3g} without leak and {hf[1]:.3g} with it; {at_work}; "
        f"the spectral radius is {radius[0]:.2f} without leak and {radius[1]:.2f} with it."
    )


# ---------------------------------------------------------------- knobs


def _widget(knob: Knob, value: Any) -> widgets.Widget:
    """A knob at a value, which its limits are widened to hold."""
    common = {
        "value": value,
        "description": knob.label + (f" ({knob.unit})" if knob.unit else ""),
        "style": {"description_width": "265px"},
        "layout": {"width": "455px"},
    }
    if isinstance(knob.default, bool):
        return widgets.Checkbox(**common)
    if knob.choices:
        choices = knob.choices if value in knob.choices else (*knob.choices, value)
        return widgets.Dropdown(options=_named(knob, choices), **common)
    if isinstance(knob.default, int):
        return widgets.IntSlider(min=min(knob.low, value), max=max(knob.high, value), **common)
    # A FloatSlider would move a value that is no multiple of its step.
    return widgets.SelectionSlider(options=_named(knob, _stops(knob, value)), **common)


def _named(knob: Knob, values: Sequence[Any]) -> list[tuple[str, Any]]:
    """Values with what they are called in the unit of their knob."""
    return [(v if isinstance(v, str) else f"{v * knob.per_unit:.3g}", v) for v in values]


def _stops(knob: Knob, value: float) -> list[float]:
    """Where a knob stops: at its steps or on round numbers, and at all that it is set to."""
    if knob.log:
        first, last = (round(20 * math.log10(end)) for end in (knob.low, knob.high))
        each = {float(f"{10 ** (k / 20):.2g}") for k in range(first, last + 1)}
    else:
        n_steps = round((knob.high - knob.low) / knob.step)
        each = {round(knob.low + k * knob.step, 10) for k in range(n_steps + 1)}
    presets = {preset.get(knob.name, knob.default) for preset in explorer.PRESETS.values()}
    return sorted({*each, *presets, value})
