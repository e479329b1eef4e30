"""How much of the study is run, and the sweeps of its grids of settings as labelled arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import xarray as xr

from lsm import _validate as check
from lsm.network import neuron_kinds, neuron_names
from lsm.runs import Setting
from lsm.spectrum import highest_frequency, log_frequencies
from lsm.sweeps import SweepError, n_threads, sweep
from rongala2021 import workers
from rongala2021.single import MODELS
from rongala2021.spectra import Spectrum


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """How many networks are run, from which random numbers, and how they are analysed.

    Attributes
    ----------
    seed : int
    n_networks : int
        Networks, or inputs, of each setting.
    first : int
        The first of them; those before it are left out.
    spectrum : Spectrum
    store : Path, optional
        Folder of results, as in `lsm.sweep`.
    executor : Executor, optional
        What computes them, as in `lsm.sweep`.

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    seed: int
    n_networks: int
    first: int = 0
    spectrum: Spectrum
    store: Path | None = None
    executor: Executor | None = None

    def __post_init__(self) -> None:
        check.integer("seed", self.seed)
        check.integer("n_networks", self.n_networks, low=1)
        check.integer("first", self.first)
        check.instance("spectrum", self.spectrum, Spectrum)


def scale_of(given: Mapping[str, Any], *, store: Path | None = None, **changes: Any) -> Scale:
    """The scale that a page's parameters describe.

    Parameters
    ----------
    given : mapping of str to value
        `seed` and `n_seeds`; of the spectrum `f_min`, `voices` and `warm_up`; and `dt`. Without
        `f_min` the page takes no spectra.
    store : Path, optional
    **changes
        Other fields of `Scale`.
    """
    dt = given.get("dt", Setting.dt)
    freqs = np.empty(0)
    if "f_min" in given:
        voices = given.get("voices", 10)
        freqs = log_frequencies(given["f_min"], highest_frequency(dt), voices=voices)
    spectrum = Spectrum(freqs=freqs, warm_up=given.get("warm_up", 0.0))
    fields = dict(seed=given["seed"], n_networks=given.get("n_seeds", 1), spectrum=spectrum)
    return Scale(**(fields | {"store": store} | changes))


def _rows(
    measure: Callable[..., Any],
    cells: list[Setting],
    scale: Scale,
    draw: Callable[..., Any] | None,
) -> list[list[Any]]:
    """What a sweep finds; where it computes a part alone, with others in the place of the rest."""
    options: dict[str, Any] = dict(draw=draw, seed=scale.seed, first=scale.first, store=scale.store)
    part = workers.part()
    if part is None:
        return sweep(measure, cells, n_repeats=scale.n_networks, executor=scale.executor, **options)
    with ThreadPoolExecutor(n_threads(cells)) as threads:
        share = workers.Share(scale.executor or threads, *part)
        try:
            return sweep(measure, cells, n_repeats=scale.n_networks, executor=share, **options)
        except SweepError as error:
            if not all(issubclass(f.kind, workers.LeftToOthersError) for f in error.failures):
                raise
            rows = error.found
    # A page goes on to its next sweep with them, and nothing of it is kept.
    some = next((each for row in rows for each in row if each is not None), None)
    if some is None:
        some = sweep(measure, cells[:1], n_repeats=1, **options)[0][0]
    own = [next((each for each in row if each is not None), some) for row in rows]
    return [[o if each is None else each for each in row] for row, o in zip(rows, own, strict=True)]


def sweep_grid(
    measure: Callable[..., Any],
    settings: xr.DataArray,
    scale: Scale,
    *,
    draw: Callable[..., Any] | None = None,
    repeats: str = "network",
) -> xr.Dataset:
    """Measure many networks of each setting of a grid.

    Parameters
    ----------
    measure : callable
        Returns a NamedTuple of numbers, and of arrays whose types name their axes:
        ``power: Annotated[Array, "frequency"]``.
    settings : DataArray of Setting
        From `grid`.
    scale : Scale
    draw : callable, optional
        As in `lsm.sweep`.
    repeats : str
        Name of the axis of repeats.

    Returns
    -------
    Dataset
        A variable for each field of the tuple, with the axes of the grid, that of the repeats and
        the field's own.
    """
    cells = list(settings.values.ravel())
    rows = _rows(measure, cells, scale, draw)
    plain = measure.func if isinstance(measure, partial) else measure
    hints = get_type_hints(get_type_hints(plain)["return"], include_extras=True)
    variables = {}
    for name, hint in hints.items():
        axes = getattr(hint, "__metadata__", ())
        values = np.array([[getattr(found, name) for found in row] for row in rows])
        values = values.reshape(*settings.shape, *values.shape[1:])
        variables[name] = ((*settings.dims, repeats, *axes), values)
    found = xr.Dataset(variables, coords=settings.coords)
    found = found.assign_coords({repeats: scale.first + np.arange(scale.n_networks)})
    if "frequency" in found.dims:
        found = found.assign_coords(frequency=scale.spectrum.freqs)
    if "presentation" in found.dims:
        found = found.assign_coords(presentation=np.arange(found.sizes["presentation"]) + 1)
    if "model" in found.dims:
        found = found.assign_coords(model=list(MODELS))
    if "signal" in found.dims:
        found = found.assign_coords(signal=["input", *MODELS])
    if "neuron" in found.dims:
        layer, sign = neuron_kinds(cells[0].sizes)
        found = found.assign_coords(
            neuron=list(neuron_names(sign)), layer=("neuron", layer), sign=("neuron", sign)
        )
    return found


def with_networks(scale: Scale, n_networks: int) -> Scale:
    """The same scale with another number of networks."""
    return replace(scale, n_networks=n_networks)
