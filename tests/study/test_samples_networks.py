"""What claims on many networks measure, on made-up results."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lsm.runs import Setting
from lsm.spectrum import log_frequencies
from rongala2021 import claim_measures
from rongala2021.judging import judge
from rongala2021.ledger import load
from rongala2021.samples import (
    added_peaks,
    delay_slopes,
    growing_leak,
    largest,
    largest_of_sizes,
    mean,
    over_no_delay,
    peaks_kept,
    peaks_left,
    samples_5,
    samples_5a,
    samples_6,
    samples_7,
    samples_8,
    samples_s5,
    samples_s8,
    smallest,
    spread_over_one_size,
    structure,
    thresholds,
)
from rongala2021.settings import AMPLIFIED, figure_5, figure_6, figure_7, figure_8

TAU = 0.01
FREQS = log_frequencies(2.0, 400.0, voices=4)
HIGH = FREQS >= 100


@pytest.fixture(scope="module")
def ledger():
    return load(Path(__file__).parents[2] / "book" / "claims.yml")


def populated(settings, repeats="network", n=1):
    """A flat gain of 1 in all cells of a grid, for so many repeats."""
    axes = (*settings.dims, repeats)
    shape = (*settings.shape, n)
    spectra = ((*axes, "frequency"), np.ones((*shape, FREQS.size)))
    variables = {"power": spectra, "input": spectra}
    variables |= {name: (axes, np.ones(shape)) for name in ("activity", "variance")}
    coords = {**settings.coords, "frequency": FREQS, repeats: np.arange(n)}
    return xr.Dataset(variables, coords=coords).copy(deep=True)


def set_hf(found, value, **labels):
    """Let power above 100 Hz be `value` in the cells of some labels."""
    labels["frequency"] = FREQS[HIGH]
    found["power"].loc[labels] = value


def bump(frequency, width):
    """A peak of height 1 on a log axis of frequency."""
    return np.exp(-(np.log(FREQS / frequency) ** 2) / width)


# What is not known


@pytest.mark.parametrize(("reduce", "expected"), [(largest, 4.0), (smallest, 3.0), (mean, 3.5)])
def test_a_reduction_of_what_is_not_known_is_not_known(reduce, expected):
    values = xr.DataArray([[1.0, np.nan, 0.5], [3.0, 4.0, 3.5]], dims=("network", "size"))
    np.testing.assert_array_equal(reduce(values, "size"), [np.nan, expected])
    whole = reduce(values, ["network", "size"])
    assert np.isnan(whole)
    both = reduce(xr.Dataset({"a": values, "b": 0 * values.isel(size=0, drop=True)}), "size")
    np.testing.assert_array_equal(both["a"], [np.nan, expected])


def silent(found, **labels):
    """The same, networks of some labels without power."""
    found["power"].loc[labels] = 0.0
    return found


def test_a_silent_network_is_no_network_without_high_frequencies():
    # Its ratio is not known, and NaN meets no criterion.
    base = Setting()
    groups = silent(populated(figure_5(base, TAU), "group"), form="leak", kind="binary", mean=0.1)
    found = samples_5(groups)
    assert np.isnan(found["5c"][0]["largest_HF"])
    assert np.isnan(found["5d"][0]["gain_20_200_hz"])
    assert np.isnan(found["5d"][0]["largest_gain_20_200_hz"])
    rates, counts = (50, 100, 150), (6, 15, 30)
    settings = figure_7(base, TAU, rates, counts)
    found = samples_7(silent(populated(settings), form="leak", density="150 Hz"))
    assert np.isnan(found["7c"][0]["largest_HF"])
    assert found["7a"][0]["smallest_HF"] == pytest.approx(1)
    found = samples_7(silent(populated(settings), form="no leak", density="100 Hz"))
    assert np.isnan(found["7a"][0]["smallest_HF"])
    settings = figure_8(base, TAU, [(5, 4), (10, 8), (20, 16)])
    cell = {"weights": "binary 0.2", "size": "10x8"}
    found = samples_8(silent(populated(settings), leak="fixed leak", **cell))
    assert np.isnan(found["8c"][0]["largest_HF"])
    with_both = {"leak": ["fixed leak", "leak ~ √synapses"], **cell}
    found = samples_8(silent(populated(settings), **with_both))
    assert np.isnan(found["8d"][0]["largest_low_frequency_ratio"])
    assert np.isnan(found["8d"][0]["largest_HF"])
    found = samples_8(silent(populated(settings), leak="no leak", **cell))
    assert np.isnan(found["8a"][0]["smallest_HF"])
    assert np.isnan(found["8a"][0]["spread_of_HF"])
    assert np.isnan(found["8a"][0]["spread_over_one_size"])


def test_a_silent_network_has_no_slope_no_count_of_peaks_and_no_cutoff():
    settings = figure_6(Setting(), TAU, [0.0, 1e-3, 5e-3])
    found = samples_6(silent(populated(settings), form="no leak"), dt=1e-3)
    assert np.isnan(found["6a"][0]["slope"])
    found = samples_6(silent(populated(settings), form="leak"), dt=1e-3)
    assert np.isnan(found["6b"][0]["n_peaks"])
    dead = silent(delayed(), form="leak", delay=9e-3)
    dead["power"].loc[{"form": "no leak", "delay": DELAYS[1:]}] += bump(50, 0.1)
    assert np.isnan(samples_6(dead, dt=1e-3)["6b"][0]["peaks_kept"])
    settings = figure_8(Setting(), TAU, [(5, 4), (10, 8)])
    found = samples_8(silent(populated(settings), size="10x8"))
    for name in ("cutoff_of_largest", "cutoff_over_fixed", "low_frequency_ratio_of_largest"):
        assert np.isnan(found["8e"][0][name])


def test_a_network_without_high_frequencies_to_tell_is_not_as_the_paper_says():
    """Neither where the paper says that they are amplified, nor where it says that they are not."""
    for mean_weight in (0.1, 0.5):
        groups = populated(figure_5(Setting(), TAU), "group")
        (plain,) = samples_5(groups)["5a"]
        (sample,) = samples_5(silent(groups, form="no leak", kind="binary", mean=mean_weight))["5a"]
        more = sample["settings_against"] - plain["settings_against"]
        assert more == (mean_weight == 0.1)  # at 0.5 it was against the paper before


# Figure 5


def test_samples_of_figure_5_count_settings_against_the_paper():
    groups = populated(figure_5(Setting(), TAU), "group", 2)
    for kind in AMPLIFIED["kind"].values:
        for m in AMPLIFIED["mean"].values:
            amplified = AMPLIFIED.sel(kind=kind, mean=m)
            set_hf(groups, 3.0 if amplified else 1.0, form="no leak", kind=kind, mean=m)
    set_hf(groups, 3.0, form="no leak", kind="lognormal", mean=0.1, group=1)
    set_hf(groups, 0.05, form="leak")
    set_hf(groups, 0.2, form="leak", kind="binary", mean=0.4, group=0)
    groups["activity"].loc[{"mean": 0.1}] = [0.25, 0.5]
    groups["activity"].loc[{"form": "no leak", "kind": "lognormal", "mean": 0.1, "group": 0}] = 0.4
    found = samples_5(groups)
    assert [s["settings_against"] for s in found["5a"]] == [0, 1]
    np.testing.assert_allclose([s["largest_activity_ratio"] for s in found["5b"]], [0.4, 0.5])
    np.testing.assert_allclose([s["largest_HF"] for s in found["5c"]], [0.2, 0.05])
    band = (FREQS >= 20) & (FREQS <= 200)
    share = (band & HIGH).sum() / band.sum()
    each = [
        {name: s[name] for name in ("largest_gain_20_200_hz", "gain_20_200_hz")}
        for s in found["5d"]
    ]
    of_all, other = 1 - share * 0.95, 1 - share * 0.8
    expected = [(other, (14 * of_all + other) / 15), (of_all, of_all)]
    np.testing.assert_allclose([tuple(s.values()) for s in each], expected)


MEANS = AMPLIFIED["mean"].values


def ratios(**rows):
    """HF over kind, mean and group (one)."""
    kinds = {"kind": list(rows), "mean": MEANS}
    return xr.DataArray(np.array(list(rows.values())), coords=kinds).expand_dims(group=1)


def test_a_threshold_is_where_parallel_lines_pass_the_bound():
    normal, lognormal = (2 * (MEANS / at) ** 0.4 for at in (0.4, 0.15))
    found = thresholds(ratios(normal=normal, lognormal=lognormal))
    np.testing.assert_allclose(found.sel(kind="normal"), [0.4])
    np.testing.assert_allclose(found.sel(kind="lognormal"), [0.15])
    # Of different slopes: both get the mean one, through their own centres.
    steep = 2 * (MEANS / 0.4) ** 0.8
    centre = np.log(MEANS).mean()
    expected = np.exp(centre - 0.8 * (centre - np.log(0.4)) / 0.6)
    found = thresholds(ratios(normal=steep, lognormal=lognormal))
    np.testing.assert_allclose(found.sel(kind="normal"), [expected])


@pytest.mark.parametrize(
    "row", [(MEANS / 0.6) ** 0.4, (MEANS / 0.05) ** 0.4, (MEANS / 0.3) ** -0.4]
)
def test_there_is_no_threshold_outside_the_means_or_of_falling_lines(row):
    assert thresholds(ratios(normal=2 * row)).isnull().all()


@pytest.mark.parametrize("unknown", [np.nan, 0.0])
def test_a_silent_setting_leaves_no_threshold(unknown):
    normal = 2 * (MEANS / 0.3) ** 0.4
    found = thresholds(ratios(normal=normal, lognormal=[unknown, *normal[1:]]))
    assert found.isnull().all()
    found = samples_5a(ratios(normal=normal, lognormal=normal, binary=[1.0, np.nan, 3, 3, 3]))
    assert np.isnan(found[0]["smallest_HF_binary_above_10"])
    assert found[0]["HF_binary_10"] == 1.0


def test_samples_of_5a_are_the_lead_and_both_sides_of_10_percent():
    normal, lognormal = (2 * (MEANS / at) ** 0.4 for at in (0.35, 0.28))
    binary = [7.0, 5.0, 4.0, 2.5, 3.0]
    (found,) = samples_5a(ratios(normal=normal, lognormal=lognormal, binary=binary))
    assert found["lead_of_lognormal"] == pytest.approx(0.07)
    assert found["threshold_normal"] - found["threshold_lognormal"] == found["lead_of_lognormal"]
    assert (found["HF_binary_10"], found["smallest_HF_binary_above_10"]) == (7.0, 2.5)
    assert found["settings_against"] == 1


def test_all_means_from_the_first_that_is_amplified_are():
    first = {"normal": 0.4, "lognormal": 0.3, "binary": 0.2}
    for kind, mean_weight in first.items():
        np.testing.assert_array_equal(AMPLIFIED.sel(kind=kind), mean_weight <= MEANS)


# Figure 6

DELAYS = np.array([0, 1e-3, 3e-3, 9e-3])


def delayed(n=1):
    return populated(figure_6(Setting(), TAU, DELAYS), n=n)


def test_samples_of_figure_6_have_the_slope_of_the_peaks():
    found = delayed()
    power = found["power"]
    for delay in DELAYS[1:]:
        power.loc[{"form": "no leak", "delay": delay}] += bump(1 / (2 * (delay + 1e-3)), 0.1)
    power.loc[{"form": "no leak"}] *= 1 + 20 * bump(25, 0.1)  # there without delay too
    power.loc[{"form": "leak", "delay": 3e-3}] += bump(60, 0.02)
    low = 0.01 * (1 + bump(200, 0.02)[HIGH])  # a peak below a gain of 1
    set_hf(found, low, form="leak", delay=1e-3)
    samples = samples_6(found, dt=1e-3)
    assert samples["6a"][0]["slope"] == pytest.approx(-1, abs=0.1)
    assert samples["6a"][0]["n_delays"] == 3
    assert samples["6b"][0]["n_peaks"] == 1
    assert samples["6b"][0]["highest_over_no_delay"] == pytest.approx(2, rel=0.05)
    left = peaks_left(found.sel(form="leak"))
    assert left["delay"].values[left.values[:, 0] > 0].tolist() == [3e-3]


def test_delays_that_add_no_peak_have_no_slope():
    samples = samples_6(delayed(), dt=1e-3)
    assert np.isnan(samples["6a"][0]["slope"])
    assert samples["6a"][0]["n_delays"] == 0
    expected = {"peaks_kept": np.nan, "n_peaks": 0, "highest_over_no_delay": 1.0}
    assert samples["6b"] == [pytest.approx(expected, nan_ok=True)]  # there is none to be kept


def test_a_peak_is_kept_if_with_leak_the_highest_lies_near_its_frequency():
    found = delayed(n=4)
    power = found["power"]
    for delay, frequency in zip(DELAYS[1:], (200, 100, 40), strict=True):
        power.loc[{"form": "no leak", "delay": delay}] += bump(frequency, 0.02)
    leak = power.sel(form="leak")
    leak[:] = leak / (1 + (power["frequency"] / 16) ** 2)  # as much with delays as without: none
    leak.loc[{"network": 1, "delay": 3e-3}] *= 1 + 0.3 * bump(84, 0.02)  # lower, yet there
    leak.loc[{"network": 2, "delay": 3e-3}] *= 1 + 3.0 * bump(71, 0.02)  # high, but elsewhere
    leak.loc[{"network": 3, "delay": 3e-3}] *= 1 + 0.1 * bump(100, 0.02) + bump(15, 0.02)
    leak.loc[{"network": 3, "delay": 1e-3}] *= 1 + 0.1 * bump(200, 0.02)
    leak.loc[{"network": 3, "delay": 9e-3}] *= 1 + bump(40, 0.02)
    kept = peaks_kept(power.sel(form="no leak"), leak)
    np.testing.assert_array_equal(kept.sel(network=3), [1, 0, 1])  # a ripple beside a peak
    samples = samples_6(found, dt=1e-3)["6b"]
    assert [s["peaks_kept"] for s in samples] == [0, 1, 0, 2]


@pytest.mark.parametrize(("frequency", "counts"), [(8.8, False), (10.5, True)])
def test_peaks_are_sought_above_10_hz(frequency, counts):
    found = delayed()
    found["power"].loc[{"form": "no leak", "delay": 3e-3}] *= 1 + bump(frequency, 0.05)
    (sample,) = samples_6(found, dt=1e-3)["6a"]
    assert sample["n_delays"] == counts


def test_peaks_are_those_of_each_network_over_itself_without_delay():
    found = delayed(n=2)
    power = found["power"].sel(form="no leak")
    power.loc[{"network": 1}] *= 1 + 5 * bump(40, 0.1)
    power.loc[{"network": 1, "delay": 3e-3}] *= 1 + bump(100, 0.1)
    power.loc[{"network": 0, "delay": 9e-3}] *= 1 + bump(5, 0.1)  # below 10 Hz
    added = over_no_delay(power)
    np.testing.assert_array_equal(added["delay"], DELAYS[1:])
    np.testing.assert_allclose(added.sel(delay=3e-3, network=1), 1 + bump(100, 0.1))
    peaks = added_peaks(power)
    assert peaks.sel(delay=3e-3, network=1) == FREQS[np.abs(np.log(FREQS / 100)).argmin()]
    assert np.isfinite(peaks).sum() == 1


def test_the_slope_is_that_over_the_delay_and_one_step():
    peaks = xr.DataArray(
        [3 / (DELAYS[1:] + 2e-3) ** 0.5], dims=("network", "delay"), coords={"delay": DELAYS[1:]}
    )
    np.testing.assert_allclose(delay_slopes(peaks, dt=2e-3), [-0.5])


# Figure 7


def test_samples_of_figure_7_know_sparse_from_dense():
    found = populated(figure_7(Setting(), TAU, (50, 100, 150), (6, 15, 30)), n=2)
    high = {"50 Hz": 5, "100 Hz": 4, "150 Hz": 0.1, "6 sensors": 5, "15 sensors": 3}
    high["30 sensors"] = 0.1
    for density, value in high.items():
        set_hf(found, value, form="no leak", density=density)
    set_hf(found, 0.01, form="leak")
    set_hf(found, 0.5, form="leak", density="15 sensors", network=0)
    found["power"].loc[{"form": "no leak", "density": "30 sensors", "network": 0}] *= 7.0
    found["power"].loc[{"form": "no leak", "density": "15 sensors"}] *= 9.0  # not a dense one
    samples = samples_7(found)
    np.testing.assert_allclose([s["smallest_HF"] for s in samples["7a"]], [3, 3])
    np.testing.assert_allclose([s["largest_power_ratio"] for s in samples["7b"]], [7, 1])
    np.testing.assert_allclose([s["largest_HF"] for s in samples["7c"]], [0.5, 0.01])


# Figure 8

SIZES = [(5, 4), (10, 8), (20, 16)]
LARGEST = "20x16"


def of_sizes():
    """Networks whose leaks take away what no leak amplifies."""
    found = populated(figure_8(Setting(), TAU, SIZES))
    set_hf(found, 0.02)
    set_hf(found, 4.0, leak="no leak")
    return found


def damp(power, hz):
    """Power behind a leak with a cutoff frequency, given power before it."""
    return power / (1 + (power["frequency"] / hz) ** 2)


def test_samples_of_figure_8_rank_sizes_and_compare_leaks():
    found = of_sizes()
    for weights, row in (("normal 0.4", (4, 3, 2)), ("binary 0.2", (6, 3, 3))):
        for size, hf in zip(found["size"].values, row, strict=True):
            set_hf(found, hf, weights=weights, leak="no leak", size=size)
    root = {"leak": "leak ~ √synapses", "size": "10x8"}
    set_hf(found, 0.3, weights="binary 0.2", **root)
    power, variance = found["power"], found["variance"]
    power.loc[{"leak": "no leak"}] *= 5.0
    power.loc[{"weights": "normal 0.4", **root}] *= 1.5
    variance.loc[{"leak": "no leak", "weights": "normal 0.4"}] = [[3], [2], [1]]
    variance.loc[{"leak": "no leak", "weights": "binary 0.2"}] = [[1], [2], [1.5]]
    samples = {name: rows[0] for name, rows in samples_8(found).items()}
    np.testing.assert_allclose(samples["8a"]["smallest_HF"], 2)
    np.testing.assert_allclose(samples["8a"]["spread_of_HF"], 2)
    np.testing.assert_allclose(samples["8a"]["spread_over_one_size"], 2)  # one network: no spread
    assert samples["8b"]["rank_of_largest_in_variance"] == 2
    np.testing.assert_allclose(samples["8c"]["largest_HF"], 0.02)
    np.testing.assert_allclose(samples["8d"]["largest_low_frequency_ratio"], 1.5)
    np.testing.assert_allclose(samples["8d"]["largest_HF"], 0.3)


@pytest.mark.parametrize("worse", ["normal 0.4", "binary 0.2"])
def test_the_largest_network_is_held_against_itself_with_the_fixed_leak(worse):
    found = of_sizes()
    power = found["power"]
    for weights in found["weights"].values:
        cell = {"weights": weights, "size": LARGEST}
        before = power.sel(leak="no leak", **cell)
        power.loc[{"leak": "fixed leak", **cell}] = damp(before, 30.0)
        hz = 12.0 if weights == worse else 6.0
        power.loc[{"leak": "leak ~ synapses", **cell}] = damp(before, hz)
    (sample,) = samples_8(found)["8e"]
    # Half of what it is at 2 Hz.
    expected = [hz * np.sqrt(2 * (1 + (2 / hz) ** 2) - 1) for hz in (12, 30)]
    assert sample["cutoff_of_largest"] == pytest.approx(expected[0], rel=0.05)
    assert sample["cutoff_over_fixed"] == pytest.approx(expected[0] / expected[1], rel=0.05)
    band = FREQS[(FREQS >= 4) & (FREQS <= 30)]
    low = [(1 / (1 + (band / hz) ** 2)).mean() for hz in (12, 30)]
    assert sample["low_frequency_ratio_of_largest"] == pytest.approx(low[0] / low[1])


@pytest.mark.parametrize(
    ("fixed", "grown", "share", "expected"),
    [
        (200.0, 8.0, 1.0, "reproduced"),
        (200.0, 49.0, 0.45, "reproduced"),
        (200.0, 49.0, 0.6, "partly"),  # not damped to half
        (200.0, 53.0, 0.45, "not reproduced"),  # damped, but not well below 100 Hz
        (80.0, 49.0, 0.45, "partly"),  # a cutoff more than half of that of the fixed leak
        (15.0, 15.0, 1.0, "not reproduced"),  # far below 100 Hz, but as the fixed leak
    ],
)
def test_a_leak_that_grows_must_damp_more_and_well_below_100_hz(
    ledger, fixed, grown, share, expected
):
    found = of_sizes()
    before = found["power"].sel(leak="no leak", size=LARGEST)
    power = found["power"]
    power.loc[{"leak": "fixed leak", "size": LARGEST}] = damp(before, fixed)
    power.loc[{"leak": "leak ~ synapses", "size": LARGEST}] = share * damp(before, grown)
    assert judge(ledger["8e"], samples_8(found)["8e"]).verdict == expected


def test_sizes_differ_if_they_do_more_than_networks_of_one_size():
    rng = np.random.default_rng(1)
    axes = dict(size=range(4), network=range(12))
    hf = xr.DataArray(rng.lognormal(0, 0.2, (4, 12)), coords=axes)
    found = spread_over_one_size(hf)
    expected = []
    for n in range(12):
        circle = [(n + i) % 12 for i in range(4)]
        sizes = hf.values[range(4), circle]
        draws = hf.values[:, circle]
        of_one = draws.max(axis=1) / draws.min(axis=1)
        expected.append(sizes.max() / sizes.min() / np.prod(of_one) ** (1 / 4))
    np.testing.assert_allclose(found, expected)
    assert (spread_over_one_size(hf * (1 + hf["size"])) > 1).all()


@pytest.mark.parametrize("alike", ["normal 0.4", "binary 0.2"])
def test_sizes_must_differ_with_both_kinds_of_weights(alike):
    found = of_sizes()
    other = {"normal 0.4": "binary 0.2", "binary 0.2": "normal 0.4"}[alike]
    for size, hf in zip(found["size"].values, (6, 4, 3), strict=True):
        set_hf(found, hf, weights=other, leak="no leak", size=size)
    (sample,) = samples_8(found)["8a"]
    assert sample["spread_over_one_size"] == pytest.approx(1)


def test_a_largest_network_that_is_not_damped_has_no_cutoff():
    found = of_sizes()
    found["power"].loc[{"leak": "leak ~ synapses"}] = 1.0
    set_hf(found, 4.0, leak="leak ~ synapses", weights="normal 0.4")
    assert np.isnan(samples_8(found)["8e"][0]["cutoff_of_largest"])


def test_a_leak_that_grows_is_held_against_the_fixed_one_for_each_reference():
    found = of_sizes()
    fixed = found.sel(leak="fixed leak")
    grows = found.sel(leak="leak ~ √synapses").expand_dims(reference=["5x4", LARGEST])
    grows = grows.copy(deep=True)
    grows["power"].loc[{"reference": LARGEST, "weights": "normal 0.4", "size": "5x4"}] *= 3.0
    compared = growing_leak(grows, fixed)
    ratio = compared["low_frequency_ratio"]
    assert ratio.sel(reference=LARGEST, weights="normal 0.4", size="5x4", network=0) == 3
    assert (ratio.sum() - 3) == ratio.size - 1
    most = largest_of_sizes(compared).isel(network=0)
    np.testing.assert_array_equal(most["largest_low_frequency_ratio"], [1, 3])
    np.testing.assert_allclose(most["largest_HF"], 0.02)


# Supplementary Figures 5 and 8


def test_samples_of_the_input_are_the_worst_of_all_rates():
    falling = 1 / (1 + (FREQS / 20.0) ** 2)
    source = xr.DataArray(
        np.tile(falling, (2, 2, 1)),
        dims=("rate", "input", "frequency"),
        coords={"rate": [50, 100], "frequency": FREQS},
    ).copy()
    at_100 = FREQS[np.abs(FREQS - 100).argmin()]
    source.loc[{"rate": 100, "input": 1, "frequency": at_100}] = 0.5  # a maximum of its own
    source.loc[{"rate": 50, "input": 0, "frequency": FREQS[FREQS > 10][0]}] = 1.5  # below 30 Hz
    found = samples_s5(source)["S5"]
    assert [s["rises_above_30_hz"] for s in found] == [0, 1]
    share = 1 / (1 + (at_100 / 20.0) ** 2)
    np.testing.assert_allclose(
        [s["share_of_peak_at_100_hz"] for s in found], [share / falling[0], 0.5 / falling[0]]
    )


@pytest.fixture
def hf():
    """Of networks of two kinds in two groups: one ordered by mean weight, one without order."""
    rng = np.random.default_rng(0)
    means = [0.1, 0.2, 0.3]
    values = rng.random((2, 3, 2, 5))
    values[0] += 10 * np.arange(3)[:, None, None]
    return xr.DataArray(
        values,
        dims=("kind", "mean", "group", "draw"),
        coords={"kind": ["normal", "binary"], "mean": means, "group": [0, 1], "draw": range(5)},
    )


def test_structure_is_rank_correlation_and_overlap_of_neighbours(hf):
    found = structure(hf)
    for kind in ("normal", "binary"):
        for group in (0, 1):
            each = hf.sel(kind=kind, group=group)
            order = np.repeat(hf["mean"].values, 5)
            rho, low, high = claim_measures.spearman(
                order, each.transpose("mean", "draw").values.ravel()
            )
            one = found.sel(kind=kind, group=group)
            assert (one["rho"], one["low"], one["high"]) == (rho, low, high)
            # Two kinds here: the intervals of both hold together with 95 %.
            _, low, high = claim_measures.spearman(
                order, each.transpose("mean", "draw").values.ravel(), confidence=0.975
            )
            assert (one["low_jointly"], one["high_jointly"]) == (low, high)
            for i in range(2):
                expected = claim_measures.overlap(each.isel(mean=i), each.isel(mean=i + 1))
                assert one["overlap"].isel(lower_mean=i) == expected
    np.testing.assert_array_equal(found["lower_mean"], [0.1, 0.2])


def test_samples_of_s8_are_the_worst_of_all_kinds(hf):
    found = structure(hf)
    samples = samples_s8(found)["S8"]
    assert len(samples) == 2
    for group, sample in enumerate(samples):
        one = found.sel(group=group)
        assert sample["largest_spearman_low_end"] == one["low"].sel(kind="normal")
        assert sample["smallest_spearman_high_end"] == one["high"].sel(kind="binary")
        assert sample["largest_spearman_low_end_jointly"] == one["low_jointly"].max()
        assert sample["smallest_spearman_high_end_jointly"] == one["high_jointly"].min()
        assert sample["overlap_of_neighbours"] == 0
    apart = hf.copy()
    apart[{"kind": 0}] = hf[{"kind": 1}].values + 0.05 * np.arange(3)[:, None, None]
    both = structure(apart)["overlap"]
    expected = np.minimum(both, 1 - both).min(["kind", "lower_mean"])
    found = [s["overlap_of_neighbours"] for s in samples_s8(structure(apart))["S8"]]
    np.testing.assert_array_equal(found, expected)
    assert max(found) > 0


def test_networks_without_a_ratio_are_left_out_of_the_order(hf):
    some = hf.where(hf["draw"] != 2)
    expected = structure(hf.drop_sel(draw=2))
    assert structure(some).identical(expected)
