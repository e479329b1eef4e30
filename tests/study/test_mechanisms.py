"""Mechanisms: the balance that silences layer 2, orders of update, memory, walks."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtr

from lsm.delays import synaptic_lags
from lsm.dynamics import simulate
from lsm.inputs import present
from lsm.neurons import LSM
from lsm.runs import Setting, respond, run
from lsm.spectrum import log_frequencies
from lsm.weights import Binary, Lognormal, Normal
from rongala2021 import balance, ledger, linear, mechanisms, rewiring
from rongala2021.grids import grid
from rongala2021.project import book_file
from rongala2021.run_measures import high_frequencies
from rongala2021.scale import Scale
from rongala2021.spectra import Spectrum

FLAT = Setting(n_presentations=1, weights=Normal(mean=0.4, cv=0.0))
SHORT = Setting(n_presentations=2)
SPECTRUM = Spectrum(freqs=log_frequencies(3.0, 400.0, voices=3), warm_up=0.1)
SIZES = [(5, 4), (1, 3), (8, 2)]


# The balance


def last_step(setting, sensors, n_steps=3000):
    """Network of one weight and what its neurons end at under a constant input."""
    network = rewiring.without_scatter(setting, seed=0).network
    inputs = np.full((setting.n_sensors, n_steps), sensors / setting.n_sensors)
    return network, simulate(network, inputs, setting.neuron, dt=setting.dt)[:, -1]


@pytest.mark.parametrize("autapses", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("sensors", [0.5, 6.0, 20.0])
def test_the_closed_form_is_where_networks_of_one_weight_end(sensors, sizes, autapses):
    setting = replace(FLAT, sizes=sizes, autapses=autapses)
    found = balance.balance(setting, sensors)
    network, last = last_step(setting, sensors)
    first, exc = network.layer == 1, network.sign > 0
    np.testing.assert_allclose(last[first & exc], found.excitatory, rtol=1e-9)
    np.testing.assert_allclose(last[first & ~exc], found.inhibitory, rtol=1e-9)
    assert (last[~first] == 0).all()
    heard = network.w_rec[np.ix_(~first, first)] @ last[first]
    np.testing.assert_allclose(heard, found.drive, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("sizes", SIZES)
def test_ins_exceed_ens_and_layer_2_is_inhibited_unless_there_are_autapses(sizes):
    setting = replace(FLAT, sizes=sizes)
    found = balance.balance(setting, 6.0)
    assert found.inhibitory > found.excitatory
    assert found.drive < 0
    # As the page has it: their difference from their sum.
    n, mu = sizes[0], 0.4
    x = mu * (found.excitatory + found.inhibitory)
    rest = setting.neuron.k_static * (6 + 2 * sum(sizes) - 1) + mu * 6.0
    apart = found.inhibitory - found.excitatory
    np.testing.assert_allclose(apart, x / (rest + (n - 1) * x), rtol=1e-12)
    equal = balance.balance(replace(setting, autapses=True), 6.0)
    assert equal.excitatory == equal.inhibitory
    assert (equal.drive, equal.least_inhibition) == (0.0, 1.0)


def test_the_closed_form_is_not_where_networks_end_under_very_weak_input():
    found = mechanisms.balances(grid([FLAT], autapses=[False]), [0.2, 0.4])["off"].squeeze()
    assert found[0] > 0.01
    assert found[1] < 1e-9


def test_ens_of_one_weight_are_at_zero_where_the_leak_and_the_drive_are_below_a_weight():
    # Condition of the closed form: k i + S (2 n - 1) / n > μ, S the mean weight times the level.
    network = rewiring.without_scatter(FLAT, seed=0).network
    n, mu, rest = 5, 0.4, 0.005 * network.n_synapses[0]
    threshold = (mu - rest) * n / (2 * n - 1) / mu
    for level, above in ((0.95 * threshold, False), (1.05 * threshold, True)):
        drive, k = mu * level, rest
        # Where ENs are held at zero, INs alone are at the root of Eq. 1, and ENs are at zero if
        # what they receive is not positive.
        a, b, c = mu * (n - 1), k + drive + mu * (n - 1), -drive
        g = (-b + np.sqrt(b**2 - 4 * a * c)) / (2 * a)
        assert (drive - n * mu * g > 0) == above
        setting = replace(FLAT, neuron=LSM(k_static=0.005))
        assert (balance.balance(setting, level).excitatory > 0) == above


def test_layer_2_of_one_weight_is_silent_at_every_moment_of_any_input():
    rng = np.random.default_rng(1)
    network = rewiring.without_scatter(FLAT, seed=0).network
    first, exc = network.layer == 1, network.sign > 0
    for scale in (0.01, 1.0, 30.0):
        inputs = scale * rng.exponential(size=(6, 500)) * (rng.random((6, 500)) < 0.3)
        activity = simulate(network, inputs, FLAT.neuron, dt=1e-3)
        assert (activity[~first] == 0).all()
        assert (activity[first & ~exc].min(axis=0) >= activity[first & exc].max(axis=0)).all()


@pytest.mark.parametrize("autapses", [False, True])
def test_inhibition_wakes_layer_2_just_below_the_least_and_not_just_above(autapses):
    setting = replace(FLAT, autapses=autapses)
    least = balance.balance(setting, 6.0).least_inhibition
    drives = []
    for factor in (0.995, 1.005):
        network, last = last_step(rewiring.inhibited(setting, factor * least), 6.0)
        drives.append((last[network.layer == 2] > 0).any())
    assert drives == [True, False]


@pytest.mark.parametrize("strength", [0.6, 1.0, 1.3])
@pytest.mark.parametrize("autapses", [False, True])
def test_iteration_is_where_layer_1_ends_if_layer_2_is_cut_off(strength, autapses):
    factors = {(t, s): strength for t in ("EN1", "IN1", "EN2", "IN2") for s in ("IN1", "IN2")}
    cut = {(t, s): 0.0 for t in ("EN2", "IN2") for s in ("EN1", "IN1")}
    network, last = last_step(
        replace(FLAT, autapses=autapses, connectivity=rewiring.heard(factors | cut)), 6.0
    )
    # Synapses from layer 1 on layer 2 are gone, those on layer 1 are as many as before.
    e, g = balance.stationary(replace(FLAT, autapses=autapses), 6.0, strength)
    first, exc = network.layer == 1, network.sign > 0
    np.testing.assert_allclose(last[first & exc], e, rtol=1e-9)
    np.testing.assert_allclose(last[first & ~exc], g, rtol=1e-9)


def test_iteration_agrees_with_the_closed_form():
    for autapses in (False, True):
        setting = replace(FLAT, autapses=autapses)
        found = balance.balance(setting, 6.0)
        np.testing.assert_allclose(balance.stationary(setting, 6.0), found[:2], rtol=1e-12)
        e, g = balance.stationary(setting, 6.0, found.least_inhibition)
        np.testing.assert_allclose(e, found.least_inhibition * g, rtol=1e-12)


@pytest.mark.parametrize(("autapses", "cv"), [(False, 0.2), (False, 0.4), (True, 0.2)])
def test_the_gaussian_estimate_is_the_share_that_networks_drive(autapses, cv):
    setting = replace(FLAT, autapses=autapses, weights=Normal(mean=0.4, cv=cv))
    found = [mechanisms.driven(rewiring.held(setting, seed=5, repeat=k)) for k in range(150)]
    share, predicted = np.mean(found, axis=0)
    assert abs(share - predicted) < 4 * np.std([x.share for x in found]) / np.sqrt(150)
    # That of the drive's mean over its own weights alone is another number without autapses.
    assert 0.05 < predicted < 0.55


def test_the_estimate_is_certain_without_scatter_and_a_half_with_autapses():
    sensors = np.ones(6)
    assert balance.share_driven(FLAT, sensors) == 0.0
    assert balance.share_driven(FLAT, sensors, 0.5) == 1.0
    scattered = replace(FLAT, weights=Lognormal(mean=0.4), autapses=True)
    np.testing.assert_allclose(balance.share_driven(scattered, sensors), 0.5)
    # Weaker inhibition drives more: the estimate passes a half at the least inhibition.
    scattered = replace(scattered, autapses=False)
    least = balance.balance(scattered, 6.0).least_inhibition
    np.testing.assert_allclose(balance.share_driven(scattered, sensors, least), 0.5)


def test_the_estimate_counts_what_neurons_of_layer_1_differ_by():
    setting = replace(FLAT, weights=Normal(mean=0.4, cv=0.2))
    e, g = balance.stationary(setting, 6.0)
    own = ndtr(5 * 0.4 * (e - g) / (0.2 * 0.4 * np.sqrt(5 * (e**2 + g**2))))
    assert balance.share_driven(setting, np.ones(6)) > own + 0.005


def test_mean_weights_are_those_of_the_laws_and_others_are_refused():
    assert balance.mean_weight(replace(FLAT, weights=Binary(p=0.3))) == 0.3
    assert balance.mean_weight(replace(FLAT, weights=Lognormal(mean=0.2))) == 0.2
    with pytest.raises(ValueError, match=r"^weights: expected Normal, Lognormal or Binary"):
        balance.mean_weight(replace(FLAT, weights=Lognormal(mean=0.2, of="logarithm")))
    with pytest.raises(ValueError, match=r"^weights: expected normal or lognormal"):
        balance.share_driven(replace(FLAT, weights=Binary(p=0.3)), np.ones(6))
    with pytest.raises(ValueError, match=r"^sensors: expected"):
        balance.balance(FLAT, 0.0)
    with pytest.raises(ValueError, match=r"^inhibition: expected"):
        balance.stationary(FLAT, 6.0, -1.0)


# Readings and controls


def test_populations_are_named_by_targets_and_sources():
    found = np.array(rewiring.heard({("EN2", "IN1"): 0.0, ("IN1", "sensors"): 0.5}))
    assert (found[1, 3], found[2, 0]) == (0.0, 0.5)
    assert (found != np.array(Setting().connectivity)).sum() == 2
    with pytest.raises(ValueError, match=r"^source: expected one of"):
        rewiring.heard({("EN2", "EN3"): 0.0})
    with pytest.raises(ValueError, match=r"^target: expected one of"):
        rewiring.heard({("sensors", "EN1"): 0.0})


def test_weaker_inhibition_is_the_same_network_with_smaller_inhibitory_weights():
    one, other = (run(s, seed=3).network for s in (SHORT, rewiring.inhibited(SHORT, 0.8)))
    exc = one.sign > 0
    np.testing.assert_array_equal(other.w_rec[:, exc], one.w_rec[:, exc])
    np.testing.assert_allclose(other.w_rec[:, ~exc], 0.8 * one.w_rec[:, ~exc])


def test_readings_change_what_their_names_say():
    found = rewiring.readings(SHORT)
    assert found.sel(reading="as printed").item() == SHORT
    assert found.sel(reading="|Σ w a| in Eq. 1").item().neuron == LSM(k_static=0.034, shunting=-1)
    deaf = run(found.sel(reading="no INs of layer 1 → layer 2").item(), seed=1).network
    heard = deaf.w_rec != 0
    ins_1, second = (deaf.sign < 0) & (deaf.layer == 1), deaf.layer == 2
    assert not heard[np.ix_(second, ins_1)].any()
    assert heard[np.ix_(~second, (deaf.sign < 0) & second)].all()
    within = run(found.sel(reading="INs only within their layer").item(), seed=1).network
    across = within.layer[:, None] != within.layer
    assert not (within.w_rec[across & (within.sign < 0)] != 0).any()
    assert (within.w_rec[across & (within.sign > 0)] != 0).all()
    alone = run(found.sel(reading="sensors to ENs only").item(), seed=1).network
    assert not alone.w_in[alone.sign < 0].any()


def test_what_is_held_has_the_mean_input_and_what_is_flat_the_same_input():
    whole, still = run(SHORT, seed=3), rewiring.held(SHORT, seed=3)
    np.testing.assert_allclose(
        still.inputs, whole.inputs.mean(axis=1, keepdims=True) + 0 * whole.inputs
    )
    assert still.network == whole.network
    flat = rewiring.without_scatter(SHORT, seed=3)
    np.testing.assert_array_equal(flat.inputs, whole.inputs)
    assert set(np.unique(np.abs(flat.network.w_rec))) == {0.0, 0.4}


@pytest.mark.parametrize("autapses", [False, True])
def test_all_a_step_later_in_turn_is_together(autapses):
    setting = replace(SHORT, update="in turn", autapses=autapses)
    late = rewiring.CANDIDATES["in turn, all a step later"][1]
    found = rewiring.rewired(setting, **late, seed=4)
    together = run(replace(setting, update="together"), seed=4).activity
    np.testing.assert_allclose(found.activity, together, atol=1e-12)
    # Without them later it is not.
    assert np.abs(run(setting, seed=4).activity - together).max() > 1e-3


def test_an_order_is_the_loop_that_visits_neurons_so():
    setting = replace(SHORT, update="in turn", n_presentations=1, autapses=True)
    whole = run(setting, seed=4)
    for order in rewiring.ORDERS:
        found = rewiring.rewired(setting, order=order, seed=4)
        network, now = found.network, np.zeros(18)
        for t in range(200):
            for k in range(18):
                heard = network.w_rec[k] * now
                exc = heard[heard > 0].sum() + network.w_in[k] @ found.inputs[:, t]
                inh = -heard[heard < 0].sum()
                rest = 0.034 * network.n_synapses[k]
                now[k] = max(exc - inh, 0) / (rest + exc + inh)
            np.testing.assert_allclose(found.activity[:, t], now, atol=1e-12)
        assert sorted(network.w_in[:, 0]) == sorted(whole.network.w_in[:, 0])
    signs = [rewiring.rewired(setting, order=o, seed=4).network.sign for o in rewiring.ORDERS[:3]]
    assert signs[0].tolist() == [1] * 9 + [-1] * 9
    assert signs[1].tolist() == [-1] * 9 + [1] * 9
    assert signs[2].tolist() == [1, -1] * 9


def test_autapses_are_of_the_neurons_named_and_as_late_as_said():
    setting = replace(SHORT, autapses=True)
    whole = run(setting, seed=4).network
    some = rewiring.rewired(setting, autapses_of=(-1,), seed=4).network
    exc = whole.sign > 0
    assert (np.diag(some.w_rec)[exc] == 0).all()
    np.testing.assert_array_equal(np.diag(some.w_rec)[~exc], np.diag(whole.w_rec)[~exc])
    np.testing.assert_array_equal(some.n_synapses, whole.n_synapses - exc)
    off = ~np.eye(18, dtype=bool)
    np.testing.assert_array_equal(some.w_rec[off], whole.w_rec[off])
    late = rewiring.rewired(replace(setting, update="in turn"), autapses_late=1, seed=4).network
    lags = synaptic_lags(late, 1e-3, "in turn")
    assert (np.diag(lags) == 2).all()
    assert lags[off].max() == 1
    with pytest.raises(ValueError, match=r"^autapses_late: expected"):
        rewiring.rewired(setting, autapses_late=-1, seed=4)
    with pytest.raises(ValueError, match=r"^order: expected one of"):
        rewiring.rewired(setting, order="at will", seed=4)
    with pytest.raises(ValueError, match=r"^late: expected EN→EN"):
        rewiring.rewired(setting, late=("EN1→IN",), seed=4)


def test_one_more_synapse_counts_and_does_nothing_else():
    more, whole = rewiring.one_more_synapse(SHORT, seed=4), run(SHORT, seed=4)
    np.testing.assert_array_equal(more.network.n_synapses, whole.network.n_synapses + 1)
    np.testing.assert_array_equal(more.network.w_rec, whole.network.w_rec)
    same = respond(SHORT, replace(more.network, n_synapses=whole.network.n_synapses), more.inputs)
    np.testing.assert_array_equal(same.activity, whole.activity)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("together", (0, 0)),
        ("in turn, ENs first", (0.5, 0.5)),
        ("in turn, INs first", (-0.5, -0.5)),
        ("in turn, EN→EN a step later", (0, 0.5)),
        ("in turn, IN→IN a step later", (0.5, 1)),
        ("in turn, EN→IN a step later", (0.5, -0.5)),
        ("ENs together, then INs together", (0, 1)),
        ("in turn, all a step later", (0, 0)),
    ],
)
def test_imbalance_is_the_mean_lag_of_ins_less_that_of_ens(name, expected):
    update, changes = rewiring.CANDIDATES[name]
    short = replace(SHORT, update=update)
    np.testing.assert_allclose(
        rewiring.imbalance(rewiring.rewired(short, **changes, seed=3)), expected
    )


def test_the_imbalance_of_a_random_order_is_of_that_order():
    update, changes = rewiring.CANDIDATES["in turn, at random"]
    short = replace(SHORT, update=update)
    found = []
    for k in range(4):
        result = rewiring.rewired(short, **changes, seed=3, repeat=k)
        # Lags are 0 from those before: how often an IN comes after an EN decides.
        exc = result.network.sign > 0
        after = np.flatnonzero(~exc)[:, None] > np.flatnonzero(exc)
        found.append(rewiring.imbalance(result))
        np.testing.assert_allclose(found[-1], after.mean() - 0.5)
    assert len({each[0] for each in found}) == 4


# Measures


def test_flat_networks_are_silent_in_layer_2_unless_their_mean_wakes_them():
    still = mechanisms.flat(rewiring.without_scatter(SHORT, seed=2))
    assert still.drive < 0
    assert (still.above_zero, still.fewer) == (0.0, 0.0)
    woken = mechanisms.flat(rewiring.without_scatter(rewiring.inhibited(SHORT, 0.6), seed=2))
    assert woken.drive > 0
    assert woken.above_zero > 0.9
    only = rewiring.readings(SHORT).sel(reading="sensors to ENs only").item()
    assert mechanisms.flat(rewiring.without_scatter(only, seed=2)).fewer > 0.9


def test_active_neurons_deviate_by_a_tenth_of_the_median_of_layer_1_after_the_start():
    whole = run(SHORT, seed=2)
    second = np.flatnonzero(whole.network.layer == 2)
    rng = np.random.default_rng(0)
    wave = rng.random(whole.activity.shape[1])
    activity = np.zeros_like(whole.activity)
    activity[whole.network.layer == 1] = np.linspace(0.5, 1.5, 10)[:, None] * wave
    activity[second[:3]] = np.array([0.11, 0.09, 0.5])[:, None] * wave
    activity[second[3], :100] = 50 * wave[:100]  # the start alone
    found = mechanisms.awake(whole._replace(activity=activity), spectrum=SPECTRUM)
    assert found.active == 2 / 8
    assert (found.loosely, found.strictly) == (3 / 8, 1 / 8)
    np.testing.assert_allclose(found.above_zero, 3 / 8)
    each = high_frequencies(whole._replace(activity=activity), spectrum=SPECTRUM)
    assert found.hf == each.hf
    np.testing.assert_allclose(found.hf_layer_2, np.median(each.hf_neuron[second[[0, 2]]]))
    np.testing.assert_allclose(
        found.hf_layer_1, np.median(each.hf_neuron[whole.network.layer == 1])
    )
    activity[second] = 0.0
    silent = mechanisms.awake(whole._replace(activity=activity), spectrum=SPECTRUM)
    assert silent.active == 0
    assert np.isnan(silent.hf_layer_2)


def test_linear_response_together_is_that_of_the_engine():
    result = run(replace(SHORT, neuron=LSM(k_static=0.3)), seed=2)
    found = mechanisms.linear(result, spectrum=SPECTRUM)
    expected = linear.point(result, spectrum=SPECTRUM)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("update", ["in turn", "layer by layer"])
def test_linear_response_in_any_order_is_that_of_small_swings(update):
    setting = replace(SHORT, update=update, neuron=LSM(k_static=0.1))
    whole = run(setting, seed=2)
    level = whole.inputs.mean(axis=1, keepdims=True)
    small = respond(setting, whole.network, level + 0.02 * (whole.inputs - level))
    found = mechanisms.linear(small, spectrum=SPECTRUM)
    np.testing.assert_allclose(found.predicted, found.simulated, rtol=4e-3)
    other = mechanisms.linear(
        small._replace(setting=replace(setting, update="together")), spectrum=SPECTRUM
    )
    if update == "in turn":  # the order is not without effect
        assert abs(other.predicted / found.simulated - 1) > 0.04


def test_linear_response_of_delays_is_refused():
    with pytest.raises(ValueError, match=r"^result: expected no delays"):
        mechanisms.linear(run(replace(SHORT, delay=5e-3), seed=1), spectrum=SPECTRUM)


@pytest.mark.parametrize("update", ["together", "in turn"])
def test_memory_of_a_leak_is_its_time_constant_and_that_of_a_network_without_is_short(update):
    short = mechanisms.memory(run(replace(SHORT, update=update), seed=2), n_kicks=3)
    assert 2 <= short.steps < 60
    leaky = replace(SHORT, update=update, neuron=LSM(k_static=1e3, tau_dyn=5e-3))
    found = mechanisms.memory(run(leaky, seed=2), n_kicks=3)
    # Hardly coupled, a neuron of layer 2 jumps by the gain times 1 / (k i) and decays.
    jump = -np.expm1(-0.2) / (1e3 * 23)
    assert found.steps == pytest.approx(5 * np.log(jump / 1e-6) + 1, abs=1.5)


def test_the_control_of_memory_remembers_for_longer_than_a_presentation():
    setting = replace(SHORT, n_presentations=12)
    found = rewiring.readings(setting, rewiring.REMEMBERING)
    names = ["as printed", "τ_dyn = 0.2 s (control)"]
    plain, leaky = (
        mechanisms.memory(run(found.sel(reading=name).item(), seed=2)) for name in names
    )
    assert plain.steps < 100
    assert 1000 < leaky.steps < 4000


def test_memory_lasts_until_the_next_kick_at_most_and_needs_the_activity():
    lasting = run(replace(SHORT, neuron=LSM(k_static=0.034, tau_dyn=100.0)), seed=2)
    assert mechanisms.memory(lasting, n_kicks=3).steps == 500
    inner = run(replace(SHORT, recorded="internal activity"), seed=2)
    with pytest.raises(ValueError, match=r"^recorded: expected activity"):
        mechanisms.memory(inner)


def test_the_course_is_that_of_high_frequencies_in_layer_1():
    result = run(SHORT, seed=2)
    found = mechanisms.course(result, spectrum=SPECTRUM)
    expected = high_frequencies(result, spectrum=SPECTRUM).hf_presentation
    first = result.network.layer == 1
    np.testing.assert_allclose(found.hf_presentation[first], expected[first])
    assert np.isnan(found.hf_presentation[~first]).all()
    twice = result._replace(inputs=2 * result.inputs)
    ratio = mechanisms.course(twice, spectrum=SPECTRUM).input_power / found.input_power
    np.testing.assert_allclose(ratio, 4.0, rtol=1e-5)


def test_spikes_are_counted_by_presentation_and_lost_ones_are_not():
    setting = replace(SHORT, n_presentations=20, law="lossy walk", jitter=0.05)
    found = mechanisms.spikes(rewiring.spikes_of(setting, seed=2)).spikes
    assert found.shape == (20,)
    assert (np.diff(found) <= 0).all()
    assert found[0] <= 300
    assert found[-1] < 260
    whole = mechanisms.spikes(rewiring.spikes_of(replace(setting, law="walk"), seed=2)).spikes
    assert whole.sum() == 20 * 300


# Statistics


def test_autocorrelation_is_that_of_its_definition():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2, 3000))
    found = mechanisms.autocorrelation(x, 3)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found, 0, atol=0.06)
    smooth = x[:, 1:] + x[:, :-1]
    expected = [np.corrcoef(smooth[0, :-k], smooth[0, k:])[0, 1] for k in (1, 2)]
    np.testing.assert_allclose(mechanisms.autocorrelation(smooth, 2)[0], expected, atol=1e-3)
    assert np.isnan(mechanisms.autocorrelation(np.ones(10), 2)).all()
    with pytest.raises(ValueError, match=r"^n_lags: expected"):
        mechanisms.autocorrelation(np.ones(10), 10)


def test_echoes_lie_within_the_shuffles_without_memory_and_outside_with_it():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(2, 20, 50))
    lasting = noise[1].copy()
    for p in range(1, 50):
        lasting[:, p] += 0.7 * lasting[:, p - 1]
    hf = xr.DataArray(
        np.exp(np.stack([noise[0], lasting])),
        dims=("reading", "network", "presentation"),
        coords={"reading": ["none", "some"]},
    )
    found = mechanisms.echoes(hf, 5, seed=1, n_shuffles=200)
    outside = (found["seen"] < found["low"]) | (found["seen"] > found["high"])
    assert int(outside.sel(reading="none").sum()) <= 1
    assert int(outside.sel(reading="some", lag=slice(1, 3)).sum()) == 3
    np.testing.assert_allclose(found["shuffled"], -1 / 50, atol=0.01)


def test_a_walk_spreads_by_a_step_s_variance_each_presentation_and_jitter_does_not():
    found = mechanisms.displacements("walk", 5e-3, 30, seed=4)
    np.testing.assert_allclose(found["variance"], np.arange(1, 31), rtol=0.12)
    assert (found["kept"] == 1).all()
    still = mechanisms.displacements("uniform", 5e-3, 30, seed=4)
    np.testing.assert_allclose(still["variance"], 1.0, rtol=0.1)


def test_a_lossy_walk_keeps_what_theory_says():
    seeds = [mechanisms.displacements("lossy walk", 20e-3, 40, seed=s)["kept"] for s in range(5)]
    found = xr.concat(seeds, "seed").mean("seed")
    assert (found.diff("presentation") <= 0).all()
    for p in (1, 10, 40):
        k = float(found.sel(presentation=p))
        assert abs(k - mechanisms.kept_by_theory(20e-3, p)) < 3 * np.sqrt(k * (1 - k) / 20000)
    walked = mechanisms.walked(["walk", "lossy walk"], 20e-3, 10, seed=0)
    theory = walked["kept, by theory"].sel(presentation=10)
    assert theory.sel(law="walk") == 1
    assert theory.sel(law="lossy walk") == mechanisms.kept_by_theory(20e-3, 10)


def test_a_walk_leaves_the_statistics_of_each_presentation_as_they_were():
    # The theory on the page: spikes drawn uniformly stay so while they walk over the seams. Where
    # they are lost there, fewer are near them.
    reference = np.random.default_rng(5).uniform(size=(20000, 1))
    shares = {}
    for law in ("walk", "lossy walk"):
        rng = np.random.default_rng(6)
        times = present(reference, 30, 1.0, jitter=0.05, law=law, rng=rng)[:, 10:20]
        counted, _ = np.histogram(np.mod(times[~np.isnan(times)], 1.0), 10, (0, 1))
        shares[law] = counted / counted.mean()
    np.testing.assert_allclose(shares["walk"], 1.0, atol=0.04)
    assert (shares["lossy walk"][[0, -1]] < 0.7).all()


def test_intervals_and_counts_as_columns():
    values = xr.DataArray([[1.0, 4.0, 2.0, 2.0], [3.0, 3.0, np.nan, 3.0]], dims=("row", "network"))
    found = mechanisms.columns("x", values, geometric=True)
    assert list(found) == ["x", "x: from", "x: to"]
    np.testing.assert_allclose(found["x"], [2.0, 3.0])
    np.testing.assert_allclose(mechanisms.columns("x", values)["x"], [2.25, 3.0])
    assert float(found["x: from"][0]) < 2 < float(found["x: to"][0])
    held = xr.DataArray([[True, False, True, False]], dims=("row", "network"), name="4b")
    k, low, high = mechanisms.counts(held).values()
    assert (int(k[0]), round(float(low[0]), 3), round(float(high[0]), 3)) == (2, 0.068, 0.932)


def test_drifts_count_networks_that_rise_and_that_fall():
    rising = np.repeat([1.0, 1.5], 10)
    rows = np.stack([rising, rising[::-1], np.ones(20)])
    found = mechanisms.drifts(xr.DataArray(rows, dims=("network", "presentation")), 1.2)
    assert [int(n) for n in found.values()] == [1, 1]


def test_slopes_are_exponents():
    rates = np.array([25.0, 50.0, 100.0])
    hf = xr.DataArray(
        np.stack([rates**-0.5, rates**2.0], axis=1),
        dims=("rate", "network"),
        coords={"rate": rates},
    )
    np.testing.assert_allclose(mechanisms.slopes(hf, "rate"), [-0.5, 2.0])


def test_networks_that_meet_the_criteria_are_counted_by_law():
    rng = np.random.default_rng(0)
    flat = 1 + 0.01 * rng.random(50)
    hump = np.concatenate([np.ones(4), np.full(16, 3.0), np.ones(30)])
    lasting = np.concatenate([np.ones(4), np.full(46, 3.0)])
    # Over law and network: both neurons flat, flat, with a hump; with humps, rising to stay, flat.
    rows = np.stack([np.stack([flat, flat, hump]), np.stack([hump, lasting, flat])])
    hf = xr.DataArray(
        np.stack([rows, rows], axis=2),
        dims=("law", "network", "neuron", "presentation"),
        coords={"law": ["walk", "lossy walk"], "neuron": ["EN1", "IN1"]},
    )
    found = mechanisms.meeting(hf.to_dataset(name="hf_presentation"), _claims())
    assert found["both"].sel(law="walk").values.tolist() == [False, False, True]
    assert found["both"].sel(law="lossy walk").values.tolist() == [True, False, False]
    assert found["4b"].sel(law="lossy walk").values.tolist() == [True, True, False]
    assert (found["both"] == (found["4b"] & found["4c"])).all()


def _claims():
    return ledger.load(book_file("claims.yml"))


def test_orders_have_hf_with_autapses_and_without_and_the_control_is_together():
    scale = Scale(seed=3, n_networks=1, spectrum=SPECTRUM)
    found = mechanisms.in_orders(replace(SHORT, n_presentations=2), scale)
    assert list(found["order"].values) == list(rewiring.CANDIDATES)
    for name, other in (("in turn, all a step later", "together"),):
        np.testing.assert_allclose(
            found["hf"].sel(order=name), found["hf"].sel(order=other), rtol=1e-6
        )
    assert found["at_ens"].dims == ("order", "network")
    np.testing.assert_allclose(found["at_ens"].sel(order="in turn, INs first"), -0.5)
    some = mechanisms.of_some_autapses(SHORT, ["together"], scale)
    ratio = found["hf"].sel(order="together", autapses=True) / found["hf"].sel(
        order="together", autapses=False
    )
    np.testing.assert_allclose(some.sel(which="all", update="together"), ratio)
    assert float(some.sel(which="of INs alone").squeeze()) != pytest.approx(1.0, abs=1e-4)


def test_correlation_with_the_imbalance_is_of_its_magnitude_and_of_the_order_named():
    later = np.array([[-0.3, -0.1, 0.0, 0.2, 0.3], [0.0, 0.1, 0.3, 0.2, 0.1]])
    dims = {"dims": ("order", "network"), "coords": {"order": ["a", "b"]}}
    found = xr.Dataset({"at_ens": xr.DataArray(later, **dims)})
    ratios = xr.DataArray(np.exp(2 * abs(later) + [[0.0], [1.0]]) ** [[1], [-1]], **dims)
    r, low, high = mechanisms.with_imbalance(found, ratios, "a")
    np.testing.assert_allclose((r, low, high), 1.0)
    np.testing.assert_allclose(mechanisms.with_imbalance(found, ratios, "b")[0], -1.0)
    mixed = mechanisms.with_imbalance(found, ratios.isel(network=[1, 0, 2, 4, 3]), "a")
    z = np.arctanh(mixed[0])
    reach = 1.959964 / np.sqrt(5 - 3)
    np.testing.assert_allclose(mixed[1:], np.tanh([z - reach, z + reach]), rtol=1e-5)


def test_balances_are_off_by_rounding_and_would_show_an_error():
    settings = grid([FLAT, replace(FLAT, autapses=True)], autapses=[False, True])
    found = mechanisms.balances(settings, [1.0, 6.0])
    assert (found["off"] <= 1e-9).all()
    short = mechanisms.balances(settings, [1.0, 6.0], n_steps=2)  # not there yet
    assert (short["off"] > 1e-3).all()
