"use strict";

// What is ticked, and the scorecard that follows it.
function ticksPage(root) {
  const data = JSON.parse(root.querySelector("script").textContent);
  const reading = ticksReading(data);
  const find = (selector) => root.querySelector(selector);
  const form = find("form");
  const sets = [...form.querySelectorAll("fieldset")];
  const fieldsOf = (set) => [...set.querySelectorAll("input")];
  const rows = [...find(".outcome tbody").rows];
  const { printed } = reading;
  const alone = data.choices.length; // sets from here on are changed one at a time
  let state = printed;

  // What stands there already must not be read aloud again.
  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  const buttons = [...root.querySelectorAll(".presets button")];

  function showTarget(row, k, change) {
    const verdict = reading.verdict(k);
    row.className = verdict.replace(" ", "-");
    say(row.querySelector(".k"), k === null ? "–" : `${k} of ${data.n}`);
    const bar = row.querySelector(".bar");
    bar.hidden = k === null;
    if (k !== null) {
      const [low, high] = data.intervals[k].map((end) => 100 * end);
      Object.assign(bar.querySelector(".range").style, { left: `${low}%`, width: `${high - low}%` });
      bar.querySelector(".dot").style.left = `${(100 * k) / data.n}%`;
    }
    say(row.querySelector(".symbol"), data.marks[verdict]);
    say(row.querySelector(".word"), verdict);
    say(row.querySelector(".change"), { "+": "+ gained", "−": "− lost" }[change] ?? "");
  }

  function show(asked) {
    const settled = reading.settled(asked);
    state = settled.state;
    [...state.levels, ...state.alone].forEach((level, i) => (fieldsOf(sets[i])[level].checked = true));
    data.alone.forEach((_, i) => {
      const set = sets[alone + i];
      const fields = fieldsOf(set);
      const may = fields.map((_, level) => reading.may(state, i, level));
      // The first level alone is no choice.
      fields.forEach((field, level) => (field.disabled = !may[level] || !may.slice(1).some(Boolean)));
      const words = reading.reason(state, i);
      say(set.querySelector(".reason"), words);
      set.querySelector(".reason").hidden = !words;
    });
    const counts = reading.counts(state);
    const changes = reading.changes(state);
    rows.forEach((row, i) => showTarget(row, counts[i], changes[i]));
    const again = settled.dropped.map((name) => `“${name}” is as it was first: it was not measured so.`);
    say(find(".sentence"), reading.score(state));
    say(find(".against-printed"), [reading.against(state), ...again].filter(Boolean).join(" "));
    say(find(".leak"), reading.leak(state));
    const here = reading.write(state);
    buttons.forEach((button, i) => {
      const pressed = reading.write(reading.preset(data.presets[i])) === here;
      button.setAttribute("aria-pressed", pressed);
    });
  }

  function tick(next) {
    show(next);
    history.replaceState(null, "", reading.write(state));
  }

  form.addEventListener("change", () => {
    const levels = sets.map((set) => fieldsOf(set).findIndex((field) => field.checked));
    tick({ levels: levels.slice(0, alone), alone: levels.slice(alone) });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  buttons.forEach((button, i) => button.addEventListener("click", () => tick(reading.preset(data.presets[i]))));
  addEventListener("hashchange", () => {
    // Others name a section of the page.
    if (reading.isState(location.hash)) show(reading.read(location.hash));
  });

  for (const each of root.querySelectorAll(":disabled")) each.disabled = false;
  find(".told").remove();
  show(reading.read(location.hash));
}

document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector(".ticks");
  if (root) ticksPage(root);
});
