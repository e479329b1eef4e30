// What the explorer shows of a network: the whole way from knobs to numbers, as `explorer.views` of the study
// goes it.
"use strict";

function explorerEngine(data) {
  const random = explorerRandom();
  const model = explorerModel(random);
  const spectrum = explorerSpectrum(explorerFourier(), data.morse);
  const theory = explorerTheory(model);

  /** The last few results of a function, by their arguments: most knobs leave the input as it is. */
  function remembering(make, nKept) {
    const kept = new Map();
    return (...given) => {
      const name = JSON.stringify(given);
      const found = kept.get(name) ?? make(...given);
      kept.delete(name);
      kept.set(name, found);
      if (kept.size > nKept) kept.delete(kept.keys().next().value);
      return found;
    };
  }

  /** What of the knobs' values the input depends on. */
  const ofInput = ({ n_sensors, rate, jitter, dt, network }) => ({ n_sensors, rate, jitter, dt, network });
  const sensors = remembering((values) => {
    const stream = data.draws[values.network].inputs;
    return model.inputs(values, { ...data, nPresentations: data.n_presentations, stream });
  }, 1);
  // Of an input and a number of presentations, the power of each sensor that was looked at.
  const inputPowers = remembering(() => new Map(), 2);

  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

  /** Mean of a spectrum over the frequencies from low to high (Hz). */
  const bandMean = (values, frequencies, low, high) =>
    mean(values.filter((_, f) => frequencies[f] >= low && frequencies[f] <= high));

  /** Power over the input's, 1 on average from 4 to 30 Hz; NaN where there is none. */
  function gainOf(power, source, frequencies) {
    const ratio = power.map((p, f) => p / source[f]);
    const scale = bandMean(ratio, frequencies, ...data.reference_band);
    return ratio.map((r) => (scale > 0 ? r / scale : NaN));
  }

  /** Mean over windows of power that is frequency-major, added to a total with a share. */
  function addMean(total, power, share) {
    const nWindows = power.length / total.length;
    for (let f = 0; f < total.length; f++) {
      total[f] += share * mean(power.subarray(f * nWindows, (f + 1) * nWindows));
    }
  }

  /**
   * What is shown of the first nPresentations in one form of the neuron. A generator, so that a worker can
   * look for a newer wish after each signal; it returns the view.
   */
  function* view(values, form, nPresentations) {
    const { dt } = values;
    const perPresentation = model.nearest(data.duration / dt);
    const nSteps = nPresentations * perPresentation;
    const frequencies = Float64Array.from(data.frequencies[dt]);
    const draws = data.draws[values.network];
    const { layer, sign, delay_cv: delayCv } = data;
    const net = model.network(values, { layer, sign, delayCv, draws });
    const input = sensors(ofInput(values));
    const nAll = input.length / net.nSensors;
    const ofSensor = (s) => input.subarray(s * nAll, s * nAll + nSteps);
    const gain = model.leakGain(form === "leak" ? values.tau_dyn : 0, dt);
    const neuron = { kStatic: values.k_static, gain, dt };
    const activity = model.simulate(net, input, nSteps, neuron);
    yield;

    const analysis = { dt, nWindows: nPresentations, nSkipped: model.nearest(data.warm_up / dt) };
    const ofSensors = inputPowers(ofInput(values), nPresentations);
    const source = new Float64Array(frequencies.length);
    for (let s = 0; s < net.nSensors; s++) {
      if (!ofSensors.has(s)) ofSensors.set(s, spectrum.maxPower(ofSensor(s), frequencies, analysis));
      addMean(source, ofSensors.get(s), 1 / net.nSensors);
      yield;
    }

    const power = new Float64Array(frequencies.length);
    const most = new Float64Array(net.n);
    const means = new Float64Array(net.n);
    const traces = [];
    let map;
    for (let k = 0; k < net.n; k++) {
      const signal = Float64Array.from({ length: nSteps }, (_, t) => activity[t * net.n + k]);
      const found = spectrum.maxPower(signal, frequencies, analysis);
      addMean(power, found, 1 / net.n);
      most[k] = found.reduce((a, b) => Math.max(a, b), 0);
      means[k] = mean(signal);
      const name = data.neurons[k];
      if (name === values.neuron) map = found;
      const start = (Math.min(data.shown, nPresentations) - 1) * perPresentation;
      if (data.drawn.includes(name)) {
        const [from, to] = [3, 7].map((tenths) => start + Math.floor((tenths * perPresentation) / 10));
        traces[data.drawn.indexOf(name)] = signal.slice(from, to);
      }
      yield;
    }
    const strongest = most.reduce((a, b) => Math.max(a, b), 0);

    const level = Float64Array.from({ length: net.nSensors }, (_, s) => mean(ofSensor(s)));
    const linear = theory.around(net, neuron, level, means, frequencies);
    const overInput = gainOf(power, source, frequencies);
    return {
      frequencies,
      gain: overInput,
      expected: gainOf(linear.power, linear.power.map(() => 1), frequencies),
      hf: bandMean(overInput, frequencies, data.high_frequency, Infinity),
      nActive: most.filter((p) => p > data.silent * strongest).length,
      radius: linear.radius,
      activity: means,
      power: map,
      traces,
      network: { nSensors: net.nSensors, wIn: net.wIn, wRec: net.wRec },
    };
  }

  return { view, random, model, spectrum, theory };
}
