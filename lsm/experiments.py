"""The paper's experiments: the settings of its figures, and what their claims measure.

Pages of the book draw them at full scale; the page on readings repeats them, smaller, under other
readings of the text. So what a claim measures stands once, here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from lsm import _validate as check
from lsm import measures
from lsm._validate import Array
from lsm.network import scaled_time_constants, weight_distribution
from lsm.population import HighFrequencies, Transients
from lsm.single import Faithfulness, Index, Likeness, Variation
from lsm.sweeps import Run, Setting

Samples = dict[str, list[dict[str, float]]]

#: Weight distributions and means of Figure 5; for binary weights, the probability of 1.
KINDS = ("normal", "lognormal", "binary")
MEANS = (0.1, 0.2, 0.3, 0.4, 0.5)
#: High-frequency ratio from which they count as amplified, as in the criteria of the claims.
AMPLIFIED_FROM = 2.0
#: Where the paper says that high frequencies are amplified, (kind, mean): Gaussian from 0.4,
#: lognormal from 0.3, binary above 10 %.
AMPLIFIED = np.array(MEANS) > np.array([[0.35], [0.25], [0.15]])
#: The two weight settings of Figure 8; which they are is not in the text.
SIZE_WEIGHTS = (("normal", 0.4), ("binary", 0.2))
#: Rates at which claim 3g says that the Izhikevich neuron is beaten (Hz).
RATES_3G = (50.0, 100.0)
#: Powers of the number of synapses by which the leaks of Figure 8 grow; None for no leak.
LEAK_POWERS = (None, 0.0, 0.5, 1.0)


def _forms(base: Setting, tau_dyn: float) -> tuple[Setting, Setting]:
    """A setting without and with dynamic leak."""
    neuron = replace(base.neuron, tau_dyn=0.0)
    return replace(base, neuron=neuron), replace(base, neuron=replace(neuron, tau_dyn=tau_dyn))


def samples_1(corners: Sequence[float], tau_dyn: float) -> Samples:
    """What claim 1c measures: the corner frequency of leak over no leak, with each input.

    Parameters
    ----------
    corners : sequence of float
        Hz.
    tau_dyn : float
        Time constant of the dynamic leak (s).
    """
    return {
        "1c": [
            {"relative_error_of_corner": abs(c * 2 * np.pi * tau_dyn - 1), "corner_hz": c}
            for c in corners
        ]
    }


def samples_2(found: Sequence[Variation], k_static: ArrayLike) -> Samples:
    """What claims 2a to 2c measure with each input.

    Parameters
    ----------
    found : sequence of Variation
    k_static : (n_k,) array
        Its values of the static leak constant.
    """
    large = np.asarray(k_static) >= 0.5
    return {
        "2a": [
            {"rises_of_mean": (np.diff(v.mean) >= 0).sum(), "lowest_rho": v.rho[large].min()}
            for v in found
        ],
        "2b": [{"cv_ratio": v.cv[0] / v.cv[-1]} for v in found],
        "2c": [
            {
                "rises_of_cv": (np.diff(v.cv_leak) >= 0).sum(),
                "rises_with_start": (np.diff(v.cv_leak_from_rest) >= 0).sum(),
            }
            for v in found
        ],
    }


def _leads(quality: Sequence[Faithfulness]) -> list[dict[str, float]]:
    """By how much the poorer form of the LSM exceeds the Izhikevich neuron, with each input."""
    means = [[x.mean(axis=-1) for x in (q.r, q.rho)] for q in quality]
    return [
        {
            "smallest_lead_r": r[:2].min() - r[2],
            "smallest_lead_rho": rho[:2].min() - rho[2],
        }
        for r, rho in means
    ]


def samples_3(quality: Sequence[Faithfulness]) -> Samples:
    """What claims 3a to 3e measure with each input."""
    share = [q.share_above_30_hz for q in quality]
    return {
        "3a": [
            {"rho_mean_input": q.rho_mean_input, "rho_reference": q.rho_mean_reference}
            for q in quality
        ],
        "3b": [{"noise_ratio": q.noise_ratio} for q in quality],
        "3c": _leads(quality),
        "3d": [{"loss_of_r": q.r[0].mean() - q.r[1].mean()} for q in quality],
        "3e": [{"share_above_30_hz_ratio": s[3] / s[0]} for s in share],
    }


def beaten(quality: Sequence[Sequence[Faithfulness]], grid: Sequence[Sequence[Index]]) -> Array:
    """Share of Izhikevich neurons that follow the input less faithfully than both LSMs, by r.

    Parameters
    ----------
    quality, grid : sequence over rates of sequences over inputs

    Returns
    -------
    (n_rates, n_inputs) array
    """
    return np.array(
        [
            [
                (each.r < q.r[:2].mean(axis=-1).min()).mean()
                for q, each in zip(qualities, row, strict=True)
            ]
            for qualities, row in zip(quality, grid, strict=True)
        ]
    )


def samples_3g(shares: ArrayLike, rates: Sequence[float]) -> Samples:
    """What claim 3g measures with each input; nothing if a rate that it names is missing.

    Parameters
    ----------
    shares : (n_rates, n_inputs) array
        From `beaten`.
    rates : sequence of float
        Hz.
    """
    if not set(RATES_3G) <= set(rates):
        return {}
    names = [f"share_beaten_{rate:g}_hz" for rate in rates]
    return {"3g": [dict(zip(names, row, strict=True)) for row in np.transpose(shares)]}


def samples_s1(found: Sequence[Likeness]) -> Samples:
    """What claim S1 measures with each input."""
    return {"S1": [{"r": x.r, "rho": x.rho} for x in found]}


def samples_s4(quality: Sequence[Sequence[Faithfulness]]) -> Samples:
    """What claim S4 measures with each input, from sequences over rates of those over inputs."""
    by_input = zip(*(_leads(row) for row in quality), strict=True)
    return {"S4": [{name: min(x[name] for x in each) for name in each[0]} for each in by_input]}


def figure_4(base: Setting, tau_dyn: float) -> list[Setting]:
    """The network without leak, and with it.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s).

    Returns
    -------
    list of 2 Setting
    """
    return list(_forms(base, tau_dyn))


def samples_build_up(no_leak: Sequence[HighFrequencies], names: Sequence[str]) -> Samples:
    """What claims 4b and 4c measure in each network without leak.

    Parameters
    ----------
    no_leak : sequence of HighFrequencies
        Of each network.
    names : sequence of str
        Of the neurons; EN1 and IN1 are those that the figure draws.
    """
    en1, in1 = names.index("EN1"), names.index("IN1")
    fadings = [measures.fading(f.presentations[in1]) for f in no_leak]
    return {
        "4b": [
            {
                "build_up_EN1": float(measures.build_up(f.presentations[en1])),
                "build_up_IN1": float(measures.build_up(f.presentations[in1])),
            }
            for f in no_leak
        ],
        "4c": [
            {"peak_presentation": float(peak), "left_at_the_end": float(left)}
            for peak, left in fadings
        ],
    }


def samples_4(
    no_leak: Sequence[HighFrequencies],
    leak: Sequence[HighFrequencies],
    counted: Sequence[Sequence[Transients]],
    held: Sequence[Transients],
    layer: ArrayLike,
    names: Sequence[str],
) -> Samples:
    """What claims 4a to 4e and S6 measure in each network.

    Parameters
    ----------
    no_leak, leak : sequence of HighFrequencies
        Of each network.
    counted : sequence over the settings of `figure_4` of sequences over networks
        In EN1 and IN1.
    held : sequence of Transients
        In the same neurons without leak, the recurrent input of each held at its mean.
    layer : (n_neurons,) array
    names : sequence of str
        Of the neurons; EN1 and IN1 are those that the figure draws.
    """
    en1, in1 = names.index("EN1"), names.index("IN1")
    left = [measures.fading(f.presentations)[1] for f in no_leak]
    ratios = [
        [
            {"HF_EN1": f.neurons[en1], "HF_IN1": f.neurons[in1], "HF_network": f.network}
            for f in form
        ]
        for form in (no_leak, leak)
    ]
    return {
        "4a": ratios[0],
        **samples_build_up(no_leak, names),
        "4d": [
            {
                "transients_no_leak": a.without_counterpart.sum(),
                "transients_leak": b.without_counterpart.sum(),
                "transients_open_loop": c.without_counterpart.sum(),
                "transients_open_loop_own_scale": c.without_counterpart_on_own_scale.sum(),
                "excursions_no_leak": a.excursions.sum(),
                "excursions_drive": a.of_drive.sum(),
                "excursions_leak_on_its_own_scale": b.on_own_scale.sum(),
            }
            for a, b, c in zip(*counted, held, strict=True)
        ],
        "4e": ratios[1],
        "S6": [{"lead_of_layer_2": measures.layer_lead(each, layer)} for each in left],
    }


def samples_s7(
    autapses: Sequence[HighFrequencies],
    plain: Sequence[HighFrequencies],
    leak: Sequence[HighFrequencies],
) -> Samples:
    """What claims S7a and S7b measure: networks with autapses, without, and with both and leak."""
    return {
        "S7a": [
            {"HF_ratio": a.network / b.network, "HF_network": a.network}
            for a, b in zip(autapses, plain, strict=True)
        ],
        "S7b": [{"HF_network": f.network} for f in leak],
    }


def figure_5(base: Setting, tau_dyn: float) -> list[Setting]:
    """Fifteen kinds of weights, without and with leak: axes (form, kind, mean).

    Each kind of weights has a stream of random numbers of its own, shared by the two forms.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s).

    Returns
    -------
    list of 30 Setting
    """
    cells = [weight_distribution(kind, mean) for kind in KINDS for mean in MEANS]
    return [
        replace(form, weights=weights, stream=stream)
        for form in _forms(base, tau_dyn)
        for stream, weights in enumerate(cells)
    ]


def samples_5(power: Array, source: Array, activity: Array, freqs: ArrayLike) -> Samples:
    """What claims 5a to 5d measure in each group of networks.

    Parameters
    ----------
    power, source : (2, 3, 5, n_groups, n_freqs) array
        Mean power of the networks of a group, and of their inputs; axes of `figure_5` first.
    activity : (2, 3, 5, n_groups) array
        Mean activity.
    freqs : (n_freqs,) array
    """
    ratio = measures.high_frequency_ratio(power, source, freqs)
    damping = measures.band_gain(power[1], source[1], freqs, (20.0, 200.0))
    against = ((ratio[0] >= AMPLIFIED_FROM) != AMPLIFIED[..., None]).sum(axis=(0, 1))
    quiet = (activity[0, :, 0] / activity[0, :, -1]).max(axis=0)
    return {
        "5a": [{"settings_against": n} for n in against],
        "5b": [{"largest_activity_ratio": x} for x in quiet],
        "5c": [{"largest_HF": x} for x in ratio[1].max(axis=(0, 1))],
        "5d": [{"gain_20_200_hz": x} for x in damping.mean(axis=(0, 1))],
    }


def figure_6(base: Setting, tau_dyn: float, delays: ArrayLike) -> list[Setting]:
    """Mean conduction delays, without and with leak: axes (form, delay).

    Parameters
    ----------
    base : Setting
        Its `delay_law` is that of the delays.
    tau_dyn : float
        Time constant of the dynamic leak (s).
    delays : (n_delays,) array
        Seconds, the first of them 0.

    Returns
    -------
    list of 2 * n_delays Setting
    """
    each = check.array("delays", delays, shape=("n_delays",), low=0)
    return [replace(form, delay=float(d)) for form in _forms(base, tau_dyn) for d in each]


def added_peaks(power: Array, freqs: ArrayLike) -> Array:
    """Frequency of the highest peak that a delay adds: over the same network without delay.

    Parameters
    ----------
    power : (n_delays, n_networks, n_freqs) array
        Power of each network, the first without delay.
    freqs : (n_freqs,) array

    Returns
    -------
    (n_delays - 1, n_networks) array
        Hz, above 10 Hz; NaN where there is no peak.
    """
    return np.array(
        [
            [next(iter(measures.peak_frequencies(x, freqs, f_min=10.0)), np.nan) for x in row]
            for row in power[1:] / power[0]
        ]
    )


def delay_slopes(peaks: Array, delays: ArrayLike, *, dt: float) -> list[float]:
    """Exponent of the peaks' frequency over the mean delay and one step, in each network.

    Parameters
    ----------
    peaks : (n_delays - 1, n_networks) array
        From `added_peaks`.
    delays : (n_delays,) array
        Seconds, the first of them 0.
    dt : float
        Step (s).
    """
    passage = np.asarray(delays)[1:] + dt
    return [measures.loglog_slope(passage, p) for p in peaks.T]


def peaks_left(power: Array, source: Array, freqs: ArrayLike) -> Array:
    """Number of peaks of gain above 1 beyond 30 Hz: those that a leak should remove.

    Parameters
    ----------
    power, source : (n_delays, n_networks, n_freqs) array
    freqs : (n_freqs,) array

    Returns
    -------
    (n_delays, n_networks) int array
    """
    return np.array(
        [
            [measures.peak_frequencies(x, freqs, f_min=30.0, height=1.0).size for x in row]
            for row in measures.gain(power, source, freqs)
        ]
    )


def samples_6(
    power: Array, source: Array, delays: ArrayLike, freqs: ArrayLike, *, dt: float
) -> Samples:
    """What claims 6a and 6b measure in each network.

    Parameters
    ----------
    power, source : (2, n_delays, n_networks, n_freqs) array
        Axes of `figure_6` first.
    delays : (n_delays,) array
        Seconds.
    freqs : (n_freqs,) array
    dt : float
        Step (s).
    """
    peaks = added_peaks(power[0], freqs)
    slopes = delay_slopes(peaks, delays, dt=dt)
    left = peaks_left(power[1], source[1], freqs).sum(axis=0)
    still = (power[1, 1:] / power[1, :1]).max(axis=(0, -1))
    return {
        "6a": [
            {"slope": slope, "n_delays": np.isfinite(p).sum()}
            for slope, p in zip(slopes, peaks.T, strict=True)
        ],
        "6b": [
            {"n_peaks": n, "highest_over_no_delay": x} for n, x in zip(left, still, strict=True)
        ],
    }


def figure_7(
    base: Setting, tau_dyn: float, rates: Sequence[float], counts: Sequence[int]
) -> list[Setting]:
    """Rates of the first number of sensors, then numbers of sensors at the first rate.

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak (s).
    rates : sequence of float
        Hz.
    counts : sequence of int

    Returns
    -------
    list of 2 * (n_rates + n_counts) Setting
        Axes (form, density).

    Raises
    ------
    ValueError
        If there are fewer than three rates or numbers: the first two are the claims' sparse ones.
    """
    for name, values in (("rates", rates), ("counts", counts)):
        if len(values) < 3:
            raise ValueError(f"{name}: expected at least 3 values, got {len(values)}")
    return [
        replace(form, rate=rate, n_sensors=count)
        for form in _forms(base, tau_dyn)
        for rate, count in (
            *((rate, counts[0]) for rate in rates),
            *((rates[0], count) for count in counts),
        )
    ]


def samples_7(power: Array, source: Array, n_rates: int, freqs: ArrayLike) -> Samples:
    """What claims 7a to 7c measure in each network.

    Parameters
    ----------
    power, source : (2, n_rates + n_counts, n_networks, n_freqs) array
        Axes of `figure_7` first.
    n_rates : int
    freqs : (n_freqs,) array
    """
    ratio = measures.high_frequency_ratio(power, source, freqs)
    sparse = [0, 1, n_rates, n_rates + 1]
    dense = [i for i in range(power.shape[1]) if i not in sparse]
    against = (power[0, dense] / power[0, 0]).max(axis=(0, -1))
    return {
        "7a": [{"smallest_HF": x} for x in ratio[0, sparse].min(axis=0)],
        "7b": [{"largest_power_ratio": x} for x in against],
        "7c": [{"largest_HF": x} for x in ratio[1].max(axis=0)],
    }


def figure_8(
    base: Setting,
    tau_dyn: float,
    sizes: Sequence[tuple[int, int]],
    *,
    reference: tuple[int, int] = (5, 4),
) -> list[Setting]:
    """Sizes, two kinds of weights and four leaks: axes (weights, leak, size).

    Parameters
    ----------
    base : Setting
    tau_dyn : float
        Time constant of the dynamic leak of the network of the size `reference` (s).
    sizes : sequence of (int, int)
    reference : (int, int)
        The size from which leaks that grow are scaled.

    Returns
    -------
    list of 8 * n_sizes Setting
    """
    return [
        replace(
            base,
            weights=weight_distribution(kind, mean),
            sizes=size,
            neuron=replace(
                base.neuron,
                tau_dyn=0.0
                if power is None
                else scaled_time_constants(
                    tau_dyn, power, sizes=size, n_sensors=base.n_sensors, reference=reference
                ),
            ),
        )
        for kind, mean in SIZE_WEIGHTS
        for power in LEAK_POWERS
        for size in sizes
    ]


def samples_8(power: Array, source: Array, variance: Array, freqs: ArrayLike) -> Samples:
    """What claims 8a to 8e measure in each network.

    Parameters
    ----------
    power, source : (2, 4, n_sizes, n_networks, n_freqs) array
        Axes of `figure_8` first, sizes rising.
    variance : (2, 4, n_sizes, n_networks) array
        Of the activity.
    freqs : (n_freqs,) array
    """
    f = np.asarray(freqs)
    ratio = measures.high_frequency_ratio(power, source, freqs)
    low = measures.band_mean(power, f, measures.REFERENCE_BAND)
    gained = low[:, 2] / low[:, 1]
    spread = (ratio[:, 0].max(axis=1) / ratio[:, 0].min(axis=1)).max(axis=0)
    rank = (variance[:, 0] < variance[:, 0, -1:]).sum(axis=1) + 1
    transfer = power[:, 3, -1] / power[:, 0, -1]
    corner = np.array([[measures.corner_frequency(x, f) for x in row] for row in transfer])
    largest = ratio.max(axis=(0, 2))  # leak, network
    return {
        "8a": [
            {"smallest_HF": h, "spread_of_HF": s}
            for h, s in zip(ratio[:, 0].min(axis=(0, 1)), spread, strict=True)
        ],
        "8b": [{"rank_of_largest_in_variance": r} for r in rank.max(axis=0)],
        "8c": [{"largest_HF": x} for x in largest[1]],
        "8d": [
            {"largest_low_frequency_ratio": x, "largest_HF": h}
            for x, h in zip(gained.max(axis=(0, 1)), largest[2], strict=True)
        ],
        "8e": [{"corner_of_largest": c} for c in corner.max(axis=0)],
    }


def read_out(result: Run, *, n_steps: int = 1) -> tuple[Array, Array]:
    """Linear read-out of the sensors from the activity of all neurons (beyond the paper).

    Fitted by least squares to every other presentation, and judged in those between.

    Parameters
    ----------
    result : Run
    n_steps : int
        How many steps of activity it reads, the present one and those before it.

    Returns
    -------
    estimate : (n_sensors, n) array
        Of the sensors, over the whole run.
    explained : (n_sensors,) array
        Share of each sensor's variance that it explains in the presentations that it was not
        fitted to; negative if it is worse than the mean.

    Raises
    ------
    ValueError
        If there are fewer than two presentations.
    """
    check.integer("n_steps", n_steps, low=1)
    setting, n = result.setting, result.activity.shape[1]
    if setting.n_presentations < 2:
        raise ValueError(
            f"n_presentations: expected at least 2, one to fit and one to judge by, got "
            f"{setting.n_presentations}"
        )
    late = [np.pad(result.activity, [(0, 0), (k, 0)])[:, :n] for k in range(n_steps)]
    read = np.concatenate([*late, np.ones((1, n))])
    presentation = np.arange(n) * setting.n_presentations // n
    fitted, judged = presentation % 2 == 0, presentation % 2 == 1
    weights, *_ = np.linalg.lstsq(read[:, fitted].T, result.inputs[:, fitted].T)
    estimate = weights.T @ read
    error = ((result.inputs - estimate)[:, judged] ** 2).mean(axis=1)
    return estimate, 1 - error / result.inputs[:, judged].var(axis=1)


def samples_d2(no_leak: ArrayLike, leak: ArrayLike) -> Samples:
    """What claim D2 measures in each network.

    Parameters
    ----------
    no_leak, leak : (n_networks, n_sensors) array
        Explained shares from `read_out`.
    """
    pairs = zip(np.asarray(no_leak).mean(axis=1), np.asarray(leak).mean(axis=1), strict=True)
    return {"D2": [{"loss": a - b, "no_leak": a, "leak": b} for a, b in pairs]}
