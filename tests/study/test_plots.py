from itertools import combinations, pairwise, permutations

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import EventCollection, PathCollection, PolyCollection
from matplotlib.colors import LogNorm, same_color, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from lsm.network import two_layer
from lsm.weights import Binary, Normal
from rongala2021 import plots


@pytest.fixture
def ax():
    # Without pyplot: no backend, no figure left open.
    return Figure(figsize=(4, 3)).add_subplot()


def texts(ax):
    return {text.get_text(): text for text in ax.texts}


# Rasters and traces


def test_spike_raster_places_ticks_at_the_spikes_the_first_train_on_top(ax):
    times = [[0.1, 0.5, 0.7], [0.2, 0.3, 0.9]]
    plots.spike_raster(ax, times, color="#0072B2", labels=["E1", "E2"])
    rows = [c for c in ax.collections if isinstance(c, EventCollection)]
    assert [sorted(row.get_positions()) for row in rows] == times
    assert rows[0].get_lineoffset() > rows[1].get_lineoffset()
    assert all(same_color(row.get_color(), "#0072B2") for row in rows)
    labels = {t.get_text(): y for t, y in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True)}
    assert labels == {"E1": rows[0].get_lineoffset(), "E2": rows[1].get_lineoffset()}


@pytest.mark.parametrize("n", [1, 5])
def test_spike_raster_shows_every_row_whole_and_none_over_another(ax, n):
    plots.spike_raster(ax, np.linspace(0, 1, 3 * n).reshape(n, 3), color="k", labels=["E"] * n)
    bottom, top = ax.get_ylim()
    rows = [(c.get_lineoffset(), c.get_linelength() / 2) for c in ax.collections]
    assert all(bottom < y - half and y + half < top for y, half in rows)
    assert all(a - b > 2 * half for (a, half), (b, _) in pairwise(rows))


def test_traces_are_drawn_over_time_each_below_the_one_before(ax):
    signals = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]])
    plots.traces(ax, signals, dt=0.5, color="#009E73", labels=["#1", "#10"], offset=10.0, start=2.0)
    assert len(ax.lines) == 2
    for i, line in enumerate(ax.lines):
        np.testing.assert_allclose(line.get_xdata(), [2.0, 2.5, 3.0])
        np.testing.assert_allclose(line.get_ydata(), signals[i] - 10.0 * i)
        assert same_color(line.get_color(), "#009E73")
    # A label stands at the start of its trace, within its range.
    for i, name in enumerate(["#1", "#10"]):
        x, y = texts(ax)[name].xy
        assert x == 2.0
        assert signals[i].min() <= y + 10.0 * i <= signals[i].max()


def test_a_single_trace_needs_no_second_axis_nor_label(ax):
    plots.traces(ax, [1.0, 3.0], dt=1e-3, color="k")
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 1], [1e-3, 3]])
    assert not ax.texts


def test_scale_bars_have_the_stated_lengths(ax):
    ax.plot([0, 10], [0, 5])
    plots.scale_bars(ax, x=2.0, y=0.5, x_label="2 s", y_label="0.5 a.u.")
    x, y = ax.lines[-1].get_xdata(), ax.lines[-1].get_ydata()
    assert np.ptp(x) == pytest.approx(2.0)
    assert np.ptp(y) == pytest.approx(0.5)
    # Two straight bars that meet: each piece moves along one axis only.
    assert (np.diff(x) * np.diff(y) == 0).all()
    assert {"2 s", "0.5 a.u."} <= set(texts(ax))
    assert not ax.axison


def test_scale_bars_beside_the_axes_leave_them_as_they_are(ax):
    ax.plot([0, 10], [0, 5])
    ax.set(xlim=(0, 10), ylim=(0, 5))
    plots.scale_bars(ax, x=2.0, y=0.5, x_label="2 s", y_label="0.5 a.u.", beside=True)
    x, y = ax.lines[-1].get_xdata(), ax.lines[-1].get_ydata()
    assert (np.ptp(x), np.ptp(y)) == pytest.approx((2.0, 0.5))
    assert min(x) > 10
    assert ax.get_xlim() == (0, 10)
    assert ax.get_ylim() == (0, 5)
    assert not ax.lines[-1].get_clip_on()


def test_panel_letters_stand_at_the_upper_left(ax):
    plots.panel_letter(ax, "B")
    letter = texts(ax)["B"]
    assert letter.xy == (0, 1)
    assert letter.get_fontweight() == "bold"
    assert letter.xyann[0] < 0


# Spectra


def test_power_map_shows_every_value_at_its_presentation_and_frequency(ax):
    freqs = 4.0 * 2.0 ** np.arange(4)
    power = np.geomspace(1e-3, 10, 12).reshape(4, 3)
    mesh = plots.power_map(ax, power, freqs, limits=(1e-3, 10))
    np.testing.assert_allclose(mesh.get_array().reshape(4, 3), power)
    corners = mesh.get_coordinates()
    # Presentations, counted from 1, lie amid their cells, frequencies amid theirs on a log scale.
    x, y = corners[0, :, 0], corners[:, 0, 1]
    np.testing.assert_allclose((x[1:] + x[:-1]) / 2, [1, 2, 3])
    np.testing.assert_allclose(np.sqrt(y[1:] * y[:-1]), freqs)
    np.testing.assert_allclose(y[1:] / y[:-1], 2)
    assert ax.get_yscale() == "log"
    assert "Hz" in ax.get_ylabel()
    assert ax.get_xlabel() == "presentation"


def test_power_maps_with_the_same_limits_share_their_colours(ax):
    freqs = [10.0, 20.0, 40.0]
    one = plots.power_map(ax, np.full((3, 2), 0.1), freqs, limits=(1e-4, 1))
    two = plots.power_map(ax, np.full((3, 2), 0.1) * [1, 9], freqs, limits=(1e-4, 1))
    assert isinstance(one.norm, LogNorm)
    assert (one.norm.vmin, one.norm.vmax) == (two.norm.vmin, two.norm.vmax) == (1e-4, 1)
    assert same_color(one.to_rgba(0.1), two.to_rgba(0.1))


def test_power_map_draws_silence_as_the_lowest_colour(ax):
    mesh = plots.power_map(ax, [[0.0, 1.0], [1e-9, 1e-2]], [10.0, 20.0], limits=(1e-4, 1))
    shown = np.asarray(mesh.get_array()).reshape(2, 2)
    np.testing.assert_allclose(shown, [[1e-4, 1], [1e-4, 1e-2]])
    assert not np.ma.getmaskarray(mesh.get_array()).any()


def test_the_map_of_a_silent_neuron_is_grey_and_says_so(ax):
    mesh = plots.power_map(ax, np.zeros((3, 2)), [10.0, 20.0, 40.0], limits=(1e-6, 1))
    ax.figure.draw_without_rendering()
    red, green, blue, _ = np.reshape(mesh.to_rgba(mesh.get_array()), (-1, 4))[0]
    assert red == green == blue
    assert 0.8 < red < 0.95
    assert "silent" in texts(ax)


def test_the_map_of_a_neuron_with_any_power_is_not_silent(ax):
    power = [[0.0, 0.0], [0.0, 1e-30]]
    mesh = plots.power_map(ax, power, [10.0, 20.0], limits=(1e-6, 1))
    assert not np.ma.getmaskarray(mesh.get_array()).any()
    assert "silent" not in texts(ax)


def test_every_map_shows_from_where_on_frequencies_are_high(ax):
    plots.power_map(ax, np.ones((3, 2)), [50.0, 100.0, 200.0], limits=(1e-6, 1))
    (border,) = ax.lines
    assert list(border.get_ydata()) == [100.0, 100.0]


@pytest.mark.parametrize(
    ("power", "high"), [([0.002, 0.01], 1e-2), ([2.3], 10.0), ([[1e-9, 0.0]], 1e-9), ([0.0], 1.0)]
)
def test_colours_of_maps_span_six_decades_down_from_a_power_of_ten(power, high):
    assert plots.power_limits(power) == pytest.approx((1e-6 * high, high), rel=1e-9)


def test_ticks_of_maps_are_few_and_plain(ax):
    freqs = np.geomspace(1.8, 440, 30)
    plots.power_map(ax, np.ones((30, 2)), freqs, limits=(1e-6, 1))
    ax.figure.draw_without_rendering()
    low, high = ax.get_ylim()
    ticks = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    assert [t.get_text() for y, t in ticks if low <= y <= high] == ["3", "10", "30", "100", "300"]
    assert not ax.yaxis.get_minorticklocs().size


def test_the_bar_of_maps_has_their_limits(ax):
    plots.power_bar(ax, (1e-8, 1e-2))
    assert ax.get_ylim() == pytest.approx((1e-8, 1e-2))
    assert ax.get_ylabel() == "maximum power (a.u.²)"


def test_spectra_show_median_and_range(ax):
    freqs = np.array([5.0, 50.0, 500.0])
    values = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [4.0, 1.0, 90.0]])
    plots.spectra(ax, freqs, values, color="#AA3377", label="no leak")
    (line,) = ax.lines
    np.testing.assert_allclose(line.get_xydata(), np.column_stack([freqs, [4, 2, 30]]))
    assert line.get_label() == "no leak"
    assert same_color(line.get_color(), "#AA3377")
    (band,) = [c for c in ax.collections if isinstance(c, PolyCollection)]
    corners = band.get_paths()[0].vertices
    for f, low, high in zip(freqs, [1, 1, 3], [10, 20, 90], strict=True):
        y = corners[corners[:, 0] == f, 1]
        assert (y.min(), y.max()) == (low, high)
    assert same_color(band.get_facecolor()[0][:3], to_rgb("#AA3377"))
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert "Hz" in ax.get_xlabel()


def test_a_log_frequency_axis_is_labelled_in_plain_numbers(ax):
    plots.spectra(ax, np.geomspace(2, 400, 20), np.ones((2, 20)), color="k", label="x")
    ax.figure.draw_without_rendering()
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert {"2", "5", "10", "20", "50", "100", "200"} <= set(labels)


# Networks


def draw(ax, network):
    plots.network_diagram(
        ax, network.w_rec, network.w_in, network.layer, network.sign, network.names
    )
    synapses = [p for p in ax.patches if isinstance(p, FancyArrowPatch)] + list(ax.lines)
    return [s for s in synapses if np.size(s.get_linewidth()) == 1]


def width_sum(synapses, color):
    def of(synapse):
        return synapse.get_color() if hasattr(synapse, "get_color") else synapse.get_edgecolor()

    return [s.get_linewidth() for s in synapses if same_color(to_rgb(of(s)), to_rgb(color))]


@pytest.mark.parametrize("autapses", [False, True])
@pytest.mark.parametrize("weights", [Normal(mean=0.4), Binary(p=0.3)])
def test_every_synapse_is_a_line_in_the_colour_of_its_source(ax, weights, autapses):
    rng = np.random.default_rng(5)
    network = two_layer(weights, sizes=(3, 2), n_sensors=4, autapses=autapses, rng=rng)
    synapses = draw(ax, network)
    between = network.w_rec * (1 - np.eye(10))
    expected = {
        plots.EXCITATORY: between[between > 0],
        plots.INHIBITORY: -between[between < 0],
        plots.SENSORY: network.w_in[network.w_in > 0],
    }
    assert len(synapses) == sum(map(len, expected.values()))
    strongest = max(np.abs(network.w_rec).max(), network.w_in.max())
    factors = []
    for color, values in expected.items():
        widths = width_sum(synapses, color)
        assert len(widths) == len(values)
        # Width grows with weight.
        np.testing.assert_allclose(
            np.sort(widths) / max(widths), np.sort(values) / max(values), rtol=1e-6
        )
        factors.append(max(widths) / max(values) * strongest)
    # By one factor for all.
    np.testing.assert_allclose(factors, factors[0], rtol=1e-6)


def neurons(ax, network):
    """Name of each neuron with the marker under it."""
    markers = [
        (c.get_offsets()[0], c)
        for c in ax.collections
        if isinstance(c, PathCollection) and len(c.get_offsets()) == 1
    ]
    return {
        name: next(c for xy, c in markers if np.allclose(xy, texts(ax)[name].get_position()))
        for name in network.names
    }


def test_neurons_stand_apart_with_their_names_and_colours(ax):
    network = two_layer(Normal(mean=0.4), sizes=(5, 4), rng=np.random.default_rng(0))
    draw(ax, network)
    found = neurons(ax, network)
    assert len(found) == 18
    places = np.array([c.get_offsets()[0] for c in found.values()])
    distance = np.linalg.norm(places[:, None] - places[None], axis=-1) + 10 * np.eye(18)
    assert distance.min() > 0.1
    for name, marker in found.items():
        color = plots.EXCITATORY if name.startswith("EN") else plots.INHIBITORY
        assert same_color(marker.get_facecolor()[0][:3], to_rgb(color)), name
    # Layer 2 right of layer 1, all within the axes.
    assert places[network.layer == 2, 0].min() > places[network.layer == 1, 0].max()
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert ((places > [left, bottom]) & (places < [right, top])).all()
    assert {"sensors", "layer 1", "layer 2"} <= set(texts(ax))


@pytest.mark.parametrize("autapses", [False, True])
def test_an_autapse_is_a_black_edge(ax, autapses):
    network = two_layer(
        Normal(mean=0.4), sizes=(2, 1), autapses=autapses, rng=np.random.default_rng(0)
    )
    draw(ax, network)
    for marker in neurons(ax, network).values():
        assert same_color(marker.get_edgecolor()[0], "black") == autapses


def test_synapses_start_and_end_at_their_neurons(ax):
    network = two_layer(Normal(mean=0.4), sizes=(2, 2), rng=np.random.default_rng(0))
    # One synapse alone: from EN1 to IN4.
    w_rec = np.zeros_like(network.w_rec)
    target, source = network.names.index("IN4"), network.names.index("EN1")
    w_rec[target, source] = network.w_rec[target, source]
    plots.network_diagram(ax, w_rec, 0 * network.w_in, network.layer, network.sign, network.names)
    (synapse,) = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    ends = [texts(ax)[name].get_position() for name in ("EN1", "IN4")]
    np.testing.assert_allclose(synapse._posA_posB, ends)
    assert same_color(to_rgb(synapse.get_edgecolor()), to_rgb(plots.EXCITATORY))


def test_a_network_without_synapses_can_be_drawn(ax):
    network = two_layer(Binary(p=0.0), sizes=(2, 2), rng=np.random.default_rng(0))
    assert draw(ax, network) == []
    ax.figure.draw_without_rendering()


def test_a_network_diagram_can_be_rendered(ax):
    draw(ax, two_layer(Normal(mean=0.4), autapses=True, rng=np.random.default_rng(0)))
    ax.figure.draw_without_rendering()
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [label.split()[0] for label in legend] == ["excitatory", "inhibitory", "sensory"]


# Style


def test_use_style_applies_the_books_style():
    with mpl.rc_context():
        mpl.rcdefaults()
        plots.use_style()
        assert mpl.rcParams["axes.spines.top"] is False
        assert mpl.rcParams["font.size"] == 8
        colours = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
        assert len(set(colours)) == len(colours) >= 5


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* (D65) of linear RGB."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    ratio = to_xyz @ np.clip(rgb, 0, 1) / (to_xyz @ np.ones(3))
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira and Fernandes (2009), full severity, for linear RGB.
VISION = {
    "full": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(
    "names",
    [
        ("EXCITATORY", "INHIBITORY", "SENSORY"),
        ("NO_LEAK", "LEAK", "INPUT"),
        ("NO_LEAK", "LEAK", "OTHER_MODEL", "SENSORY"),
        ("NO_LEAK", "LEAK", "OPEN_LOOP"),
        ("LEAK", "FILTER"),
        ("EXCITATORY", "INHIBITORY", "OTHER_MODEL", "ALTERNATIVE"),
        ("NO_LEAK", "ALTERNATIVE"),
    ],
    ids=["neurons", "forms", "models", "loops", "filter", "solvers", "laws"],
)
def test_colours_of_one_figure_stay_apart(names, vision):
    seen = {name: lab(VISION[vision] @ linear(getattr(plots, name))) for name in names}
    for one, two in combinations(names, 2):
        # Side by side 2.3 can just be told apart; thin lines need several times that.
        assert np.linalg.norm(seen[one] - seen[two]) > 10, (one, two)
    # And from the white page.
    for name in names:
        assert seen[name][0] < 75, name


def test_ratios_show_every_repetition_the_median_and_the_bound(ax):
    plots.ratios(ax, {"a": [1.0, 2.0, 4.0], "b": [10.0]}, {"b": 5.0}, color="k")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    assert [text.get_text() for text in ax.texts] == ["2", "10"]
    drawn = [list(line.get_xdata()) for line in ax.lines]
    assert [1.0, 2.0, 4.0] in drawn
    assert [5.0, 5.0] in drawn
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top


def test_growth_shows_medians_over_repetitions_that_took_place(ax):
    plots.growth(ax, [10, 100], [[1.0, 3.0, 2.0], [50.0, np.nan, 70.0]], color="k", label="x")
    assert ax.lines[0].get_ydata().tolist() == [2.0, 60.0]
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_shades_differ_and_get_lighter():
    lightness = [sum(color[:3]) for color in plots.shades(5)]
    assert np.all(np.diff(lightness) > 0)


def test_presentations_show_each_trace_and_their_mean(ax):
    rows = np.array([[0.0, 1.0, 4.0], [2.0, 3.0, 0.0]])
    plots.presentations(ax, rows, dt=0.5, color="k")
    assert [list(line.get_ydata()) for line in ax.lines] == [*rows.tolist(), [1.0, 2.0, 2.0]]
    assert list(ax.lines[0].get_xdata()) == [0.0, 0.5, 1.0]


def test_band_shows_median_and_range(ax):
    plots.band(ax, [1, 2], [[1.0, 5.0], [2.0, 9.0], [9.0, 6.0]], color="k", label="x")
    assert list(ax.lines[0].get_ydata()) == [2.0, 6.0]
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (1.0, 9.0)


def test_strips_show_points_mean_and_deviation(ax):
    plots.strips(ax, {"a": [1.0, 3.0], "b": [5.0, 5.0]}, ["k", "k"])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b"]
    assert list(ax.lines[0].get_ydata()) == [1.0, 3.0]
    assert [c.lines[0].get_ydata()[0] for c in ax.containers] == [2.0, 5.0]


# Populations and scans


FREQS = [5.0, 50.0, 400.0]
COLORS = ["#0072B2", "#D55E00"]


@pytest.fixture
def power():
    """Spectra of two conditions, three networks of each."""
    values = [
        [[1.0, 10.0, 4.0], [3.0, 30.0, 2.0], [8.0, 2.0, 3.0]],
        [[5.0, 6.0, 7.0], [7.0, 8.0, 9.0], [6.0, 6.0, 8.0]],
    ]
    coords = {"kind": ["one", "two"], "network": [0, 1, 2], "frequency": FREQS}
    return xr.DataArray(values, coords=coords)


def test_power_spectra_show_mean_and_range_of_each_condition_and_the_input(ax, power):
    reference = xr.DataArray([9.0, 3.0, 1.0], coords={"frequency": FREQS})
    plots.power_spectra(ax, power, "kind", reference=reference)
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines) == ["input", "one", "two"]
    assert list(lines["input"].get_ydata()) == reference.values.tolist()
    assert lines["input"].get_linestyle() == "--"
    bands = [c for c in ax.collections if isinstance(c, PolyCollection)]
    for name, color, band in zip(["one", "two"], plots.shades(2), bands, strict=True):
        rows = power.sel(kind=name).values
        assert list(lines[name].get_xdata()) == FREQS
        np.testing.assert_allclose(lines[name].get_ydata(), rows.mean(axis=0))
        assert same_color(lines[name].get_color(), color)
        for x, low, high in zip(FREQS, rows.min(axis=0), rows.max(axis=0), strict=True):
            corners = band.get_paths()[0].vertices
            heights = corners[corners[:, 0] == x, 1]
            assert (heights.min(), heights.max()) == (low, high)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlim() == (5.0, 400.0)
    assert "Hz" in ax.get_xlabel()


def test_power_spectra_need_no_reference(ax, power):
    plots.power_spectra(ax, power, "kind")
    assert [line.get_label() for line in ax.lines] == ["one", "two"]
    drawn = [line.get_color() for line in ax.lines]
    assert all(map(same_color, drawn, plots.shades(2)))


@pytest.mark.parametrize("draw_all", [plots.power_spectra, plots.single_spectra])
@pytest.mark.parametrize("axes", list(permutations(["kind", "network", "frequency"])), ids="-".join)
def test_spectra_go_by_the_names_of_axes_not_their_order(power, draw_all, axes):
    plain, turned = (Figure().add_subplot() for _ in range(2))
    draw_all(plain, power, "kind")
    draw_all(turned, power.transpose(*axes), "kind")
    for one, other in zip(plain.lines, turned.lines, strict=True):
        np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())
        assert one.get_label() == other.get_label()


def test_conditions_that_are_numbers_are_written_short(ax, power):
    plots.power_spectra(ax, power.assign_coords(kind=[0.1 + 0.2, 1.0]), "kind")
    assert [line.get_label() for line in ax.lines] == ["0.3", "1"]


def test_single_spectra_show_every_repetition_under_one_label(ax, power):
    plots.single_spectra(ax, power, "kind")
    drawn = [list(line.get_ydata()) for line in ax.lines]
    assert drawn == power.values.reshape(6, 3).tolist()
    _, labels = ax.get_legend_handles_labels()
    assert labels == ["one", "two"]
    colors = [line.get_color() for line in ax.lines]
    for color, shade in zip(colors, np.repeat(plots.shades(2), 3, axis=0), strict=True):
        assert same_color(color, tuple(shade))
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlim() == (5.0, 400.0)


def test_densities_show_the_share_of_all_values_in_each_bin(ax):
    samples = {"a": [[0.5, 1.5], [1.6, 9.0]], "b": [2.5] * 5}  # 9 lies beyond the bins
    plots.densities(ax, samples, bins=[0, 1, 2, 3], colors=COLORS)
    shares = {"a": [25.0, 50.0, 0.0], "b": [0.0, 0.0, 100.0]}
    outlines = {p.get_label(): p for p in ax.patches if p.get_label()}
    assert list(outlines) == ["a", "b"]
    for name, color in zip(samples, COLORS, strict=True):
        found = outlines[name].get_data()
        assert list(found.values) == shares[name]
        assert list(found.edges) == [0, 1, 2, 3]
        assert same_color(outlines[name].get_edgecolor(), color)
    assert len(ax.patches) == 4  # an outline and its filling each


def test_a_scan_shows_every_value_at_its_place_and_the_level_between(ax):
    x, y = np.array([1.0, 10.0, 100.0, 1000.0]), np.array([2.0, 4.0, 6.0])
    values = np.add([[0.0], [0.1], [0.2]], [1.0, 2.0, 3.0, 4.0])
    mesh = plots.scan_map(ax, x, y, values, limits=(0.5, 8.0), level=2.5)
    np.testing.assert_array_equal(mesh.get_array().reshape(3, 4), values)
    corners = mesh.get_coordinates()
    across, up = corners[0, :, 0], corners[:, 0, 1]
    np.testing.assert_allclose(np.sqrt(across[1:] * across[:-1]), x)
    np.testing.assert_allclose((up[1:] + up[:-1]) / 2, y)
    assert isinstance(mesh.norm, LogNorm)
    assert (mesh.norm.vmin, mesh.norm.vmax) == (0.5, 8.0)
    assert ax.get_xscale() == "log"
    contour = ax.collections[-1]
    (path,) = [p for p in contour.get_paths() if len(p.vertices)]
    passed = {height: place for place, height in path.vertices if height in y}
    # In its lowest row the values pass 2.5 half-way from 10 to 100.
    assert passed[2.0] == pytest.approx(55.0)
    assert passed[2.0] > passed[4.0] > passed[6.0] > 10


def repeated(values, labels):
    return xr.DataArray(values, coords={"kind": labels}, dims=["kind", "network"])


def test_dots_show_every_repetition_the_mean_and_the_bound(ax):
    values = repeated([[1.0, 4.0, np.nan], [10.0, 10.0, 10.0]], ["a", "b"])
    plots.dots(ax, values, "kind", color="red", bound=3.0)
    dots_a, mean_a, dots_b, mean_b, bound = ax.lines
    np.testing.assert_array_equal(dots_a.get_ydata(), values[0])
    assert list(dots_b.get_ydata()) == [10.0] * 3
    assert list(mean_a.get_ydata()) == [2.5, 2.5]
    assert list(mean_b.get_ydata()) == [10.0, 10.0]
    for column, line in ((0, dots_a), (0, mean_a), (1, dots_b), (1, mean_b)):
        assert np.mean(line.get_xdata()) == pytest.approx(column)
        assert np.abs(np.asarray(line.get_xdata()) - column).max() < 0.5
        assert line.get_color() == "red"
    assert len(set(dots_a.get_xdata())) == 3
    assert list(bound.get_ydata()) == [3.0, 3.0]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b"]
    assert ax.get_yscale() == "log"


def test_dots_go_by_the_names_of_axes_not_their_order(ax):
    values = repeated([[1.0, 4.0], [10.0, 20.0]], [0.1, 0.2])
    plots.dots(ax, values.T, "kind", color="red")
    assert [list(line.get_ydata()) for line in ax.lines[::2]] == values.values.tolist()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.1", "0.2"]


def test_dots_of_silent_networks_alone_are_none(ax):
    plots.dots(ax, repeated([[np.nan, np.nan], [2.0, np.nan]], ["a", "b"]), "kind", color="red")
    heights = [line.get_ydata()[0] for line in ax.lines]
    np.testing.assert_array_equal(heights, [np.nan, np.nan, 2.0, 2.0])


def test_dots_need_no_bound_and_a_single_one_stands_in_the_middle(ax):
    plots.dots(ax, repeated([[2.0]], ["a"]), "kind", color="red")
    dot, _ = ax.lines
    assert dot.get_xydata().tolist() == [[0.0, 2.0]]


def test_every_condition_needs_its_level(ax, power):
    with pytest.raises(ValueError, match="zip"):
        plots.gain_spectra(ax, power, "kind", of=plots.levels(1))


def test_levels_differ_in_shade_and_in_marker():
    found = plots.levels(6)
    assert [level.color for level in found] == plots.shades(6)
    assert len({level.marker for level in found}) == 6
    assert len(plots.levels(20)) == 20  # more than there are markers


def test_lines_of_levels_carry_their_marker_at_different_places():
    freqs = np.geomspace(2, 400, 40)
    values = np.ones((3, 2, 40))
    coords = {"delay": ["a", "b", "c"], "network": [0, 1], "frequency": freqs}
    power = xr.DataArray(values, coords=coords)
    for draw in (plots.power_spectra, plots.gain_spectra):
        ax = Figure().add_subplot()
        draw(ax, power, "delay")
        lines = [line for line in ax.get_lines() if line.get_label() in "abc"]
        assert [line.get_marker() for line in lines] == [x.marker for x in plots.levels(3)]
        marked = [
            set(range(*line.get_markevery()[:1], 40, line.get_markevery()[1])) for line in lines
        ]
        assert all(marked)
        assert not marked[0] & marked[1] | marked[1] & marked[2]


def test_gain_spectra_show_the_median_and_what_all_panels_of_gains_share(ax):
    freqs = [10.0, 100.0, 400.0]
    rows = [[1.0, 2.0, 3.0], [1.0, 4.0, 3.0], [1.0, 9.0, 3.0]]
    coords = {"rate": ["50 Hz"], "network": [0, 1, 2], "frequency": freqs}
    of = plots.levels(3)[1:2]
    plots.gain_spectra(ax, xr.DataArray([rows], coords=coords), "rate", of=of, bound=2.5)
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert list(lines["50 Hz"].get_ydata()) == [1.0, 4.0, 3.0]
    assert lines["50 Hz"].get_color() == of[0].color
    (shaded,) = ax.patches
    assert (shaded.get_x(), shaded.get_x() + shaded.get_width()) == (100, 400)
    level = [line for line in ax.get_lines() if set(line.get_ydata()) == {2.5}]
    assert [list(line.get_xdata()) for line in level] == [[100, 400]]
    assert ["2.5" in text.get_text() for text in ax.texts] == [True]
    assert any(set(line.get_ydata()) == {1} for line in ax.get_lines())
    assert ax.get_ylabel() == plots.GAIN_LABEL


@pytest.mark.parametrize(
    ("most", "length"),
    [(0.357, 0.2), (0.0012, 0.001), (0.05, 0.05), (0.9999, 0.5), (1.0, 1.0), (70.0, 50.0)],
)
def test_a_bar_has_a_round_length(most, length):
    assert plots.round_length(most) == length


def test_spectra_of_silent_networks_leave_those_of_others_as_they_are(ax):
    rows, freqs = np.array([[1.0, 2.0, 4.0], [3.0, 4.0, 8.0]]), [10.0, 50.0, 200.0]
    silent = np.full((1, 3), np.nan)
    of_one = {"network": [0, 1, 2], "frequency": freqs}
    values = xr.DataArray(np.vstack([silent, rows]), of_one)
    plots.spectra(ax, freqs, values, color="red", label="some")
    plots.gain_spectra(ax, values.expand_dims(rate=[5.0]), "rate")
    for line in (ax.lines[0], ax.lines[1]):
        np.testing.assert_array_equal(line.get_ydata(), [2.0, 3.0, 6.0])
    for band in ax.collections[:2]:
        assert band.get_datalim(ax.transData).ymax == 8.0
    plots.spectra(ax, freqs, silent, color="red", label="none")
    assert np.isnan(ax.lines[-1].get_ydata()).all()


def test_spectra_of_one_quantity_have_one_legend(ax, power):
    plots.power_spectra(ax, power, "kind")
    plots.level_legend(ax, "delay", ncols=2)
    legend = ax.get_legend()
    assert legend.get_title().get_text() == plots.VARIED["delay"]
    assert [text.get_text() for text in legend.get_texts()] == ["one", "two"]
    with pytest.raises(KeyError):
        plots.level_legend(ax, "dealy")


# What the paper states


def dotted(ax):
    return [line for line in ax.get_lines() if line.get_linestyle() not in ("-", "None")]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_stated_number_is_a_dotted_line_with_the_papers_name(ax, scale):
    ax.plot([1, 100], [2, 200])
    ax.set(xscale=scale, yscale=scale, xlim=(1, 100), ylim=(2, 200))
    plots.stated_mark(ax, "ten", x=10.0)
    plots.stated_mark(ax, "a thousand", y=1000.0)
    across, along = dotted(ax)
    assert set(across.get_xdata()) == {10}
    assert set(along.get_ydata()) == {1000}
    assert [text.get_text() for text in ax.texts] == ["paper: ten", "paper: a thousand"]
    assert {text.get_fontstyle() for text in ax.texts} == {"italic"}
    assert ax.texts[0].xy[0] == 10
    assert ax.texts[1].xy[1] == 1000


def test_a_panel_keeps_its_limits_for_a_number_beyond_them(ax):
    ax.plot([1, 100], [2, 200])
    before = ax.get_xlim(), ax.get_ylim()
    plots.stated_mark(ax, "far", x=1e4)
    plots.stated_mark(ax, "high", y=1e4)
    ax.figure.draw_without_rendering()
    assert (ax.get_xlim(), ax.get_ylim()) == before


@pytest.mark.parametrize(("scale", "middle"), [("linear", 110), ("log", np.sqrt(20 * 200))])
def test_a_stated_range_is_a_bracket_with_its_words_in_the_middle(ax, scale, middle):
    ax.set(xscale=scale, xlim=(2, 400))
    plots.stated_mark(ax, "over-damped", x=(20.0, 200.0), at=0.9)
    (bracket,) = ax.get_lines()
    assert list(bracket.get_xdata()) == [20, 200]
    assert bracket.get_marker() == "|"
    (words,) = ax.texts
    assert words.xy[0] == pytest.approx(middle)
    assert words.get_ha() == "center"
    assert ax.get_xlim() == (2, 400)


@pytest.mark.parametrize(("va", "above"), [("bottom", True), ("top", False)])
def test_words_stand_on_either_side_of_a_stated_height(ax, va, above):
    ax.set_ylim(0, 2)
    plots.stated_mark(ax, "one", y=1.0, va=va)
    ax.figure.draw_without_rendering()
    box, line = ax.texts[0].get_window_extent(), ax.transData.transform((0, 1))[1]
    assert (box.y0 > line, box.y1 < line) == (above, not above)


@pytest.mark.parametrize("ha", ["left", "right"])
def test_stated_words_alone_draw_no_line(ax, ha):
    plots.stated_mark(ax, "peaks removed", ha=ha)
    assert not ax.get_lines()
    (words,) = ax.texts
    assert words.get_text() == "paper: peaks removed"
    ax.figure.draw_without_rendering()
    box, panel = words.get_window_extent(), ax.get_window_extent()
    assert panel.x0 <= box.x0 < box.x1 <= panel.x1


def test_rows_of_dots_show_every_value_the_median_and_the_bound(ax):
    plots.rows_of_dots(ax, {"a": [1.0, 2.0, 4.0], "b": [[0.5, 0.7]]}, color="red", bound=1.0)
    ticks_a, median_a, ticks_b, median_b, line = ax.get_lines()
    np.testing.assert_array_equal(ticks_a.get_xdata(), [1, 2, 4])
    np.testing.assert_array_equal(median_a.get_xydata(), [[2, 0]])
    np.testing.assert_array_equal(ticks_b.get_ydata(), [1, 1])
    np.testing.assert_allclose(median_b.get_xydata(), [[0.6, 1]])
    assert line.get_xdata()[0] == 1.0
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert ax.yaxis_inverted()


def test_a_prediction_is_dashed_over_what_was_simulated(ax):
    plots.prediction(ax, [1.0, 10.0], [3.0, 4.0], [5.0, 6.0], color="red")
    simulated, predicted = ax.get_lines()
    np.testing.assert_array_equal(simulated.get_ydata(), [5, 6])
    np.testing.assert_array_equal(predicted.get_ydata(), [3, 4])
    assert predicted.get_linestyle() == "--"
    assert ax.get_xlim() == (1, 10)
    assert "Hz" in ax.get_xlabel()


def test_plain_ticks_stand_alone(ax):
    ax.loglog([1, 100], [1, 100])
    plots.plain_ticks(ax.xaxis, [2.0, 21.0])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2", "21"]
    assert not any(t.get_text() for t in ax.get_xticklabels(minor=True))


def test_a_forest_marks_what_is_met_and_what_lies_beyond_the_axis(ax):
    rows = {"met": [2.0, 3.0, np.nan], "missed": [0.5], "far": [1e6]}
    plots.forest(ax, rows, limits=(0.1, 10), controls={})
    lines = ax.get_lines()
    np.testing.assert_array_equal(lines[0].get_xdata(), [2, 3])
    assert lines[2].get_color() == plots.LEAK
    assert lines[5].get_color() == plots.NO_LEAK
    assert lines[5].get_marker() == "D"
    assert (lines[8].get_marker(), lines[8].get_xdata()[0]) == (">", 10)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["met", "missed", "far"]
    plots.forest(ax, {"on the bound": [0.9, 1.0, 1.1]}, limits=(0.1, 10), controls={})
    assert ax.get_lines()[-2].get_color() == plots.INPUT


def test_controls_stand_in_the_rows_of_what_they_are_controls_of(ax):
    rows = {"a": [2.0], "b": [0.5], "c": [3.0]}
    controls = {"negative": {"c": [0.1, 0.3, np.nan, 0.2], "d": [5.0]}, "positive": {"a": [1e9]}}
    plots.forest(ax, rows, limits=(0.1, 10), controls=controls)
    found = {line.get_marker(): (*line.get_xdata(), *line.get_ydata()) for line in ax.get_lines()}
    markers = plots.CONTROL_MARKERS
    assert found[markers["negative"]] == (pytest.approx(0.2), 2)
    assert found[markers["positive"]] == (10, 0)
    assert markers["filter"] not in found


def test_shares_of_controls_stand_in_their_rows(ax):
    rows = {"a": (0.5, 0.3, 0.8), "b": (1.0, 0.7, 1.0)}
    plots.shares(ax, rows, colors=["red", "blue"], controls={"filter": {"b": 0.25, "z": 1.0}})
    (line,) = (x for x in ax.get_lines() if x.get_marker() == plots.CONTROL_MARKERS["filter"])
    assert (*line.get_xdata(), *line.get_ydata()) == (0.25, 1)


def test_shares_show_their_interval(ax):
    plots.shares(
        ax, {"a": (0.5, 0.3, 0.8), "b": (1.0, 0.7, 1.0)}, colors=["red", "blue"], controls={}
    )
    interval, point = ax.get_lines()[:2]
    np.testing.assert_array_equal(interval.get_xdata(), [0.3, 0.8])
    np.testing.assert_array_equal(point.get_xydata(), [[0.5, 0]])
    assert ax.get_lines()[3].get_color() == "blue"


def test_a_matrix_of_verdicts_frames_what_differs_from_its_first_row(ax):
    good, bad = "reproduced", "not reproduced"
    symbols = {good: "+", bad: "-"}
    plots.verdict_matrix(
        ax,
        xr.DataArray(
            [[good, bad], [good, good], ["", bad], [bad, bad]],
            coords={"reading": ["x", "y", "z", "u"], "claim": ["1", "2"]},
        ),
        symbols,
        perhaps=[("u", "1")],
    )
    framed = [p.get_edgecolor()[3] > 0 for p in ax.patches]
    assert framed == [False, False, False, True, False, False, True, False]
    sure, unsure = ax.patches[3], ax.patches[6]
    assert (sure.get_linestyle(), unsure.get_linestyle()) == ("-", ":")
    assert [t.get_text() for t in ax.texts] == ["+", "-", "+", "+", "", "-", "-", "-"]
    faces = [p.get_facecolor() for p in ax.patches]
    assert same_color(faces[0], plots.VERDICT_COLORS[good])
    assert same_color(faces[1], plots.VERDICT_COLORS[bad])
    assert same_color(faces[4], "white")


def test_gains_shade_the_frequencies_that_count_as_high(ax):
    freqs = [10.0, 100.0, 400.0]
    rows = xr.DataArray([[1.0, 2.0, 3.0]] * 2, {"frequency": freqs}, ("network", "frequency"))
    plots.gains(ax, {"a": rows, "b": 2 * rows}, colors=["red", "blue"])
    medians = [line.get_ydata() for line in ax.get_lines()[:2]]
    np.testing.assert_array_equal(medians, [[1, 2, 3], [2, 4, 6]])
    assert [line.get_color() for line in ax.get_lines()[:2]] == ["red", "blue"]
    (shaded,) = ax.patches
    assert (shaded.get_x(), shaded.get_x() + shaded.get_width()) == (100, 400)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert ax.get_xlim() == (10, 400)


def test_gains_of_one_colour_differ_in_dash(ax):
    rows = xr.DataArray([[1.0, 2.0]], {"frequency": [10.0, 100.0]}, ("network", "frequency"))
    plots.gains(ax, {"a": rows, "b": rows}, colors=["red", "red"], dashes=[":", "--"])
    assert [line.get_linestyle() for line in ax.get_lines()[:2]] == [":", "--"]
