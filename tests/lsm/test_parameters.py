"""Parameters are equal by value, and nothing changes them after they were made."""

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from lsm import _kernels
from lsm.delays import with_delays
from lsm.dynamics import lsm_response, simulate
from lsm.inputs import PSPKernel, convolve_psp
from lsm.keys import key
from lsm.network import CONNECTIVITY, Network, two_layer
from lsm.neurons import LSM, HodgkinHuxley, Izhikevich
from lsm.runs import Setting, run
from lsm.weights import Binary, Lognormal, Normal
from rongala2021.linear import stability
from tests.settings import OTHERS

TAU = np.linspace(0.0, 0.02, 18)
NETWORK = two_layer(Normal(mean=0.4), sizes=(2, 1), n_sensors=3, rng=np.random.default_rng(0))
FIELDS = {field.name: getattr(NETWORK, field.name) for field in fields(Network)}

EQUAL = {
    "defaults": (Setting(), Setting()),
    "integers": (
        Setting(rate=50, duration=1, delay=0, n_presentations=7),
        Setting(rate=50.0, duration=np.float64(1), delay=-0.0, n_presentations=np.int64(7)),
    ),
    "lists": (Setting(sizes=[3, np.int32(2)]), Setting(sizes=(3, 2))),
    "words": (Setting(law=np.str_("gaussian")), Setting(law="gaussian")),
    "arrays": (Setting(neuron=LSM(tau_dyn=TAU)), Setting(neuron=LSM(tau_dyn=TAU.tolist()))),
    "connectivity in lists": (
        Setting(connectivity=[list(map(int, row)) for row in CONNECTIVITY]),
        Setting(connectivity=CONNECTIVITY),
    ),
    "connectivity in arrays": (
        Setting(connectivity=np.array(OTHERS["connectivity"])),
        Setting(connectivity=OTHERS["connectivity"]),
    ),
    "connectivity of zeros of either sign": (
        Setting(connectivity=np.where(np.array(CONNECTIVITY) > 0, np.float32(0.5), -0.0)),
        Setting(connectivity=0.5 * np.array(CONNECTIVITY)),
    ),
    "connectivity by default": (Setting(connectivity=np.array(CONNECTIVITY)), Setting()),
    "parts": (
        Setting(weights=Lognormal(mean=1, cv=0), kernel=PSPKernel(tau_m=1)),
        Setting(weights=Lognormal(mean=np.float64(1), cv=-0.0), kernel=PSPKernel(tau_m=1.0)),
    ),
    "LSM": (LSM(k_static=1, tau_dyn=0), LSM(k_static=1.0, tau_dyn=np.array(-0.0))),
    "LSM with an array": (LSM(tau_dyn=TAU), LSM(tau_dyn=np.repeat(TAU, 2)[::2])),
    "zeros of either sign": (LSM(tau_dyn=[0.0, -0.0]), LSM(tau_dyn=[-0.0, 0.0])),
    "Hodgkin-Huxley": (HodgkinHuxley(tau=1), HodgkinHuxley(tau=np.float32(1))),
    "Izhikevich": (Izhikevich(k=300, v_peak=30), Izhikevich(k=300.0)),
    "Binary": (Binary(p=1), Binary(p=1.0)),
    "Network": (NETWORK, Network(**{name: value.copy() for name, value in FIELDS.items()})),
    "Network of integers": (replace(NETWORK, sign=NETWORK.sign.tolist()), NETWORK),
}


@pytest.mark.parametrize(("one", "other"), EQUAL.values(), ids=EQUAL)
def test_equal_values_are_equal_and_have_one_hash_and_one_name(one, other):
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other}) == 1
    assert key(stability, one) == key(stability, other)


@pytest.mark.parametrize("name", OTHERS)
def test_another_value_of_any_field_is_another_setting(name):
    setting = Setting(neuron=LSM(k_static=0.03))
    other = replace(setting, **{name: OTHERS[name]})
    assert setting != other
    assert other == replace(setting, **{name: OTHERS[name]})
    assert len({setting, other}) == 2


NEXT = np.where(np.arange(18) == 17, np.nextafter(TAU, 1), TAU)
UNEQUAL = [LSM(tau_dyn=t) for t in (TAU, NEXT, TAU[:17], TAU[::-1], TAU[5], np.full(18, TAU[5]))]
UNEQUAL += [LSM(tau_dyn=TAU, k_static=0.5), LSM(tau_dyn=TAU, solver="euler"), LSM(), Izhikevich()]


def test_neurons_of_different_values_are_different():
    for i, one in enumerate(UNEQUAL):
        assert [one == other for other in UNEQUAL] == [i == j for j in range(len(UNEQUAL))]
    assert len(set(UNEQUAL)) == len({key(stability, neuron) for neuron in UNEQUAL}) == len(UNEQUAL)
    assert LSM() != "LSM()"


@pytest.mark.parametrize("name", FIELDS)
def test_networks_of_different_values_are_different(name):
    change = {"layer": 1, "delays": 1e-3, "n_synapses": 1.0}
    value = -FIELDS[name][::-1] if name == "sign" else FIELDS[name] + change.get(name, 0.0)
    others = FIELDS | {name: value * (0.5 if name in ("w_in", "w_rec") else 1)}
    if name == "sign":
        others["w_rec"] = np.zeros((6, 6))
        assert Network(**others) != replace(NETWORK, w_rec=np.zeros((6, 6)), sign=-value)
    assert Network(**others) != NETWORK


# What was given may change afterwards, what is kept may not.


@pytest.mark.parametrize("name", FIELDS)
def test_a_change_of_what_was_given_does_not_reach_a_network(name):
    given = {field: value.copy() for field, value in FIELDS.items()}
    network = Network(**given)
    given[name][...] = 7
    assert network == NETWORK
    with pytest.raises(ValueError, match="read-only"):
        getattr(network, name)[0] = 1
    with pytest.raises(FrozenInstanceError):
        setattr(network, name, given[name])


def test_a_change_of_what_was_given_does_not_reach_a_neuron():
    given = TAU.copy()
    neuron = LSM(tau_dyn=given)
    name = key(stability, neuron)
    given[:] = 1.0
    assert neuron == LSM(tau_dyn=TAU)
    assert key(stability, neuron) == name
    with pytest.raises(ValueError, match="read-only"):
        neuron.tau_dyn[0] = 1


def test_networks_can_be_replaced_copied_and_sent_to_other_processes():
    delayed = with_delays(NETWORK, 1e-3, rng=np.random.default_rng(0))
    assert delayed != NETWORK
    assert replace(delayed, delays=np.zeros((6, 6))) == NETWORK
    for same in (replace(NETWORK), copy.deepcopy(NETWORK), pickle.loads(pickle.dumps(NETWORK))):
        assert same == NETWORK
        assert hash(same) == hash(NETWORK)


# Read-only arrays are another type for numba, which would compile for them anew.


def kinds_of_array(values, tmp_path):
    """The same values as different callers may have them."""
    frozen = values.copy()
    frozen.setflags(write=False)
    mapped = np.memmap(tmp_path / "values", values.dtype, "w+", shape=values.shape)
    mapped[:] = values
    mapped.flush()
    yield from (values, frozen, np.asfortranarray(values), values.tolist(), values[:, ::1], mapped)
    yield np.memmap(tmp_path / "values", values.dtype, "r", shape=values.shape)
    yield np.ma.array(values)


def test_kernels_are_compiled_once_whatever_array_they_are_given(tmp_path):
    inputs = np.random.default_rng(0).random((3, 50))
    kernels = (
        _kernels.run_network,
        _kernels.run_in_turn,
        _kernels.run_psp,
        _kernels.run_lsm,
    )

    def answers(given):
        neuron = LSM(tau_dyn=np.full(6, 0.01))
        return (
            simulate(NETWORK, given, neuron, dt=1e-3),
            simulate(NETWORK, given, neuron, dt=1e-3, update="in turn"),
            convolve_psp(given, dt=1e-3),
            lsm_response(given, NETWORK.w_in, LSM(), dt=1e-3),
        )

    expected = answers(inputs)
    before = [len(kernel.signatures) for kernel in kernels]
    assert min(before) > 0
    for given in kinds_of_array(inputs, tmp_path):
        for answer, other in zip(answers(given), expected, strict=True):
            np.testing.assert_array_equal(answer, other)
    assert [len(kernel.signatures) for kernel in kernels] == before


def test_a_run_keeps_the_network_that_it_simulated():
    found = run(Setting(sizes=(2, 1), n_presentations=1, duration=0.1), seed=0)
    again = simulate(found.network, found.inputs, found.setting.neuron, dt=1e-3)
    np.testing.assert_array_equal(again, found.activity)
