"""A network whose knobs a reader turns: on its page, in JupyterLab, and in the browser.

The page and JupyterLab run the package. The browser has the equations a second time, in
``book/_static/explore``, and from here all that it must not choose itself: knobs, constants,
frequencies, and the random numbers of the book's own networks.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from inspect import signature
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
import xarray as xr

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.delays import with_delays
from lsm.network import Network, neuron_kinds, neuron_names
from lsm.runs import NETWORK_K_STATIC, Run, Setting, generators, run
from lsm.spectrum import BETA, GAMMA, highest_frequency, log_frequencies
from lsm.theory import linear_response, spectral_radius
from lsm.weights import Lognormal, Normal
from rongala2021.run_measures import SILENT, high_frequencies
from rongala2021.scale import Scale, sweep_grid
from rongala2021.settings import FORMS, KINDS, figure_4, setting_of
from rongala2021.spectra import Spectrum

#: Names of the neurons of the network.
NEURONS = neuron_names(neuron_kinds(Setting.sizes)[1])
#: Neurons whose activity is drawn.
DRAWN = ("EN1", "IN1")
#: Presentation of which the middle 400 ms are drawn, counted from 1.
SHOWN = 10
#: Presentations that are looked at while a knob is turned: the first of all.
N_QUICK = 10
#: Entropy of the random numbers of the browser's networks, and how many networks it has.
SEED, N_NETWORKS = 2021, 20


@dataclass(frozen=True, kw_only=True)
class Knob:
    """One thing to turn. Values are in the unit of the page's parameter of the same name.

    Attributes
    ----------
    name : str
        As among the page's parameters.
    label : str
    default : bool, float, int or str
        That of Figure 4.
    choices : tuple
        All values, if there are few.
    low, high, step : float
        Limits and step of a number otherwise.
    log : bool
        Whether it is turned by ratios.
    unit : str
        In which the number is shown.
    per_unit : float
        How many of that unit are one of the parameter's.
    address : str
        Name in the page's address, if that is another.
    """

    name: str
    label: str
    default: bool | float | int | str
    choices: tuple[float | str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    log: bool = False
    unit: str = ""
    per_unit: float = 1.0
    address: str = ""


#: What can be turned, in the order of the page's parameters.
KNOBS = (
    Knob(name="weights", label="weight law", default="normal", choices=KINDS),
    Knob(
        name="mean_weight",
        label="mean weight (probability if binary)",
        default=0.4,
        low=0.01,
        high=1.0,
        step=0.01,
        address="mean",
    ),
    Knob(
        name="weight_cv",
        label="variation of weights (normal, lognormal)",
        default=0.2,
        low=0.0,
        high=1.0,
        step=0.01,
        address="cv",
    ),
    Knob(
        name="k_static",
        label="static leak, k_static",
        default=NETWORK_K_STATIC,
        low=0.001,
        high=10.0,
        log=True,
    ),
    Knob(
        name="tau_dyn",
        label="dynamic leak, tau_dyn",
        default=0.01,
        low=0.001,
        high=0.1,
        log=True,
        unit="ms",
        per_unit=1e3,
    ),
    Knob(
        name="delay",
        label="mean conduction delay",
        default=0.0,
        low=0.0,
        high=0.02,
        step=0.0005,
        unit="ms",
        per_unit=1e3,
    ),
    Knob(name="autapses", label="autapses", default=False),
    Knob(name="n_sensors", label="sensors", default=6, low=1, high=50, step=1, address="sensors"),
    Knob(
        name="rate",
        label="mean rate of each sensor",
        default=50.0,
        low=10.0,
        high=200.0,
        step=1.0,
        unit="Hz",
    ),
    Knob(
        name="jitter",
        label="jitter of each spike",
        default=0.01,
        low=0.0,
        high=0.05,
        step=0.001,
        unit="ms",
        per_unit=1e3,
    ),
    Knob(
        name="dt",
        label="time step",
        default=0.001,
        choices=(0.0005, 0.001, 0.002),
        unit="ms",
        per_unit=1e3,
    ),
    Knob(name="network", label="network", default=0, low=0, high=N_NETWORKS - 1, step=1),
    Knob(name="neuron", label="neuron of the maps", default="EN1", choices=NEURONS),
)
DEFAULTS = {knob.name: knob.default for knob in KNOBS}
#: What pages vary and the explorer in the browser does not, by the names of their parameters.
FIXED: dict[str, Any] = {
    "seed": SEED,
    "n_presentations": Setting.n_presentations,
    "jitter_law": Setting.law,
    "delay_law": Setting.delay_law,
    "f_min": 1.8,
    "voices": 10,
    "warm_up": 0.1,
}
#: Values that differ from the defaults, by the label of the button.
PRESETS: dict[str, dict[str, Any]] = {
    "Figure 4": {},
    "binary 0.2": {"weights": "binary", "mean_weight": 0.2},
    "delay 5 ms (Figure 6)": {"delay": 0.005},
    "k_static = 1 (Figure 1)": {"k_static": 1.0},
    "autapses (S7)": {"autapses": True},
}


def setting(values: Mapping[str, Any]) -> Setting:
    """The setting, without dynamic leak, that knobs describe.

    Parameters
    ----------
    values : mapping of str to value
        Of the names of `KNOBS`.
    """
    base = setting_of(values, delay=values["delay"], autapses=values["autapses"])
    if isinstance(base.weights, Normal | Lognormal):
        base = replace(base, weights=replace(base.weights, cv=values["weight_cv"]))
    return base


def spectrum_of(dt: float) -> Spectrum:
    """Frequencies and warm-up of Figure 4's page at a time step (s)."""
    low, voices, warm_up = (FIXED[name] for name in ("f_min", "voices", "warm_up"))
    return Spectrum(
        freqs=log_frequencies(low, highest_frequency(dt), voices=voices), warm_up=warm_up
    )


def first_presentations(result: Run, n: int) -> Run:
    """A run as far as its first `n` presentations.

    Not another run of `n`: the network goes on as before, and so do the spikes.

    Parameters
    ----------
    result : Run
    n : int

    Returns
    -------
    Run
    """
    check.integer("n", n, low=1, high=result.setting.n_presentations)
    n_steps = n * (result.inputs.shape[-1] // result.setting.n_presentations)
    return result._replace(
        setting=replace(result.setting, n_presentations=n),
        inputs=result.inputs[:, :n_steps],
        activity=result.activity[:, :n_steps],
    )


class View(NamedTuple):
    """What is shown of one form of the neuron.

    Attributes
    ----------
    gain : (n_freqs,) array
        As in `HighFrequencies`.
    expected : (n_freqs,) array
        The same by linear response around the mean activity, to independent sensors.
    hf : float
        High-frequency ratio of the network's mean power.
    n_active : int
        Neurons that do not count as silent.
    radius : float
        Spectral radius of the update at the mean activity.
    activity : (n_neurons,) array
        Mean of each neuron (a.u.).
    power : (n_freqs, n_presentations) array
        Maximum power of one neuron in each presentation (a.u.²).
    traces : (2, n_steps) array
        Activity of the neurons `DRAWN` in the middle 40 % of presentation `SHOWN` (a.u.), or of
        the last if there are fewer.
    """

    gain: Annotated[Array, "frequency"]
    expected: Annotated[Array, "frequency"]
    hf: float
    n_active: int
    radius: float
    activity: Annotated[Array, "neuron"]
    power: Annotated[Array, "frequency", "presentation"]
    traces: Annotated[Array, "drawn", "time"]


def view(result: Run, *, spectrum: Spectrum, neuron: str) -> View:
    """What is shown of a run.

    Parameters
    ----------
    result : Run
    spectrum : Spectrum
    neuron : str
        Of the map, of `NEURONS`.

    Returns
    -------
    View
    """
    network, dt, n = result.network, result.setting.dt, result.setting.n_presentations
    names = list(network.names)
    check.choice("neuron", neuron, names)
    found = high_frequencies(result, spectrum=spectrum)
    point = result.inputs.mean(axis=-1), result.activity.mean(axis=-1)
    each = result.activity.reshape(len(names), n, -1)
    n_steps = each.shape[-1]
    middle = slice(3 * n_steps // 10, 7 * n_steps // 10)
    return View(
        gain=found.gain,
        expected=expected_gain(result, spectrum.freqs),
        hf=found.hf,
        n_active=int(np.isfinite(found.hf_neuron).sum()),
        radius=spectral_radius(network, result.setting.neuron, *point, dt=dt),
        activity=found.activity,
        power=spectrum.max_power(result.activity[names.index(neuron)], dt=dt, n_windows=n),
        traces=each[[names.index(name) for name in DRAWN], min(SHOWN, n) - 1, middle],
    )


def expected_gain(result: Run, freqs: Array) -> Array:
    """Gain of a network's power by linear response, if its sensors are independent and alike.

    Parameters
    ----------
    result : Run
        The response is that around its mean activity.
    freqs : (n_freqs,) array
        Hz.

    Returns
    -------
    (n_freqs,) array
        1 on average from 4 to 30 Hz, as `lsm.measures.gain`.
    """
    point = result.inputs.mean(axis=-1), result.activity.mean(axis=-1)
    neuron, dt = result.setting.neuron, result.setting.dt
    response = linear_response(result.network, neuron, *point, freqs, dt=dt)
    power = (np.abs(response) ** 2).sum(axis=-1).mean(axis=-1)
    return measures.gain(power, np.ones_like(power), freqs)


def views(values: Mapping[str, Any], *, n_presentations: int, seed: int = SEED) -> xr.Dataset:
    """What is shown of the network that knobs describe, over its first presentations.

    Parameters
    ----------
    values : mapping of str to value
        Of all names of `KNOBS`.
    n_presentations : int
        How many of the `lsm.Setting`'s are looked at.
    seed : int

    Returns
    -------
    Dataset
        The fields of `View`, with the axis form; the attribute `neuron` is that of the map.
    """
    spectrum = spectrum_of(values["dt"])
    settings = figure_4(setting(values), values["tau_dyn"])
    scale = Scale(seed=seed, n_networks=1, first=values["network"], spectrum=spectrum)
    measure = partial(view, spectrum=spectrum, neuron=values["neuron"])
    found = sweep_grid(measure, settings, scale, draw=partial(_run_first, n=n_presentations))
    found = found.isel(network=0).assign_coords(drawn=list(DRAWN))
    return found.assign_attrs(neuron=values["neuron"])


def network_of(values: Mapping[str, Any], *, seed: int = SEED) -> Network:
    """The network that knobs describe, without its activity.

    Parameters
    ----------
    values : mapping of str to value
        Of all names of `KNOBS`.
    seed : int

    Returns
    -------
    Network
    """
    return run(
        replace(setting(values), n_presentations=1), seed=seed, repeat=values["network"]
    ).network


def _run_first(setting: Setting, *, seed: int, repeat: int = 0, n: int) -> Run:
    """The first `n` presentations of a run."""
    return first_presentations(run(setting, seed=seed, repeat=repeat), n)


# ---------------------------------------------------------------- for the browser


def _text(numbers: Array) -> str:
    """Numbers to the bit: base64 of little-endian doubles."""
    return base64.b64encode(np.asarray(numbers, dtype="<f8").tobytes()).decode("ascii")


def _stream(rng: np.random.Generator) -> list[str]:
    """State and increment of a PCG64 generator."""
    state = rng.bit_generator.state["state"]
    return [str(state["state"]), str(state["inc"])]


def draws(repeat: int) -> dict[str, Any]:
    """Random numbers of one network, for any law of weights and any number of sensors.

    Uniform ones can be made again from the states of generators. Normal ones are standard normal,
    in the order in which they are drawn: NumPy's of mean m and deviation s are m + s z to the bit.

    Parameters
    ----------
    repeat : int
        Which network.

    Returns
    -------
    dict
        `inputs`, `weights`: state and increment of PCG64; `normal_weights`, `normal_delays`: base64
        of doubles.
    """
    n, most = len(NEURONS), next(int(knob.high) for knob in KNOBS if knob.name == "n_sensors")
    inputs, weights, delays = generators(Setting(), SEED, repeat)
    streams = {"inputs": _stream(inputs), "weights": _stream(weights)}
    return streams | {
        "normal_weights": _text(weights.standard_normal(n * (most + n))),
        "normal_delays": _text(delays.standard_normal(n * n)),
    }


def data() -> dict[str, Any]:
    """All that the explorer in the browser is given."""
    default = Setting()
    steps = [float(dt) for knob in KNOBS if knob.name == "dt" for dt in knob.choices]
    layer, sign = neuron_kinds(default.sizes)
    return {
        "version": version("lsm"),
        # JavaScript cannot tell 50.0 from 50.
        "knobs": [asdict(knob) | {"kind": type(knob.default).__name__} for knob in KNOBS],
        "presets": PRESETS,
        "forms": FORMS,
        "neurons": NEURONS,
        "layer": layer.tolist(),
        "sign": sign.tolist(),
        "drawn": DRAWN,
        "shown": SHOWN,
        "n_quick": N_QUICK,
        "n_presentations": default.n_presentations,
        "duration": default.duration,
        "kernel": asdict(default.kernel),
        "delay_cv": signature(with_delays).parameters["cv"].default,
        "warm_up": spectrum_of(default.dt).warm_up,
        "frequencies": {str(dt): spectrum_of(dt).freqs.tolist() for dt in steps},
        "morse": {"gamma": GAMMA, "beta": BETA},
        "reference_band": measures.REFERENCE_BAND,
        "high_frequency": measures.HIGH_FREQUENCY,
        "silent": SILENT,
        "draws": [draws(repeat) for repeat in range(N_NETWORKS)],
    }


def script() -> str:
    """`data` as a script, because a page from disk may not fetch a file."""
    return f"globalThis.explorerData = {json.dumps(data(), ensure_ascii=False)};\n"


def left_out(values: Mapping[str, Any]) -> dict[str, str]:
    """What the explorer in the browser cannot be set to, with what it has instead.

    Parameters
    ----------
    values : mapping of str to value
        A page's parameters; those that are neither knobs nor fixed are no matter of one network.
    """
    found = {k: f"{v}" for k, v in FIXED.items() if k in values and values[k] != v}
    for knob in KNOBS:
        value = values.get(knob.name, knob.default)
        if knob.choices and value not in knob.choices:
            found[knob.name] = ", ".join(map(str, knob.choices))
        elif knob.high and not knob.low <= value <= knob.high:
            found[knob.name] = f"{knob.low:g} to {knob.high:g}"
    return found


def address(values: Mapping[str, Any]) -> str:
    """The part of the explorer's address that sets its knobs, from the ``#`` on.

    Parameters
    ----------
    values : mapping of str to value
        By the names of `KNOBS`; others are left out.
    """
    given = [(k.address or k.name, values[k.name]) for k in KNOBS if k.name in values]
    words = [(key, str(v).lower() if isinstance(v, bool) else f"{v}") for key, v in given]
    return "#" + urlencode([*words, ("v", version("lsm"))])
