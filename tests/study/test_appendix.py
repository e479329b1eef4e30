from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lsm.dynamics import hodgkin_huxley_response
from lsm.neurons import HodgkinHuxley
from rongala2021 import appendix, ledger
from rongala2021.judging import judge
from rongala2021.samples import samples_appendix

GIVEN = {
    "seed": 5,
    "tau_membrane": 0.01,
    "weight": 2.0,
    "weight_inhibitory": 0.5,
    "rate": 50.0,
    "dt": 1e-3,
    "n_seeds": 3,
}


def solution(v, p, q, h, tau):
    """A8."""
    return (v + h / tau * (p - q)) / (1 + h / tau * (1 + p + q))


def steady(p, q):
    """A9."""
    return (p - q) / (1 + p + q)


@pytest.fixture(scope="module")
def inputs():
    return appendix.inputs_of(GIVEN)


@pytest.mark.parametrize(("holds", "shown"), [(True, "yes"), (False, "no"), (None, "no")])
def test_a_statement_stands_with_its_step_and_whether_it_holds(holds, shown):
    frame = appendix.statements(("A4", "lowers", holds)).frame
    assert frame.columns.tolist() == ["step", "statement", "holds"]
    assert frame.iloc[0].tolist() == ["A4", "lowers", shown]


def test_inputs_differ_and_depend_on_the_seed_alone(inputs):
    assert inputs["activity"].sizes == {"input": 3, "synapse": 4, "time": 1000}
    assert inputs["time"].values[[0, -1]] == pytest.approx([1e-3, 1.0])
    assert not np.array_equal(inputs["activity"][0], inputs["activity"][1])
    more = appendix.inputs_of(GIVEN | {"n_seeds": 4}).isel(input=slice(3))
    assert more.identical(inputs)
    assert not inputs.equals(appendix.inputs_of(GIVEN | {"seed": 6}))


def test_inputs_are_summed_by_kind_and_drive_the_membrane(inputs):
    activity = inputs["activity"].values
    np.testing.assert_allclose(inputs["excitation"], 2 * activity[:, :3].sum(axis=1))
    np.testing.assert_allclose(inputs["inhibition"], 0.5 * activity[:, 3])
    membrane = hodgkin_huxley_response(
        activity[1], [2.0, 2.0, 2.0, -0.5], HodgkinHuxley(tau=0.01), dt=1e-3
    )
    np.testing.assert_array_equal(inputs["potential"][1], membrane)


def test_solutions_take_every_nth_input_in_longer_steps(inputs):
    found = appendix.solutions(inputs, [5, 20])
    assert found.groupby("step_s").size().to_dict() == {5e-3: 200, 20e-3: 50}
    first = inputs.isel(input=0)
    for step, run in found.groupby("step_s"):
        at = first.sel(time=run["time_s"].values, method="nearest")
        np.testing.assert_allclose(run["finest"], at["potential"])
        np.testing.assert_allclose(
            run["q"], (1 + at["excitation"] + at["inhibition"]) * step / 0.01
        )
        before = np.append(0.0, run["implicit"][:-1])
        by_hand = solution(before, at["excitation"], at["inhibition"], step, 0.01)
        np.testing.assert_allclose(run["implicit"], by_hand, rtol=1e-12)
        before = np.append(0.0, run["explicit"][:-1])
        slope = -before + (1 - before) * at["excitation"] - (1 + before) * at["inhibition"]
        np.testing.assert_allclose(run["explicit"], before + step / 0.01 * slope, rtol=1e-9)


def test_each_step_is_summed_up():
    found = pd.DataFrame(
        {
            "step_s": [1e-3, 1e-3, 2e-3, 2e-3],
            "time_s": [1e-3, 2e-3, 2e-3, 4e-3],
            "implicit": [0.1, -0.5, 0.3, 0.2],
            "explicit": [0.1, 0.9, -7.0, np.nan],
            "finest": [0.1, -0.1, 0.0, 0.2],
            "q": [0.5, 1.5, 2.0, 4.0],
        }
    )
    one, two = appendix.by_step(found).values.tolist()
    assert one == pytest.approx([1, 1.0, 1.5, 0.5, 0.9, 0.0, np.sqrt(0.08)])
    # What is beyond all numbers lies outside.
    assert two == pytest.approx([2, 3.0, 4.0, 0.3, 7.0, 1.0, np.sqrt(0.045)])


def test_time_constants_shorten_with_the_input(inputs):
    found = appendix.time_constants(inputs)
    total = (inputs["excitation"] + inputs["inhibition"])[0]
    levels = [total.mean(), total.quantile(0.95), total.max()]
    np.testing.assert_allclose(found["value (a.u.)"], levels)
    np.testing.assert_allclose(found["tau / (1 + P + Q) (ms)"], [10 / (1 + x) for x in levels])
    assert (found["tau (ms)"] == 10).all()


def test_only_the_explicit_method_leaves_the_bounds(inputs):
    found = appendix.largest_potentials(inputs)
    assert found["implicit"].dims == ("input", "step_s")
    steps = found["step_s"].values
    assert (steps[0], steps[-1]) == pytest.approx((1e-3, 0.1))
    assert (np.diff(steps) > 0).all()
    assert (found["implicit"] <= 1).all()
    assert (found["explicit"].isel(step_s=-1) > 1).all()
    np.testing.assert_allclose(
        found["implicit"].isel(step_s=0), np.abs(inputs["potential"]).max("time")
    )


def test_the_membrane_has_the_properties_that_the_claims_state(inputs):
    found = appendix.properties(inputs, step=solution, rest=steady, seed=5)
    assert all(found[name].dims == ("input",) for name in found)
    assert found["from_solution"].max() < 1e-14
    assert found["largest_potential"].max() <= 1
    assert found["largest_potential"].min() > 0.99  # of a million times the input
    assert found["from_steady_state"].max() < 1e-9
    assert found["lsm_from_steady_state"].max() < 1e-14


def test_other_solutions_and_steady_states_are_told_from_them(inputs):
    found = appendix.properties(
        inputs,
        step=lambda *of: solution(*of) + 1e-3,
        rest=lambda p, q: steady(p, q) * 1.01,
        seed=5,
    )
    assert found["from_solution"].min() == pytest.approx(1e-3)
    np.testing.assert_allclose(found["from_steady_state"], 0.01 / 1.01, rtol=1e-6)
    assert found["lsm_from_steady_state"].max() > 1e-4
    samples = samples_appendix(found, solved=True, bounded=False)
    assert samples["A1"] == [{"identity": True, "simulator_within_1e-14": False}]
    assert [sample["proved"] for sample in samples["A2"]] == [False] * 3
    assert len(samples["A3"]) == 3
    assert not all(sample["LSM_within_1e-14"] for sample in samples["A3"])


def test_claim_a2_holds_for_the_implicit_method_alone(inputs):
    claim = ledger.load(Path(__file__).parents[2] / "book" / "claims.yml")["A2"]
    found = appendix.properties(inputs, step=solution, rest=steady, seed=3)
    largest = appendix.largest_potentials(inputs)
    by_method = [
        found.assign(largest_potential=largest[name].max("step_s")) for name in appendix.METHODS
    ]
    n_met = [
        judge(claim, samples_appendix(each, solved=True, bounded=True)["A2"]).k
        for each in (found, *by_method)
    ]
    assert n_met == [3, 3, 0]
