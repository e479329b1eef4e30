"""The isolated neuron under repeated sensory input: its models, and how faithfully each follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lsm import _steps, measures
from lsm import _validate as check
from lsm._validate import Array
from lsm.dynamics import hodgkin_huxley_response, izhikevich_response, lsm_response
from lsm.inputs import bin_spikes, convolve_psp
from lsm.neurons import HodgkinHuxley, Izhikevich
from lsm.runs import Setting, generators, sensory_spikes

#: Models in the order of all results of this module.
MODELS = ("no leak", "leak", "Izhikevich")

# Models whose spikes are held in memory at a time.
_N_BATCH = 45


class Trial(NamedTuple):
    """What one neuron does in repeated presentations, by each model.

    Attributes
    ----------
    trains : (n_sensors, n_spikes) array
        Reference spike times of one presentation (s).
    source : (n_steps,) array
        Summed, weighted input of the reference, without jitter (a.u.).
    total : (n_presentations, n_steps) array
        Summed, weighted input of each presentation (a.u.).
    outputs : (3, n_presentations, n_steps) array
        Output of each of `MODELS` (a.u.); Izhikevich's spikes as potentials (Eq. 6).
    n_spikes : int
        Spikes of the Izhikevich neuron in all presentations.
    """

    trains: Array
    source: Array
    total: Array
    outputs: Array
    n_spikes: int


class Drive(NamedTuple):
    """Sensory input of an isolated neuron.

    Attributes
    ----------
    setting : Setting
    trains : (n_sensors, n_spikes) array
        Reference spike times of one presentation (s).
    source : (n_steps,) array
        Summed, weighted input of the reference, without jitter (a.u.).
    inputs : (n_sensors, n_presentations * n_steps) array
        Activity of each sensor (a.u.).
    weights : (n_sensors,) array
    """

    setting: Setting
    trains: Array
    source: Array
    inputs: Array
    weights: Array


def drive(setting: Setting, *, weight: float, seed: int, repeat: int = 0) -> Drive:
    """Draw the sensory input of a setting for an isolated neuron.

    Parameters
    ----------
    setting : Setting
    weight : float
        Of every synapse.
    seed, repeat : int
        As in `run`.

    Returns
    -------
    Drive

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    check.number("weight", weight, above=0)
    dt = setting.dt
    n_steps = _steps.n_steps("duration", setting.duration, dt)
    reference, times = sensory_spikes(setting, rng=generators(setting, seed, repeat)[0])
    source = weight * convolve_psp(
        bin_spikes(reference, n_steps, dt=dt), dt=dt, kernel=setting.kernel
    ).sum(axis=0)
    spikes = bin_spikes(times, setting.n_presentations * n_steps, dt=dt)
    inputs = convolve_psp(spikes, dt=dt, kernel=setting.kernel)
    weights = np.full(setting.n_sensors, float(weight))
    return Drive(setting, reference, source, inputs, weights)


def trial(
    setting: Setting,
    *,
    tau_dyn: float,
    weight: float,
    izhikevich: Izhikevich | None = None,
    n_substeps: int = 1,
    scheme: str = "euler",
    seed: int,
    repeat: int = 0,
) -> Trial:
    """Present the same input to all models of an isolated neuron.

    Parameters
    ----------
    setting : Setting
        Its input; its neuron is the linear summation neuron without dynamic leak.
    tau_dyn : float
        Time constant of the neuron with dynamic leak (s).
    weight : float
        Of every synapse, the same for all models.
    izhikevich : Izhikevich, optional
        Regular spiking (Table 1) by default.
    n_substeps, scheme
        Of the Izhikevich neuron, as in `izhikevich_response`.
    seed, repeat : int
        As in `run`.

    Returns
    -------
    Trial

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    dt = setting.dt
    _, reference, source, inputs, weights = drive(setting, weight=weight, seed=seed, repeat=repeat)
    spikes = izhikevich_response(
        inputs,
        weights,
        izhikevich or Izhikevich(),
        dt=dt,
        n_substeps=n_substeps,
        scheme=scheme,
    )
    leaky = replace(setting.neuron, tau_dyn=tau_dyn)
    outputs = [
        lsm_response(inputs, weights, setting.neuron, dt=dt),
        lsm_response(inputs, weights, leaky, dt=dt),
        convolve_psp(spikes, dt=dt, kernel=setting.kernel),
    ]
    shape = (setting.n_presentations, -1)
    total = (weights @ inputs).reshape(shape)
    return Trial(
        reference, source, total, np.reshape(outputs, (3, *total.shape)), int(spikes.sum())
    )


class Faithfulness(NamedTuple):
    """How the outputs of a trial follow its input.

    Attributes
    ----------
    r, rho : (3, n_presentations) array
        The paper's index and Pearson's correlation of each of `MODELS` with the input of the
        same presentation; 0 where a model is silent.
    r_reference, rho_reference : (3, n_presentations) array
        The same with the input of the reference, without jitter.
    r_constant, r_constant_reference : float
        The paper's index of an output that is constant with the input, mean over presentations,
        and with the reference.
    rho_mean_input, rho_mean_reference, rho_relay : float
        Pearson's correlation of the mean output without leak with the mean input, and with the
        reference; and that of the mean input with the reference.
    noise_ratio, relative_noise_ratio : float
        Power above 100 Hz of what differs from the mean over presentations, without leak over
        with leak; and the same in units of the variance of each form's mean.
    activity : float
        Mean output without leak (a.u.). As all synapses excite, it is also the share that the
        input has of the denominator of Eq. 1.
    share_above_30_hz : (4,) array
        Share of the power of the input, and of each model's output, above 30 Hz.
    """

    r: Annotated[Array, "model", "presentation"]
    rho: Annotated[Array, "model", "presentation"]
    r_reference: Annotated[Array, "model", "presentation"]
    rho_reference: Annotated[Array, "model", "presentation"]
    r_constant: float
    r_constant_reference: float
    rho_mean_input: float
    rho_mean_reference: float
    rho_relay: float
    noise_ratio: float
    relative_noise_ratio: float
    activity: float
    share_above_30_hz: Annotated[Array, "signal"]


def faithfulness(found: Trial, *, dt: float) -> Faithfulness:
    """Measure how the outputs of a trial follow its input.

    Parameters
    ----------
    found : Trial
    dt : float
        Step (s).

    Returns
    -------
    Faithfulness
    """
    outputs, total, source = found.outputs, found.total, found.source
    mean, mean_input = outputs[:2].mean(axis=1), total.mean(axis=0)
    constant = np.ones_like(source)
    noise = outputs[:2] - mean[:, None]
    loud = measures.band_power(noise, (measures.HIGH_FREQUENCY, np.inf), dt=dt).mean(axis=-1)
    relative = loud / mean.var(axis=-1)
    signals = np.concatenate([total[None], outputs])
    high = measures.band_power(signals, (30.0, np.inf), dt=dt).mean(axis=-1)
    whole = measures.band_power(signals, (0.0, np.inf), dt=dt).mean(axis=-1)
    share = np.divide(high, whole, out=np.full(4, np.nan), where=whole > 0)
    return Faithfulness(
        r=np.nan_to_num(measures.correlation(outputs, total)),
        rho=np.nan_to_num(measures.pearson(outputs, total)),
        r_reference=np.nan_to_num(measures.correlation(outputs, source)),
        rho_reference=np.nan_to_num(measures.pearson(outputs, source)),
        r_constant=float(measures.correlation(constant, total).mean()),
        r_constant_reference=float(measures.correlation(constant, source)),
        rho_mean_input=float(measures.pearson(mean[0], mean_input)),
        rho_mean_reference=float(measures.pearson(mean[0], source)),
        rho_relay=float(measures.pearson(mean_input, source)),
        noise_ratio=float(loud[0] / loud[1]),
        relative_noise_ratio=float(relative[0] / relative[1]),
        activity=float(outputs[0].mean()),
        share_above_30_hz=share,
    )


class Index(NamedTuple):
    """How faithfully many models follow the same input.

    Attributes
    ----------
    r, rho : (n_models,) array
        The paper's index and Pearson's correlation with the input of the same presentation, mean
        over presentations; 0 where a model is silent.
    r_reference, rho_reference : (n_models,) array
        The same with the input of the reference, without jitter.
    """

    r: Annotated[Array, "parameters"]
    rho: Annotated[Array, "parameters"]
    r_reference: Annotated[Array, "parameters"]
    rho_reference: Annotated[Array, "parameters"]


def izhikevich_faithfulness(
    found: Drive, *, models: Sequence[Izhikevich], n_substeps: int = 1, scheme: str = "euler"
) -> Index:
    """How faithfully Izhikevich neurons follow an input.

    Parameters
    ----------
    found : Drive
    models : sequence of Izhikevich
    n_substeps, scheme
        As in `trial`.

    Returns
    -------
    Index
    """
    setting = found.setting
    total = (found.weights @ found.inputs).reshape(setting.n_presentations, -1)
    rows = []
    for first in range(0, len(models), _N_BATCH):
        batch = models[first : first + _N_BATCH]
        spikes = izhikevich_response(
            found.inputs,
            found.weights,
            batch,
            dt=setting.dt,
            n_substeps=n_substeps,
            scheme=scheme,
        )
        outputs = convolve_psp(spikes, dt=setting.dt, kernel=setting.kernel)
        outputs = outputs.reshape(-1, *total.shape)
        rows.append(
            [
                np.nan_to_num(index(outputs, against)).mean(axis=-1)
                for against in (total, found.source)
                for index in (measures.correlation, measures.pearson)
            ]
        )
    return Index(*np.concatenate(rows, axis=-1))


class Variation(NamedTuple):
    """The neuron's activity at many values of its constants (Figure 2).

    Attributes
    ----------
    mean_activity, cv : (n_k,) array
        Mean and coefficient of variation without dynamic leak, at each static leak constant; of
        the record without its start.
    rho : (n_k,) array
        Pearson's correlation with the activity at the last of them, over the whole record.
    cv_leak, cv_leak_from_rest : (n_tau,) array
        Coefficient of variation with dynamic leak, at each time constant; the second one of the
        whole record, with the rise from rest.
    roughness : (n_tau,) array
        Root mean square change from step to step over the standard deviation, with dynamic leak,
        at each time constant; of the record without its start.
    """

    mean_activity: Annotated[Array, "k_static"]
    cv: Annotated[Array, "k_static"]
    rho: Annotated[Array, "k_static"]
    cv_leak: Annotated[Array, "tau_dyn"]
    cv_leak_from_rest: Annotated[Array, "tau_dyn"]
    roughness: Annotated[Array, "tau_dyn"]


def by_constants(found: Drive, *, k_static: ArrayLike, tau_dyn: ArrayLike) -> tuple[Array, Array]:
    """Activity at many values of the neuron's two constants, one varied at a time.

    Parameters
    ----------
    found : Drive
        The neuron of its setting has the static leak constant while the other one varies.
    k_static : (n_k,) array
        Values for the neuron without dynamic leak.
    tau_dyn : (n_tau,) array
        Seconds, rising.

    Returns
    -------
    tuple of (n_k, n_steps) and (n_tau, n_steps) array
    """
    neuron = found.setting.neuron
    respond = partial(lsm_response, found.inputs, found.weights, dt=found.setting.dt)
    ks = check.array("k_static", k_static, shape=("n_k",))
    taus = check.array("tau_dyn", tau_dyn, shape=("n_tau",))
    return (
        np.array([respond(replace(neuron, k_static=float(k), tau_dyn=0.0)) for k in ks]),
        np.array([respond(replace(neuron, tau_dyn=float(tau))) for tau in taus]),
    )


def variation(found: Drive, *, k_static: ArrayLike, tau_dyn: ArrayLike) -> Variation:
    """Measure mean and variation at many values of the neuron's two constants.

    Parameters
    ----------
    found, k_static, tau_dyn
        As in `by_constants`.

    Returns
    -------
    Variation
    """
    traces = by_constants(found, k_static=k_static, tau_dyn=tau_dyn)
    return variation_of(*traces, longest=float(np.max(tau_dyn)), dt=found.setting.dt)


def variation_of(by_k: Array, by_tau: Array, *, longest: float, dt: float) -> Variation:
    """Measure mean and variation of the traces of `by_constants`, or of a control's.

    Parameters
    ----------
    by_k, by_tau : (n_k, n_steps) and (n_tau, n_steps) array
        Activity at each value of the one constant and of the other.
    longest : float
        Largest time constant (s). Five times that is left out at the start of the record, at
        most half of it.
    dt : float
        Step (s).

    Returns
    -------
    Variation
    """
    n_start = min(_steps.n_steps("longest", 5 * longest, dt), by_k.shape[-1] // 2)
    settled = by_tau[:, n_start:]
    change = np.sqrt(np.mean(np.diff(settled) ** 2, axis=-1))
    return Variation(
        mean_activity=by_k[:, n_start:].mean(axis=-1),
        cv=measures.coefficient_of_variation(by_k[:, n_start:]),
        rho=measures.pearson(by_k, by_k[-1:]),
        cv_leak=measures.coefficient_of_variation(settled),
        cv_leak_from_rest=measures.coefficient_of_variation(by_tau),
        roughness=change / settled.std(axis=-1),
    )


class Likeness(NamedTuple):
    """How alike two outputs are.

    Attributes
    ----------
    r, rho : float
        The paper's index and Pearson's correlation.
    """

    r: float
    rho: float


def membrane_likeness(found: Drive, *, tau_dyn: float, membrane: HodgkinHuxley) -> Likeness:
    """How alike the neuron with dynamic leak and the H-H membrane are under the same input.

    Parameters
    ----------
    found : Drive
    tau_dyn : float
        Time constant of the dynamic leak (s).
    membrane : HodgkinHuxley

    Returns
    -------
    Likeness
    """
    return likeness_of(found, found, tau_dyn=tau_dyn, membrane=membrane)


def likeness_of(
    of_neuron: Drive, of_membrane: Drive, *, tau_dyn: float, membrane: HodgkinHuxley
) -> Likeness:
    """How alike the neuron under one input and the H-H membrane under another are.

    Parameters
    ----------
    of_neuron, of_membrane : Drive
        Of as many steps.
    tau_dyn, membrane
        As in `membrane_likeness`.

    Returns
    -------
    Likeness
    """
    neuron, dt = replace(of_neuron.setting.neuron, tau_dyn=tau_dyn), of_neuron.setting.dt
    pair = (
        lsm_response(of_neuron.inputs, of_neuron.weights, neuron, dt=dt),
        hodgkin_huxley_response(of_membrane.inputs, of_membrane.weights, membrane, dt=dt),
    )
    return Likeness(float(measures.correlation(*pair)), float(measures.pearson(*pair)))


class Cutoff(NamedTuple):
    """Where the dynamic leak cuts off.

    Attributes
    ----------
    frequency : float
        At which it has halved the power (Hz).
    """

    frequency: float


def leak_cutoff(no_leak: ArrayLike, leak: ArrayLike, *, tau_dyn: float, dt: float) -> float:
    """Cutoff frequency of one output over another that differs by the dynamic leak.

    Parameters
    ----------
    no_leak, leak : (n_steps,) array
    tau_dyn : float
        Time constant of the dynamic leak (s): resolved as far as the record allows.
    dt : float
        Step (s).

    Returns
    -------
    float
        Hz.
    """
    segment = min(max(2.0, 60 * tau_dyn), dt * np.size(no_leak))
    freqs, transfer = measures.power_transfer(no_leak, leak, dt=dt, segment=segment)
    # The leak passes what is slow as it is; an estimate of that would be less certain.
    return measures.cutoff_frequency(transfer, freqs, pass_band=1.0)


def cutoff(found: Drive, *, tau_dyn: float) -> Cutoff:
    """Cutoff frequency of the neuron with dynamic leak over that without.

    Parameters
    ----------
    found : Drive
    tau_dyn : float
        Time constant of the dynamic leak (s).

    Returns
    -------
    Cutoff
    """
    neuron, dt = replace(found.setting.neuron, tau_dyn=0.0), found.setting.dt
    no_leak, leak = (
        lsm_response(found.inputs, found.weights, each, dt=dt)
        for each in (neuron, replace(neuron, tau_dyn=tau_dyn))
    )
    return Cutoff(leak_cutoff(no_leak, leak, tau_dyn=tau_dyn, dt=dt))
