// The random numbers of the book's networks, as NumPy draws them.
"use strict";

function explorerRandom() {
  const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

  /** n uniform numbers in [0, 1) of PCG64, from its state and increment before the first. */
  function uniforms([state, increment], n) {
    const found = new Float64Array(n);
    const step = BigInt(increment);
    let at = BigInt(state);
    for (let i = 0; i < n; i++) {
      at = BigInt.asUintN(128, at * MULTIPLIER + step);
      const mixed = BigInt.asUintN(64, (at >> 64n) ^ at);
      const turn = at >> 122n;
      const turned = BigInt.asUintN(64, (mixed >> turn) | (mixed << (64n - turn)));
      found[i] = Number(turned >> 11n) * 2 ** -53;
    }
    return found;
  }

  /** Doubles from the base64 of their bytes, which are little-endian as in every browser. */
  function doubles(text) {
    const bytes = atob(text);
    const found = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) found[i] = bytes.charCodeAt(i);
    return new Float64Array(found.buffer);
  }

  return { uniforms, doubles };
}
