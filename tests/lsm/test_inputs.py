"""Spike trains, presentations, counts and the post-synaptic potential of Eq. 6."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from lsm.inputs import PSPKernel, bin_spikes, convolve_psp, present, spike_times

quick = settings(deadline=None, max_examples=60, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
LAWS = ("uniform", "gaussian")
STEPS = (1e-3, 1e-4, 5e-4, 2e-3, 1 / 3000, 1 / 7000)


def rng(seed=0):
    return np.random.default_rng(seed)


def eq6(t, kernel):
    """Eq. 6 of one spike at time 0, its exponents with the sign that decays."""
    late = np.maximum(t - kernel.latency, 0.0)  # Eq. 6 is 0 at the onset, so 0 before it too
    scale = kernel.tau_m / (kernel.tau_decay - kernel.tau_rise)
    return scale * (np.exp(-late / kernel.tau_decay) - np.exp(-late / kernel.tau_rise))


# Spike trains


@quick
@given(seeds, st.just(0) | st.floats(1e-9, 300), st.floats(0.01, 5), st.integers(1, 8))
def test_every_sensor_fires_the_exact_number_of_spikes_in_order(seed, rate, duration, n_sensors):
    times = spike_times(rate, duration, n_sensors, rng=rng(seed))
    assert times.shape[0] == n_sensors
    assert abs(times.shape[1] - rate * duration) <= 0.5 + 1e-9
    assert ((times >= 0) & (times < duration)).all()
    assert (np.diff(times, axis=-1) >= 0).all()


@pytest.mark.parametrize(("rate", "n_spikes"), [(0.5, 1), (1.5, 2), (2.5, 3), (2.4, 2)])
def test_half_a_spike_is_rounded_up(rate, n_spikes):
    assert spike_times(rate, 1.0, 1, rng=rng(0)).shape == (1, n_spikes)


def test_spike_times_are_uniform_and_sensors_independent():
    times = spike_times(500.0, 4.0, 10, rng=rng(1))
    for train in times:  # 2000 each; chance of a false alarm below 1e-5 in all
        assert kstest(train, "uniform", args=(0, 4.0)).pvalue > 1e-6
    counts = bin_spikes(times, 400, dt=0.01)
    between = np.corrcoef(counts)[np.triu_indices(10, 1)]
    assert np.abs(between).max() < 5 / np.sqrt(400)


# Presentations


@pytest.mark.parametrize("law", LAWS)
def test_without_jitter_presentations_are_a_tiling(law):
    times = spike_times(50.0, 0.5, 3, rng=rng())
    shown = present(times, 7, 0.5, jitter=0.0, law=law, rng=rng())
    expected = np.concatenate([times + 0.5 * i for i in range(7)], axis=-1)
    np.testing.assert_allclose(shown, expected, rtol=0, atol=1e-12)


def displacements(law, jitter):
    """Of spikes so far apart that sorting cannot exchange them, ends left out."""
    times = np.tile(np.arange(0.05, 1.0, 0.1), (40, 1))
    shown = present(times, 100, 1.0, jitter=jitter, law=law, rng=rng(2))
    reference = (times[:, None, :] + np.arange(100)[:, None]).reshape(40, -1)
    return (shown - reference).reshape(40, 100, 10)


def test_uniform_jitter_is_bounded_and_fills_its_range_evenly():
    moved = displacements("uniform", 0.01)
    assert np.abs(moved).max() <= 0.01 + 1e-12
    assert kstest(moved.ravel(), "uniform", args=(-0.01, 0.02)).pvalue > 1e-5


def test_gaussian_jitter_has_its_standard_deviation():
    moved = displacements("gaussian", 0.008)  # 6 sigma from the neighbours' half-way line
    assert kstest(moved.ravel(), "norm", args=(0, 0.008)).pvalue > 1e-5
    assert abs(moved.std() / 0.008 - 1) < 5 / np.sqrt(2 * moved.size)


def test_default_jitter_is_the_ten_milliseconds_of_the_paper():
    times = np.full((50, 1), 0.5)
    by_default = present(times, 20, 1.0, rng=rng(3))
    np.testing.assert_array_equal(
        by_default, present(times, 20, 1.0, jitter=0.01, law="uniform", rng=rng(3))
    )


@pytest.mark.parametrize("law", LAWS)
def test_each_spike_is_displaced_anew_in_each_presentation_and_sensor(law):
    moved = displacements(law, 0.005)
    assert np.unique(moved.round(15)).size > 0.99 * moved.size
    rows = moved.transpose(1, 0, 2).reshape(100, -1)  # one presentation each
    between = np.corrcoef(rows)[np.triu_indices(100, 1)]
    assert np.abs(between).max() < 6 / np.sqrt(400)


@quick
@given(
    seeds,
    st.floats(0.05, 2.0),
    st.floats(0, 1),
    st.integers(1, 6),
    st.integers(0, 20),
    st.sampled_from(LAWS),
)
def test_no_spike_is_lost_at_any_jitter(seed, duration, share, n_presentations, n_spikes, law):
    times = rng(seed).uniform(0, duration, (2, n_spikes))
    shown = present(
        times, n_presentations, duration, jitter=share * duration, law=law, rng=rng(seed)
    )
    assert shown.shape == (2, n_presentations * n_spikes)
    assert ((shown >= 0) & (shown < n_presentations * duration)).all()
    assert (np.diff(shown, axis=-1) >= 0).all()


def test_spikes_are_reflected_at_the_ends_of_the_record():
    # Reflection spreads |noise| over the 10 ms inside; clipping would heap half of it on the end,
    # wrapping around would put it on the other end.
    ends = np.tile([0.0, 1.0], (2000, 1))
    shown = present(ends, 3, 1.0, jitter=0.01, rng=rng(4))
    for inside in (shown[:, 0], 3.0 - shown[:, -1]):
        assert kstest(inside, "uniform", args=(0, 0.01)).pvalue > 1e-5


def test_spikes_cross_between_presentations():
    starts = np.zeros((2000, 1))
    shown = present(starts, 2, 1.0, jitter=0.01, rng=rng(5))
    early = (shown[:, 1] < 1.0).mean()
    assert abs(early - 0.5) < 5 * 0.5 / np.sqrt(2000)


# Walks: each presentation from the one before


WALKS = ("walk", "lossy walk")


def walked(law, *, n_sensors=4000, n_presentations=45, jitter=0.01, seed=6):
    """Displacements of one spike in mid-presentation, which no walk takes out of it."""
    shown = present(
        np.full((n_sensors, 1), 0.5), n_presentations, 1.0, jitter=jitter, law=law, rng=rng(seed)
    )
    return shown - 0.5 - np.arange(n_presentations)


@pytest.mark.parametrize("law", WALKS)
def test_a_walk_has_independent_uniform_steps_of_which_the_first_is_one(law):
    moved = walked(law)
    steps = np.diff(moved, axis=1, prepend=0.0)
    assert np.abs(steps).max() <= 0.01 + 1e-12
    for presentation in range(45):
        assert kstest(steps[:, presentation], "uniform", args=(-0.01, 0.02)).pvalue > 1e-6
    between = np.corrcoef(steps.T)[np.triu_indices(45, 1)]
    assert np.abs(between).max() < 5.5 / np.sqrt(4000)
    # Nor does a step depend on where it starts.
    before = np.corrcoef(moved[:, 20], steps[:, 21])[0, 1]
    assert abs(before) < 5 / np.sqrt(4000)


@pytest.mark.parametrize("law", WALKS)
def test_the_variance_of_a_walk_grows_by_the_same_with_every_presentation(law):
    variance = walked(law).var(axis=0)
    expected = np.arange(1, 46) * 0.01**2 / 3  # of a uniform step, its half-width squared over 3
    np.testing.assert_allclose(variance, expected, rtol=5 * np.sqrt(2 / 4000))
    alone = walked("uniform").var(axis=0)
    np.testing.assert_allclose(alone, 0.01**2 / 3, rtol=5 * np.sqrt(2 / 4000))


@pytest.mark.parametrize("law", WALKS)
def test_every_spike_of_every_sensor_walks_on_its_own(law):
    times = np.tile([0.3, 0.5, 0.7], (500, 1))  # too far apart to meet
    shown = present(times, 9, 1.0, jitter=0.01, law=law, rng=rng(7)).reshape(500, 9, 3)
    moved = shown - times[:, None] - np.arange(9)[:, None]
    last = moved[:, -1]
    assert np.abs(np.corrcoef(last.T)[np.triu_indices(3, 1)]).max() < 5 / np.sqrt(500)
    assert np.unique(last.round(12)).size == 1500


def walk_by_words(times, n_presentations, duration, jitter, seed):
    """Time since the start of its presentation of each spike, in each presentation."""
    steps = rng(seed).uniform(-jitter, jitter, (len(times), n_presentations, len(times[0])))
    place = np.array(times, dtype=float)
    for presentation in range(n_presentations):
        place = place + steps[:, presentation]
        yield place


@quick
@given(
    seeds,
    st.floats(0.05, 2.0),
    st.just(0.0) | st.floats(1e-6, 1),
    st.integers(1, 8),
    st.integers(0, 12),
)
def test_a_walk_is_turned_back_at_the_ends_of_the_record_alone(
    seed, duration, share, n_presentations, n_spikes
):
    times = rng(seed).uniform(0, duration, (2, n_spikes))
    jitter, total = share * duration, n_presentations * duration
    shown = present(times, n_presentations, duration, jitter=jitter, law="walk", rng=rng(seed))
    expected = []
    for i, place in enumerate(walk_by_words(times, n_presentations, duration, jitter, seed)):
        moved = place + i * duration
        while (moved < 0).any() or (moved > total).any():
            moved = np.abs(moved)
            moved = np.where(moved > total, 2 * total - moved, moved)
        expected.append(moved)
    expected = np.sort(np.concatenate(expected, axis=1), axis=1)
    np.testing.assert_allclose(shown, expected, rtol=0, atol=1e-12 * total)
    assert ((shown >= 0) & (shown < total)).all()  # none is lost


@quick
@given(
    seeds,
    st.floats(0.05, 2.0),
    st.just(0.0) | st.floats(1e-6, 1),
    st.integers(1, 8),
    st.integers(0, 12),
)
def test_a_lossy_walk_loses_a_spike_that_leaves_its_presentation_for_good(
    seed, duration, share, n_presentations, n_spikes
):
    times = rng(seed).uniform(0, duration, (2, n_spikes))
    jitter = share * duration
    shown = present(
        times, n_presentations, duration, jitter=jitter, law="lossy walk", rng=rng(seed)
    )
    assert shown.shape == (2, n_presentations * n_spikes)
    alive = np.ones((2, n_spikes), dtype=bool)
    expected = [[], []]
    for i, place in enumerate(walk_by_words(times, n_presentations, duration, jitter, seed)):
        alive &= (place >= 0) & (place < duration)
        for sensor in range(2):
            expected[sensor] += (i * duration + place[sensor, alive[sensor]]).tolist()
    for found, there in zip(shown, expected, strict=True):
        np.testing.assert_allclose(found[: len(there)], np.sort(there), rtol=1e-12)
        assert np.isnan(found[len(there) :]).all()  # those that are lost come last


@quick
@given(seeds, st.floats(0.01, 0.5), st.integers(1, 12), st.integers(0, 30))
def test_the_spikes_of_a_lossy_walk_are_never_more_than_in_the_presentation_before(
    seed, jitter, n_presentations, n_spikes
):
    times = rng(seed).uniform(0, 1, (3, n_spikes))
    shown = present(times, n_presentations, 1.0, jitter=jitter, law="lossy walk", rng=rng(seed))
    counts = bin_spikes(shown, n_presentations, dt=1.0)
    assert (np.diff(counts, axis=1) <= 0).all()
    assert (counts[:, 0] <= n_spikes).all()
    np.testing.assert_array_equal(counts.sum(axis=1), (~np.isnan(shown)).sum(axis=1))


def test_what_a_lossy_walk_keeps_lies_where_the_walk_would_have_put_it():
    times = rng(8).uniform(0, 1, (6, 50))
    walk, lossy = (present(times, 30, 1.0, law=law, rng=rng(9)) for law in WALKS)
    kept = lossy[~np.isnan(lossy)]
    assert 0.5 * walk.size < kept.size < 0.99 * walk.size
    assert set(kept) < set(walk.ravel())


def test_a_lossy_walk_loses_as_many_as_leave_on_either_side():
    # A spike on the seam steps out with a chance of a half; one a step away cannot yet.
    shown = present(
        np.tile([0.0, 0.5, np.nextafter(1.0, 0)], (4000, 1)),
        1,
        1.0,
        law="lossy walk",
        rng=rng(10),
    )
    left = [(shown < 0.2).sum(), ((shown > 0.2) & (shown < 0.8)).sum(), (shown > 0.8).sum()]
    assert left[1] == 4000
    assert np.abs(np.array(left)[[0, 2]] - 2000).max() < 5 * np.sqrt(1000)


@pytest.mark.parametrize("law", WALKS)
def test_a_walk_that_does_not_move_is_a_tiling_and_loses_none(law):
    times = spike_times(50.0, 0.5, 3, rng=rng())
    times[:, 0] = 0.0
    shown = present(times, 7, 0.5, jitter=0.0, law=law, rng=rng())
    expected = np.concatenate([times + 0.5 * i for i in range(7)], axis=-1)
    np.testing.assert_allclose(shown, expected, rtol=0, atol=1e-12)


def test_a_walk_of_one_presentation_is_uniform_noise_to_the_bit():
    times = spike_times(80.0, 1.0, 4, rng=rng())
    one, two = (present(times, 1, 1.0, law=law, rng=rng(3)) for law in ("walk", "uniform"))
    np.testing.assert_array_equal(one, two)


# Counts


def test_lost_spikes_are_not_counted():
    nan = np.nan
    counts = bin_spikes([[nan, 0.0, nan, 0.0021], [0.0011, nan, nan, nan]], 3, dt=1e-3)
    np.testing.assert_array_equal(counts, [[1, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(bin_spikes([[nan], [nan]], 2, dt=1e-3), np.zeros((2, 2)))


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, -1e-9, 0.0031])
def test_beside_lost_spikes_those_outside_the_record_are_refused(wrong):
    for times in ([[np.nan, wrong]], [[0.001, wrong, np.nan]], [[np.nan], [wrong]]):
        with pytest.raises(ValueError, match=r"^times: expected values"):
            bin_spikes(times, 3, dt=1e-3)


@quick
@given(seeds, st.sampled_from(STEPS), st.integers(1, 400), st.integers(0, 300))
def test_counts_agree_with_a_histogram_and_lose_no_spike(seed, dt, n_steps, n_spikes):
    times = rng(seed).uniform(0, n_steps * dt, (3, n_spikes))
    counts = bin_spikes(times, n_steps, dt=dt)
    expected = [np.histogram(train, np.arange(n_steps + 1) * dt)[0] for train in times]
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_array_equal(counts.sum(axis=-1), n_spikes)


@pytest.mark.parametrize("dt", STEPS)
def test_a_spike_on_the_edge_of_a_step_belongs_to_the_step_that_it_opens(dt):
    edges = np.arange(50_000) * dt
    np.testing.assert_array_equal(bin_spikes(edges[None], edges.size, dt=dt), 1.0)


def test_decimal_times_lie_on_the_steps_they_are_written_as():
    decimals = np.array([float(f"{k // 1000}.{k % 1000:03d}") for k in range(20_000)])
    np.testing.assert_array_equal(bin_spikes(decimals[None], decimals.size, dt=0.001), 1.0)


@pytest.mark.parametrize("dt", STEPS)
def test_a_spike_just_before_an_edge_belongs_to_the_step_before(dt):
    times = (np.arange(1000) + 1 - 1e-9) * dt
    np.testing.assert_array_equal(bin_spikes(times[None], 1000, dt=dt), 1.0)


@pytest.mark.parametrize("dt", STEPS)
def test_the_last_instant_of_the_record_belongs_to_the_last_step(dt):
    last = np.nextafter(50 * dt, 0)
    counts = bin_spikes([[last], [last]], 50, dt=dt)  # of each sensor, not the next one's first
    np.testing.assert_array_equal(counts, [[0] * 49 + [1]] * 2)


def test_spikes_of_one_step_add_up_in_any_order():
    counts = bin_spikes([[0.0052, 0.0001, 0.0051, 0.0059]], 8, dt=1e-3)
    np.testing.assert_array_equal(counts, [[1, 0, 0, 0, 0, 3, 0, 0]])


# Eq. 6

time_constants = st.floats(1e-3, 30e-3)


@quick
@given(
    seed=seeds,
    tau_decay=time_constants,
    tau_rise=time_constants,
    tau_m=st.floats(1e-3, 0.1),
    dt=st.floats(1e-4, 5e-3),
    eighths=st.integers(0, 80),
    n_steps=st.integers(1, 60),
)
def test_potentials_are_the_sum_of_eq6_over_the_spikes(
    seed, tau_decay, tau_rise, tau_m, dt, eighths, n_steps
):
    assume(abs(tau_decay - tau_rise) > 1e-4)  # else Eq. 6 cancels to noise
    latency = dt * eighths / 8  # on and between the steps, and longer than the record
    kernel = PSPKernel(tau_decay=tau_decay, tau_rise=tau_rise, tau_m=tau_m, latency=latency)
    counts = rng(seed).poisson(0.3, (2, n_steps))
    expected = np.zeros(counts.shape)
    for sensor, step in np.argwhere(counts):
        elapsed = (np.arange(n_steps) - step) * dt
        expected[sensor] += counts[sensor, step] * np.where(elapsed >= 0, eq6(elapsed, kernel), 0)
    potentials = convolve_psp(counts, dt=dt, kernel=kernel)
    np.testing.assert_allclose(potentials, expected, rtol=0, atol=1e-10)
    assert (potentials >= 0).all()


def test_the_paper_s_kernel_peaks_near_one():
    one = np.zeros(10_000)
    one[0] = 1
    potential = convolve_psp(one, dt=1e-5)
    # Where the derivative of Eq. 6 is zero, at 4 and 12.5 ms.
    peak_time = np.log(12.5 / 4) * 4e-3 * 12.5e-3 / (12.5e-3 - 4e-3)
    assert abs(potential.argmax() * 1e-5 - peak_time) <= 1e-5
    ratio = 21.3 / (12.5 - 4) * (np.exp(-peak_time / 12.5e-3) - np.exp(-peak_time / 4e-3))
    assert potential.max() == pytest.approx(ratio, abs=1e-6)
    assert potential.max() == pytest.approx(1.0, abs=0.005)


@pytest.mark.parametrize(
    "kernel",
    [
        PSPKernel(),
        PSPKernel(latency=3.3e-3),
        PSPKernel(tau_decay=20e-3, tau_rise=1e-3, tau_m=5e-3),
    ],
)
def test_area_under_the_kernel_is_tau_m(kernel):
    dt = 1e-5
    one = np.zeros(round(0.5 / dt))
    one[0] = 1
    assert convolve_psp(one, dt=dt, kernel=kernel).sum() * dt == pytest.approx(
        kernel.tau_m, rel=1e-5
    )


def test_rise_and_decay_may_be_exchanged():
    counts = rng().poisson(0.1, 500)
    np.testing.assert_allclose(
        convolve_psp(counts, dt=1e-3, kernel=PSPKernel(tau_decay=12.5e-3, tau_rise=4e-3)),
        convolve_psp(counts, dt=1e-3, kernel=PSPKernel(tau_decay=4e-3, tau_rise=12.5e-3)),
        atol=1e-14,
    )


def test_leading_axes_are_convolved_one_by_one():
    counts = rng().poisson(0.1, (2, 3, 100))
    together = convolve_psp(counts, dt=1e-3)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[i, j], convolve_psp(counts[i, j], dt=1e-3))


@pytest.mark.parametrize("latency", [0.01, 0.015, 1.0])
def test_a_latency_longer_than_the_record_leaves_it_silent(latency):
    potential = convolve_psp(np.ones(10), dt=1e-3, kernel=PSPKernel(latency=latency))
    np.testing.assert_array_equal(potential, np.zeros(10))


def test_rounding_makes_no_potential_negative():
    # The step is taken for the onset, where Eq. 6 is zero, though it lies just before it.
    kernel = PSPKernel(latency=(3 + 5e-10) * 1e-3)
    assert convolve_psp(np.ones(10), dt=1e-3, kernel=kernel).min() == 0.0


# Randomness


def test_the_same_rng_gives_the_same_and_another_another_record():
    def record(seed):
        generator = rng(seed)
        times = spike_times(50.0, 1.0, 6, rng=generator)
        return present(times, 3, 1.0, rng=generator)

    np.testing.assert_array_equal(record(7), record(7))
    assert (record(7) != record(8)).mean() > 0.99


def test_numpys_global_state_is_neither_read_nor_changed():
    records = []
    for global_seed in (1, 2):
        np.random.seed(global_seed)  # noqa: NPY002 - the very state that must not matter
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        times = spike_times(50.0, 1.0, 2, rng=rng())
        records.append([present(times, 2, 1.0, law=law, rng=rng()) for law in LAWS])
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(*records)
