"""The explorer's figure, whole and as pictures that are drawn again in part."""

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from PIL import Image

from rongala2021 import explorer, plots
from rongala2021.explorer import DEFAULTS
from rongala2021.explorer_figure import Pictures, explorer_figure

SETTINGS = {
    "Figure 4": {},
    "binary": {"weights": "binary", "mean_weight": 0.2},
    "slow": {"dt": 0.002, "n_sensors": 9},
}


def looked_at(changes, n=4):
    values = DEFAULTS | changes
    return explorer.views(values, n_presentations=n), explorer.network_of(values)


@pytest.fixture(scope="module")
def views():
    return {name: looked_at(changes) for name, changes in SETTINGS.items()}


@pytest.fixture
def figure(views):
    found, network = views["Figure 4"]
    return explorer_figure(found, network), found


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png))).astype(int)


def test_the_network_is_that_of_the_views():
    values = DEFAULTS | {"network": 3, "autapses": True, "delay": 0.004, "n_sensors": 8}
    network = explorer.network_of(values, seed=5)
    same = explorer.run(explorer.setting(values), seed=5, repeat=3).network
    for name in ("w_in", "w_rec", "delays"):
        np.testing.assert_array_equal(getattr(network, name), getattr(same, name))


def test_all_panels_have_their_curves(figure):
    fig, found = figure
    gain, _, *others = fig.axes
    drawn = [line.get_ydata() for line in gain.lines if len(line.get_ydata()) > 2]
    for form, lines in zip(("no leak", "leak"), (drawn[:2], drawn[2:]), strict=True):
        np.testing.assert_array_equal(lines[0], found["gain"].sel(form=form))
        np.testing.assert_array_equal(lines[1], found["expected"].sel(form=form))
    for form, ax in zip(("no leak", "leak"), others[:2], strict=True):
        traces = [line.get_ydata() for line in ax.lines if len(line.get_ydata())]
        np.testing.assert_array_equal(traces, found["traces"].sel(form=form))
    for form, ax in zip(("no leak", "leak"), others[2:4], strict=True):
        (mesh,) = ax.collections
        values = np.ma.getdata(mesh.get_array())
        power = found["power"].sel(form=form).values
        np.testing.assert_array_equal(values, np.maximum(power, mesh.norm.vmin))
        assert mesh.norm.vmax >= power.max()


def test_nothing_lies_outside_its_axes(views):
    for found, network in views.values():
        fig = explorer_figure(found, network)
        for ax in fig.axes[:4]:
            for line in ax.lines:
                y = np.asarray(line.get_ydata(), dtype=float)
                low, high = ax.get_ylim()
                assert ((y >= low) & (y <= high)).all() or not y.size


def test_the_area_of_a_neuron_is_its_mean_activity_and_a_line_its_weight(views):
    found, network = views["binary"]
    ax = Figure(figsize=(4, 3)).add_subplot()
    each = [found["activity"].sel(form=form) for form in ("no leak", "leak")]
    drawn = plots.circuit(ax, network, each)
    _, discs, circles = [artist for artist in drawn if isinstance(artist, PathCollection)]
    ratio = discs.get_sizes()[each[0] > 0] / each[0].values[each[0] > 0]
    np.testing.assert_allclose(ratio, ratio[0])
    active = each[1].values > 0.01
    np.testing.assert_allclose(circles.get_sizes()[active], ratio[0] * each[1].values[active])
    (lines,) = [artist for artist in drawn if isinstance(artist, LineCollection)]
    weights = np.hstack([network.w_rec, network.w_in])
    assert len(lines.get_segments()) == np.count_nonzero(weights)
    names = {artist.get_text() for artist in drawn if hasattr(artist, "get_text")}
    assert {*network.names, "sensors", "layer 1", "layer 2"} == names


def test_lines_of_the_circuit_are_as_wide_as_weights_and_end_at_their_neurons(views):
    _, network = views["Figure 4"]
    found, _ = views["Figure 4"]
    ax = Figure(figsize=(4, 3)).add_subplot()
    drawn = plots.circuit(ax, network, [found["activity"].isel(form=i) for i in (0, 1)])
    lines = next(artist for artist in drawn if isinstance(artist, LineCollection))
    _, discs, _ = [artist for artist in drawn if isinstance(artist, PathCollection)]
    place = np.asarray(discs.get_offsets())
    weights = np.hstack([network.w_rec, network.w_in])
    targets, sources = np.nonzero(weights)
    widths = np.asarray(lines.get_linewidths())
    strength = np.abs(weights[targets, sources])
    np.testing.assert_allclose(widths / widths.max(), strength / strength.max())
    ends = np.array([segment[-1] for segment in lines.get_segments()])
    np.testing.assert_allclose(ends, place[targets], atol=1e-9)
    starts = np.array([segment[0] for segment in lines.get_segments()])
    of_neurons = sources < network.n_neurons
    np.testing.assert_allclose(starts[of_neurons], place[sources[of_neurons]], atol=1e-9)


def test_a_picture_does_not_depend_on_those_before_it(views):
    """Nothing is left of them, and what stays fits."""
    pictures = Pictures()
    rounds = [
        {name: pictures.png(*seen, n_presentations=4) for name, seen in views.items()}
        for _ in range(2)
    ]
    alone = {name: Pictures().png(*seen, n_presentations=4) for name, seen in views.items()}
    assert rounds[0] == rounds[1] == alone
    assert len({*alone.values()}) == len(views)
    for canvas, axes, _ in pictures._kept.values():
        assert canvas.figure.axes
        assert not axes.circuit.collections
        assert not any(ax.collections for ax in axes.maps)


def test_a_picture_is_the_figure(views):
    """But for what lies on top of what."""
    found, network = views["Figure 4"]
    fig = explorer_figure(found, network)
    fig.set_dpi(100)
    fig.canvas.draw()
    whole = np.asarray(fig.canvas.buffer_rgba())[..., :3].astype(int)
    picture = pixels(Pictures().png(found, network, n_presentations=4))
    assert picture.shape == whole.shape
    assert np.abs(picture - whole).mean() < 0.5


def test_few_presentations_leave_room_for_all(views):
    found, network = views["Figure 4"]
    few = pixels(Pictures().png(found, network, n_presentations=16))
    all_of_them = pixels(Pictures().png(found, network, n_presentations=4))
    assert few.shape == all_of_them.shape
    # Maps are dark; what is not yet seen is white.
    bottom = slice(2 * few.shape[0] // 3, None)
    assert few[bottom].mean() > all_of_them[bottom].mean() + 20


def test_a_silent_network_is_drawn():
    values = DEFAULTS | {"weights": "binary", "mean_weight": 0.01, "n_sensors": 1, "network": 2}
    found = explorer.views(values, n_presentations=2)
    assert np.isnan(found["hf"]).all()
    assert Pictures().png(found, explorer.network_of(values), n_presentations=2)


def test_old_frames_are_forgotten(views, monkeypatch):
    monkeypatch.setattr(Pictures, "_N_KEPT", 3)
    pictures = Pictures()
    found, network = views["Figure 4"]
    for n in range(4, 9):
        pictures.png(found, network, n_presentations=n)
    assert [frame.n_presentations for frame in pictures._kept] == [6, 7, 8]
