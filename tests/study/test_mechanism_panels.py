"""Tables and figures of mechanisms: what they show of what was measured."""

import numpy as np
import xarray as xr

from rongala2021 import ledger, mechanism_panels, mechanism_tables
from rongala2021.project import book_file


def over_network(rows, **coords):
    return xr.DataArray(rows, dims=(*coords, "network"), coords=coords)


def test_orders_are_told_by_their_ratios_and_lags():
    hf = xr.DataArray(
        [[[1.0, 4.0], [1.0, 8.0]], [[2.0, 2.0], [2.0, 2.0]]],
        dims=("order", "autapses", "network"),
        coords={"order": ["one", "other"], "autapses": [False, True]},
    )
    lags = {
        "at_ens": (("order", "network"), [[-0.3, 0.2], [0.5, 0.5]]),
        "at_ins": (("order", "network"), [[0.1, 0.1], [0.0, 0.0]]),
    }
    found = xr.Dataset({"hf": hf, **lags})
    ratios = hf.sel(autapses=True) / hf.sel(autapses=False)
    table = mechanism_tables.of_orders(found, ratios)
    np.testing.assert_allclose(table["HF without"], [2.0, 2.0])
    np.testing.assert_allclose(table["ratio"], [2**0.5, 1.0])
    assert table["networks ≥ 1.5"].values.tolist() == [1, 0]
    np.testing.assert_allclose(table["later at ENs"], [-0.05, 0.5])
    np.testing.assert_allclose([table["least"], table["most"]], [[-0.3, 0.5], [0.2, 0.5]])
    np.testing.assert_allclose(table["at INs"], [0.1, 0.0])
    ax = mechanism_panels.autapses_figure(found, ratios).axes[0]
    markers = [line.get_marker() for line in ax.lines if line.get_marker() in "oD"]
    assert markers == ["o", "D"]  # balanced, and not
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "other"]


def test_memory_counts_the_lags_outside_of_the_shuffles():
    lag = {"lag": [1, 2, 3]}
    columns = {"seen": [[0.5, -0.5, 0.0]], "low": [[-0.1] * 3], "high": [[0.1] * 3]}
    columns |= {"shuffled": [[0.0] * 3]}
    coords = {"reading": ["a"], **lag}
    echoes = xr.Dataset({k: (("reading", "lag"), v) for k, v in columns.items()}, coords)
    table = mechanism_tables.of_memory(echoes, over_network([[3.0, 9.0, 4.0]], reading=["a"]))
    assert int(table["outside, of 3"][0]) == 2
    assert (float(table["steps, median"][0]), float(table["steps, longest"][0])) == (4.0, 9.0)
    drawn = mechanism_panels.echoes_figure(echoes).axes[0].lines[-1]
    np.testing.assert_array_equal(drawn.get_ydata(), [0.5, -0.5, 0.0])


def test_the_text_tells_the_lags_and_steps_of_readings_and_of_controls():
    reading = {"reading": ["a", "b", "c (control)"]}
    table = {
        "outside, of 10": xr.DataArray([1, 2, 8], dims="reading", coords=reading),
        "steps, longest": xr.DataArray([9.0, 7.0, 99.0], dims="reading", coords=reading),
    }
    told = mechanism_tables.told_of_memory(table)
    assert (told["lags"], told["lags_outside"], told["lags_by_chance"]) == (20, 3, 1)
    assert [told[f"lags_{k}"] for k in range(3)] == [1, 2, 8]
    assert [told[f"steps_{k}"] for k in range(3)] == [9, 7, 99]


def test_the_text_counts_rows_of_walks():
    coords = {"law": ["uniform", "walk", "lossy walk"], "step_ms": [1, 10]}

    def rows(values):
        return xr.DataArray(values, dims=tuple(coords), coords=coords)

    walks = {
        "late HF: from": rows([[0.8, 0.9], [1.01, 0.9], [0.9, 1.1]]),
        "late HF: to": rows([[0.9, 1.1], [1.2, 1.1], [1.1, 1.3]]),
        "rise by 1.2": rows([[1, 2], [3, 4], [5, 6]]),
        "fall by 1.2": rows([[6, 5], [4, 3], [2, 1]]),
    }
    criteria = {
        "4b": rows([[9, 9], [5, 6], [14, 15]]),
        "4b, shuffled": rows([[1, 1], [2, 2], [3, 4]]),
        "4c": rows([[0, 1], [2, 0], [0, 0]]),
        "4c, shuffled": rows([[0, 0], [0, 0], [0, 3]]),
    }
    told = mechanism_tables.told_of_walks(walks, criteria, 20)
    assert (told["rows"], told["rows_off_one"], told["rows_off_one_uniform"]) == (6, 3, 1)
    assert (told["lossy_rise"], told["lossy_fall"]) == (6, 1)
    assert (told["most_4b"], told["most_4c"], told["most_4c_mixed"]) == (15, 2, 3)
    # 6 and 14 of 20 are within sampling error of half, 5 and 15 are not.
    assert (told["rows_walking"], told["rows_borderline"]) == (4, 2)
    assert [told[f"drawn_{law}"] for law in ("uniform", "walk", "lossy")] == [18, 11, 29]
    assert [told[f"mixed_{law}"] for law in ("uniform", "walk", "lossy")] == [2, 4, 7]


def test_the_text_tells_autapses_with_ins_first_and_of_ins_alone():
    order = ["together", "in turn, INs first", "in turn, at random"]
    hf = np.ones((3, 2, 5))
    hf[:, 1] = [[2.0] * 5, [3.0] * 5, [1.1, 1.2, 1.3, 1.2, 1.1]]
    coords = {"order": order, "autapses": [False, True]}
    found = xr.Dataset({"hf": over_network(hf, **coords)})
    found["at_ens"] = over_network(np.tile([0.1, -0.2, 0.3, 0.2, -0.1], (3, 1)), order=order)
    ratios = found["hf"].sel(autapses=True) / found["hf"].sel(autapses=False)
    told = mechanism_tables.told_of_orders(found, ratios)
    np.testing.assert_allclose([told["hf_ins_first"], told["hf_together"]], [3.0, 2.0])
    assert 0.99 < told["random_low"] < told["random_r"] < told["random_high"]
    some = over_network(
        np.array([[[2.0, 8.0], [1.0, 1.0]], [[3.0, 3.0], [1.0, 1.0]]]),
        which=["all", "of INs alone"],
        update=["in turn", "together"],
    )
    told = mechanism_tables.told_of_autapses(some)
    np.testing.assert_allclose([told["all_average"], told["of_ins_average"]], [4.0, 3.0])
    assert told["all_low"] < 4.0 < told["all_high"]


def test_density_is_the_spikes_left_to_the_power_of_the_exponent():
    slope = over_network([-1.0, -0.5])
    half = np.tile(np.repeat([1.0, 0.25], 10), (2, 1))
    presented = xr.DataArray([half], dims=("step_ms", "network", "presentation"))
    table = mechanism_tables.of_density(slope, presented, 1 / presented)
    np.testing.assert_allclose(table["by lost spikes"], [np.sqrt(4 * 2)])
    np.testing.assert_allclose(table["seen"], [4.0])
    np.testing.assert_allclose(table["exponent"], [-0.75])


def test_walks_are_told_by_their_late_over_their_early_presentations():
    rows = np.stack([np.repeat([1.0, 1.3], 10), np.repeat([1.3, 1.0], 10), np.ones(20)])
    hf = xr.DataArray([rows], dims=("law", "network", "presentation"), coords={"law": ["walk"]})
    table = mechanism_tables.of_walks(hf, hf, hf)
    assert (int(table["rise by 1.2"][0]), int(table["fall by 1.2"][0])) == (1, 1)
    np.testing.assert_allclose(table["late HF"], [1.0])


def test_criteria_are_met_by_the_networks_and_not_by_their_shuffled_presentations():
    hump = np.concatenate([[1.0] * 4, [5.0] * 16, [1.0] * 30])
    rows = np.tile(hump, (2, 1, 6, 2, 1))  # law, step, network, neuron, presentation
    found = xr.DataArray(
        rows,
        dims=("law", "step_ms", "network", "neuron", "presentation"),
        coords={"law": ["walk", "lossy walk"], "step_ms": [1], "neuron": ["EN1", "IN1"]},
    ).to_dataset(name="hf_presentation")
    claims = ledger.load(book_file("claims.yml"))
    table = mechanism_tables.of_criteria(found, claims, seed=1)
    assert table["both"].values.ravel().tolist() == [6, 6]
    assert (table["4c, shuffled"] < 6).all()


def test_linear_ratios_are_of_the_same_networks():
    values = xr.DataArray(
        [[[2.0, 1.0], [4.0, 3.0]]],
        dims=("update", "autapses", "network"),
        coords={"update": ["together"], "autapses": [False, True]},
    )
    found = xr.Dataset({"simulated": values, "predicted": values**2, "radius": values / 4})
    table = mechanism_tables.of_linear(found)
    np.testing.assert_allclose(table["ratio"], [6**0.5])
    np.testing.assert_allclose(table["ratio, linear"], [6.0])
    np.testing.assert_allclose(
        [table["radius without"][0], table["radius with"][0]], [0.375, 0.875]
    )


def test_the_figure_of_silence_draws_theory_networks_and_the_least_inhibition():
    both = {"autapses": [False, True]}
    means, levels, cvs = [0.1, 0.4], [1.0, 2.0], [0.1, 0.2]
    drive = xr.DataArray(
        np.full((2, 2, 2), -0.1),
        dims=("autapses", "mean", "level"),
        coords={**both, "mean": means, "level": levels},
    )

    def driven(**coords):
        shape = [2, *map(len, coords.values())]
        values = over_network(np.full((*shape, 5), 0.3), **both, **coords)
        return xr.Dataset({"share": values, "predicted": values + 0.1})

    least = xr.DataArray([0.86, 1.0], dims="autapses", coords=both)
    scattered, inhibited = driven(mean=means, cv=cvs), driven(inhibition=[0.8, 1.0])
    fig = mechanism_panels.silence_figure(xr.Dataset({"drive": drive}), scattered, inhibited, least)
    dotted = [line for line in fig.axes[2].lines if line.get_linestyle() == ":"]
    assert [line.get_xdata()[0] for line in dotted] == [0.86, 1.0]
    heights = {round(float(y), 6) for line in fig.axes[1].lines for y in line.get_ydata()}
    assert {0.3, 0.4} <= heights


def test_the_figure_of_walks_has_a_column_for_each_law_and_a_line_for_each_step():
    coords = {"law": ["uniform", "walk"], "step_ms": [1, 2, 5], "presentation": np.arange(1, 21)}
    hf = xr.DataArray(np.ones((2, 3, 20)), dims=tuple(coords), coords=coords)
    fig = mechanism_panels.walks_figure(hf, 300 * hf)
    assert [len(ax.lines) for ax in fig.axes] == [3, 3, 3, 3]
    assert [ax.get_title("left") for ax in fig.axes[:2]] == ["independent", "walk"]
