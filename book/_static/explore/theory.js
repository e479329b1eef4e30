// Small deviations from the mean activity, as in `lsm.theory`.
"use strict";

function explorerTheory(model) {
  // Share of what a neuron hears below which its total input is that of rounding.
  const ROUNDING = 1e-12;

  /** Derivatives of Eq. 1 by the neurons and by the sensors: [target, source]. */
  function jacobian({ n, nSensors, wIn, wRec, nSynapses }, kStatic, sensors, activity) {
    const byNeurons = new Float64Array(n * n);
    const bySensors = new Float64Array(n * nSensors);
    for (let k = 0; k < n; k++) {
      let total = 0;
      let heard = 0;
      for (let j = 0; j < n; j++) {
        total += wRec[k * n + j] * activity[j];
        heard += Math.abs(wRec[k * n + j]) * activity[j];
      }
      for (let s = 0; s < nSensors; s++) {
        total += wIn[k * nSensors + s] * sensors[s];
        heard += wIn[k * nSensors + s] * sensors[s];
      }
      const channels = kStatic * nSynapses[k] + heard;
      // Eq. 3 silences it, or excitation and inhibition cancel but for rounding: no derivative.
      if ((heard > 0 && total <= ROUNDING * heard) || channels === 0) continue;
      const output = total / channels;
      for (let j = 0; j < n; j++) {
        const w = wRec[k * n + j];
        // Of silent sources, the derivative of more activity: there is no less.
        byNeurons[k * n + j] = (heard === 0 ? Math.max(w, 0) : w - output * Math.abs(w)) / channels;
      }
      for (let s = 0; s < nSensors; s++) {
        bySensors[k * nSensors + s] = (wIn[k * nSensors + s] * (1 - output)) / channels;
      }
    }
    return { byNeurons, bySensors };
  }

  /** Solve n complex equations for m right sides, with pivots: the sides hold the result. */
  function solve(n, re, im, m, sideRe, sideIm) {
    const swap = (values, width, a, b) => {
      for (let i = 0; i < width; i++) {
        [values[a * width + i], values[b * width + i]] = [values[b * width + i], values[a * width + i]];
      }
    };
    /** Row `row` less (x + iy) times row `from`, of a matrix of that width. */
    const subtract = (mr, mi, width, start, row, from, x, y) => {
      for (let i = start; i < width; i++) {
        const r = mr[from * width + i];
        const s = mi[from * width + i];
        mr[row * width + i] -= x * r - y * s;
        mi[row * width + i] -= x * s + y * r;
      }
    };
    const over = (ar, ai, br, bi) => {
      const square = br * br + bi * bi;
      return [(ar * br + ai * bi) / square, (ai * br - ar * bi) / square];
    };
    for (let c = 0; c < n; c++) {
      let pivot = c;
      const size = (row) => re[row * n + c] ** 2 + im[row * n + c] ** 2;
      for (let row = c + 1; row < n; row++) if (size(row) > size(pivot)) pivot = row;
      if (pivot !== c) {
        for (const part of [re, im]) swap(part, n, c, pivot);
        for (const part of [sideRe, sideIm]) swap(part, m, c, pivot);
      }
      for (let row = 0; row < n; row++) {
        if (row === c || size(row) === 0) continue;
        const [x, y] = over(re[row * n + c], im[row * n + c], re[c * n + c], im[c * n + c]);
        subtract(re, im, n, c, row, c, x, y);
        subtract(sideRe, sideIm, m, 0, row, c, x, y);
      }
    }
    for (let row = 0; row < n; row++) {
      for (let i = 0; i < m; i++) {
        const at = row * m + i;
        [sideRe[at], sideIm[at]] = over(sideRe[at], sideIm[at], re[row * n + row], im[row * n + row]);
      }
    }
  }

  /** Mean power of the neurons at each frequency, where each sensor has power 1 and all are independent. */
  function responsePower(net, { byNeurons, bySensors }, gain, lag, frequencies, dt) {
    const { n, nSensors } = net;
    return frequencies.map((frequency) => {
      const angle = -2 * Math.PI * frequency * dt; // one step ago
      const re = new Float64Array(n * n);
      const im = new Float64Array(n * n);
      for (let i = 0; i < n * n; i++) {
        re[i] = -gain * byNeurons[i] * Math.cos(angle * lag[i]);
        im[i] = -gain * byNeurons[i] * Math.sin(angle * lag[i]);
      }
      for (let k = 0; k < n; k++) {
        re[k * n + k] += 1 - (1 - gain) * Math.cos(angle);
        im[k * n + k] -= (1 - gain) * Math.sin(angle);
      }
      const sideRe = bySensors.map((x) => gain * x);
      const sideIm = new Float64Array(n * nSensors);
      solve(n, re, im, nSensors, sideRe, sideIm);
      let power = 0;
      for (let i = 0; i < sideRe.length; i++) power += sideRe[i] ** 2 + sideIm[i] ** 2;
      return power / n;
    });
  }

  /** Groups of neurons of which each acts on all others of its group, if by way of others. */
  function loopsOf(n, byNeurons) {
    const all = [...Array(n).keys()];
    const acts = all.map((k) => all.map((j) => byNeurons[k * n + j] !== 0));
    for (const via of all) {
      for (const k of all) if (acts[k][via]) for (const j of all) acts[k][j] ||= acts[via][j];
    }
    const mates = all.map((k) => all.filter((j) => j === k || (acts[k][j] && acts[j][k])));
    return mates.filter((group, k) => group[0] === k);
  }

  /**
   * Largest factor by which one step multiplies small deviations: that of one of its groups, since what a
   * group passes on to others does not come back.
   */
  function spectralRadius({ n }, byNeurons, gain, lag) {
    const radii = loopsOf(n, byNeurons).map((group) => {
      const among = (values) => group.flatMap((k) => group.map((j) => values[k * n + j]));
      return growth(group.length, among(byNeurons), gain, among(lag));
    });
    return Math.max(...radii);
  }

  /**
   * That factor from how deviations grow over many steps. The logarithm of their size, which may swing, is
   * averaged over a stretch early and one late.
   */
  function growth(n, byNeurons, gain, lag) {
    if (byNeurons.every((slope) => slope === 0)) return 1 - gain;
    const SETTLING = 2000;
    const STRETCH = 3000;
    const longest = lag.reduce((a, b) => Math.max(a, b), 1);
    const nSteps = SETTLING + 2 * STRETCH;
    const states = new Float64Array((longest + nSteps) * n);
    // No direction is left out, and none is special.
    for (let i = 0; i < longest * n; i++) states[i] = Math.cos(i * i + 1);
    let logScale = 0;
    const means = [0, 0];
    for (let t = 0; t < nSteps; t++) {
      const now = (longest + t) * n;
      for (let k = 0; k < n; k++) {
        let x = 0;
        for (let j = 0; j < n; j++) {
          const i = k * n + j;
          x += byNeurons[i] * states[now - lag[i] * n + j];
        }
        states[now + k] = (1 - gain) * states[now - n + k] + gain * x;
      }
      const first = now - (longest - 1) * n;
      let size = 0;
      for (let i = first; i < now + n; i++) size = Math.max(size, Math.abs(states[i]));
      if (size < 1e-100) return 0; // nothing is left after finitely many steps
      if (size < 1e-3 || size > 1e3) {
        for (let i = first; i < now + n; i++) states[i] /= size;
        logScale += Math.log(size);
        size = 1;
      }
      if (t >= SETTLING) means[t < SETTLING + STRETCH ? 0 : 1] += (logScale + Math.log(size)) / STRETCH;
    }
    return Math.exp((means[1] - means[0]) / STRETCH);
  }

  /** Linear response and stability of a network at its mean activity. */
  function around(net, { kStatic, gain, dt }, sensors, activity, frequencies) {
    const slopes = jacobian(net, kStatic, sensors, activity);
    const lag = model.lags(net, dt);
    return {
      power: responsePower(net, slopes, gain, lag, frequencies, dt),
      radius: spectralRadius(net, slopes.byNeurons, gain, lag),
    };
  }

  return { around };
}
