"""Systems in which what the paper says of Figures 5, 7 and S8 is known to be false, or true."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lsm.runs import Setting
from rongala2021 import judging, ledger
from rongala2021.grids import grid
from rongala2021.samples import samples_5, samples_7, samples_s8, structure
from rongala2021.settings import AMPLIFIED, FORMS, KINDS, MEANS
from rongala2021.weight_controls import (
    filter_5,
    filter_7,
    in_place,
    negative_5,
    negative_7,
    negative_s8,
    positive_5,
    positive_7,
    positive_s8,
    power_of_5a,
    readings_of_5a,
    with_static_leak,
    with_static_leaks,
)

CLAIMS = ledger.load(Path(__file__).parents[2] / "book" / "claims.yml")
N = 20
FREQS = np.array([10.0, 20.0, 50.0, 100.0, 200.0])
HIGH = FREQS >= 100


def verdicts(samples):
    return {name: judging.judge(CLAIMS[name], each).verdict for name, each in samples.items()}


def row(threshold):
    """HF over mean that passes 2 at a threshold."""
    return 2 * (np.array(MEANS) / threshold) ** 0.4


def groups_of(hf, activity, leak=0.02, scatter=0.0):
    """Groups of networks with some HF (kind, mean) and activity (mean) without leak."""
    rng = np.random.default_rng(0)
    shape = (len(KINDS), len(MEANS), N)
    factors = np.stack([np.broadcast_to(np.asarray(hf)[..., None], shape), np.full(shape, leak)])
    factors = factors * np.exp(scatter * rng.normal(size=factors.shape))
    gains = np.where(HIGH, factors[..., None], 1.0)
    gains[1, ..., 2] = 0.1
    axes = ("form", "kind", "mean", "group")
    active = np.broadcast_to(np.asarray(activity)[:, None], factors.shape)
    return xr.Dataset(
        {
            "power": ((*axes, "frequency"), 3.0 * gains),
            "input": ((*axes, "frequency"), np.full(gains.shape, 3.0)),
            "activity": (axes, active.copy()),
        },
        coords={"form": list(FORMS), "kind": list(KINDS), "mean": list(MEANS), "frequency": FREQS},
    )


PAPER = [row(0.35), row(0.25), np.where(AMPLIFIED.sel(kind="binary"), 5.0, 1.0)]
HERE = [row(0.35), row(0.35), np.full(len(MEANS), 5.0)]
ACTIVE = np.array(MEANS)
SATURATED = np.linspace(0.8, 1.0, len(MEANS))


def parts(groups):
    """What the positive controls of Figure 5 are built of: cells of a paper that is right."""
    paper = groups_of(PAPER, ACTIVE).sel(form="no leak")
    return paper.sel(kind="lognormal"), paper.isel(mean=[0, -1])


# Tools


def test_what_is_put_in_place_takes_its_cells_alone():
    groups = groups_of(HERE, SATURATED)
    other = groups.sel(form="no leak", kind="normal") + 7.0
    found = in_place(groups, other, form="no leak", kind="binary")
    assert (found.sel(form="no leak", kind="binary") == other).all()
    assert found.drop_sel(kind="binary").identical(groups.drop_sel(kind="binary"))
    assert found.sel(form="leak").identical(groups.sel(form="leak"))
    assert groups.identical(groups_of(HERE, SATURATED))
    one = in_place(groups, other.isel(mean=0, drop=True), form="leak", kind="binary")
    same = one["power"].sel(form="leak", kind="binary")
    assert (same == other["power"].isel(mean=0, drop=True)).all()


def test_static_leaks_are_changed_and_nothing_else():
    settings = grid([Setting(rate=50), Setting(rate=90)], rate=[50, 90])
    more = with_static_leak(settings, 0.5)
    assert [(s.rate, s.neuron.k_static) for s in more.values] == [(50, 0.5), (90, 0.5)]
    found = with_static_leaks(settings, [0.1, 0.2])
    assert found.dims == ("k_static", "rate")
    assert found.sel(k_static=0.2, rate=90).item().neuron.k_static == 0.2
    assert found.sel(k_static=0.1, rate=90).item().rate == 90


# Figure 5


def test_a_paper_that_is_right_is_reproduced_and_its_negative_control_is_not():
    groups = groups_of(PAPER, ACTIVE, scatter=0.02)
    right = verdicts(samples_5(groups))
    assert set(right.values()) == {"reproduced"}
    wrong = verdicts(negative_5(groups))
    assert wrong.keys() == right.keys()
    assert not set(wrong.values()) & {"reproduced", "partly"}


def test_the_positive_control_is_reproduced_where_the_networks_are_not():
    groups = groups_of(HERE, SATURATED, scatter=0.02)
    here = verdicts(samples_5(groups))
    assert (here["5a"], here["5b"]) == ("not reproduced", "partly")
    assert verdicts(positive_5(groups, *parts(groups))) == {"5a": "reproduced", "5b": "reproduced"}


@pytest.mark.parametrize(("threshold", "expected"), [(0.28, "reproduced"), (0.34, "not")])
def test_the_lead_of_lognormal_weights_decides(threshold, expected):
    groups = groups_of([PAPER[0], row(threshold), PAPER[2]], ACTIVE, scatter=0.01)
    samples = samples_5(groups)["5a"]
    leads = [sample["lead_of_lognormal"] for sample in samples]
    assert np.mean(leads) == pytest.approx(0.35 - threshold, abs=0.01)
    assert verdicts({"5a": samples})["5a"].startswith(expected)


def test_power_is_the_share_of_groups_by_what_is_true_of_them():
    groups = groups_of(HERE, SATURATED, scatter=0.03)
    freqs = {"frequency": FREQS[-1]}
    hf = (groups["power"] / groups["input"]).sel(form="no leak", **freqs)
    found = power_of_5a(CLAIMS["5a"], hf, xr.DataArray(row(0.25), dims="mean") + 0 * hf[0])
    names = zip(found["lognormal"], found["binary, 10 %"], strict=True)
    power = dict(zip(names, found["meet the criterion"], strict=True))
    old = dict(zip(power, found["meet the former one"], strict=True))
    true = ("a step earlier", "as normal 0.1")
    assert len(power) == 6
    assert power[true] > 0.95
    assert old[true] < power[true]  # thresholds between the means are met by chance
    assert all(share < 0.5 for system, share in power.items() if system != true)
    assert all(share == 0 for (_, binary), share in power.items() if binary == "as drawn")


def test_readings_of_the_average_signal_are_judged_by_both_criteria():
    axes = {"kind": list(KINDS), "mean": list(MEANS)}
    right, wrong = (xr.DataArray(np.array(x), coords=axes) for x in (PAPER, HERE))
    many = {"right": right.expand_dims(group=N), "wrong": wrong.expand_dims(network=N)}
    found = readings_of_5a(CLAIMS["5a"], many)
    assert found["reading"] == ["right", "wrong"]
    assert found["settings against"] == [0, 2]
    assert found["groups with HF below 2 there"] == [N, 0]
    np.testing.assert_allclose(found["lead of lognormal"], [0.1, 0.0], atol=1e-12)
    each = [f"reproduced ({N} of {N})", f"not reproduced (0 of {N})"]
    assert found["5a"] == found["by the former criterion"] == each


# Figure 7


def densities(low, high, scatter=0.0):
    """Networks of three rates and three counts, with power at low and high frequencies."""
    rng = np.random.default_rng(1)
    names = ["50 Hz", "100 Hz", "150 Hz", "6 sensors", "15 sensors", "30 sensors"]
    shape = (2, len(names), N)
    noise = np.exp(scatter * rng.normal(size=(*shape, FREQS.size)))
    power = np.where(HIGH, np.reshape(high, (1, -1, 1, 1)), 1.0) * np.reshape(low, (1, -1, 1, 1))
    power = np.broadcast_to(power, noise.shape) * noise
    power[1, ..., HIGH] *= 0.01
    axes = ("form", "density", "network", "frequency")
    return xr.Dataset(
        {"power": (axes, power), "input": (axes, np.ones_like(power))},
        coords={
            "form": list(FORMS),
            "density": names,
            "frequency": FREQS,
            "varied": ("density", ["rate"] * 3 + ["sensors"] * 3),
            "dense": ("density", [False, False, True] * 2),
        },
    )


def test_denser_input_and_controls_of_figure_7():
    found = densities([1, 0.5, 0.1] * 2, [5, 4, 3] * 2, scatter=0.1)
    assert set(verdicts(samples_7(found)).values()) == {"reproduced"}
    sparse = ~found["dense"]
    opened = densities([1.0] * 6, [1.0] * 6).sel(form="no leak")[{"density": sparse.values}]
    wrong = verdicts(negative_7(found, opened))
    assert set(wrong) == {"7a", "7b", "7c"}
    assert "reproduced" not in wrong.values()


def test_a_filter_afterwards_stands_in_the_place_of_the_leak_for_the_first_networks():
    groups = groups_of(PAPER, ACTIVE)
    after = groups_of(PAPER, ACTIVE, leak=0.2).sel(form="leak").isel(group=slice(6))
    found = filter_5(groups, after)
    assert [s["largest_HF"] for s in found["5c"]] == pytest.approx([0.2] * 6)
    assert verdicts(samples_5(groups))["5c"] == "reproduced"
    assert verdicts(found)["5c"] == "not reproduced"
    assert [s["largest_HF"] for s in found["5c"]] != samples_5(groups)["5c"][:6]
    dense = densities([1, 0.5, 0.1] * 2, [5, 4, 3] * 2)
    weak = dense.assign(power=dense["power"] * np.where(HIGH, 20.0, 1.0))
    after = weak.sel(form="leak").isel(network=slice(4))
    found = filter_7(dense, after)
    assert len(found["7c"]) == 4
    assert (verdicts(samples_7(dense))["7c"], verdicts(found)["7c"]) == (
        "reproduced",
        "not reproduced",
    )


def test_strong_networks_and_the_densest_input_do_as_the_paper_says():
    names = ["50 Hz", "100 Hz", "150 Hz", "6 sensors", "15 sensors", "30 sensors"]
    found = densities([1, 0.5, 2.0, 1, 0.5, 0.1], [1.5] * 6)
    found = xr.concat([found, found.sel(density=["150 Hz"])], "density")
    found = found.assign_coords(density=[*names, "200 Hz"]).sel(
        density=[*names[:3], "200 Hz", *names[3:]]
    )
    found["power"].loc[{"density": "200 Hz"}] *= 0.01
    here = verdicts(samples_7(found))
    assert (here["7a"], here["7b"]) == ("partly", "not reproduced")
    strong = densities([1.0] * 6, [9.0] * 6).sel(form="no leak")
    strong = strong[{"density": (~strong["dense"]).values}]
    assert verdicts(positive_7(found, strong)) == {"7a": "reproduced", "7b": "reproduced"}


# Supplementary Figure 8


@pytest.fixture
def hf():
    """Of single networks, half of whose order is that of the mean weights."""
    rng = np.random.default_rng(2)
    values = np.array(MEANS)[:, None, None] + 0.15 * rng.normal(size=(3, len(MEANS), N, 5))
    axes = {"kind": list(KINDS), "mean": list(MEANS), "group": range(N), "draw": range(5)}
    return xr.DataArray(values, coords=axes)


def test_an_order_is_no_overlap_and_a_shuffle_no_relation(hf):
    assert verdicts(negative_s8(hf))["S8"] == "not reproduced"
    assert verdicts(positive_s8(hf, seed=1))["S8"] == "reproduced"
    assert negative_s8(hf)["S8"][0]["overlap_of_neighbours"] == 0
    assert verdicts(samples_s8(structure(hf)))["S8"] == "not reproduced"


def test_only_networks_of_one_kind_and_group_change_places(hf):
    offset = 100 * np.arange(3)[:, None, None, None] + 1000 * np.arange(N)[:, None]
    spread = hf + xr.DataArray(np.broadcast_to(offset, hf.shape), dims=hf.dims)
    for found, again in (
        (negative_s8(hf), negative_s8(spread)),
        (positive_s8(hf, seed=3), positive_s8(spread, seed=3)),
    ):
        assert found == again
