"""Distributions of synaptic weights (section Synaptic Weights)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lsm import _memory
from lsm import _validate as check
from lsm._parameters import keep
from lsm._validate import Array


class WeightDistribution(Protocol):
    """Anything that draws non-negative weights; inhibition gets its sign from the source."""

    def sample(self, shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
        """Draw weights of the given shape.

        Parameters
        ----------
        shape : tuple of int
        rng : numpy.random.Generator

        Returns
        -------
        array of that shape
            Not negative (a.u.).
        """
        ...


def _refuse_beyond_memory(shape: int | tuple[int, ...], per_weight: int) -> None:
    n_weights = math.prod(shape) if isinstance(shape, tuple) else shape
    _memory.fits("shape", "an array of weights", per_weight * n_weights, shape)


@dataclass(frozen=True, kw_only=True)
class Normal:
    """Normal weights of mean `mean` and deviation ``cv * mean`` (section Synaptic Weights).

    A negative draw (five standard deviations out at cv = 0.2) would change the kind of synapse;
    its magnitude is taken.

    Attributes
    ----------
    mean : float
        Mean weight (a.u.).
    cv : float
        Coefficient of variation.

    Raises
    ------
    ValueError
        If `mean` is not positive or `cv` is negative.
    """

    mean: float
    cv: float = 0.2

    def __post_init__(self) -> None:
        keep(self, mean=check.number("mean", self.mean, above=0))
        keep(self, cv=check.number("cv", self.cv, low=0))

    def sample(self, shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
        """Draw weights of the given shape."""
        _refuse_beyond_memory(shape, 16)
        return np.abs(check.generator(rng).normal(self.mean, self.cv * self.mean, shape))


@dataclass(frozen=True, kw_only=True)
class Lognormal:
    """Lognormal weights; `mean` and `cv` are those of the weights, not of their logarithm.

    Attributes
    ----------
    mean : float
        Mean (a.u.).
    cv : float
        Coefficient of variation.
    of : {"weights", "logarithm"}
        What `mean` and `cv` are of. "logarithm": the other reading of the text, which MATLAB's
        `lognrnd` would give; nearly all weights are then above 1.

    Raises
    ------
    ValueError
        If `mean` is not positive, `cv` is negative, or `of` is neither "weights" nor "logarithm".
    """

    mean: float
    cv: float = 0.2
    of: str = "weights"

    def __post_init__(self) -> None:
        keep(self, mean=check.number("mean", self.mean, above=0))
        keep(self, cv=check.number("cv", self.cv, low=0))
        keep(self, of=check.choice("of", self.of, ("weights", "logarithm")))

    def sample(self, shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
        """Draw weights of the given shape."""
        if self.of == "logarithm":
            _refuse_beyond_memory(shape, 17)
            drawn = check.generator(rng).lognormal(self.mean, self.cv * self.mean, shape)
            return check.computed("mean", drawn)
        _refuse_beyond_memory(shape, 8)
        variance = np.log1p(self.cv**2)
        mu = np.log(self.mean) - variance / 2
        return check.generator(rng).lognormal(mu, np.sqrt(variance), shape)


@dataclass(frozen=True, kw_only=True)
class Binary:
    """Weights that are 1 with probability `p`, else 0.

    Attributes
    ----------
    p : float
        Probability of a weight of 1; it is also the mean.

    Raises
    ------
    ValueError
        If `p` lies outside [0, 1].
    """

    p: float

    def __post_init__(self) -> None:
        keep(self, p=check.number("p", self.p, low=0, high=1))

    def sample(self, shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
        """Draw weights of the given shape."""
        _refuse_beyond_memory(shape, 9)
        return (check.generator(rng).random(shape) < self.p).astype(np.float64)


WEIGHT_KINDS = ("binary", "lognormal", "normal")


def weight_distribution(kind: str, mean: float) -> WeightDistribution:
    """The paper's weight distribution of a given kind and mean (Figure 5A-C).

    Parameters
    ----------
    kind : {"normal", "lognormal", "binary"}
    mean : float
        Mean weight (a.u.); for binary weights, the probability of a weight of 1.

    Returns
    -------
    Normal, Lognormal or Binary
        With the paper's coefficient of variation, 20 %.

    Raises
    ------
    ValueError
        If the kind is unknown or the mean out of range.
    """
    check.choice("kind", kind, WEIGHT_KINDS)
    check.number("mean", mean, low=0, high=1 if kind == "binary" else np.inf)
    if kind == "binary":
        return Binary(p=mean)
    return Normal(mean=mean) if kind == "normal" else Lognormal(mean=mean)
