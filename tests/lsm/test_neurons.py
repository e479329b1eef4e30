"""Parameters of the neuron models against Tables 1 and 2 and the text."""

from dataclasses import FrozenInstanceError, fields
from itertools import product

import numpy as np
import pytest

from lsm.neurons import (
    LSM,
    HodgkinHuxley,
    Izhikevich,
    izhikevich_grid,
    time_constants,
)

TABLE_1 = {"A": 0.04, "B": 5, "C": 140, "a": 0.02, "b": 0.2, "c": -65, "d": 8, "k": 300}
TABLE_2 = {
    "a": (0.02, 0.07, 0.1),
    "b": (0.2, 0.225, 0.25),
    "c": (-65, -55, -50),
    "d": (2, 4, 8),
    "k": (100, 200, 300, 400, 500),
}


def test_izhikevich_defaults_to_table_1_and_the_threshold_of_eq_5():
    model = Izhikevich()
    assert {f.name: getattr(model, f.name) for f in fields(model)} == TABLE_1 | {"v_peak": 30}


def test_the_grid_is_every_combination_of_table_2_once():
    grid = izhikevich_grid()
    found = {tuple(getattr(model, name) for name in TABLE_2) for model in grid}
    assert len(grid) == 405
    assert found == set(product(*TABLE_2.values()))


def test_the_grid_varies_nothing_that_table_2_does_not_list():
    assert {(m.A, m.B, m.C, m.v_peak) for m in izhikevich_grid()} == {(0.04, 5, 140, 30)}


def test_regular_spiking_is_one_point_of_the_grid():
    assert izhikevich_grid().count(Izhikevich()) == 1


def test_linear_summation_defaults_to_eq_1_of_figure_1_without_leak():
    assert (LSM().k_static, LSM().tau_dyn) == (1, 0)


def test_hodgkin_huxley_defaults_to_the_dynamic_leak_of_the_paper():
    assert HodgkinHuxley().tau == pytest.approx(0.01)


def test_one_time_constant_serves_all_neurons_and_many_serve_each():
    np.testing.assert_array_equal(time_constants(LSM(tau_dyn=0.01), 3), [0.01, 0.01, 0.01])
    each = np.array([0.0, 0.01, 0.02])
    np.testing.assert_array_equal(time_constants(LSM(tau_dyn=each), 3), each)
    np.testing.assert_array_equal(time_constants(LSM(tau_dyn=[0, 1, 2]), 3), [0, 1, 2])


@pytest.mark.parametrize("model", [LSM(), HodgkinHuxley(), Izhikevich()])
def test_parameters_cannot_be_changed_after_their_check(model):
    name = fields(model)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(model, name, -1.0)
