"""The rule behind the static leak constant."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.inputs import PSPKernel
from lsm.neurons import LSM
from lsm.runs import Setting
from lsm.spectrum import log_frequencies
from lsm.weights import Normal
from rongala2021.calibrating import by_rule, calibrated, of_normal_weights
from rongala2021.grids import grid
from rongala2021.populations import population
from rongala2021.scale import Scale
from rongala2021.spectra import Spectrum, high_frequency_ratio

CONSTANTS = np.geomspace(0.01, 1.0, 21)
SMALL = Setting(n_presentations=2, duration=0.5)


def scale(folder, seed=1):
    freqs = log_frequencies(4.0, 400.0, voices=4)
    return Scale(seed=seed, n_networks=3, spectrum=Spectrum(freqs=freqs), store=folder)


def test_of_a_curve_that_falls_as_its_inverse():
    """HF = 0.1 / k passes 2 at 0.05: from 0.0375 on a mean weight of 0.3 stays below."""
    found = by_rule(CONSTANTS, 0.1 / CONSTANTS)
    assert found.end == pytest.approx(0.05, rel=0.02)
    assert found.begin == pytest.approx(0.75 * found.end)
    assert found.k_static == float(f"{found.end * 0.75**0.5:.2g}")
    assert found.largest == pytest.approx(10.0)
    assert found.satisfied


@pytest.mark.parametrize(
    ("curve", "expected"),
    [(np.linspace(1.9, 0.1, 21), 0.01), (np.linspace(2.1, 3.0, 21), 1.0)],
    ids=["never amplified", "always amplified"],
)
def test_where_no_constant_satisfies_it_that_of_the_highest_ratio_is_taken(curve, expected):
    found = by_rule(CONSTANTS, curve)
    assert not found.satisfied
    assert np.isnan([found.begin, found.end]).all()
    assert found.k_static == expected


def test_only_the_ratio_of_mean_weight_and_static_leak_counts(tmp_path):
    """What lets one curve tell of all mean weights."""
    curve = of_normal_weights(SMALL, [0.03, 0.04], scale(tmp_path))
    other = replace(SMALL, weights=Normal(mean=0.3), neuron=LSM(k_static=0.03))
    found = population(grid([other], setting=[0]), scale(tmp_path)).mean("network")
    np.testing.assert_allclose(high_frequency_ratio(found), curve[1:], rtol=1e-6)


def test_each_reading_has_its_own(tmp_path):
    constants = np.geomspace(0.005, 0.5, 7)
    taken, other = (
        calibrated(replace(SMALL, neuron=LSM(shunting=s)), constants, scale(tmp_path))
        for s in (1.0, -1.0)
    )
    # Less in the denominator: with little static leak far more high frequencies.
    assert other.largest > 2 * taken.largest
    assert abs(np.log(other.k_static / taken.k_static)) > 0.1


def test_a_kernel_of_the_setting_is_used(tmp_path):
    slow = replace(SMALL, kernel=PSPKernel(tau_decay=40e-3, tau_rise=50e-3))
    curves = [of_normal_weights(s, [0.02, 0.2], scale(tmp_path)) for s in (SMALL, slow)]
    assert (curves[0] != curves[1]).all()


@pytest.mark.parametrize("constants", [[0.1], [[0.1, 0.2]], [0.2, -0.1], "all"])
def test_constants_of_another_shape_are_refused(constants):
    with pytest.raises(ValueError, match=r"^(constants|ratios): expected"):
        by_rule(constants, [1.0, 2.0])
