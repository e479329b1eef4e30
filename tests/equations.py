"""The paper's equations one neuron and one step at a time, networks, and what samples must be."""

import numpy as np

from lsm.network import Network

DT = 1e-3


def eq1(w, a, k_static, n_synapses, shunting=1.0):
    """Eq. 1 before the threshold; `w` and `a` list every synapse.

    Below zero the channels are those of the same input with its sign turned.
    """
    wa = np.multiply(w, a)
    more, less = sorted([np.maximum(wa, 0).sum(), np.maximum(-wa, 0).sum()], reverse=True)
    channels = k_static * n_synapses + more + shunting * less
    return wa.sum() / channels if channels > 0 else 0.0


def eq1_and_3(w, a, k_static, n_synapses, shunting=1.0):
    """Eq. 1, cut at zero by Eq. 3."""
    return max(0.0, eq1(w, a, k_static, n_synapses, shunting))


def eq2(activity, undamped, tau, dt):
    """Eq. 2 solved over one step of constant input."""
    return undamped + (activity - undamped) * np.exp(-dt / tau) if tau > 0 else undamped


def groups_of(network, update):
    """Neurons that are updated at one time, in the order of these times."""
    neurons = range(network.n_neurons)
    if update == "together":
        return [list(neurons)]
    if update == "in turn":
        return [[k] for k in neurons]
    layers = sorted(set(network.layer.tolist()))
    return [[k for k in neurons if network.layer[k] == layer] for layer in layers]


def network_by_sayings(network, inputs, neuron, dt, update, *, sent=None):
    """Neurons that say their activity when their time has come.

    Without delay a neuron hears what each said last; with delay, as many sayings before as the
    delay has steps; and nothing from before the first. Returned are activity and, before any
    threshold, the left side of Eq. 1. If it is told what neurons send, they say that.
    """
    n, n_steps = network.n_neurons, inputs.shape[1]
    taus = np.broadcast_to(neuron.tau_dyn, n)
    before = np.floor(network.delays / dt + 0.5).astype(int)
    said = [[] for _ in range(n)]
    undamped = np.zeros((n, n_steps))
    for t in range(n_steps):
        for group in groups_of(network, update):
            now = []
            for k in group:
                heard = []
                for j in range(n):
                    place = len(said[j]) - 1 - before[k, j]
                    heard.append(said[j][place] if place >= 0 else 0.0)
                w, a = [*network.w_in[k], *network.w_rec[k]], [*inputs[:, t], *heard]
                how = neuron.k_static, network.n_synapses[k], neuron.shunting
                undamped[k, t] = eq1(w, a, *how)
                last = said[k][-1] if said[k] else 0.0
                now.append(eq2(last, max(undamped[k, t], 0.0), taus[k], dt))
            for k, value in zip(group, now, strict=True):
                said[k].append(value if sent is None else sent[k, t])
    return np.array(said), undamped


def random_network(seed, *, n=None, most_delay=0, n_layers=1):
    """Sources of either sign in any order, some synapses and some whole neurons missing."""
    draw = np.random.default_rng(seed)
    n = n or draw.integers(1, 8)
    sign = draw.choice([-1, 1], n)
    n_sensors = draw.integers(1, 4)
    present = draw.random((n, n_sensors + n)) < draw.random()
    weights = present * draw.exponential(draw.choice([0.1, 1.0, 30.0]), present.shape)
    return Network(
        w_in=weights[:, :n_sensors],
        w_rec=weights[:, n_sensors:] * sign,
        n_synapses=present.sum(axis=1),
        delays=draw.integers(0, most_delay + 1, (n, n)) * DT,
        layer=draw.integers(1, n_layers + 1, n),
        sign=sign,
    )


def random_inputs(seed, n_inputs, n_steps):
    """Bursts and silence, from far below to far above 1."""
    draw = np.random.default_rng(seed)
    loud = draw.random((n_inputs, n_steps)) < 0.5
    return loud * draw.exponential(1.0, loud.shape) * draw.choice([0.01, 1.0, 20.0], (n_inputs, 1))


def chain(*delays, unused=0.0):
    """A sensor drives the first neuron, each the next one, after these delays; layer by layer.

    Other synapses do not exist.
    """
    n = len(delays) + 1
    after = np.full((n, n), unused)
    after[range(1, n), range(n - 1)] = delays
    return Network(
        w_in=np.eye(n)[:, :1],
        w_rec=0.7 * np.eye(n, k=-1),
        n_synapses=np.ones(n),
        delays=after,
        layer=np.arange(1, n + 1),
        sign=np.ones(n, dtype=int),
    )


def renumbered(network, to):
    """The same network, its neurons in another order."""
    return Network(
        w_in=network.w_in[to],
        w_rec=network.w_rec[np.ix_(to, to)],
        n_synapses=network.n_synapses[to],
        delays=network.delays[np.ix_(to, to)],
        layer=network.layer[to],
        sign=network.sign[to],
    )


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def assert_moments(sample, mean, sd, kurtosis=3.0):
    """Mean and deviation within five standard errors."""
    n = sample.size
    assert abs(sample.mean() - mean) < 5 * sd / np.sqrt(n)
    assert abs(sample.var() - sd**2) < 5 * sd**2 * np.sqrt((kurtosis - 1) / n)
