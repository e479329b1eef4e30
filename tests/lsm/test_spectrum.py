import tracemalloc
import warnings

import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st

from lsm import _kernels
from lsm.neurons import LSM
from lsm.runs import NETWORK_K_STATIC, Setting, run
from lsm.spectrum import cwt, highest_frequency, log_frequencies, max_power, morse

DT = 1e-3


def reflected(x):
    half = x.shape[-1] // 2
    return np.concatenate([x[..., :half][..., ::-1], x, x[..., half:][..., ::-1]], axis=-1), half


def morse_reference(x, freqs, dt):
    """Olhede and Walden's wavelet, gamma 3, beta 20, on the full length, by a complex FFT."""
    gamma, beta = 3.0, 20.0
    extended, start = reflected(np.asarray(x, dtype=float))
    omega = 2 * np.pi * np.fft.fftfreq(extended.shape[-1], dt)
    spectrum = np.fft.fft(extended)
    peak = (beta / gamma) ** (1 / gamma)
    rows = []
    for f in freqs:
        w = np.maximum(omega, 0) * peak / (2 * np.pi * f)
        psi = 2 * (np.e * gamma / beta) ** (beta / gamma) * w**beta * np.exp(-(w**gamma))
        rows.append(np.fft.ifft(spectrum * psi)[..., start : start + x.shape[-1]])
    return np.stack(rows, axis=-2)


def window_maxima(coefs, n_windows, n_skipped=0):
    power = np.abs(coefs) ** 2
    power[..., :n_skipped] = 0.0
    return power.reshape(*power.shape[:-1], n_windows, -1).max(axis=-1)


def assert_close_where_strong(got, expected, rtol=1e-3):
    assert got.shape == expected.shape
    strong = expected > 1e-4 * expected.max(axis=-1, keepdims=True)
    # Far from a pure tone there is nothing but the wavelet's tail, cut at 1e-6 of its peak.
    tail = 1e-11 * expected.max()
    np.testing.assert_allclose(got[strong], expected[strong], rtol=rtol, atol=tail)


def white_noise(n, dt):
    return np.random.default_rng(1).normal(size=(2, n))


def brownian_noise(n, dt):
    return np.cumsum(np.random.default_rng(2).normal(size=(2, n)), axis=-1)


def impulses(n, dt):
    return (np.random.default_rng(3).random((2, n)) < 0.01).astype(float)


def chirps(n, dt):
    t, nyquist = np.arange(n) * dt, 0.5 / dt
    tops = nyquist * np.array([[0.1], [0.8]])
    return np.sin(2 * np.pi * (0.003 * nyquist * t + tops * t**2 / (2 * n * dt)))


def tones(n, dt):
    f = np.array([[0.02], [0.11], [0.47]]) / dt
    return np.cos(2 * np.pi * f * np.arange(n) * dt + 0.3)


SIGNALS = [white_noise, brownian_noise, impulses, chirps, tones]


@pytest.fixture(scope="module", params=[0.0, 0.01], ids=["no leak", "leak"])
def activity(request):
    setting = Setting(
        n_presentations=6, neuron=LSM(k_static=NETWORK_K_STATIC, tau_dyn=request.param)
    )
    result = run(setting, seed=7)
    # An excitatory and an inhibitory neuron of layer 1, one of layer 2, a sensor.
    return np.concatenate([result.activity[[0, 9, 5]], result.inputs[:1]])


# The wavelet


def test_morse_peaks_at_two_at_its_own_frequency():
    ratio = np.linspace(0.2, 3, 2801)
    assert ratio[morse(ratio).argmax()] == pytest.approx(1)
    assert morse(1) == pytest.approx(2)


def test_morse_is_analytic():
    assert (morse([-2.0, -1.0, 0.0]) == 0).all()


def test_highest_frequency_is_where_the_wavelet_is_at_half_its_peak_at_nyquist():
    assert highest_frequency(1e-3) == pytest.approx(434, abs=0.5)
    for dt in (1e-2, 1e-3, 1e-4):
        x = 0.5 / dt / highest_frequency(dt)
        assert x > 1
        assert x**20 * np.exp(20 / 3 * (1 - x**3)) == pytest.approx(0.5)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.floats(0.01, 100), st.floats(1, 1000), st.integers(1, 48))
def test_log_frequencies_have_equal_ratios_and_fill_the_band(f_min, span, voices):
    f_max = f_min * span
    f = log_frequencies(f_min, f_max, voices=voices)
    ratio = 2 ** (1 / voices)
    assert f[-1] == f_max
    np.testing.assert_allclose(f[1:] / f[:-1], ratio)
    assert f_min * (1 - 1e-8) <= f[0] < f_min * ratio * (1 + 1e-8)


def test_log_frequencies_keep_a_limit_on_the_grid():
    np.testing.assert_allclose(log_frequencies(4, 32, voices=1), [4, 8, 16, 32])
    assert log_frequencies(4, 32).size == 31
    assert log_frequencies(5, 5).tolist() == [5]


# The transform


@pytest.mark.parametrize("n", [1000, 1001])
@pytest.mark.parametrize("signal", SIGNALS)
def test_cwt_is_the_full_length_transform(signal, n):
    x = signal(n, DT)
    freqs = log_frequencies(4, 500, voices=5)
    expected = morse_reference(x, freqs, DT)
    error = np.abs(cwt(x, freqs, dt=DT) - expected)
    assert (error <= 1e-5 * np.abs(x).max(axis=-1)[:, None, None]).all()


def test_cwt_of_a_cosine_is_its_analytic_signal():
    t = np.arange(2000) * DT
    got = cwt(np.cos(2 * np.pi * 40 * t), [40.0], dt=DT)[0]
    middle = slice(400, 1600)
    np.testing.assert_allclose(got[middle], np.exp(2j * np.pi * 40 * t)[middle], atol=1e-4)


@pytest.mark.parametrize("f", [4.0, 17.3, 60.0, 151.0, 300.0, 434.0, 480.0])
def test_a_cosine_has_amplitude_one_at_its_frequency(f):
    x = 3 * np.cos(2 * np.pi * f * np.arange(4001) * DT + 0.4)
    amplitude = np.abs(cwt(x, [f], dt=DT)[0])
    np.testing.assert_allclose(amplitude[1000:3000], 3, rtol=1e-3)
    middle = max_power(x[:4000], [f], dt=DT, n_windows=4)[0, 1:3]
    np.testing.assert_allclose(middle, 9, rtol=1e-3)


# Only low ones: PyWavelets samples its wavelets coarsely at small scales.
@pytest.mark.parametrize("f", [6.0, 12.0, 20.0])
@pytest.mark.parametrize("wavelet", ["cmor1.5-1.0", "cmor2-0.5", "mexh", "morl", "gaus4", "gaus5"])
def test_a_cosine_has_amplitude_one_with_wavelets_of_pywavelets(wavelet, f):
    x = np.cos(2 * np.pi * f * np.arange(4000) * DT)
    middle = cwt(x, [f], dt=DT, wavelet=wavelet)[0, 1000:3000]
    assert np.abs(middle).max() == pytest.approx(1, abs=0.005)
    power = max_power(x, [f], dt=DT, n_windows=4, wavelet=wavelet)[0, 1:3]
    np.testing.assert_allclose(power, 1, atol=0.01)


def test_a_wavelet_that_turns_the_other_way_sees_a_cosine_too():
    # Gaussian derivatives are not quite analytic: the amplitude wavers by 1 %.
    x = np.cos(2 * np.pi * 12 * np.arange(4000) * DT)
    middle = np.abs(cwt(x, [12.0], dt=DT, wavelet="cgau8")[0, 1000:3000])
    np.testing.assert_allclose(middle, 1, atol=0.02)


# Fourier transforms of PyWavelets' mother wavelets at their centre frequency.
MEXICAN_HAT = 2 / (np.sqrt(3) * np.pi**0.25) * np.sqrt(2 * np.pi)
MEXICAN_HAT *= (np.pi / 2) ** 2 * np.exp(-((np.pi / 2) ** 2) / 2)


@pytest.mark.parametrize("n", [1000, 1001])
@pytest.mark.parametrize(
    ("wavelet", "centre", "response"),
    [("cmor1.5-1.0", 1.0, 0.5), ("cmor2-0.5", 0.5, 0.5), ("mexh", 0.25, MEXICAN_HAT)],
)
def test_other_wavelets_agree_with_pywavelets(wavelet, centre, response, n):
    x = white_noise(n, DT)
    freqs = np.array([12.0, 30.0, 77.0, 200.0])
    extended, start = reflected(x)
    expected, f = pywt.cwt(extended, centre / (freqs * DT), wavelet, DT, method="conv")
    np.testing.assert_allclose(f, freqs, rtol=1e-6)
    scales = (centre / (freqs * DT))[:, None, None]
    expected = np.moveaxis(expected[..., start : start + n] / np.sqrt(scales) / response, 0, 1)
    got = cwt(x, freqs, dt=DT, wavelet=wavelet)
    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-3 * np.abs(expected).max())
    assert np.iscomplexobj(got) == wavelet.startswith("cmor")
    n_windows = 10 if n == 1000 else 11
    power = max_power(x, freqs, dt=DT, n_windows=n_windows, wavelet=wavelet)
    np.testing.assert_allclose(power, window_maxima(expected, n_windows), rtol=1e-2)


# Maximum power


def test_max_power_of_network_activity_is_that_of_the_full_length_transform(activity):
    freqs = log_frequencies(1.8, highest_frequency(DT))
    expected = window_maxima(morse_reference(activity, freqs, DT), 6)
    assert_close_where_strong(max_power(activity, freqs, dt=DT, n_windows=6), expected)


@pytest.mark.parametrize(("n", "n_windows"), [(4000, 1), (4000, 20), (3999, 3), (3969, 21)])
@pytest.mark.parametrize("signal", SIGNALS)
def test_max_power_is_that_of_the_full_length_transform(signal, n, n_windows):
    x = signal(n, DT)
    # Windows of four cycles and more.
    freqs = log_frequencies(max(1.8, 4 * n_windows / (n * DT)), highest_frequency(DT))
    expected = window_maxima(morse_reference(x, freqs, DT), n_windows)
    assert_close_where_strong(max_power(x, freqs, dt=DT, n_windows=n_windows), expected)


@pytest.mark.parametrize("signal", SIGNALS)
def test_max_power_of_a_whole_record_is_that_of_the_full_length_transform(signal):
    """The paper's record; even what little a tone leaves at other frequencies counts."""
    x = signal(50_000, DT)
    freqs = log_frequencies(1.8, highest_frequency(DT), voices=3)
    expected = window_maxima(morse_reference(x, freqs, DT), 50)
    got = max_power(x, freqs, dt=DT, n_windows=50)
    strong = expected > 1e-4 * expected.max(axis=-1, keepdims=True)
    np.testing.assert_allclose(got[strong], expected[strong], rtol=1e-3)
    np.testing.assert_allclose(got.mean(axis=-1), expected.mean(axis=-1), rtol=1e-4)


@pytest.mark.parametrize("n_windows", [50, 200])
@pytest.mark.parametrize("signal", [white_noise, brownian_noise, impulses])
def test_mean_over_short_windows_is_that_of_the_full_length_transform(signal, n_windows):
    x = signal(4000, DT)
    freqs = log_frequencies(1.8, highest_frequency(DT))
    expected = window_maxima(morse_reference(x, freqs, DT), n_windows).mean(axis=-1)
    got = max_power(x, freqs, dt=DT, n_windows=n_windows).mean(axis=-1)
    np.testing.assert_allclose(got, expected, rtol=1e-4)


@pytest.mark.parametrize("n_windows", [100, 400, 2000])
@pytest.mark.parametrize("signal", SIGNALS)
def test_max_power_in_windows_shorter_than_a_cycle(signal, n_windows):
    x = signal(4000, DT)
    freqs = log_frequencies(2, highest_frequency(DT), voices=5)
    expected = window_maxima(morse_reference(x, freqs, DT), n_windows)
    # Power changes within such a window by more than its maximum: relative to the record's.
    error = np.abs(max_power(x, freqs, dt=DT, n_windows=n_windows) - expected)
    assert (error <= 1e-3 * expected.max(axis=-1, keepdims=True)).all()


def test_max_power_of_single_steps_is_the_power_of_cwt():
    x = white_noise(600, DT)
    freqs = log_frequencies(5, 500, voices=3)
    expected = np.abs(cwt(x, freqs, dt=DT)) ** 2
    got = max_power(x, freqs, dt=DT, n_windows=600)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6 * expected.max())


@pytest.mark.parametrize("wavelet", ["morse", "mexh", "cmor1.5-1.0"])
def test_max_power_is_the_maximum_of_squared_cwt(wavelet):
    x = brownian_noise(1500, DT)
    freqs = [11.0, 33.0, 140.0, 410.0]
    expected = window_maxima(cwt(x, freqs, dt=DT, wavelet=wavelet), 3)
    got = max_power(x, freqs, dt=DT, n_windows=3, wavelet=wavelet)
    np.testing.assert_allclose(got, expected, rtol=1e-3)


@pytest.mark.parametrize("dt", [1e-4, 5e-4, 2e-3, 0.25])
def test_only_frequency_times_step_counts(dt):
    x = white_noise(1200, DT)
    freqs = np.array([10.0, 50.0, 400.0])
    expected = max_power(x, freqs, dt=DT, n_windows=4, warm_up=0.02)
    got = max_power(x, freqs * DT / dt, dt=dt, n_windows=4, warm_up=0.02 * dt / DT)
    np.testing.assert_allclose(got, expected, rtol=1e-4)
    np.testing.assert_allclose(
        cwt(x, freqs * DT / dt, dt=dt), cwt(x, freqs, dt=DT), rtol=0, atol=1e-10
    )


@pytest.mark.parametrize("wavelet", ["morse", "cmor1.5-1.0", "mexh"])
@pytest.mark.parametrize("n", [2000, 2001])
def test_a_constant_has_no_power_even_at_the_edges(wavelet, n):
    x = np.full(n, 7.0)
    freqs = [5.0, 50.0, 400.0]
    assert np.abs(cwt(x, freqs, dt=DT, wavelet=wavelet)).max() < 1e-4
    assert max_power(x, freqs, dt=DT, n_windows=1, wavelet=wavelet).max() < 1e-8


def test_an_offset_changes_nothing():
    x = white_noise(2000, DT)
    freqs = log_frequencies(2, 434, voices=3)
    got = max_power(x + 1e3, freqs, dt=DT, n_windows=4)
    np.testing.assert_allclose(got, max_power(x, freqs, dt=DT, n_windows=4), rtol=1e-3)


def test_a_weak_fast_tone_is_seen_beside_a_strong_slow_wave():
    t = (np.arange(4000) + 0.5) * DT  # so that the reflected ends have no kink
    fast = 1e-4 * np.cos(2 * np.pi * 300 * t)
    x = 1e4 * np.cos(2 * np.pi * 2 * t) + fast
    np.testing.assert_allclose(max_power(x, [300.0], dt=DT, n_windows=4), 1e-8, rtol=1e-3)


def test_what_is_left_of_a_slow_tone_at_high_frequencies_is_not_denormal(monkeypatch):
    # Some processors take many times as long over denormal numbers.
    run_window_maxima, least = _kernels.run_window_maxima, []

    def watched(samples, *rest):
        squares = samples**2
        least.append(squares[squares > 0].min())
        run_window_maxima(samples, *rest)

    monkeypatch.setattr(_kernels, "run_window_maxima", watched)
    t = (np.arange(4000) + 0.5) * DT  # so that the reflected ends have no kink
    max_power(np.cos(2 * np.pi * 2 * t), [60.0, 400.0], dt=DT, n_windows=4)
    assert min(least) > np.finfo(np.float32).tiny


@pytest.mark.parametrize("wavelet", ["morse", "mexh"])
def test_silence_has_no_power(wavelet):
    x = np.zeros((2, 1000))
    freqs = [1.0, 5.0, 50.0, 400.0]
    assert (max_power(x, freqs, dt=DT, n_windows=2, wavelet=wavelet) == 0).all()
    # Between signals that sound, what falls silent at the start and is left out, and next to none.
    some = np.zeros((2, 2, 1000))
    some[0, 1, :100] = 1.0
    some[1, 0] = white_noise(1000, DT)[0]
    some[1, 1, 500] = 5e-324
    found = max_power(some, freqs, dt=DT, n_windows=2, warm_up=0.1, wavelet=wavelet)
    alone = max_power(some[1, 0], freqs, dt=DT, n_windows=2, warm_up=0.1, wavelet=wavelet)
    np.testing.assert_allclose(found[1, 0], alone)
    assert found.sum() == found[1, 0].sum() > 0


@pytest.mark.parametrize("wavelet", ["morse", "cmor1.5-1.0", "mexh"])
@pytest.mark.parametrize("factor", [1e-9, -3.0, 1e6])
def test_power_scales_with_the_square(wavelet, factor):
    x = white_noise(1000, DT)
    freqs = [10.0, 100.0, 400.0]
    one = max_power(x, freqs, dt=DT, n_windows=2, wavelet=wavelet)
    scaled = max_power(factor * x, freqs, dt=DT, n_windows=2, wavelet=wavelet)
    np.testing.assert_allclose(scaled, factor**2 * one, rtol=1e-5)


@pytest.mark.parametrize("n", [1200, 1203])
def test_time_reversal_reverses_the_windows(n):
    x = brownian_noise(n, DT)
    freqs = [12.0, 60.0, 300.0]
    one = max_power(x, freqs, dt=DT, n_windows=3)
    back = max_power(x[:, ::-1], freqs, dt=DT, n_windows=3)
    np.testing.assert_allclose(back[..., ::-1], one, rtol=1e-4)


def test_rows_alone_are_rows_together():
    # 24 rows of 20,000 steps are more than one batch.
    scale = 10.0 ** np.arange(-12, 12)[:, None]
    x = scale * np.random.default_rng(4).normal(size=(24, 20000))
    freqs = [3.0, 70.0, 400.0]
    together = max_power(x, freqs, dt=DT, n_windows=20)
    alone = [max_power(row, freqs, dt=DT, n_windows=20) for row in x]
    np.testing.assert_allclose(together, alone, rtol=1e-5)


@pytest.mark.parametrize("wavelet", ["morse", "mexh"])
def test_leading_axes_are_kept(wavelet):
    x = np.random.default_rng(5).normal(size=(2, 3, 400))
    freqs = [20.0, 90.0]
    power = max_power(x, freqs, dt=DT, n_windows=4, wavelet=wavelet)
    coefs = cwt(x, freqs, dt=DT, wavelet=wavelet)
    assert power.shape == (2, 3, 2, 4)
    assert coefs.shape == (2, 3, 2, 400)
    one = x[1, 2]
    np.testing.assert_allclose(
        power[1, 2], max_power(one, freqs, dt=DT, n_windows=4, wavelet=wavelet), rtol=1e-5
    )
    np.testing.assert_allclose(
        coefs[1, 2], cwt(one, freqs, dt=DT, wavelet=wavelet), rtol=0, atol=1e-10
    )


@pytest.mark.parametrize("wavelet", ["morse", "mexh"])
def test_each_frequency_stands_alone(wavelet):
    x = white_noise(1000, DT)
    freqs = np.roll(np.geomspace(7.0, 400.0, 40), 7)
    got = max_power(x, freqs, dt=DT, n_windows=2, wavelet=wavelet)
    for i, f in enumerate(freqs):
        alone = max_power(x, [f], dt=DT, n_windows=2, wavelet=wavelet)
        np.testing.assert_allclose(got[:, [i]], alone, rtol=1e-9)


def test_layout_and_precision_of_the_input_do_not_matter():
    x = np.round(white_noise(1000, DT), 2).astype(np.float32)
    freqs = [10.0, 100.0, 400.0]
    expected = max_power(x.astype(float), freqs, dt=DT, n_windows=2)
    for same in (
        x,
        np.asfortranarray(x),
        np.repeat(x, 2, axis=-1)[:, ::2],
        x.T.copy().T,
        x.tolist(),
    ):
        np.testing.assert_allclose(max_power(same, freqs, dt=DT, n_windows=2), expected, rtol=1e-6)


def test_the_input_is_left_alone():
    x = white_noise(1000, DT)
    kept = x.copy()
    max_power(x, [10.0, 400.0], dt=DT, n_windows=2, warm_up=0.1)
    cwt(x, [10.0], dt=DT, wavelet="mexh")
    np.testing.assert_array_equal(x, kept)


# The start left out


def started(x, n_skipped):
    """The signal as if it began `n_skipped` steps later, with its reflection before it."""
    return np.pad(x[..., n_skipped:], [(0, 0), (n_skipped, 0)], mode="symmetric")


@pytest.mark.parametrize("wavelet", ["morse", "mexh"])
@pytest.mark.parametrize("signal", [white_noise, brownian_noise, impulses, chirps])
def test_warm_up_starts_the_signal_and_the_first_window_later(signal, wavelet):
    x = signal(3000, DT)
    x[:, :50] += 100  # a start-up louder than all that follows
    for warm_up in (0.05, 0.15, 0.8):
        for f in (12.0, 100.0, 400.0):
            coefs = cwt(started(x, round(warm_up / DT)), [f], dt=DT, wavelet=wavelet)
            expected = window_maxima(coefs, 3, round(warm_up / DT))
            got = max_power(x, [f], dt=DT, n_windows=3, warm_up=warm_up, wavelet=wavelet)
            assert_close_where_strong(got, expected)


def test_a_warm_up_of_half_a_step_is_rounded_up():
    x = white_noise(1000, DT)
    for halves, whole in ((0.0125, 0.013), (0.0135, 0.014), (0.0124, 0.012)):
        found, expected = (
            max_power(x, [50.0], dt=DT, n_windows=2, warm_up=warm_up) for warm_up in (halves, whole)
        )
        np.testing.assert_array_equal(found, expected)
    assert (found != max_power(x, [50.0], dt=DT, n_windows=2, warm_up=0.013)).any()


def test_warm_up_on_network_activity(activity):
    # From rest: the start-up is many times stronger than what the claims are about.
    freqs = log_frequencies(1.8, highest_frequency(DT))
    expected = window_maxima(morse_reference(started(activity, 100), freqs, DT), 6, 100)
    assert_close_where_strong(max_power(activity, freqs, dt=DT, n_windows=6, warm_up=0.1), expected)


def test_a_loud_moment_does_not_hide_the_maximum_after_the_start():
    # Reflected twice, a burst short of two warm-ups is loudest at time zero, which is left out.
    x = white_noise(4000, DT)
    t = np.arange(4000) * DT
    x += 30 * np.exp(-(((t - 0.39) / 0.01) ** 2)) * np.cos(2 * np.pi * 50 * (t - 0.39))
    for f in (40.0, 50.0, 63.0):
        expected = window_maxima(morse_reference(started(x, 200), [f], DT), 4, 200)
        got = max_power(x, [f], dt=DT, n_windows=4, warm_up=0.2)
        np.testing.assert_allclose(got, expected, rtol=1e-3)


@pytest.mark.parametrize("wavelet", ["morse", "mexh"])
def test_nothing_in_the_warm_up_counts(wavelet):
    x = white_noise(2000, DT)
    freqs = [3.0, 30.0, 300.0]
    expected = max_power(x, freqs, dt=DT, n_windows=2, warm_up=0.3, wavelet=wavelet)
    x[:, :300] = 1e6
    got = max_power(x, freqs, dt=DT, n_windows=2, warm_up=0.3, wavelet=wavelet)
    np.testing.assert_array_equal(got, expected)


def test_no_warm_up_is_one_of_no_step():
    x = white_noise(2000, DT)
    expected = max_power(x, [30.0], dt=DT, n_windows=2)
    got = max_power(x, [30.0], dt=DT, n_windows=2, warm_up=0.0004)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(("warm_up", "n_windows"), [(0.9996, 2), (1.0, 2), (1.2, 1)])
def test_a_warm_up_that_leaves_too_little_is_refused(warm_up, n_windows):
    # 0.9996 s is less than a window, but rounds to all of its steps.
    with pytest.raises(ValueError, match=r"^warm_up: expected"):
        max_power(white_noise(2000, DT), [50.0], dt=DT, n_windows=n_windows, warm_up=warm_up)


# Threads and memory


@pytest.mark.parametrize("wavelet", ["morse", "mexh", "cmor1.5-1.0"])
def test_max_power_leaves_the_warning_filters_alone(monkeypatch, wavelet):
    # They belong to the process: two sweeps' threads that change them can leave "error" behind.
    used = []

    class Counted(warnings.catch_warnings):
        def __enter__(self):
            used.append(self)
            return super().__enter__()

    with monkeypatch.context() as patch:
        patch.setattr(warnings, "catch_warnings", Counted)
        max_power(white_noise(400, DT), [50.0], dt=DT, n_windows=1, wavelet=wavelet)
    assert not used


@pytest.mark.parametrize("n_windows", [1, 50])
def test_max_power_never_holds_the_scalogram(n_windows):
    x = np.random.default_rng(6).normal(size=(18, 50_000))
    freqs = log_frequencies(1.8, highest_frequency(DT))
    scalogram = x.size * freqs.size * 16
    assert scalogram > 1e9
    max_power(x[:, :100], freqs[-1:], dt=DT, n_windows=1)  # compiling is slow while it is traced
    tracemalloc.start()
    try:
        max_power(x, freqs, dt=DT, n_windows=n_windows)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 150e6
    assert kept < 30e6


@pytest.mark.parametrize("n_windows", [1, 4, 5])
@pytest.mark.parametrize("n_skipped", [0, 60])
@pytest.mark.parametrize("ends", ["zero", "periodic"])
def test_other_ends_are_those_of_a_longer_signal(ends, n_skipped, n_windows):
    x = np.random.default_rng(3).normal(size=(2, 1000)) + 1.0
    freqs = np.array([10.0, 40.0, 150.0, 300.0])  # reach far less than the signal is long
    found = max_power(x, freqs, dt=DT, n_windows=n_windows, ends=ends, warm_up=n_skipped * DT)
    start = x.copy()
    start[:, :n_skipped] = x[:, n_skipped : 2 * n_skipped][:, ::-1]
    beyond = np.zeros_like(x) if ends == "zero" else start
    longer = np.concatenate([beyond, start, beyond], axis=-1)
    power = np.abs(cwt(longer, freqs, dt=DT)[..., 1000:2000]) ** 2
    power[..., :n_skipped] = 0.0
    expected = power.reshape(2, freqs.size, n_windows, -1).max(axis=-1)
    np.testing.assert_allclose(found, expected, rtol=2e-3)
    reflected = max_power(x, freqs, dt=DT, n_windows=n_windows, warm_up=n_skipped * DT)
    assert np.abs(found / reflected - 1).max() > 1e-2


def test_other_ends_are_for_the_morse_wavelet_alone():
    with pytest.raises(ValueError, match=r"^ends: expected one of reflected, got 'zero'"):
        max_power(np.ones(100), [50.0], dt=1e-3, n_windows=1, wavelet="mexh", ends="zero")
