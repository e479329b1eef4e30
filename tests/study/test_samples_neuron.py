"""What the claims on the isolated neuron measure, on made-up labelled arrays."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from rongala2021 import ledger, samples
from rongala2021.judging import judge
from rongala2021.single import MODELS

CLAIMS = ledger.load(Path(__file__).parents[2] / "book" / "claims.yml")

TAU = 0.01


# Figure 1


def test_claim_k1_holds_the_area_against_that_of_the_equation():
    rectangle = np.r_[np.full(213, 0.5), np.zeros(50)]  # 0.5 a.u. for 21.3 ms
    (sample,) = samples.samples_k1(rectangle, dt=1e-4)["K1"]
    assert sample == pytest.approx({"peak": 0.5, "area_error": 0.5})
    (sample,) = samples.samples_k1(3 * rectangle, dt=1e-4)["K1"]
    assert sample == pytest.approx({"peak": 1.5, "area_error": 0.5})


def responses_of(summed, no_leak, leak):
    """Responses at every 50 ms."""
    rows = {"summed_input": summed, "activity_no_leak": no_leak, "activity_leak": leak}
    times = 0.05 * np.arange(len(summed))
    return xr.Dataset({k: ("time", np.array(v)) for k, v in rows.items()}, {"time": times})


def test_claims_1a_and_1b_look_at_both_forms_and_at_random_trains():
    drawn = responses_of(
        [0.0, 3.0, -1.0, 0.0, 0.0], [0, 0.8, 0.3, 0.2, 0.1], [0.1, 0.5, 0.4, 0.3, 0.2]
    )
    random = responses_of([0.0, 7.0], [-0.1, 0.2], [0.3, 0.9])
    doubled = responses_of([0.0, 6, -2, 0, 0], [0, 0.8, 0, 0.2, 0.1], [0.1, 0.5, 0.4, 0.3, 0.3])
    found = samples.samples_1_static(drawn, doubled, random, last_spike=0.075)
    assert found["1a"] == [
        {"max_input": 3, "max_input_random": 7, "min_output": -0.1, "max_output": 0.9}
    ]
    # Without input there is 0.3 at most; after 0.175 s there is 0.1 of 0.8 and 0.2 of 0.5.
    (sample,) = found["1b"]
    assert sample == pytest.approx(
        {
            "change_by_doubling": 0.3,
            "lowest_summed_input": -1,
            "lowest_activity": 0,
            "share_left_after_100_ms": 0.4,
            "activity_without_net_input": 0.3,
        }
    )
    swapped, twice = (
        x.assign(activity_leak=x["activity_no_leak"], activity_no_leak=x["activity_leak"] - 0.2)
        for x in (drawn, doubled)
    )
    (sample,) = samples.samples_1_static(swapped, twice, random, last_spike=0.05)["1b"]
    assert sample == pytest.approx(
        {
            "change_by_doubling": 0.3,
            "lowest_summed_input": -1,
            "lowest_activity": -0.1,
            "share_left_after_100_ms": 1 / 3,
            "activity_without_net_input": 0.2,
        }
    )


def test_the_cutoff_of_claim_1c_is_held_against_the_time_constant():
    expected = 1 / (2 * np.pi * TAU)
    found = samples.samples_1([1.1 * expected, 0.8 * expected], TAU)["1c"]
    assert [s["relative_error_of_cutoff"] for s in found] == pytest.approx([0.1, 0.2])
    assert [s["cutoff_hz"] for s in found] == pytest.approx([1.1 * expected, 0.8 * expected])


# Figure 2


def test_samples_of_figure_2_count_rises_and_look_at_large_constants_alone():
    varied = xr.Dataset(
        {
            "mean_activity": (("input", "k_static"), [[4.0, 3, 2, 1], [4, 4, 5, 1]]),
            "cv": (("input", "k_static"), [[0.1, 0.2, 0.3, 0.4]] * 2),
            "rho": (("input", "k_static"), [[0.2, 0.9, 0.97, 1.0], [0.2, 0.9, 0.99, 0.98]]),
            "cv_leak": (("input", "tau_dyn"), [[3.0, 2, 1], [1, 2, 1]]),
            "cv_leak_from_rest": (("input", "tau_dyn"), [[3.0, 2, 2.5]] * 2),
            "roughness": (("input", "tau_dyn"), [[3.0, 2, 1], [1, 2, 2]]),
        },
        coords={"k_static": [0.01, 0.49, 0.5, 5.0], "tau_dyn": [0.01, 0.02, 0.03]},
    )
    found = samples.samples_2(varied)
    assert [s["rises_of_mean"] for s in found["2a"]] == [0, 2]
    assert [s["lowest_rho"] for s in found["2a"]] == [0.97, 0.98]
    assert found["2b"] == [{"mean_at_lowest": 4, "cv_ratio": 0.25}] * 2
    assert found["2c"] == [
        {"rises_of_cv": 0, "rises_of_roughness": 0, "rises_with_start": 1},
        {"rises_of_cv": 1, "rises_of_roughness": 2, "rises_with_start": 1},
    ]


def test_a_value_that_is_not_known_does_not_fall():
    values = xr.DataArray([[3.0, 2, 1], [3, np.nan, 1], [3, 3, 4]], dims=("input", "tau_dyn"))
    assert samples.n_not_falling(values, "tau_dyn").values.tolist() == [0, 2, 2]


# Figure 3


def quality_of(r, rho):
    """Faithfulness of three models, (..., model), nearly the same in both presentations."""
    off = xr.DataArray([-0.01, 0.01], dims="presentation")
    axes = ("rate", "input", "model")[3 - np.ndim(r) :]
    each = {k: xr.DataArray(v, dims=axes) + off for k, v in {"r": r, "rho": rho}.items()}
    by_input = xr.ones_like(each["r"].isel(model=0, presentation=0, drop=True))
    share = xr.DataArray([0.1, 0.2, 0.3, 0.4], dims="signal")
    found = xr.Dataset(
        each
        | {
            "rho_mean_input": 0.99 * by_input,
            "rho_mean_reference": 0.91 * by_input,
            "rho_relay": 0.94 * by_input,
            "r_constant": 0.4 * by_input,
            "noise_ratio": 7.0 * by_input,
            "relative_noise_ratio": 5.0 * by_input,
            "share_above_30_hz": share * by_input,
        }
    )
    return found.assign_coords(model=list(MODELS), signal=["input", *MODELS])


def test_samples_of_figure_3_compare_the_poorer_form_with_the_spiking_neuron():
    quality = quality_of([[0.9, 0.8, 0.5], [0.6, 0.7, 0.1]], [[0.7, 0.75, 0.8], [0.3, 0.2, 0.1]])
    found = samples.samples_3(quality)
    assert [s["smallest_lead_r"] for s in found["3c"]] == pytest.approx([0.3, 0.5])
    assert [s["smallest_lead_rho"] for s in found["3c"]] == pytest.approx([-0.1, 0.1])
    assert [s["loss_of_r"] for s in found["3d"]] == pytest.approx([0.1, -0.1])
    # A constant output would lose 0.5 and 0.2.
    shares = [s["share_of_loss_of_constant"] for s in found["3d"]]
    assert shares == pytest.approx([0.2, -0.5])
    of_3a = {"rho_mean_input": 0.99, "rho_reference": 0.91, "rho_reference_relay": 0.94}
    assert found["3a"] == [pytest.approx(of_3a | {"loss_to_relay": 0.03})] * 2
    assert found["3b"] == [{"relative_noise_ratio": 5.0, "noise_ratio": 7.0}] * 2
    assert [s["share_above_30_hz_ratio"] for s in found["3e"]] == pytest.approx([4.0, 4.0])


def test_models_and_signals_are_found_by_their_labels():
    quality = quality_of([[0.9, 0.8, 0.5]], [[0.7, 0.75, 0.8]])
    other = quality.isel(model=[2, 1, 0], signal=[3, 0, 2, 1])
    assert samples.samples_3(other) == samples.samples_3(quality)


BETTER, WORSE = [0.9, 0.8, 0.5], [0.6, 0.7, 0.5]


def test_settings_beaten_are_those_below_both_forms_at_each_rate_and_input():
    quality = quality_of([[BETTER] * 2, [WORSE] * 2], [[WORSE] * 2, [BETTER] * 2])
    r = np.array([0.5, 0.65, 0.75, 0.85])
    axes = ("rate", "input", "parameters")
    models = xr.Dataset({"r": (axes, [[r, r + 0.1], [r, r - 0.2]]), "rho": (axes, [[r, r]] * 2)})
    at = {"rate": [50, 100]}
    shares = samples.beaten(quality.assign_coords(at), models.assign_coords(at))
    np.testing.assert_allclose(shares.transpose("rate", "input"), [[0.75, 0.5], [0.25, 0.75]])
    by_rho = samples.beaten(quality.assign_coords(at), models.assign_coords(at), "rho")
    np.testing.assert_allclose(by_rho.transpose("rate", "input"), [[0.25] * 2, [0.75] * 2])
    highest = xr.concat([shares, shares.isel(rate=[0]).assign_coords(rate=[200])], "rate")
    found = samples.samples_3g(highest)
    assert found["3g"][1] == {
        "share_beaten_50_hz": 0.5,
        "share_beaten_100_hz": 0.75,
        "share_beaten_200_hz": 0.5,
    }
    assert samples.samples_3g(shares) == {}
    assert samples.samples_3g(highest.assign_coords(rate=[50, 150, 200])) == {}


# Supplementary Figures 1 and 4


def test_claim_s1_takes_both_indices_with_each_input():
    likeness = xr.Dataset({"r": ("input", [0.9, 0.8]), "rho": ("input", [0.5, 0.4])})
    assert samples.samples_s1(likeness) == {"S1": [{"r": 0.9, "rho": 0.5}, {"r": 0.8, "rho": 0.4}]}


def test_claim_s4_takes_the_smallest_lead_over_rates_for_each_input():
    r = [[BETTER, BETTER], [WORSE, BETTER]]
    rho = [[WORSE, BETTER], [BETTER, BETTER]]
    found = samples.samples_s4(quality_of(r, rho))["S4"]
    assert [s["smallest_lead_r"] for s in found] == pytest.approx([0.1, 0.3])
    assert [s["smallest_lead_rho"] for s in found] == pytest.approx([0.1, 0.3])


def test_claim_s5_counts_rises_from_30_hz_on():
    freqs = [10.0, 28.0, 30.0, 34.0, 100.0, 200.0]
    power = [[[1.0, 0.2, 0.3, 0.2, 0.14, 0.01]], [[1.0, 0.3, 0.2, 0.25, 0.16, 0.2]]]
    axes = {"input": [0, 1], "rate": [50], "frequency": freqs}
    found = samples.samples_s5(xr.DataArray(power, axes, ("input", "rate", "frequency")))["S5"]
    assert [s["rises_above_30_hz"] for s in found] == [0, 2]
    assert [s["share_of_peak_at_100_hz"] for s in found] == pytest.approx([0.14, 0.16])


# The bounds of the criteria

AT_THE_BOUND = {
    "1b": {
        "change_by_doubling": 1e-9,
        "lowest_summed_input": -1e-6,
        "lowest_activity": 0.0,
        "share_left_after_100_ms": 0.01,
        "activity_without_net_input": 0.0,
    },
    "2b": {"mean_at_lowest": 0.5, "cv_ratio": 0.5},
    "2c": {"rises_of_cv": 0.0, "rises_of_roughness": 0.0, "rises_with_start": 1.0},
    "3a": {"rho_mean_input": 0.95, "loss_to_relay": 0.05, "rho_reference": 0.1},
    "3b": {"relative_noise_ratio": 2.0, "noise_ratio": 0.5},
    "3d": {"loss_of_r": 1e-6, "share_of_loss_of_constant": 0.5},
    "3e": {"share_above_30_hz_ratio": 2.0},
    "S1": {"r": 0.985, "rho": 0.95},
}
# What is worse for each measure, where that is more.
MORE_IS_WORSE = {
    "change_by_doubling",
    "lowest_summed_input",
    "share_left_after_100_ms",
    "cv_ratio",
    "rises_of_cv",
    "rises_of_roughness",
    "loss_to_relay",
    "share_of_loss_of_constant",
}


@pytest.mark.parametrize("name", AT_THE_BOUND)
def test_a_criterion_holds_up_to_its_bounds_and_no_further(name):
    claim, sample = CLAIMS[name], AT_THE_BOUND[name]
    assert judge(claim, [sample]).verdict == "reproduced"
    for measure in {condition.measure for condition in claim.criterion}:
        worse = 2e-3 if measure in MORE_IS_WORSE else -2e-3
        assert judge(claim, [sample | {measure: sample[measure] + worse}]).verdict != "reproduced"
