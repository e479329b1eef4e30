// The engine on two workers, one for each form of the neuron: the page stays free, and two cores are used.
"use strict";

/** Runs in the worker: answers one wish at a time, and drops it when a newer one arrives. */
function explorerServe() {
  // How long a wish is computed before the next message is looked at (ms).
  const SLICE = 15;
  const { port1, port2 } = new MessageChannel();
  const pause = () => new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
  let engine;
  let newest;

  async function answer(wish) {
    const { values, form, nPresentations } = wish;
    const start = performance.now();
    const told = (more) => postMessage({ wish, view: { form, values, nPresentations, ...more } });
    try {
      const work = engine.view(values, form, nPresentations);
      let looked = start;
      for (let { done, value } = work.next(); ; { done, value } = work.next()) {
        if (done) {
          told({ ...value, seconds: (performance.now() - start) / 1000 });
          return;
        }
        if (performance.now() - looked > SLICE) {
          await pause();
          if (newest !== wish) return;
          looked = performance.now();
        }
      }
    } catch (error) {
      told({ error: error.message });
    }
  }

  onmessage = ({ data: { data, wish } }) => {
    if (data) engine = explorerEngine(data);
    if (wish) {
      newest = wish;
      answer(wish);
    }
  };
}

/**
 * Workers that compute views of both forms; onView is given each.
 *
 * A wish for few presentations is answered before the next is taken up, so that curves follow a knob that
 * keeps turning; one for more is dropped.
 */
function explorerWorkers(data, onView) {
  const model = [explorerRandom, explorerModel, explorerFourier, explorerSpectrum, explorerTheory];
  const parts = [...model, explorerEngine, explorerServe];
  const text = `"use strict";\n${parts.join("\n")}\nexplorerServe();`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

  const each = data.forms.map((form) => {
    const worker = new Worker(address);
    let current = null;
    let waiting = null;
    let nWishes = 0;
    const send = (wish) => {
      current = wish;
      waiting = null;
      worker.postMessage({ wish });
    };
    const receive = (view) => {
      current = null;
      if (waiting) send(waiting);
      onView(view);
    };
    worker.onmessage = ({ data: { wish, view } }) => {
      // Others were dropped while their answer was on its way.
      if (wish.number === current?.number) receive(view);
    };
    worker.onerror = ({ message }) => receive({ form, error: `the worker failed: ${message}` });
    worker.postMessage({ data });
    return (values, nPresentations) => {
      const wish = { number: nWishes++, values, form, nPresentations };
      if (current && current.nPresentations <= data.n_quick) waiting = wish;
      else send(wish);
    };
  });
  return { show: (values, nPresentations) => each.forEach((ask) => ask(values, nPresentations)) };
}
