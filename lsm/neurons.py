"""Parameters of the three neuron models; the equations stand in `lsm.dynamics`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from lsm import _validate as check
from lsm._parameters import ByValue, keep
from lsm._validate import Array

SOLVERS = ("exact", "euler")


@dataclass(frozen=True, kw_only=True, eq=False)
class LSM(ByValue):
    """Linear summation neuron (Eq. 1-3).

    Attributes
    ----------
    k_static : float
        Static leak constant, multiplied by the number of synapses in Eq. 1. The paper states 1
        for its Figure 1 and no value for the networks.
    tau_dyn : float or (n_neurons,) array
        Time constant of the dynamic leak (s); 0 means no dynamic leak, that is Eq. 1 alone. One
        value for each neuron scales the leak with the number of synapses (Figure 8).
    shunting : float
        Share of inhibition in the open channels of Eq. 1: 1 for the sum of magnitudes, as
        printed; -1 for the magnitude of the sum, the other reading.
    solver : {"exact", "euler"}
        How Eq. 2 is solved, as in `leak_gain`.

    Raises
    ------
    ValueError
        If a constant is negative or not finite, `shunting` lies outside [-1, 1], or the solver is
        unknown.
    """

    k_static: float = 1.0
    tau_dyn: float | Array = 0.0
    shunting: float = 1.0
    solver: str = "exact"

    def __post_init__(self) -> None:
        tau = check.array("tau_dyn", self.tau_dyn, ndim=(0, 1), low=0, divides=True)
        keep(
            self,
            solver=check.choice("solver", self.solver, SOLVERS),
            k_static=check.number("k_static", self.k_static, low=0),
            tau_dyn=tau if tau.ndim else float(tau),
            shunting=check.number("shunting", self.shunting, low=-1, high=1),
        )


@dataclass(frozen=True, kw_only=True)
class HodgkinHuxley:
    """Conductance-based membrane without spikes (A6), leak conductance 1, reversal at ±1.

    Attributes
    ----------
    tau : float
        Membrane time constant (s). Supplementary Figure 1 does not state it; 1/100 s is the
        value the paper gives the dynamic leak that stands for it.

    Raises
    ------
    ValueError
        If `tau` is not positive.
    """

    tau: float = 1 / 100

    def __post_init__(self) -> None:
        keep(self, tau=check.number("tau", self.tau, above=0))


@dataclass(frozen=True, kw_only=True)
class Izhikevich:
    """Izhikevich neuron (Eq. 4-5), regular spiking (Table 1).

    Attributes
    ----------
    A, B, C : float
        Coefficients of the quadratic membrane equation (IZ_A, IZ_B, IZ_C).
    a, b, c, d : float
        Rate and sensitivity of the recovery, reset potential (mV) and jump of the recovery.
    k : float
        Gain of the input.
    v_peak : float
        Spike threshold (mV).

    Raises
    ------
    ValueError
        If a parameter is not finite, or the reset does not lie below the threshold.
    """

    A: float = 0.04
    B: float = 5.0
    C: float = 140.0
    a: float = 0.02
    b: float = 0.2
    c: float = -65.0
    d: float = 8.0
    k: float = 300.0
    v_peak: float = 30.0

    def __post_init__(self) -> None:
        for name in ("A", "B", "C", "a", "b", "c", "d", "k", "v_peak"):
            keep(self, **{name: check.number(name, getattr(self, name))})
        check.number("c", self.c, below=self.v_peak)


#: Values of Table 2; their 405 combinations are the models of Figure 3G.
IZHIKEVICH_GRID = {
    "a": (0.02, 0.07, 0.1),
    "b": (0.2, 0.225, 0.25),
    "c": (-65.0, -55.0, -50.0),
    "d": (2.0, 4.0, 8.0),
    "k": (100.0, 200.0, 300.0, 400.0, 500.0),
}


def izhikevich_grid() -> tuple[Izhikevich, ...]:
    """All combinations of Table 2, the last parameter varying fastest.

    Returns
    -------
    tuple of 405 Izhikevich
    """
    names = tuple(IZHIKEVICH_GRID)
    combinations = product(*IZHIKEVICH_GRID.values())
    return tuple(Izhikevich(**dict(zip(names, c, strict=True))) for c in combinations)


def check_time_constants(neuron: LSM, n_neurons: int) -> Array:
    """`tau_dyn` as an array of none or of one axis, of `n_neurons` neurons.

    Raises
    ------
    ValueError
        If it is an array of another length.
    """
    tau = np.asarray(neuron.tau_dyn, dtype=np.float64)
    if tau.ndim and tau.shape != (n_neurons,):
        got = f"{check.shown(n_neurons)},"
        raise ValueError(f"tau_dyn: expected one value or shape ({got}), got {tau.shape}")
    return tau


def time_constants(neuron: LSM, n_neurons: int) -> Array:
    """`tau_dyn` of each of `n_neurons` neurons (s), else a ValueError."""
    tau = check_time_constants(neuron, n_neurons)
    return np.ascontiguousarray(np.broadcast_to(tau, (n_neurons,)))
