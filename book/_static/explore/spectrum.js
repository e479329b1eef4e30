// Maximum power of the Morse wavelet transform in each window, as `lsm.spectrum` takes it (gamma 3, beta 20,
// L1 norm, ends reflected), in double precision.
"use strict";

function explorerSpectrum(fourier, { gamma, beta }) {
  // Below this share of its peak the wavelet counts as zero.
  const NEGLIGIBLE = 1e-8;
  // Between samples, values are right whose frequencies lie where the wavelet exceeds this share of its peak,
  // by so many samples for each one that this width demands.
  const CORE_SHARE = 1e-4;
  const OVERSAMPLING = 2;
  // Samples that a value between them is interpolated from.
  const N_TAPS = 24;
  const MARGIN = N_TAPS / 2 + 1;
  // Samples from this share of the highest on are looked around.
  const CONTENDER = 0.8;
  // A signal whose amplitude is below this has no power.
  const SILENT = 1e-130;

  /** Fourier transform of the wavelet at a frequency over its peak frequency: 2 at the peak. */
  const morse = (x) => 2 * Math.exp(beta * Math.log(x) + (beta / gamma) * (1 - x ** gamma));

  /** Where, between two ratios, the wavelet passes a share of its peak. */
  function edge(share, below, above) {
    let [low, high] = [below, above];
    const rising = morse(high) > morse(low);
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (morse(middle) / 2 < share === rising) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  const edges = (share) => [edge(share, 1e-3, 1), edge(share, 1, 5)];
  const BAND = edges(NEGLIGIBLE);
  const CORE = edges(CORE_SHARE);

  /** What `make` gives for a key, made once. */
  function keeper(make) {
    const kept = new Map();
    return (...key) => {
      const name = key.join();
      if (!kept.has(name)) kept.set(name, make(...key));
      return kept.get(name);
    };
  }

  const plan = keeper(fourier.makePlan);

  /** Cosines and sines of -k pi / (2 n) or other equal steps, for k from 0. */
  const turns = keeper((n, perTurn) => ({
    cos: Float64Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / perTurn)),
    sin: Float64Array.from({ length: n }, (_, k) => -Math.sin((2 * Math.PI * k) / perTurn)),
  }));

  /** Fourier transform of 2 m real numbers, at 0 to m: x[2 j] and x[2 j + 1] are re[j], im[j] of the plan. */
  function realTransform(m, re, im) {
    const work = plan(m);
    fourier.transform(work);
    const { re: x, im: y } = work;
    const { cos, sin } = turns(m, 2 * m);
    re[0] = x[0] + y[0];
    re[m] = x[0] - y[0];
    im[0] = im[m] = 0;
    for (let t = 1; t < m; t++) {
      const evenR = (x[t] + x[m - t]) / 2;
      const evenI = (y[t] - y[m - t]) / 2;
      const oddR = (y[t] + y[m - t]) / 2;
      const oddI = (x[m - t] - x[t]) / 2;
      re[t] = evenR + oddR * cos[t] - oddI * sin[t];
      im[t] = evenI + oddR * sin[t] + oddI * cos[t];
    }
  }

  /**
   * DCT-II of a signal of even length: the spectrum of its even extension, whose bin k is frequency
   * k / (2 n dt). By a real transform of the even samples followed by the odd ones backwards.
   */
  function cosines(signal) {
    const n = signal.length;
    const work = plan(n / 2);
    const sorted = (i) => signal[2 * i < n ? 2 * i : 2 * (n - i) - 1];
    for (let j = 0; j < n / 2; j++) {
      work.re[j] = sorted(2 * j);
      work.im[j] = sorted(2 * j + 1);
    }
    const re = new Float64Array(n / 2 + 1);
    const im = new Float64Array(n / 2 + 1);
    realTransform(n / 2, re, im);
    const { cos, sin } = turns(n, 4 * n);
    const found = new Float64Array(n);
    for (let k = 0; k <= n / 2; k++) {
      found[k] = 2 * (re[k] * cos[k] - im[k] * sin[k]);
      if (k > 0 && k < n / 2) found[n - k] = 2 * (re[k] * cos[n - k] + im[k] * sin[n - k]);
    }
    return found;
  }

  /** Bins in which the wavelet acts, its values there, and how the signal is sampled, for n steps. */
  const bandOf = keeper((frequency, n, nWindows, dt) => {
    const perBin = 1 / (2 * n * dt * frequency);
    const first = Math.max(1, Math.ceil(BAND[0] / perBin));
    const last = Math.min(n - 1, Math.floor(BAND[1] / perBin));
    const [low, high] = CORE.map((share) => Math.min(Math.round(share / perBin), n));
    const width = Math.max(OVERSAMPLING * (high - low), last - first + 1, 4 * N_TAPS);
    return {
      first,
      centre: Math.min(Math.max((low + high) >> 1, first), last),
      factors: Float64Array.from({ length: last - first + 1 }, (_, i) => morse((first + i) * perBin)),
      perWindow: fourier.nextSmooth(width / 2 / nWindows),
    };
  });

  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));

  /** The last sample up to a step, the middle of its cell; of whole numbers, so that rounding spoils none. */
  const lastSample = (step, nSteps, perWindow) => Math.floor(((2 * step + 1) * perWindow) / (2 * nSteps));

  /**
   * Weights of the samples around each step, from (t + 1/2) perWindow / nSteps on, for one period of steps:
   * a sinc that ends in a "semicircle" window (Barnett et al. 2019, SIAM J. Sci. Comput. 41:C479).
   */
  const interpolation = keeper((nSteps, perWindow) => {
    const period = nSteps / divisor(nSteps, perWindow);
    const shape = ((Math.PI * N_TAPS) / 2) * (1 - 1 / OVERSAMPLING);
    const weights = new Float64Array(period * N_TAPS);
    for (let t = 0; t < period; t++) {
      const position = ((2 * t + 1) * perWindow) / (2 * nSteps);
      const row = weights.subarray(t * N_TAPS, (t + 1) * N_TAPS);
      let sum = 0;
      for (let i = 0; i < N_TAPS; i++) {
        const x = lastSample(t, nSteps, perWindow) + 1 - N_TAPS / 2 + i - position;
        const round = Math.sqrt(Math.max(1 - ((2 * x) / N_TAPS) ** 2, 0));
        row[i] = (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * Math.exp(shape * (round - 1));
        sum += row[i];
      }
      for (let i = 0; i < N_TAPS; i++) row[i] /= sum;
    }
    return { period, weights };
  });

  /** Room for the samples of m cells and what lies beyond, which the next signal takes over. */
  const roomFor = keeper((m) => {
    const [re, im, power] = [0, 0, 0].map(() => new Float64Array(m + 1 + 2 * MARGIN));
    const [insideRe, insideIm] = [re, im].map((part) => part.subarray(MARGIN, MARGIN + m + 1));
    return { re, im, power, insideRe, insideIm };
  });

  /** The transform at the ends of m equal cells of the record, with what lies beyond them, and its power. */
  function samples(spectrum, { first, centre, factors }, m) {
    const work = plan(m);
    work.re.fill(0);
    work.im.fill(0);
    const scale = 1 / (2 * spectrum.length);
    for (let i = 0; i < factors.length; i++) {
      // Bin `centre` is moved to zero, which turns phases but no magnitude.
      const shifted = first + i - centre;
      const at = shifted < 0 ? shifted + 2 * m : shifted;
      const value = spectrum[first + i] * factors[i] * scale;
      if (at & 1) work.im[at >> 1] = value;
      else work.re[at >> 1] = value;
    }
    const { re, im, power, insideRe, insideIm } = roomFor(m);
    realTransform(m, insideRe, insideIm);
    // Of an even signal's transform each end mirrors the conjugate.
    for (let i = 1; i <= MARGIN; i++) {
      re[MARGIN - i] = re[MARGIN + i];
      im[MARGIN - i] = -im[MARGIN + i];
      re[MARGIN + m + i] = re[MARGIN + m - i];
      im[MARGIN + m + i] = -im[MARGIN + m - i];
    }
    for (let i = 0; i < power.length; i++) power[i] = re[i] * re[i] + im[i] * im[i];
    return { re, im, power };
  }

  /** Power at a step, between samples. */
  function powerAt({ re, im, weights, period, nSteps, perWindow }, step) {
    const start = MARGIN + 1 - N_TAPS / 2 + lastSample(step, nSteps, perWindow);
    const row = (step % period) * N_TAPS;
    let x = 0;
    let y = 0;
    for (let i = 0; i < N_TAPS; i++) {
      const weight = weights[row + i];
      x += weight * re[start + i];
      y += weight * im[start + i];
    }
    return x * x + y * y;
  }

  /** Power at the top of the hill around a step, between two others: uphill in ever smaller strides. */
  function climb(line, start, from, to) {
    let here = Math.min(Math.max(Math.round(start), from), to);
    let value = powerAt(line, here);
    for (let stride = Math.max(1, Math.round(line.nSteps / line.perWindow / 4)); stride > 0; stride >>= 1) {
      for (let side = -stride; side <= stride; side += 2 * stride) {
        let next = here + side;
        while (next >= from && next <= to) {
          const other = powerAt(line, next);
          if (other <= value) break;
          here = next;
          value = other;
          next += side;
        }
      }
    }
    return value;
  }

  /** The highest power at a step, of those between two. */
  function highest(line, from, to) {
    const { power, nSteps, perWindow } = line;
    // Samples between the two: what lies beyond them belongs to other windows.
    const first = MARGIN + 1 + lastSample(from, nSteps, perWindow);
    const last = MARGIN + lastSample(to, nSteps, perWindow);
    let top = 0;
    for (let m = first; m <= last; m++) if (power[m] > top) top = power[m];
    let best = 0;
    for (let m = first; m <= last; m++) {
      // From all that are high, not from local maxima alone: of two hills side by side they show one.
      if (power[m] < CONTENDER * Math.max(top, best)) continue;
      best = Math.max(best, climb(line, ((m - MARGIN) * nSteps) / perWindow - 0.5, from, to));
    }
    for (const end of [from, to]) {
      if (powerAt(line, end) > CONTENDER * best) best = Math.max(best, climb(line, end, from, to));
    }
    return best;
  }

  /**
   * Maximum power of one signal at each frequency in each window: (n_freqs, nWindows), frequency-major.
   * The first nSkipped steps are left out, and the mirror image of as many after them stands in their place.
   */
  function maxPower(signal, frequencies, { dt, nWindows, nSkipped }) {
    const n = signal.length;
    const found = new Float64Array(frequencies.length * nWindows);
    const mirrored = signal.slice();
    for (let t = 0; t < nSkipped; t++) mirrored[t] = signal[2 * nSkipped - 1 - t];
    if (mirrored.every((x) => Math.abs(x) <= SILENT)) return found;
    const spectrum = cosines(mirrored);
    const nSteps = n / nWindows;
    frequencies.forEach((frequency, f) => {
      const band = bandOf(frequency, n, nWindows, dt);
      const { perWindow } = band;
      const { re, im, power } = samples(spectrum, band, perWindow * nWindows);
      const { period, weights } = interpolation(nSteps, perWindow);
      const line = { re, im, power, weights, period, nSteps, perWindow };
      for (let w = 0; w < nWindows; w++) {
        const from = w * nSteps + (w === 0 ? nSkipped : 0);
        found[f * nWindows + w] = highest(line, from, (w + 1) * nSteps - 1);
      }
    });
    return found;
  }

  return { maxPower };
}
