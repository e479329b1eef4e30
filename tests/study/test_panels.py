"""Figures that are drawn by more than one page, or that are long."""

from functools import partial

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh
from matplotlib.colors import same_color

from lsm.neurons import LSM
from lsm.runs import Setting, run
from rongala2021 import panels, plots, stated
from rongala2021.run_measures import spectra
from rongala2021.scale import scale_of, sweep_grid
from rongala2021.settings import FORMS, figure_4
from rongala2021.stretches import stretches

BASE = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, neuron=LSM(k_static=0.02))


@pytest.fixture(scope="module")
def network():
    settings = figure_4(BASE, 0.01)
    runs = {form: run(settings.sel(form=form).item(), seed=0) for form in FORMS}
    # A pulse that is a transient for certain, in the first form alone.
    spiky = runs["no leak"].activity.copy()
    spiky[:, 1777] += 3.0
    runs["no leak"] = runs["no leak"]._replace(activity=spiky)
    scale = scale_of({"seed": 0, "f_min": 4.0, "dt": 1e-3})
    power = sweep_grid(partial(spectra, spectrum=scale.spectrum), settings, scale)
    return runs, power["neurons"].isel(network=0)


@pytest.fixture
def drawn(network):
    runs, power = network
    cut = stretches(runs, ["EN1", "IN1"], [1, 3], skip=0.1)
    fig = panels.network_figure(runs["leak"].network, power, cut, course_of=["IN1"])
    return fig, cut


def of(fig):
    """Axes by the letter of their panel."""
    found = {}
    for ax in fig.axes:
        for text in ax.texts:
            if text.get_fontweight() == "bold" and len(text.get_text()) == 1:
                found[text.get_text()] = ax
    return found


def marks(ax):
    return [line for line in ax.lines if line.get_marker() == "v" and len(line.get_xdata())]


def test_silent_neurons_have_no_power_and_others_theirs():
    values = np.ones((2, 3, 4, 5)) * np.array([1.0, 1e-11, 1e-9])[:, None, None]
    values[1] *= 1e-3  # each form has its own strongest neuron
    power = xr.DataArray(values, dims=("form", "neuron", "frequency", "presentation"))
    found = panels.without_silent(power)
    np.testing.assert_array_equal(found[:, 1], 0.0)
    np.testing.assert_array_equal(found[:, [0, 2]], power[:, [0, 2]])


def test_a_network_has_all_its_panels(drawn):
    fig, _ = drawn
    each = of(fig)
    assert sorted(each) == list("ABCDEFGHI")
    assert [each[letter].get_title(loc="left") for letter in "BCFG"] == [
        "EN1, without leak",
        "IN1, without leak",
        "EN1, with leak",
        "IN1, with leak",
    ]


def test_every_transient_in_the_stretch_is_marked_above_its_trace(drawn):
    fig, cut = drawn
    each = of(fig)
    for i, letters in enumerate(("DE", "HI")):
        for letter, (name, stretch) in zip(letters, cut.items(), strict=True):
            ax, heights = each[letter], stretch["transient"].isel(form=i)
            traces = [line for line in ax.lines if len(line.get_xdata()) == stretch.sizes["time"]]
            assert len(traces) == stretch.sizes["presentation"], name
            expected = [
                (row, float(heights["time"][step])) for row, step in np.argwhere(heights.values)
            ]
            found = [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks(ax)]
            assert [x for x, _ in found] == pytest.approx([time for _, time in expected])
            for (row, time), (_, y) in zip(expected, found, strict=True):
                trace = traces[row]
                at = np.abs(trace.get_xdata() - time).argmin()
                assert y > trace.get_ydata()[at]
            says = [text.get_text() for text in ax.get_legend().get_texts()]
            assert says == ["counted transient" if expected else "no counted transient"]
    assert marks(each["D"])
    assert not marks(each["H"])


def test_both_forms_show_the_same_stretch_on_one_scale(drawn):
    fig, cut = drawn
    each = of(fig)
    for one, other, stretch in zip("DE", "HI", cut.values(), strict=True):
        assert each[one].get_xlim() == each[other].get_xlim()
        assert each[one].get_title(loc="left") == each[other].get_title(loc="left")
        bold = {
            text.get_text()
            for text in each[one].texts
            if text.get_fontweight() == "bold" and text.get_text().startswith("#")
        }
        assert bold == {f"#{stretch.attrs['presentation']}"}
    assert len({each[letter].get_ylim() for letter in "DEHI"}) == 1


def test_traces_fill_their_panels(drawn):
    fig, _ = drawn
    spans, distances = [], []
    for letter in "DE":
        traces = [line.get_ydata() for line in of(fig)[letter].lines if len(line.get_xdata()) > 3]
        spans += [np.ptp(y) for y in traces]
        middles = [np.median(y) for y in traces]
        distances += list(-np.diff(middles))
    assert distances == pytest.approx([distances[0]] * len(distances))
    # The widest trace reaches from its row into the next, and no further.
    assert 1 < max(spans) / distances[0] < 2


def test_maps_share_their_colours_and_one_shows_the_course_that_is_stated(drawn):
    fig, _ = drawn
    each = of(fig)
    limits = set()
    for letter in "BCFG":
        (mesh,) = [c for c in each[letter].collections if isinstance(c, QuadMesh)]
        limits.add((mesh.norm.vmin, mesh.norm.vmax))
        upright = [x for line in each[letter].lines if len({*(x := line.get_xdata())}) == 1]
        stands = [stated.BUILD_UP_UNTIL + 0.5, stated.FADES_AFTER + 0.5] if letter == "C" else []
        assert [x[0] for x in upright] == stands
    assert len(limits) == 1


def test_each_map_and_trace_is_of_its_neuron_and_form(drawn, network):
    fig, _ = drawn
    each, (_, power) = of(fig), network
    for letters, form in zip(("BCDE", "FGHI"), FORMS, strict=True):
        for i, (name, color) in enumerate(
            {"EN1": plots.EXCITATORY, "IN1": plots.INHIBITORY}.items()
        ):
            (mesh,) = [c for c in each[letters[i]].collections if isinstance(c, QuadMesh)]
            expected = np.maximum(power.sel(form=form, neuron=name), mesh.norm.vmin)
            np.testing.assert_array_equal(mesh.get_array(), expected)
            traces = [x for x in each[letters[i + 2]].lines if len(x.get_xdata()) > 3]
            assert all(same_color(trace.get_color(), color) for trace in traces)


def test_the_result_says_what_was_measured(network):
    runs, _ = network
    cut = stretches(runs, ["EN1"], [1], skip=0.1)["EN1"]
    freqs = np.geomspace(2, 400, 20)
    rows = np.stack([np.full((3, 20), 2.0), np.full((3, 20), 0.1)])
    axes = {"form": list(FORMS), "network": [0, 1, 2], "frequency": freqs}
    gain = xr.DataArray(rows, axes)
    hf = xr.DataArray([[1.0, 2.34, 9.0], [0.2, 0.0317, 0.01]], {k: axes[k] for k in list(axes)[:2]})
    fig = panels.result_figure(cut, gain, hf)
    left, right = fig.axes
    words = {text.get_text() for text in right.texts}
    assert {"without leak\nHF = 4.11", "with leak\nHF = 0.081"} <= words
    assert right.get_ylim()[1] == 60
    (high,) = panels.result_figure(cut, 100 * gain, hf).axes[1:]
    assert high.get_ylim()[1] > 200
    number = cut.attrs["presentation"]
    for form, line in zip(FORMS, left.lines, strict=True):
        expected = cut["activity"].sel(form=form, presentation=number)
        np.testing.assert_array_equal(line.get_ydata(), expected)


def test_a_network_without_transients_is_drawn_all_the_same(network):
    runs, power = network
    still = {
        form: each._replace(activity=np.zeros_like(each.activity)) for form, each in runs.items()
    }
    cut = stretches(still, ["EN1", "IN1"], [2])
    fig = panels.network_figure(still["leak"].network, 0 * power, cut)
    fig.draw_without_rendering()
    says = [text.get_text() for text in of(fig)["D"].get_legend().get_texts()]
    assert says == ["no counted transient"]
    assert "silent" in {text.get_text() for text in of(fig)["B"].texts}
    hf = xr.DataArray(np.ones((2, 1)), dims=("form", "network"))
    freqs = [10.0, 50.0, 200.0]
    gain = hf.expand_dims(frequency=freqs, axis=-1).assign_coords(frequency=freqs)
    assert panels.result_figure(cut["EN1"], gain, hf)


def test_the_bars_fit_beside_traces_of_any_size(network):
    runs, power = network
    small = {form: each._replace(activity=3e-4 * each.activity) for form, each in runs.items()}
    cut = stretches(small, ["EN1", "IN1"], [2])
    fig = panels.network_figure(small["leak"].network, power, cut)
    for letter in "EI":
        ax = of(fig)[letter]
        (bars,) = [line for line in ax.lines if len(line.get_xdata()) == 3]
        low, high = ax.get_ylim()
        height = np.ptp(bars.get_ydata())
        assert (high - low) / 20 < height < (high - low) / 2
        assert f"{height:g} a.u." in {text.get_text() for text in ax.texts}


def test_the_result_of_silent_networks_says_so(network):
    runs, _ = network
    still = {
        form: each._replace(activity=np.zeros_like(each.activity)) for form, each in runs.items()
    }
    cut = stretches(still, ["EN1"], [2])["EN1"]
    hf = xr.DataArray(np.full((2, 3), np.nan), dims=("form", "network"))
    freqs = [10.0, 50.0, 200.0]
    gain = hf.expand_dims(frequency=freqs, axis=-1).assign_coords(frequency=freqs)
    fig = panels.result_figure(cut, gain, hf)
    fig.draw_without_rendering()
    words = {text.get_text() for text in fig.axes[1].texts}
    assert {"without leak\nsilent", "with leak\nsilent"} <= words
