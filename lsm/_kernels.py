"""All compiled code: the steps of the models in time, and the search for maxima of spectra.

Eq. 1-3 stand once, in `_activity` and `_leak`; the single neuron and the network call them. One
file, because numba keys its cache on the file of a function and not on those of what it calls, so
that constants of others come as arguments. Kernels draw and check nothing, and release the lock.

States that decay end at zero. Left to themselves they would stop at the smallest denormal number,
half of which rounds up to itself, and denormals cost some processors many times the arithmetic.
"""

import numpy as np
from llvmlite import ir  # what numba compiles with
from numba import njit, types
from numba.extending import intrinsic, overload

from lsm._compile import compiled

_compiled = compiled(nogil=True, error_model="numpy")
# Sources added to a total in one pass, and steps between two copies of the state to the result.
PASS = 5
_BLOCK = 64
# Targets are padded to whole vectors of any processor.
VECTOR = 8
# A decaying state below this is zero: its products are not denormal, and no sum would notice it.
_LEAST = 1e-300
# Samples that a value between them is interpolated from.
N_TAPS = 20
# The search for maxima looks between two samples of which one reaches this share of the window's
# highest, if they or the middle between them seem to reach this share of the highest so far.
_CONTENDER, _CREST = np.float32(0.7), np.float32(0.9)
# It looks so often on the way from one to the other, and at the peak of a parabola through what
# it saw if that reaches this share of the highest so far.
_N_LOOKS = 5
_NEAR = np.float32(0.97)
# Samples tested together.
_BUNCH = 16
_HALF, _SIXTEENTH = np.float32(0.5), np.float32(0.0625)


@_compiled
def _settled(state):
    """The state, or zero in place of what is left of it after long silence."""
    return 0.0 if abs(state) < _LEAST else state


@_compiled
def _activity(excitation, inhibition, static, shunting):
    """Eq. 1 with Eq. 3: excitation and inhibition are the sums of w*a and of |w*a|."""
    # A neuron whose input is not positive is silent; so is one without synapses, where Eq. 1
    # would divide zero by zero. A selected divisor instead of a branch lets loops be vectorised.
    total = max(excitation - inhibition, 0.0)
    open_channels = static + excitation + shunting * inhibition
    return total / (open_channels if total > 0.0 else 1.0)


@_compiled
def _leak(previous, undamped, gain):
    """Eq. 2 over one step; the threshold of Eq. 3 is kept, being a mean of kept values."""
    # Settled before the sum, which waits for the product anyway: nothing is added to the chain
    # from step to step, the only one that counts in a single neuron.
    return (0.0 if previous < _LEAST else (1.0 - gain) * previous) + gain * undamped


@_compiled
def run_lsm(excitation, inhibition, static, gain, shunting, out):
    n_neurons, n_steps = out.shape
    for k in range(n_neurons):
        previous = 0.0
        for t in range(n_steps):
            undamped = _activity(excitation[k, t], inhibition[k, t], static[k], shunting)
            previous = _leak(previous, undamped, gain[k])
            out[k, t] = previous


def _place(position, j, k):
    """Where target k reads source j."""


@overload(_place, inline="always")
def _of_type(position, j, k):
    none = isinstance(position, types.NoneType)  # known when compiled
    return (lambda position, j, k: j) if none else lambda position, j, k: np.uint64(position[j, k])


@njit(inline="always")
def _add_sources(total, n_targets, weights, history, now, position):
    """Add to `total` what sources send to each target, read from ``history[now:]``.

    Source j is read at j, or for each target at its own `position`. Source by source, so that a
    sum has one order on every machine; `PASS` of them at a time, so that a total is loaded and
    stored less often. Unsigned indices are not tested for a sign.
    """
    done = np.uint64(0)
    for _ in range(weights.shape[0] // PASS):
        for k in range(n_targets):
            x = total[k]
            for i in range(PASS):
                j = done + np.uint64(i)
                x += weights[j, k] * history[now + _place(position, j, k)]
            total[k] = x
        done += np.uint64(PASS)


@_compiled
def run_network(inputs, excitatory, inhibitory, neurons, lag, order, targets, out):
    """All neurons together: none hears another in less than one step.

    Of the excitatory sources, sensors first, and of the inhibitory ones: |w| as [source, target],
    filled with zeros as `_packed` does; how far from the current row of the history each is read,
    or None where `lag`, the longest, is that of all; and the column that they begin in, if so.
    `targets` has one for each column of these: as a tuple a number that is known when compiled.
    """
    w_exc, reads_exc, first_exc = excitatory
    w_inh, reads_inh, first_inh = inhibitory
    static, gain, shunting = neurons
    n_targets = len(targets)
    n_sensors, n_steps = inputs.shape
    length = max(_BLOCK, lag)
    # Row t of a block: the sensors at step t, and the neurons `lag` steps before.
    history = np.zeros((lag + length, n_sensors + n_targets + VECTOR))
    flat = history.reshape(history.size)
    excitation = np.empty(n_targets)
    inhibition = np.empty(n_targets)
    for start in range(0, n_steps, length):
        stop = min(length, n_steps - start)
        for s in range(n_sensors):
            for t in range(stop):
                history[t, s] = inputs[s, start + t]
        for t in range(stop):
            for k in range(n_targets):
                excitation[k] = 0.0
                inhibition[k] = 0.0
            row = np.uint64(t)
            now = row * np.uint64(history.shape[1])
            _add_sources(excitation, n_targets, w_exc, flat, now + np.uint64(first_exc), reads_exc)
            _add_sources(inhibition, n_targets, w_inh, flat, now + np.uint64(first_inh), reads_inh)
            for k in range(n_targets):
                undamped = _activity(excitation[k], inhibition[k], static[k], shunting)
                column = np.uint64(n_sensors + k)
                previous = history[row + np.uint64(lag - 1), column]
                history[row + np.uint64(lag), column] = _leak(previous, undamped, gain[k])
        for k in range(order.size):
            column = np.uint64(n_sensors + k)
            for t in range(stop):
                out[np.uint64(order[k]), np.uint64(start + t)] = history[np.uint64(lag + t), column]
        for t in range(lag):
            for k in range(history.shape[1]):
                history[t, k] = history[t + stop, k]


@_compiled
def run_in_turn(inputs, w_in, w_rec, lags, neurons, order, out):
    """Neurons in an `order` in which each comes after those that it hears with a lag of 0."""
    static, gain, shunting = neurons
    n_neurons, n_steps = out.shape
    longest = lags.max()  # before the first step all are at rest
    history = np.zeros((longest + n_steps, n_neurons))
    for t in range(n_steps):
        for k in order:
            excitation = 0.0
            inhibition = 0.0
            for s in range(inputs.shape[0]):
                excitation += w_in[k, s] * inputs[s, t]
            for j in range(n_neurons):
                heard = w_rec[k, j] * history[longest + t - lags[k, j], j]
                excitation += max(heard, 0.0)
                inhibition += max(-heard, 0.0)
            undamped = _activity(excitation, inhibition, static[k], shunting)
            out[k, t] = _leak(out[k, t - 1] if t else 0.0, undamped, gain[k])
            history[longest + t, k] = out[k, t]


@_compiled
def run_hodgkin_huxley(excitation, inhibition, ratio, explicit, out):
    """A8 with h/tau = `ratio`; or A6 by explicit Euler."""
    n_neurons, n_steps = out.shape
    for k in range(n_neurons):
        v = 0.0
        for t in range(n_steps):
            total = excitation[k, t] - inhibition[k, t]
            absolute = excitation[k, t] + inhibition[k, t]
            if explicit:
                v += ratio * (total - v * (1.0 + absolute))
            else:
                v = (v + ratio * total) / (1.0 + ratio + ratio * absolute)
            v = _settled(v)
            out[k, t] = v


@_compiled
def run_izhikevich(current, parameters, step, n_substeps, own, spikes):
    """Eq. 4-5 in steps of `step` ms, by Euler's method or Izhikevich's `own` scheme."""
    n_parts = 2 if own else 1
    n_neurons, n_steps = spikes.shape
    for k in range(n_neurons):
        A, B, C, a, b, c, d, gain, v_peak = parameters[k]
        v = c
        u = b * v
        for t in range(n_steps):
            for _ in range(n_substeps):
                before = v
                for _ in range(n_parts):
                    v += step / n_parts * (A * v * v + B * v + C - u + current[t] * gain)
                du = a * (b * (v if own else before) - u)
                u = _settled(u + step * du)  # with a b of 0 it decays to zero between spikes
                if v >= v_peak:
                    v = c
                    u += d
                    spikes[k, t] += 1.0
        if not np.isfinite(v + u):  # diverged
            spikes[k, :] = np.nan


@_compiled
def run_psp(counts, scales, decays, out):
    """Eq. 6 as the sum of two one-pole filters of the counts."""
    n_signals, n_steps = out.shape
    for k in range(n_signals):
        first = 0.0
        second = 0.0
        for t in range(n_steps):
            first = _settled(decays[0] * first + scales[0] * counts[k, t])
            second = _settled(decays[1] * second + scales[1] * counts[k, t])
            # Rounding alone can fall below zero, at the onset.
            out[k, t] = max(first + second, 0.0)


@intrinsic
def _weighted_sums(typing_context, weights, at, parts, here):
    """Sums over `N_TAPS` of ``weights[at:]`` times real and imaginary ``parts[here:]`` in turn.

    Written for the compiler, because numba vectorises no sum that keeps its order, and this one is
    half of the search: five times as fast as a loop. Four products of each part lie beside each
    other and are added in one order, so that the digits are the same on every machine.
    """
    pair = types.UniTuple(types.float32, 2)

    def generate(context, builder, signature, arguments):
        def loaded(array, start, size):
            data = context.make_array(signature.args[array])(context, builder, arguments[array])
            first = builder.gep(data.data, [builder.add(arguments[array + 1], index(start))])
            vector = ir.VectorType(ir.FloatType(), size)
            return builder.load(builder.bitcast(first, vector.as_pointer()), align=4)

        def index(value):
            return ir.Constant(ir.IntType(64), value)

        def picked(vector, order):
            mask = ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order)
            return builder.shuffle_vector(vector, vector, mask)

        total = None
        for tap in range(0, N_TAPS, 4):
            factors = picked(loaded(0, tap, 4), [0, 0, 1, 1, 2, 2, 3, 3])
            products = builder.fmul(factors, loaded(2, 2 * tap, 8))
            total = builder.fadd(total, products) if tap else products
        for half in (4, 2):
            low, high = range(half), range(half, 2 * half)
            total = builder.fadd(picked(total, [*low]), picked(total, [*high]))
        sums = [builder.extract_element(total, index(part)) for part in (0, 1)]
        return context.make_tuple(builder, pair, sums)

    return pair(weights, types.uint64, parts, types.uint64), generate


@_compiled
def _power_at(step, line):
    """Power at a step, between samples."""
    start, first, weights, parts = line
    row = np.uint64(step)
    here = np.uint64(2 * (start + first[row]))
    x, y = _weighted_sums(weights, row * np.uint64(N_TAPS), parts, here)
    return x * x + y * y


@_compiled
def _refined(low, high, step, stride, value, highest, line):
    """The larger of `highest` and the power at the peak within `stride` of `step`, of `value`."""
    stride = min(stride, (high - low) // 2)
    if stride <= 1 or value < _NEAR * highest:
        return max(highest, value)
    step = min(max(step, low + stride), high - stride)
    before = _power_at(step - stride, line)
    here = _power_at(step, line)
    after = _power_at(step + stride, line)
    bend = (here - before) + (here - after)
    if bend > 0.0:
        at = step + np.rint(_HALF * np.float32(stride) * (after - before) / bend)
        here = max(here, _power_at(int(min(max(at, low), high)), line))
    return max(max(highest, value), max(before, max(here, after)))


@_compiled
def _copy_mirrored(source, start, out):
    """Samples from `start` on; beyond its ends an even signal's transform is the conjugate."""
    last = source.size // 2 - 1
    for m in range(out.size // 2):
        at = abs(start + m)
        sign = np.float32(1.0 if 0 <= start + m <= last else -1.0)
        if at > last:
            at = 2 * last - at
        out[2 * m] = source[2 * at]
        out[2 * m + 1] = sign * source[2 * at + 1]


@_compiled
def _set_power(parts, start, power):
    """Power of samples from `start` on."""
    at = np.uint64(2 * start)
    for m in range(np.uint64(power.size)):
        power[m] = parts[at + m + m] ** 2 + parts[at + m + m + np.uint64(1)] ** 2


@_compiled
def _highest(bits, first, stop):
    """The highest of numbers not negative: their bits are ordered alike, and vectorised."""
    most = np.int32(0)
    for m in range(np.uint64(first), np.uint64(stop)):
        most = max(most, bits[m])
    return np.int32(most)


@_compiled
def _contenders(bits, first, stop, bound, found):
    """Where `bits` or the next exceed `bound`, from `first` to before `stop`; returns how many."""
    n_found = 0
    for start in range(np.uint64(first), np.uint64(stop), np.uint64(_BUNCH)):
        high = np.int32(0)
        for m in range(start, start + np.uint64(_BUNCH)):
            high |= np.int32(max(bits[m], bits[m + np.uint64(1)]) > bound)
        if high:
            for m in range(start, min(start + np.uint64(_BUNCH), np.uint64(stop))):
                found[n_found] = m
                n_found += max(bits[m], bits[m + np.uint64(1)]) > bound
    return n_found


@_compiled
def run_window_maxima(samples, first, weights, n_before, n_skipped, out):
    """Highest power at a step of each window, from fewer samples than steps.

    `samples` are the real and imaginary parts in turn, from one end of the record to the other,
    both included. Steps are skipped at the start of window `n_before`.
    """
    n_signals, n_windows = out.shape
    n_steps, margin = weights.shape
    n_all = samples.shape[1] // 2 - 1
    n_samples = n_all // n_windows
    spacing = n_steps / n_samples
    stride = max(1, int(spacing / _N_LOOKS))
    edge = np.empty(2 * (n_samples + 2 * margin + 1), dtype=np.float32)
    # From two samples before the window to one after that at its end.
    power = np.zeros(n_samples + 4 + _BUNCH, dtype=np.float32)
    bits = power.view(np.int32)
    bound = np.empty(1, dtype=np.float32)
    found = np.empty(n_samples + 4, dtype=np.int64)
    for i in range(n_signals):
        for w in range(n_windows):
            start = w * n_samples
            parts = samples[i]
            if start < margin or start + n_samples + margin > n_all:
                _copy_mirrored(parts, start - margin, edge)
                start = margin
                parts = edge
            line = (start, first, weights, parts)
            low, high = n_skipped if w == n_before else 0, n_steps - 1
            # Samples between the window's first and last step, and one more on either side.
            inside = 2 + int(np.ceil((low + 0.5) / spacing))
            stop = 2 + n_samples
            _set_power(parts, start - 2, power[: n_samples + 4])
            bound.view(np.int32)[0] = _highest(bits, inside, stop)
            bound[0] *= _CONTENDER
            n_found = _contenders(bits, inside - 1, stop, bound.view(np.int32)[0], found)
            # The highest first, so that few of the others need be looked at.
            best = 0
            for n in range(1, n_found):
                if power[found[n]] > power[found[best]]:
                    best = n
            found[best], found[0] = found[0], found[best]
            highest = np.float32(0.0)
            for n in range(n_found):
                m = np.uint64(found[n])
                one, two = power[m], power[m + np.uint64(1)]
                outer = power[m - np.uint64(1)] + power[m + np.uint64(2)]
                middle = _HALF * (one + two) + _SIXTEENTH * (one + two - outer)
                if max(one, two, middle) < _CREST * highest:
                    continue
                a = max(low, int(np.ceil((found[n] - 2) * spacing - 0.5)))
                b = min(high, int((found[n] - 1) * spacing - 0.5))
                at = a
                top = np.float32(0.0)
                for step in range(a, b + 1, stride):
                    value = _power_at(step, line)
                    at = step if value > top else at
                    top = max(top, value)
                highest = _refined(low, high, at, stride, top, highest, line)
            # The last steps on either side are seldom on the way.
            for end in (low, high):
                highest = _refined(low, high, end, stride, _power_at(end, line), highest, line)
            out[i, w] = highest
