"""Theory of the network of one mean weight: why layer 2 is silent, and when it is not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded when used: that of stats takes half a second
from numpy.typing import ArrayLike

from lsm import _validate as check
from lsm.network import synapse_counts
from lsm.runs import Setting
from lsm.weights import Binary, Lognormal, Normal


def mean_weight(setting: Setting) -> float:
    """Mean of a setting's weights.

    Raises
    ------
    ValueError
        If they are none of the paper's distributions with a mean.
    """
    weights = setting.weights
    if isinstance(weights, Binary):
        return weights.p
    if isinstance(weights, Normal) or (isinstance(weights, Lognormal) and weights.of == "weights"):
        return weights.mean
    raise ValueError(f"weights: expected Normal, Lognormal or Binary, got {weights!r}")


class Balance(NamedTuple):
    """Stationary state of a network in which all weights are the same.

    Attributes
    ----------
    excitatory, inhibitory : float
        Activity of the ENs and of the INs of layer 1 (a.u.).
    drive : float
        Excitation less inhibition that layer 1 sends to each neuron of layer 2.
    least_inhibition : float
        Strength of inhibition, as a share of that of excitation, below which `drive` is positive.
    """

    excitatory: float
    inhibitory: float
    drive: float
    least_inhibition: float


def _of_layer_1(setting: Setting, sensors: float) -> tuple[int, float, float, float]:
    """ENs, mean weight, sensory drive, and static leak with that drive, of neurons of layer 1."""
    check.number("sensors", sensors, above=0)
    n, mu = setting.sizes[0], mean_weight(setting)
    n_synapses = synapse_counts(setting.sizes, setting.n_sensors)[0] + setting.autapses
    return n, mu, mu * sensors, float(setting.neuron.k_static * n_synapses + mu * sensors)


def balance(setting: Setting, sensors: float) -> Balance:
    r"""Closed form of the balance between ENs and INs, with all weights at their mean.

    With n ENs and as many INs in layer 1, mean weight μ, sensory drive S and static leak k i,
    Eq. 1 of an EN and an IN of layer 1 are, while layer 2 is silent,

    .. math:: e = \frac{S + D - \mu e}{k i + S + n\mu(e + g) - \mu e}, \qquad
              g = \frac{S + D + \mu g}{k i + S + n\mu(e + g) - \mu g}, \qquad
              D = n\mu(e - g):

    each EN lacks its own excitation, each IN its own inhibition. Their difference is
    :math:`g - e = x / (k i + S + (n - 1) x)` with :math:`x = \mu (e + g)`, which is positive, so
    that D, all that layer 2 hears, is negative. The sum of both equations gives x, as the only
    root of a function that rises. With autapses both equations are the same, and D is 0.

    The equations of ENs hold where these are above zero, :math:`k i + S (2 n - 1) / n > μ`. Whether
    the state is stable is not looked at: under very weak input (levels up to about 0.3 a.u. for a
    mean weight of 0.4) it is not, and neurons that start at rest swing, with D negative or zero.

    Parameters
    ----------
    setting : Setting
        Without dynamic leak, and neurons heard as in Figure 4A.
    sensors : float
        Sum of the sensors' activity (a.u.).

    Returns
    -------
    Balance
    """
    n, mu, source, rest = _of_layer_1(setting, sensors)

    def positive_root(a: float, b: float) -> float:
        return 2 * source / (b + np.sqrt(b**2 + 4 * a * source))

    if setting.autapses:
        e = positive_root(2 * n * mu, rest)
        return Balance(e, e, 0.0, 1.0)

    def apart(x: float) -> float:
        return x / (rest + (n - 1) * x)

    def too_large(x: float) -> float:
        delta = mu * apart(x)
        own = (2 * n - 1) * x**2 + 2 * rest * x - 4 * mu * source
        return float(own + 2 * (2 * n - 1) * mu * delta - delta**2)

    highest = 2 * mu * positive_root((2 * n - 1) * mu, rest)
    x = scipy.optimize.brentq(too_large, 0.0, highest, xtol=1e-15, rtol=1e-15)
    delta, total = apart(x), x / mu
    # Where inhibition is as weak as this, D is 0 and ENs and INs are alone with their own lack.
    alone = positive_root((2 * n - 1) * mu, rest + mu)
    return Balance(
        excitatory=(total - delta) / 2,
        inhibitory=(total + delta) / 2,
        drive=-n * mu * delta,
        least_inhibition=(source - mu * alone) / (source + mu * alone),
    )


def stationary(setting: Setting, sensors: float, inhibition: float = 1.0) -> tuple[float, float]:
    """Activity of the ENs and INs of layer 1 with all weights at their mean, layer 2 silent.

    As `balance`, but by iteration, and for inhibition of any strength.

    Parameters
    ----------
    setting, sensors
        As in `balance`.
    inhibition : float
        Factor of the inhibitory weights.

    Returns
    -------
    float, float
    """
    check.number("inhibition", inhibition, low=0)
    n, mu, source, rest = _of_layer_1(setting, sensors)
    own = 0.0 if setting.autapses else mu
    e = g = 0.0
    for _ in range(500):  # halfway to what Eq. 1 gives, so that it converges where Eq. 1 swings
        p = inhibition * g
        net, open_channels = source + n * mu * (e - p), rest + n * mu * (e + p)
        e, g = (
            (e + max(net - own * e, 0.0) / (open_channels - own * e)) / 2,
            (g + max(net + own * p, 0.0) / (open_channels - own * p)) / 2,
        )
    return e, g


def share_driven(setting: Setting, sensors: ArrayLike, inhibition: float = 1.0) -> float:
    """Share of neurons of layer 2 that layer 1 excites more than it inhibits: a Gaussian estimate.

    What layer 1 sends has the mean that it has with all weights at their mean. Its variance is that
    of the weights onto layer 2, and what the neurons of layer 1 differ by because of theirs.

    Parameters
    ----------
    setting : Setting
        With normal or lognormal weights.
    sensors : (n_sensors,) array
        Mean activity of each sensor (a.u.).
    inhibition : float
        Factor of the inhibitory weights.

    Returns
    -------
    float
    """
    each = check.array("sensors", sensors, shape=(setting.n_sensors,), low=0)
    cv = getattr(setting.weights, "cv", None)
    if cv is None:
        raise ValueError(f"weights: expected normal or lognormal ones, got {setting.weights!r}")
    n, mu, _, rest = _of_layer_1(setting, float(each.sum()))
    e, g = stationary(setting, float(each.sum()), inhibition)
    p, others = inhibition * g, n - (not setting.autapses)

    def variance(own: float, n_exc: int, n_inh: int) -> float:
        channels = rest + mu * (n_exc * e + n_inh * p)
        excitation = (1 - own) ** 2 * (float(each @ each) + n_exc * e**2)
        return float((excitation + (1 + own) ** 2 * n_inh * p**2) / channels**2)

    differing = variance(e, others, n) + inhibition**2 * variance(g, n, others)
    deviation = cv * mu * np.sqrt(n * (e**2 + p**2) + mu**2 * n * differing)
    mean = n * mu * (e - p)
    if deviation == 0:
        return float(mean > 0)
    return float(scipy.special.ndtr(mean / deviation))
