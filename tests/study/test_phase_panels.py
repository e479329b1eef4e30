"""The phase diagram's figures on small data: colours, boundaries, and where theory errs."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh
from matplotlib.patches import Rectangle

from lsm.runs import NETWORK_K_STATIC
from rongala2021 import phase, phase_panels

KINDS, MEANS, DELAYS = ["normal", "binary"], [0.1, 0.2, 0.3], [0.0, 5e-3]
LEAKS = [0.01, 0.1, 1.0]


def points(*, theory=0.5, silent=False):
    """HF that falls with the static leak and rises with the mean, a little more in one network."""
    axes = {"kind": KINDS, "mean": MEANS, "delay": DELAYS, "k_static": LEAKS, "network": [0, 1]}
    shape = [len(labels) for labels in axes.values()]
    hf = xr.DataArray(np.ones(shape), coords=axes)
    ratio = hf["mean"] / hf["k_static"]
    hf = hf * ratio**0.5 * xr.DataArray([0.9, 1.1], dims="network") * (1 - 40 * hf["delay"])
    if silent:
        hf = hf.where((hf["kind"] != "binary") | (hf["mean"] > 0.15))
    return xr.Dataset({"simulated": hf, "predicted": theory * hf})


def panels(fig):
    return {ax.get_title("left"): ax for ax in fig.axes if ax.has_data()}


def legend(fig):
    return [text.get_text() for text in fig.legends[0].get_texts()]


def drawn(ax, *, wide, dashed):
    """The line of a boundary, by its width and dash."""
    (found,) = (
        line
        for line in ax.get_lines()
        if line.get_marker() in ("o", "s")
        and (line.get_marker() == "o") == wide
        and (line.get_linestyle() == "--") == dashed
    )
    return found


def test_every_law_and_delay_has_a_map_of_its_hf():
    found = points()
    axes = panels(phase_panels.diagram_figure(found))
    assert {"normal, no delay", "normal, 5 ms", "binary, no delay", "binary, 5 ms"} <= set(axes)
    for kind in KINDS:
        for delay, name in zip(DELAYS, ("no delay", "5 ms"), strict=True):
            (mesh,) = (c for c in axes[f"{kind}, {name}"].collections if isinstance(c, QuadMesh))
            shown = np.reshape(mesh.get_array(), (len(LEAKS), len(MEANS)))
            each = found["simulated"].sel(kind=kind, delay=delay)
            expected = phase.typical(each).transpose("k_static", "mean")
            np.testing.assert_allclose(shown, expected)


def test_colours_are_as_far_above_the_input_as_below_it_and_pale_there():
    low, high = phase_panels.LIMITS
    assert low * high == pytest.approx(1.0)
    middle = plt.get_cmap(phase_panels.COLORS)(0.5)
    assert min(middle[:3]) > 0.9


@pytest.mark.parametrize(("wide", "level"), [(True, 2.0), (False, 1.0)])
@pytest.mark.parametrize(("dashed", "variable"), [(False, "simulated"), (True, "predicted")])
def test_boundaries_lie_where_hf_falls_through_their_level(wide, level, dashed, variable):
    found = points()
    ax = panels(phase_panels.diagram_figure(found))["normal, no delay"]
    expected = phase.boundary(phase.typical(found[variable].sel(kind="normal", delay=0.0)), level)
    assert expected.notnull().any()
    x, y = drawn(ax, wide=wide, dashed=dashed).get_data()
    np.testing.assert_allclose(x, MEANS)
    np.testing.assert_allclose(y, expected)


def hatched(ax):
    return sum(isinstance(p, Rectangle) and bool(p.get_hatch()) for p in ax.patches)


def test_cells_are_hatched_where_theory_puts_most_networks_on_the_other_side():
    found = points()
    ax = panels(phase_panels.diagram_figure(found))["normal, no delay"]
    part = found.sel(kind="normal", delay=0.0)
    wrong = ((part["simulated"] >= 2) != (part["predicted"] >= 2)).all("network")
    assert 0 < int(wrong.sum()) < wrong.size
    assert hatched(ax) == int(wrong.sum())
    right = panels(phase_panels.diagram_figure(points(theory=1.0)))
    assert [hatched(ax) for ax in right.values()].count(0) == len(right)


def test_the_legend_says_what_is_nowhere():
    weak = points(theory=0.1)
    assert weak["predicted"].max() < 1
    told = legend(phase_panels.diagram_figure(weak))
    assert "HF = 2, by theory (nowhere)" in told
    assert "HF = 2, simulated" in told
    assert "HF = 2, by theory" in legend(phase_panels.diagram_figure(points()))


def test_silent_networks_are_drawn_in_a_grey_of_their_own_and_named():
    fig = phase_panels.diagram_figure(points(silent=True))
    fig.draw_without_rendering()
    assert "all silent" in legend(fig)
    (mesh,) = (c for c in panels(fig)["binary, no delay"].collections if isinstance(c, QuadMesh))
    colors = mesh.to_rgba(mesh.get_array()).reshape(len(LEAKS), len(MEANS), 4)
    grey = (colors[..., :3].std(axis=-1) < 1e-9) & (abs(colors[..., 0] - 0.6) < 0.2)
    assert grey[:, 0].all()
    assert (colors[..., 3] == 1).all()
    assert not grey[:, 1:].any()
    assert "all silent" not in legend(phase_panels.diagram_figure(points()))


def test_the_books_network_is_marked_once():
    axes = panels(phase_panels.diagram_figure(points()))
    stars = {
        name: line.get_xydata().tolist()
        for name, ax in axes.items()
        for line in ax.get_lines()
        if line.get_marker() == "*"
    }
    assert stars == {"normal, no delay": [[0.4, NETWORK_K_STATIC]]}


def test_the_line_of_equal_ratios_is_drawn_where_weights_scale_alone():
    found = points()
    axes = panels(phase_panels.diagram_figure(found))
    at = phase.boundary(phase.typical(found["simulated"].sel(kind="normal", delay=0.0)), 2.0)
    expected = np.exp(np.log(at / at["mean"]).mean())
    (line,) = (x for x in axes["normal, no delay"].get_lines() if x.get_linestyle() == "-.")
    np.testing.assert_allclose(line.get_ydata() / line.get_xdata(), expected)
    assert not [x for x in axes["binary, no delay"].get_lines() if x.get_linestyle() == "-."]


def test_with_leak_the_largest_hf_of_each_delay_is_drawn_and_the_bound():
    leak = 0.02 * points()
    fig = phase_panels.leak_figure(leak, bound=0.1)
    axes = panels(fig)
    for kind in KINDS:
        lines = axes[kind].get_lines()
        most = leak.sel(kind=kind).max(["mean", "network"])
        expected = [most[v].sel(delay=d) for d in DELAYS for v in ("simulated", "predicted")]
        for line, values in zip(lines, expected, strict=False):
            np.testing.assert_allclose(line.get_ydata(), values)
        assert list(lines[-1].get_ydata()) == [0.1, 0.1]
    told = [text.get_text() for text in axes["normal"].get_legend().get_texts()]
    assert told == ["no delay", "5 ms"]
