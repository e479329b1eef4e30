// Fourier transforms of any length that has no prime factors but 2, 3 and 5.
"use strict";

function explorerFourier() {
  const RADICES = [4, 2, 3, 5];

  /** Radices of the passes of a transform of length n, which must have no other prime factors. */
  function factors(n) {
    const found = [];
    let rest = n;
    for (const radix of RADICES) {
      for (; rest % radix === 0; rest /= radix) found.push(radix);
    }
    if (rest !== 1) throw new Error(`n: expected no prime factors but 2, 3 and 5, got ${n}`);
    return found;
  }

  const smooth = (n) => {
    let rest = n;
    for (const prime of [2, 3, 5]) while (rest % prime === 0) rest /= prime;
    return rest === 1;
  };

  /** Smallest number from x on that has no prime factors but 2, 3 and 5. */
  function nextSmooth(x) {
    let n = Math.max(1, Math.ceil(x));
    while (!smooth(n)) n++;
    return n;
  }

  /** Cosines and sines of the passes of a transform, and room for it. */
  function makePlan(n) {
    const passes = [];
    let length = n;
    let stride = 1;
    for (const radix of factors(n)) {
      const m = length / radix;
      const cos = new Float64Array(m * (radix - 1));
      const sin = new Float64Array(m * (radix - 1));
      for (let p = 0; p < m; p++) {
        for (let k = 1; k < radix; k++) {
          const angle = (-2 * Math.PI * p * k) / length;
          cos[p * (radix - 1) + k - 1] = Math.cos(angle);
          sin[p * (radix - 1) + k - 1] = Math.sin(angle);
        }
      }
      passes.push({ radix, m, stride, cos, sin });
      length = m;
      stride *= radix;
    }
    const room = () => new Float64Array(n);
    return { n, passes, re: room(), im: room(), otherRe: room(), otherIm: room() };
  }

  /** One pass of Stockham's algorithm, which sorts as it goes. */
  function pass({ radix, m, stride, cos, sin }, xr, xi, yr, yi) {
    const gap = stride * m;
    if (radix === 2) {
      for (let p = 0; p < m; p++) {
        const c = cos[p];
        const s = sin[p];
        for (let q = 0; q < stride; q++) {
          const a = q + stride * p;
          const b = a + gap;
          const out = q + stride * 2 * p;
          const dr = xr[a] - xr[b];
          const di = xi[a] - xi[b];
          yr[out] = xr[a] + xr[b];
          yi[out] = xi[a] + xi[b];
          yr[out + stride] = dr * c - di * s;
          yi[out + stride] = dr * s + di * c;
        }
      }
    } else if (radix === 4) {
      for (let p = 0; p < m; p++) {
        const c1 = cos[3 * p], s1 = sin[3 * p];
        const c2 = cos[3 * p + 1], s2 = sin[3 * p + 1];
        const c3 = cos[3 * p + 2], s3 = sin[3 * p + 2];
        for (let q = 0; q < stride; q++) {
          const a = q + stride * p;
          const b = a + gap, c = b + gap, d = c + gap;
          const out = q + stride * 4 * p;
          const sumR = xr[a] + xr[c], sumI = xi[a] + xi[c];
          const difR = xr[a] - xr[c], difI = xi[a] - xi[c];
          const oddR = xr[b] + xr[d], oddI = xi[b] + xi[d];
          // -i (b - d)
          const turnR = xi[b] - xi[d], turnI = xr[d] - xr[b];
          yr[out] = sumR + oddR;
          yi[out] = sumI + oddI;
          const r1 = difR + turnR, i1 = difI + turnI;
          const r2 = sumR - oddR, i2 = sumI - oddI;
          const r3 = difR - turnR, i3 = difI - turnI;
          yr[out + stride] = r1 * c1 - i1 * s1;
          yi[out + stride] = r1 * s1 + i1 * c1;
          yr[out + 2 * stride] = r2 * c2 - i2 * s2;
          yi[out + 2 * stride] = r2 * s2 + i2 * c2;
          yr[out + 3 * stride] = r3 * c3 - i3 * s3;
          yi[out + 3 * stride] = r3 * s3 + i3 * c3;
        }
      }
    } else if (radix === 3) {
      const half = Math.sqrt(3) / 2;
      for (let p = 0; p < m; p++) {
        const c1 = cos[2 * p], s1 = sin[2 * p];
        const c2 = cos[2 * p + 1], s2 = sin[2 * p + 1];
        for (let q = 0; q < stride; q++) {
          const a = q + stride * p;
          const b = a + gap, c = b + gap;
          const out = q + stride * 3 * p;
          const sumR = xr[b] + xr[c], sumI = xi[b] + xi[c];
          const turnR = half * (xi[b] - xi[c]), turnI = half * (xr[c] - xr[b]);
          const midR = xr[a] - 0.5 * sumR, midI = xi[a] - 0.5 * sumI;
          yr[out] = xr[a] + sumR;
          yi[out] = xi[a] + sumI;
          const r1 = midR + turnR, i1 = midI + turnI;
          const r2 = midR - turnR, i2 = midI - turnI;
          yr[out + stride] = r1 * c1 - i1 * s1;
          yi[out + stride] = r1 * s1 + i1 * c1;
          yr[out + 2 * stride] = r2 * c2 - i2 * s2;
          yi[out + 2 * stride] = r2 * s2 + i2 * c2;
        }
      }
    } else {
      const k1 = Math.cos((2 * Math.PI) / 5), k2 = Math.cos((4 * Math.PI) / 5);
      const h1 = Math.sin((2 * Math.PI) / 5), h2 = Math.sin((4 * Math.PI) / 5);
      for (let p = 0; p < m; p++) {
        const c1 = cos[4 * p], s1 = sin[4 * p];
        const c2 = cos[4 * p + 1], s2 = sin[4 * p + 1];
        const c3 = cos[4 * p + 2], s3 = sin[4 * p + 2];
        const c4 = cos[4 * p + 3], s4 = sin[4 * p + 3];
        for (let q = 0; q < stride; q++) {
          const a = q + stride * p;
          const b = a + gap, c = b + gap, d = c + gap, e = d + gap;
          const out = q + stride * 5 * p;
          const beR = xr[b] + xr[e], beI = xi[b] + xi[e];
          const cdR = xr[c] + xr[d], cdI = xi[c] + xi[d];
          const bmR = xr[b] - xr[e], bmI = xi[b] - xi[e];
          const cmR = xr[c] - xr[d], cmI = xi[c] - xi[d];
          const oneR = xr[a] + k1 * beR + k2 * cdR, oneI = xi[a] + k1 * beI + k2 * cdI;
          const twoR = xr[a] + k2 * beR + k1 * cdR, twoI = xi[a] + k2 * beI + k1 * cdI;
          const upR = h1 * bmI + h2 * cmI, upI = -(h1 * bmR + h2 * cmR);
          const inR = h2 * bmI - h1 * cmI, inI = -(h2 * bmR - h1 * cmR);
          yr[out] = xr[a] + beR + cdR;
          yi[out] = xi[a] + beI + cdI;
          const r1 = oneR + upR, i1 = oneI + upI;
          const r2 = twoR + inR, i2 = twoI + inI;
          const r3 = twoR - inR, i3 = twoI - inI;
          const r4 = oneR - upR, i4 = oneI - upI;
          yr[out + stride] = r1 * c1 - i1 * s1;
          yi[out + stride] = r1 * s1 + i1 * c1;
          yr[out + 2 * stride] = r2 * c2 - i2 * s2;
          yi[out + 2 * stride] = r2 * s2 + i2 * c2;
          yr[out + 3 * stride] = r3 * c3 - i3 * s3;
          yi[out + 3 * stride] = r3 * s3 + i3 * c3;
          yr[out + 4 * stride] = r4 * c4 - i4 * s4;
          yi[out + 4 * stride] = r4 * s4 + i4 * c4;
        }
      }
    }
  }

  /** Fourier transform of the plan's re and im; they hold the result afterwards. */
  function transform(plan) {
    for (const each of plan.passes) {
      pass(each, plan.re, plan.im, plan.otherRe, plan.otherIm);
      [plan.re, plan.otherRe] = [plan.otherRe, plan.re];
      [plan.im, plan.otherIm] = [plan.otherIm, plan.im];
    }
  }
  return { makePlan, transform, nextSmooth };
}
