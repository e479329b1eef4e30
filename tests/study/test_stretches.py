"""Which stretches of activity are drawn, and the transients in them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from lsm.neurons import LSM
from lsm.runs import Setting, run
from rongala2021.stretches import around_highest, stretches, told
from rongala2021.transients import counted, transients

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=4, neuron=LSM(k_static=0.02))
FIRST, SECOND = "EN1", "IN1"


def heights(marks, n_presentations=3, n_steps=1000, dt=1e-3):
    """Heights over presentation, time: `marks` by (presentation, step)."""
    values = np.zeros((n_presentations, n_steps))
    for (presentation, step), height in marks.items():
        values[presentation - 1, step] = height
    axes = {"presentation": np.arange(n_presentations) + 1, "time": dt * np.arange(n_steps)}
    return xr.DataArray(values, axes)


def test_the_highest_transient_lies_amid_its_stretch():
    found = around_highest(heights({(1, 500): 1.0, (2, 612): 3.0, (3, 300): 2.0}))
    assert found.presentation == 2
    assert found.at == pytest.approx(0.612)
    assert (found.start, found.end) == pytest.approx((0.41, 0.81))


def test_without_a_transient_it_is_the_middle():
    found = around_highest(heights({}))
    assert found == (None, None, pytest.approx(0.3), pytest.approx(0.7))


@pytest.mark.parametrize(("step", "start"), [(0, 0.0), (30, 0.0), (970, 0.6), (999, 0.6)])
def test_at_an_end_of_the_presentation_the_stretch_stays_within(step, start):
    found = around_highest(heights({(2, step): 1.0}))
    assert found.presentation == 2
    assert (found.start, found.end) == pytest.approx((start, start + 0.4))


def test_the_start_of_the_record_can_be_left_out_but_not_that_of_later_presentations():
    marks = {(1, 5): 9.0, (1, 700): 1.0, (2, 5): 4.0}
    assert around_highest(heights(marks)).at == pytest.approx(0.005)
    later = around_highest(heights(marks), skip=0.1)
    assert (later.presentation, later.at) == (2, pytest.approx(0.005))
    assert around_highest(heights({(1, 5): 9.0}), skip=0.1).presentation is None


def test_of_a_short_presentation_it_is_the_whole():
    found = around_highest(heights({(1, 50): 1.0}, n_steps=200), width=0.4)
    assert (found.start, found.end) == pytest.approx((0.0, 0.2))


@given(
    step=st.integers(0, 999),
    presentation=st.integers(1, 3),
    width=st.floats(0.02, 1.5),
    others=st.dictionaries(st.tuples(st.integers(1, 3), st.integers(0, 999)), st.floats(0, 0.9)),
)
def test_a_stretch_holds_its_transient_and_lies_in_the_presentation(
    step, presentation, width, others
):
    found = around_highest(heights(others | {(presentation, step): 1.0}), width=width)
    assert (found.presentation, found.at) == (presentation, pytest.approx(1e-3 * step))
    assert -1e-9 <= found.start <= found.at + 1e-9
    assert found.at <= found.end + 1e-9
    assert found.end <= 1.0 + 1e-9
    assert found.end - found.start == pytest.approx(min(width, 1.0))


@pytest.mark.parametrize(("name", "value"), [("width", 0.0), ("skip", -0.1)])
def test_what_cannot_be_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        around_highest(heights({}), **{name: value})


# Of runs


@pytest.fixture(scope="module")
def runs():
    slow = replace(SMALL, neuron=LSM(k_static=0.02, tau_dyn=0.01))
    found = {"no leak": run(SMALL, seed=1), "leak": run(slow, seed=1)}
    spiky = found["no leak"].activity.copy()
    spiky[:, [1350, 2950]] += [1.0, 5.0]  # the second one near the end of presentation 3
    spiky[:, 2] += 30.0  # and while the network rises from rest
    found["no leak"] = found["no leak"]._replace(activity=spiky)
    return found


def test_stretches_are_cut_from_the_runs_around_the_highest_transient(runs):
    drawn = stretches(runs, [FIRST, SECOND], [1, 4], skip=0.1)
    assert list(drawn) == [FIRST, SECOND]
    names = runs["leak"].network.names
    for name, each in drawn.items():
        assert each["presentation"].values.tolist() == [1, 3, 4]
        assert each.attrs["presentation"] == 3
        assert each.attrs["at"] == pytest.approx(0.95)
        assert each["time"].values[[0, -1]] == pytest.approx([0.6, 0.999])
        for form, result in runs.items():
            whole = result.activity[names.index(name)].reshape(4, 1000)
            values = each["activity"].sel(form=form)
            np.testing.assert_array_equal(values, whole[[0, 2, 3], 600:])


def test_a_presentation_that_is_shown_anyway_stands_once(runs):
    drawn = stretches(runs, [FIRST], [3, 1], skip=0.1)
    assert drawn[FIRST]["presentation"].values.tolist() == [1, 3]


def test_marks_are_the_transients_that_are_counted(runs):
    whole = stretches(runs, [FIRST, SECOND], [1, 2, 3, 4], width=1.0)
    names = runs["leak"].network.names
    for i, (form, result) in enumerate(runs.items()):
        for name, each in whole.items():
            where = counted(result, neurons=[names.index(name)])[0]
            height = each["transient"].sel(form=form).values.ravel()
            np.testing.assert_array_equal(np.flatnonzero(height), where.step)
            np.testing.assert_array_equal(height[where.step], where.height)
            (count,) = transients(result, neurons=[names.index(name)]).without_counterpart
            assert each.attrs["counted"][i] == count == where.step.size
    assert whole[FIRST].attrs["counted"][0] > 0


def test_a_silent_neuron_has_the_middle_of_what_is_shown_and_is_told_so(runs):
    still = {
        form: each._replace(activity=np.zeros_like(each.activity)) for form, each in runs.items()
    }
    drawn = stretches(still, [FIRST], [2])
    assert drawn[FIRST]["presentation"].values.tolist() == [2]
    assert drawn[FIRST]["time"].values[[0, -1]] == pytest.approx([0.3, 0.699])
    (row,) = told(drawn).to_dict("records")
    assert row == {
        "neuron": FIRST,
        "transients, no leak": 0,
        "transients, leak": 0,
        "highest in presentation": "none",
        "at (s)": "none",
    }


def test_what_is_told_is_what_was_found(runs):
    drawn = stretches(runs, [FIRST, SECOND], [1], skip=0.1)
    table = told(drawn).set_index("neuron")
    for name, each in drawn.items():
        assert table["highest in presentation"][name] == "3"
        assert table["at (s)"][name] == "0.95"
        numbers = [table[f"transients, {form}"][name] for form in runs]
        assert numbers == each.attrs["counted"]
