"use strict";

// Controls, pictures, a sentence and the address: what the reader of the explorer's page touches and sees.
function explorerPage(root, data) {
  const address = explorerAddress(data);
  const charts = explorerCharts(data);
  const [noLeak, leak] = data.forms;
  const names = { [noLeak]: "without leak", [leak]: "with leak" };
  const restAfter = 400; // ms without a turn

  let values;
  let problems = []; // of the address or of a number that was typed
  let timer;
  const views = {};
  const errors = {};

  function html(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // ---------------------------------------------------------------- controls

  // Each control has an `element`, `show(value)` and the `fields` that a reader can use.
  function choiceControl(knob, id) {
    const words = knob.choices.map((choice) =>
      typeof choice === "number" ? `${address.shown(knob, choice)} ${knob.unit}`.trim() : choice,
    );
    const field = html("select", { id }, ...words.map((word) => html("option", {}, word)));
    field.addEventListener("change", () => turn(knob, knob.choices[field.selectedIndex]));
    const show = (value) => (field.selectedIndex = knob.choices.indexOf(value));
    const element = html("div", { class: "knob" }, html("label", { for: id }, knob.label), field);
    return { element, show, fields: [field] };
  }

  function switchControl(knob, id) {
    const field = html("input", { id, type: "checkbox" });
    field.addEventListener("change", () => turn(knob, field.checked));
    const show = (value) => (field.checked = value);
    const element = html("div", { class: "knob switch" }, field, html("label", { for: id }, knob.label));
    return { element, show, fields: [field] };
  }

  function numberControl(knob, id) {
    const unit = knob.unit ? ` ${knob.unit}` : "";
    const position = knob.log ? Math.log10 : (number) => number;
    const [low, high] = [knob.low, knob.high].map((end) => position(address.shown(knob, end)));
    const step = knob.log ? 0.01 : address.shown(knob, knob.step);
    const slider = html("input", { type: "range", id, min: low, max: high, step });
    const name = `${knob.label}${knob.unit ? `, in ${knob.unit}` : ""}, as a number`;
    const field = html("input", { type: "number", step, "aria-label": name, inputmode: "decimal" });

    const fits = (number) => address.fits(knob, address.meant(knob, number));
    const take = (number) => turn(knob, address.meant(knob, number));

    slider.addEventListener("input", () => {
      const at = Number(slider.value);
      const ends = [knob.low, knob.high].map((end) => address.shown(knob, end));
      const number = knob.log ? Number((10 ** at).toPrecision(3)) : Number(at.toPrecision(12));
      take(Math.min(Math.max(number, ends[0]), ends[1]));
    });
    // While it is being typed, a number may not be what is meant yet.
    field.addEventListener("input", () => {
      if (fits(field.valueAsNumber)) take(field.valueAsNumber);
      else field.setAttribute("aria-invalid", "true");
    });
    field.addEventListener("change", () => {
      const number = field.valueAsNumber;
      const wrong = `${knob.label}: expected ${address.expectation(knob, true)}, got ${number}${unit}`;
      problems = fits(number) || Number.isNaN(number) ? [] : [wrong];
      tell();
      show(values[knob.name]);
    });

    function show(value) {
      const number = address.shown(knob, value);
      slider.value = position(number);
      slider.setAttribute("aria-valuetext", `${number}${unit}`);
      // Steps of a number that is turned by ratios are a tenth of its size.
      if (knob.log) field.step = 10 ** Math.floor(Math.log10(number) - 1);
      if (field.valueAsNumber !== number) field.value = number;
      // Browsers call a number between two steps invalid.
      field.setAttribute("aria-invalid", "false");
    }

    const element = html(
      "div",
      { class: "knob number" },
      html("label", { for: id }, knob.label),
      slider,
      html("span", { class: "field" }, field, html("span", { class: "unit" }, knob.unit)),
    );
    return { element, show, fields: [slider, field] };
  }

  function controlOf(knob) {
    const make = knob.kind === "bool" ? switchControl : knob.choices.length ? choiceControl : numberControl;
    return make(knob, `explorer-${knob.name}`);
  }

  const controls = Object.fromEntries(data.knobs.map((knob) => [knob.name, controlOf(knob)]));

  function button(words, act) {
    const element = html("button", { type: "button" }, words);
    element.addEventListener("click", () => act(element));
    return element;
  }

  const presets = Object.entries(data.presets).map(([words, changes]) =>
    button(words, () => leap({ ...address.defaults, ...changes })),
  );
  const reset = button("Reset", () => leap(address.defaults));

  // ---------------------------------------------------------------- what is told

  const sentence = html("p", { class: "sentence", "aria-live": "polite", "aria-atomic": "true" });
  const status = html("p", { class: "status" });
  const alert = html("div", { class: "told", role: "alert" });
  const line = html("code");

  let told = "";
  function tell() {
    const forms = data.forms.filter((form) => errors[form]);
    const failed = forms.map((form) => `${names[form]}: ${errors[form]}`);
    const all = [...problems, ...failed];
    // What stands there already must not be read aloud again.
    if (all.join("\n") === told) return;
    told = all.join("\n");
    alert.replaceChildren(...all.map((text) => html("p", {}, text)));
  }

  // Three digits, as Python's :.3g.
  const figures = (number) => String(Number(number.toPrecision(3)));

  function summary() {
    const both = data.forms.map((form) => views[form]);
    if (both.some((view) => Number.isNaN(view.hf))) return "All neurons are silent.";
    const pair = ([without, withLeak]) => `${without} without leak and ${withLeak} with it`;
    const hf = pair(both.map((view) => figures(view.hf)));
    const radius = pair(both.map((view) => view.radius.toFixed(2)));
    const [n, nLeak] = both.map((view) => view.nActive);
    const active =
      `${n} of ${data.neurons.length} neurons are active` +
      (n === nLeak ? "" : ` without leak and ${nLeak} with it`);
    return `HF is ${hf}; ${active}; the spectral radius is ${radius}.`;
  }

  // ---------------------------------------------------------------- turning

  const answers = (view, n) => view && view.values === values && view.nPresentations === n;

  function update() {
    const all = data.n_presentations;
    const shown = Math.min(...Object.values(views).map((view) => view.nPresentations));
    const failed = data.forms.some((form) => errors[form]);
    const done = failed || data.forms.every((form) => answers(views[form], all));
    const words = shown === all ? `${all} presentations` : `first ${shown} of ${all} presentations`;
    const parts = [Number.isFinite(shown) ? words : "", done ? "" : "computing …"];
    status.textContent = parts.filter(Boolean).join("; ");
    sentence.classList.toggle("old", !done);
    if (done) sentence.textContent = failed ? "" : summary();
  }

  // Both forms mostly come within one frame; pictures and words change together.
  let frame = 0;
  function redraw() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      if (Object.keys(views).length) for (const chart of Object.values(charts)) chart.draw(views, values);
      tell();
      update();
    });
  }

  function receive(view) {
    // The workers send copies; one that has failed altogether does not say of what.
    const same = !view.values || address.write(view.values) === address.write(values);
    if (view.error) {
      if (same) errors[view.form] = view.error;
    } else {
      delete errors[view.form];
      views[view.form] = { ...view, values: same ? values : view.values };
    }
    redraw();
  }

  const workers = explorerWorkers(data, receive);

  function show(next, found = []) {
    values = { ...next }; // by which answers to this wish are known
    problems = found;
    for (const form of data.forms) delete errors[form];
    for (const knob of data.knobs) controls[knob.name].show(values[knob.name]);
    // Binary weights do not vary.
    for (const field of controls.weight_cv.fields) field.disabled = values.weights === "binary";
    // It breaks between its parts alone.
    const [start, ...parts] = address.command(values).split(/(?= -p )/);
    line.replaceChildren(start, ...parts.flatMap((part) => [" ", html("span", {}, part.trim())]));
    tell();
    workers.show(values, data.n_quick);
    update();
    clearTimeout(timer);
    timer = setTimeout(() => workers.show(values, data.n_presentations), restAfter);
  }

  // Browsers refuse an address that changes at each tick; it must be right when the reader leaves it.
  let writing;
  function writeAddress() {
    if (writing) history.replaceState(null, "", address.write(values));
    forget();
  }

  function forget() {
    clearTimeout(writing);
    writing = 0;
  }

  function turn(knob, value) {
    show({ ...values, [knob.name]: value });
    clearTimeout(writing);
    writing = setTimeout(writeAddress, restAfter);
  }

  addEventListener("click", writeAddress, { capture: true });
  addEventListener("pagehide", writeAddress);

  // Presets can be taken back with the browser's button.
  function leap(next) {
    forget();
    history.pushState(null, "", address.write(next));
    show(next);
  }

  function readAddress() {
    forget();
    const asked = address.read(location.hash);
    show(asked.values, asked.problems);
  }

  // ---------------------------------------------------------------- the page

  const copied = html("span", { class: "copied", role: "status" });

  async function copy(text, otherwise) {
    try {
      await navigator.clipboard.writeText(text);
      copied.textContent = "copied";
    } catch {
      copied.textContent = otherwise();
    }
  }

  function copyLine() {
    copy(line.textContent, () => {
      getSelection().selectAllChildren(line);
      return "the line is selected: copy it with the keyboard";
    });
  }

  function copyLink() {
    const link = location.href.replace(/#.*/, "") + address.write(values);
    copy(link, () => {
      history.replaceState(null, "", address.write(values));
      return "the link stands in the address bar: copy it there";
    });
  }

  function figure(name, title, caption) {
    const words = html("figcaption", {}, html("strong", {}, title), " ", ...caption);
    return html("figure", { class: `view ${name}` }, words, charts[name].element);
  }

  const word = (kind, words) => html("span", { class: `word ${kind}` }, words);
  const band = data.reference_band.join("–");

  root.replaceChildren(
    html(
      "div",
      { class: "explorer" },
      html(
        "div",
        { class: "summary" },
        alert,
        sentence,
        html(
          "p",
          { class: "note" },
          `HF: power above ${data.high_frequency} Hz over the input's, both normalised to ${band} Hz. ` +
            "Above 1, the network has more high frequencies than its input.",
        ),
        status,
      ),
      html(
        "div",
        { class: "turning" },
        figure("gain", "Gain over the input.", [
          "Above 1 a frequency is stronger than in the input, below 1 weaker. ",
          "Dashed: what linear response predicts.",
        ]),
        html(
          "form",
          { class: "controls", "aria-label": "knobs of the network" },
          html("div", { class: "presets", role: "group", "aria-label": "presets" }, ...presets, reset),
          ...data.knobs.map((knob) => controls[knob.name].element),
        ),
      ),
      html(
        "div",
        { class: "others" },
        figure("traces", `Activity of ${data.drawn.join(" and ")}`, [
          `in presentation ${data.shown}, on one scale: the leak smooths what changes fast.`,
        ]),
        figure("maps", "Power of one neuron", ["in each presentation, by frequency."]),
        figure("network", "The network", [
          "of ",
          word("excitatory", "excitatory"),
          " and ",
          word("inhibitory", "inhibitory"),
          " neurons. Filled area: mean activity, ",
          word("no-leak", "without leak at the left"),
          ", ",
          word("leak", "with leak at the right"),
          "; a full circle is 1 a.u., an empty one is silent. Lines have the colour of their source.",
        ]),
        html(
          "div",
          { class: "share" },
          html("p", {}, "The same at full scale, from the project's folder:"),
          html("p", {}, line),
          html(
            "p",
            { class: "copies" },
            button("Copy the line", copyLine),
            button("Copy link", copyLink),
            copied,
          ),
        ),
      ),
    ),
  );
  root.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => {
    // Others name a section of the page.
    if (!location.hash || address.isState(location.hash)) readAddress();
  });
  readAddress();
}

document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("explorer");
  if (root) explorerPage(root, globalThis.explorerData);
});
