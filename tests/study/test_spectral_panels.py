"""Figures 5 to 8 on small data: what each panel shows, and what it marks of the paper."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import same_color

from rongala2021 import plots, spectral_panels, stated
from rongala2021.settings import FORMS, KINDS, LEAKS, MEANS, SIZE_WEIGHTS
from rongala2021.spectra import gain

FREQS = np.geomspace(2, 400, 12)


def numbered(**coords):
    """Values that all differ, over these axes, networks and frequency."""
    coords = {**coords, "network": [0, 1], "frequency": FREQS}
    shape = [len(each) for each in coords.values()]
    values = np.geomspace(1e-6, 1, int(np.prod(shape))).reshape(shape)
    return xr.DataArray(values, coords=coords)


def panels_of(fig):
    """Axes by their titles."""
    return {ax.get_title("left"): ax for ax in fig.axes}


def line(ax, label):
    """Values of the line of this label, which may tell its HF as well."""
    (found,) = (each for each in ax.get_lines() if each.get_label().partition(": HF")[0] == label)
    return found.get_ydata()


def stated_words(ax):
    return " ".join(t.get_text() for t in ax.texts if t.get_text().startswith("paper:"))


def letters(fig):
    return "".join(t.get_text() for ax in fig.axes for t in ax.texts if t.get_weight() == "bold")


def densities():
    labels = ["50 Hz", "100 Hz", "150 Hz", "6 sensors", "15 sensors", "30 sensors"]
    power = numbered(form=list(FORMS), density=labels)
    return power.assign_coords(varied=("density", ["rate"] * 3 + ["sensors"] * 3))


def test_figure_5_shows_each_distribution_and_marks_from_where_high_frequencies_are_amplified():
    power = numbered(form=list(FORMS), kind=list(KINDS), mean=list(MEANS)).rename(network="draw")
    samples = {kind: {f"{m:g}": np.full(4, m) for m in MEANS} for kind in KINDS}
    drawn = xr.Dataset({"power": power, "input": 2 * power})
    fig = spectral_panels.weights_figure(drawn, samples)
    assert letters(fig) == "ADEBC"
    found = panels_of(fig)
    for form, label in zip(FORMS, plots.FORM_LABELS, strict=True):
        for kind in KINDS:
            ax = found[f"{kind}, {label}"]
            expected = power.sel(form=form, kind=kind, mean=0.3).mean("draw")
            np.testing.assert_allclose(line(ax, "0.3"), expected)
            if form == "leak":
                (bracket,) = (each for each in ax.get_lines() if each.get_marker() == "|")
                assert tuple(bracket.get_xdata()) == stated.OVER_DAMPED
    marks = [stated_words(found[f"{kind}, without leak"]) for kind in KINDS]
    assert [word in mark for word, mark in zip(("0.4", "0.3", "10%"), marks, strict=True)] == [
        True
    ] * 3


def test_brackets_of_hf_begin_where_the_paper_says_that_it_is_amplified():
    hf = numbered(form=list(FORMS), kind=list(KINDS), mean=list(MEANS)).isel(frequency=0)
    fig = spectral_panels.amplified_figure(hf.rename(network="group"), removed=0.1)
    begins = []
    for ax in fig.axes:
        (bracket,) = (each for each in ax.get_lines() if each.get_marker() == "|")
        begin, end = bracket.get_xdata()
        begins.append(MEANS[round(begin + 0.5)])
        assert round(end - 0.5) == len(MEANS) - 1
        bounds = {float(y) for each in ax.get_lines() for y in set(each.get_ydata())}
        assert {2.0, 0.1} <= bounds
        # Here, all values without leak are below all those with it.
        dots = [each for each in ax.get_lines() if each.get_marker() == "o"]
        by_height = sorted(dots, key=lambda each: each.get_ydata().mean())
        assert same_color(by_height[0].get_color(), plots.NO_LEAK)
        assert same_color(by_height[-1].get_color(), plots.LEAK)
    assert begins == [0.4, 0.3, 0.2]


def test_figure_6_keeps_the_colour_of_a_delay_and_draws_the_papers_law_through_the_peaks():
    delays, dt = [0.0, 0.001, 0.004], 0.001
    gains = numbered(form=list(FORMS), delay=delays)
    frequency = xr.DataArray(
        [[300.0] * 2, [75.0] * 2], coords={"delay": delays[1:], "network": [0, 1]}
    )
    fig = spectral_panels.delays_figure(
        gains,
        gains.isel(form=0, delay=slice(1, None)),
        {"normal": frequency, "uniform": 2 * frequency},
        expected=[250.0, 100.0],
        dt=dt,
    )
    left, right, low, law = fig.axes
    level = plots.levels(3)[2]
    for ax in (left, right, low):
        (drawn,) = (each for each in ax.get_lines() if each.get_label() == "4 ms")
        assert (drawn.get_color(), drawn.get_marker()) == (level.color, level.marker)
        vertical = [each for each in ax.get_lines() if set(each.get_xdata()) == {100.0}]
        assert [each.get_color() for each in vertical] == [level.color]
    np.testing.assert_allclose(
        line(right, "none"), gains.sel(form="leak", delay=0).median("network")
    )
    (paper,) = (each for each in law.get_lines() if each.get_color() == plots.PAPER)
    np.testing.assert_allclose(paper.get_xdata(), [2, 5])  # ms, with the step
    # Peaks that are inverse to the delay lie on it, and no factor of the other law moves it.
    np.testing.assert_allclose(paper.get_ydata(), [300, 75])
    colors = {each.get_label(): each.get_color() for each in law.get_lines()}
    assert same_color(colors["normal delays"], plots.NO_LEAK)
    assert same_color(colors["uniform delays"], plots.ALTERNATIVE)


def test_figure_7_and_its_gains_show_the_same_conditions_in_the_same_panels():
    power = densities()
    fig = spectral_panels.densities_figure(xr.Dataset({"power": power, "input": 3 * power}))
    hf = power.mean("frequency")
    of_gains = spectral_panels.densities_gain_figure(power, hf)
    assert letters(fig) == letters(of_gains) == "ABCD"
    for figure, middle in ((fig, "mean"), (of_gains, "median")):
        a, b, c, d = figure.axes
        for ax, form, label in (
            (a, "no leak", "100 Hz"),
            (b, "leak", "100 Hz"),
            (c, "no leak", "15 sensors"),
            (d, "leak", "15 sensors"),
        ):
            expected = getattr(power.sel(form=form, density=label), middle)("network")
            np.testing.assert_allclose(line(ax, label), expected)
        titles = [ax.get_legend().get_title().get_text() for ax in (a, c)]
        assert titles == [plots.VARIED["rate"], plots.VARIED["sensors"]]
    np.testing.assert_allclose(
        line(fig.axes[2], "input"),
        3 * power.sel(form="no leak", density="6 sensors").mean("network"),
    )
    assert "150 and 200 Hz" in stated_words(fig.axes[0])
    assert "30 and 50 sensors" in stated_words(fig.axes[2])
    assert "50 and 100 Hz" in stated_words(of_gains.axes[0])
    assert "6 and 15 sensors" in stated_words(of_gains.axes[2])


def test_the_bound_of_hf_stands_in_the_panels_without_leak_and_the_cutoff_in_those_with_it():
    hf = densities().isel(frequency=0, drop=True) * 0
    hf.loc[{"form": "no leak", "density": "15 sensors"}] = [1.0, 2.0]
    a, b, c, d = spectral_panels.densities_gain_figure(densities(), hf).axes
    told = [text.get_text() for text in c.get_legend().get_texts()]
    assert told == ["6 sensors: HF 0.0", "15 sensors: HF 1.5", "30 sensors: HF 0.0"]
    assert [
        text.get_text() for ax in (b, d) for text in ax.texts if ": HF" in text.get_text()
    ] == []
    for ax in (a, c):
        assert any("our bound of the mean, HF: 2" in text.get_text() for text in ax.texts)
    for ax in (b, d):
        assert not any("our bound" in text.get_text() for text in ax.texts)
        assert [each for each in ax.get_lines() if set(each.get_xdata()) == {stated.CUTOFF}]
        assert "15.9 Hz" in stated_words(ax)


@pytest.mark.parametrize("of_gain", [False, True])
def test_figure_8_and_its_gains_have_a_panel_for_each_leak_and_kind_of_weights(of_gain):
    power = numbered(weights=list(SIZE_WEIGHTS), leak=list(LEAKS), size=["5x4", "10x8"])
    source = power + 1
    drawn = xr.Dataset({"power": power, "input": source})
    draw = spectral_panels.sizes_gain_figure if of_gain else spectral_panels.sizes_figure
    fig = draw(drawn)
    fixed = list(LEAKS)[1]
    assert sorted(letters(fig)) == list("ABCDEFGH")
    found = panels_of(fig)
    assert len(found) == 8
    for weights in SIZE_WEIGHTS:
        for leak in LEAKS:
            ax = found[f"{weights}, {leak}".replace("no leak", "without leak")]
            here = {"weights": weights, "size": "10x8"}
            if not of_gain:
                expected = power.sel(here | {"leak": leak}).mean("network")
            elif leak in (next(iter(LEAKS)), fixed):
                expected = gain(drawn).sel(here | {"leak": leak}).median("network")
            else:
                relative = power.sel(here | {"leak": leak}) / power.sel(here | {"leak": fixed})
                expected = relative.median("network")
            np.testing.assert_allclose(line(ax, "10x8"), expected)
            limit = [x for x in ax.get_lines() if set(x.get_xdata()) == {stated.DAMPED_WELL_BELOW}]
            assert bool(limit) == (leak == "leak ~ synapses")
            if of_gain:
                bound = any("our bound of the mean, HF" in text.get_text() for text in ax.texts)
                assert bound == (leak == "no leak")
            else:
                first = source.sel(weights=weights, leak="no leak", size="5x4").mean("network")
                np.testing.assert_allclose(line(ax, "input"), first)


@pytest.mark.parametrize("factor", [1e-8, 1.0, 1e8])
def test_no_line_is_cut_and_panels_of_a_kind_share_their_limits(factor):
    power = factor * numbered(weights=list(SIZE_WEIGHTS), leak=list(LEAKS), size=["5x4", "10x8"])
    dense = factor * densities()
    each = factor * numbered(form=list(FORMS), kind=list(KINDS), mean=list(MEANS))
    samples = {kind: {f"{m:g}": np.full(4, m) for m in MEANS} for kind in KINDS}
    drawn = each.rename(network="draw")
    figures = [
        spectral_panels.sizes_figure(xr.Dataset({"power": power, "input": power})),
        spectral_panels.sizes_gain_figure(xr.Dataset({"power": power, "input": power**0})),
        spectral_panels.densities_figure(xr.Dataset({"power": dense, "input": dense})),
        spectral_panels.densities_gain_figure(dense, dense.mean("frequency")),
        spectral_panels.weights_figure(xr.Dataset({"power": drawn, "input": drawn}), samples),
        spectral_panels.amplified_figure(
            each.isel(frequency=0).rename(network="group"), removed=0.1
        ),
    ]
    for fig in figures:
        for ax in (ax for ax in fig.axes if ax.get_yscale() == "log"):
            low, high = ax.get_ylim()
            for curve in (x.get_ydata() for x in ax.get_lines() if x.get_label()[0] != "_"):
                assert low <= curve.min() <= curve.max() <= high
    of_leaks = {ax.get_ylim() for ax in figures[1].axes[4:]}
    assert len(of_leaks) == 1
