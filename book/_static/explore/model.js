// Sensory inputs (Eq. 6), weights, delays and the network of linear summation neurons (Eq. 1-3), as in the
// package: `lsm.inputs`, `lsm.weights`, `lsm.network` and `lsm.dynamics`. Sums have the same order, so that
// activity is equal to the bit; only exp and log may differ in the last one.
"use strict";

function explorerModel(random) {
  // A quotient of two times is off by rounding: 0.6 / 2e-4 is meant to be 3000.
  const ROUNDING = 1 + 4 * Number.EPSILON;
  // A decaying state below this is zero: denormal numbers would cost much time.
  const LEAST = 1e-300;

  const whole = (x) => Math.floor(x * ROUNDING);
  const nearest = (x) => whole(x + 0.5);
  const settled = (state) => (Math.abs(state) < LEAST ? 0 : state);

  // ---------------------------------------------------------------- inputs

  /** Spike times of all presentations: one row of (nPresentations * nSpikes) for each sensor. */
  function spikes({ n_sensors: nSensors, rate, jitter }, { nPresentations, duration, stream }) {
    const nSpikes = nearest(rate * duration);
    const nReference = nSensors * nSpikes;
    const drawn = random.uniforms(stream, nReference * (1 + nPresentations));
    const total = nPresentations * duration;
    const times = new Float64Array(nReference * nPresentations);
    let at = nReference;
    for (let s = 0; s < nSensors; s++) {
      const reference = drawn.subarray(s * nSpikes, (s + 1) * nSpikes).map((u) => duration * u).sort();
      for (let p = 0; p < nPresentations; p++) {
        for (let i = 0; i < nSpikes; i++) {
          const noise = -jitter + 2 * jitter * drawn[at];
          // Reflected at both ends of the record, so that no spike is lost.
          let moved = Math.abs(reference[i] + duration * p + noise) % (2 * total);
          if (moved > total) moved = 2 * total - moved;
          times[at - nReference] = moved;
          at++;
        }
      }
    }
    return times;
  }

  /** Number of spikes in each step: (nSensors, nSteps). */
  function counts(times, nSensors, nSteps, dt) {
    const found = new Float64Array(nSensors * nSteps);
    const perSensor = times.length / nSensors;
    for (let i = 0; i < times.length; i++) {
      const sensor = Math.floor(i / perSensor);
      found[sensor * nSteps + Math.min(whole(times[i] / dt), nSteps - 1)]++;
    }
    return found;
  }

  /** Eq. 6 as the sum of two one-pole filters of the counts, in place. */
  function convolve(signals, nSteps, dt, { tau_decay: tauDecay, tau_rise: tauRise, tau_m: tauM }) {
    const scale = tauM / (tauDecay - tauRise);
    const decay = Math.exp(-dt / tauDecay);
    const rise = Math.exp(-dt / tauRise);
    for (let start = 0; start < signals.length; start += nSteps) {
      let first = 0;
      let second = 0;
      for (let t = start; t < start + nSteps; t++) {
        first = settled(decay * first + scale * signals[t]);
        second = settled(rise * second - scale * signals[t]);
        signals[t] = Math.max(first + second, 0);
      }
    }
    return signals;
  }

  /** Activity of the sensors over all presentations: (nSensors, nSteps). */
  function inputs(values, { nPresentations, duration, kernel, stream }) {
    const nSteps = nPresentations * nearest(duration / values.dt);
    const times = spikes(values, { nPresentations, duration, stream });
    return convolve(counts(times, values.n_sensors, nSteps, values.dt), nSteps, values.dt, kernel);
  }

  // ---------------------------------------------------------------- network

  /** The first n weights of a law, not negative. */
  function weights({ weights: law, mean_weight: mean, weight_cv: cv }, draws, n) {
    if (law === "binary") return random.uniforms(draws.weights, n).map((u) => (u < mean ? 1 : 0));
    const normal = random.doubles(draws.normal_weights).subarray(0, n);
    if (law === "normal") return normal.map((z) => Math.abs(mean + cv * mean * z));
    const variance = Math.log1p(cv ** 2);
    const mu = Math.log(mean) - variance / 2;
    return normal.map((z) => Math.exp(mu + Math.sqrt(variance) * z));
  }

  /** The two-layer network: sensors to layer 1, all neurons to all others; matrices [target, source]. */
  function network(values, { layer, sign, delayCv, draws }) {
    const n = sign.length;
    const nSensors = values.n_sensors;
    const drawn = weights(values, draws, n * (nSensors + n));
    const wIn = drawn.slice(0, n * nSensors);
    const wRec = drawn.slice(n * nSensors);
    const nSynapses = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      if (layer[k] !== 1) wIn.fill(0, k * nSensors, (k + 1) * nSensors);
      for (let j = 0; j < n; j++) wRec[k * n + j] *= j === k && !values.autapses ? 0 : sign[j];
      nSynapses[k] = n - (values.autapses ? 0 : 1) + (layer[k] === 1 ? nSensors : 0);
    }
    const delays = random
      .doubles(draws.normal_delays)
      .map((z) => (values.delay > 0 ? Math.abs(values.delay + delayCv * values.delay * z) : 0));
    return { n, nSensors, wIn, wRec, nSynapses, delays, sign };
  }

  /** Steps that each recurrent synapse takes. */
  const lags = ({ delays }, dt) => delays.map((delay) => 1 + nearest(delay / dt));

  /** Share of the way that Eq. 2 goes in one step; 1 without a leak. */
  const leakGain = (tauDyn, dt) => (tauDyn > 0 ? -Math.expm1(-dt / tauDyn) : 1);

  // ---------------------------------------------------------------- time

  /** Eq. 1 with Eq. 3, of the sums of w a over excitatory and of |w a| over inhibitory synapses. */
  function activity(excitation, inhibition, still) {
    const total = Math.max(excitation - inhibition, 0);
    return total > 0 ? total / (still + excitation + inhibition) : 0;
  }

  /** Eq. 2 over one step. */
  const leak = (previous, undamped, gain) => (previous < LEAST ? 0 : (1 - gain) * previous) + gain * undamped;

  /**
   * Activity of all neurons, (nSteps, n), from rest; all are updated together.
   * @param inputs (nSensors, nAll) of which the first nSteps are used
   */
  function simulate(net, sensors, nSteps, { kStatic, gain, dt }) {
    const { n, nSensors, wIn, wRec, nSynapses, sign } = net;
    const nAll = sensors.length / nSensors;
    const lag = lags(net, dt).map((steps) => Math.min(steps, 1 + nSteps));
    const longest = lag.reduce((a, b) => Math.max(a, b), 1);
    const delayed = longest > 1;
    // By source, so that each is read once; rows before the start are rest.
    const bySource = new Float64Array(n * n);
    const ago = new Int32Array(n * n);
    for (let k = 0; k < n; k++) {
      for (let j = 0; j < n; j++) {
        bySource[j * n + k] = Math.abs(wRec[k * n + j]);
        ago[j * n + k] = lag[k * n + j] * n;
      }
    }
    const sources = [...sign.keys()];
    const ordered = [...sources.filter((j) => sign[j] > 0), ...sources.filter((j) => sign[j] < 0)];
    const padded = new Float64Array((longest + nSteps) * n);
    const excitation = new Float64Array(n);
    const inhibition = new Float64Array(n);
    for (let t = 0; t < nSteps; t++) {
      const now = (longest + t) * n;
      excitation.fill(0);
      inhibition.fill(0);
      for (let s = 0; s < nSensors; s++) {
        const a = sensors[s * nAll + t];
        for (let k = 0; k < n; k++) excitation[k] += wIn[k * nSensors + s] * a;
      }
      for (const j of ordered) {
        const sum = sign[j] > 0 ? excitation : inhibition;
        const row = j * n;
        if (delayed) {
          for (let k = 0; k < n; k++) sum[k] += bySource[row + k] * padded[now - ago[row + k] + j];
        } else {
          const a = padded[now - n + j];
          if (a > 0) for (let k = 0; k < n; k++) sum[k] += bySource[row + k] * a;
        }
      }
      for (let k = 0; k < n; k++) {
        const undamped = activity(excitation[k], inhibition[k], kStatic * nSynapses[k]);
        padded[now + k] = leak(padded[now - n + k], undamped, gain);
      }
    }
    return padded.subarray(longest * n);
  }

  return { nearest, inputs, network, lags, leakGain, simulate };
}
