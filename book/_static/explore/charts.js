"use strict";

// The explorer's four pictures. Each has an `element` and `draw(views, values)`, where views are those of the
// workers by form of the neuron, at least one of them. Colours stand in explore.css.
function explorerCharts(data) {
  const [noLeak, leak] = data.forms;
  const names = { [noLeak]: "without leak", [leak]: "with leak" };
  const classes = { [noLeak]: "no-leak", [leak]: "leak" };
  const every = Object.values(data.frequencies).flat();
  const frequencies = [Math.min(...every), Math.max(...every)];
  const frequencyTicks = [2, 5, 10, 20, 50, 100, 200, 500];
  const mapTicks = [3, 10, 30, 100, 300]; // as those of plots.map_frequency_axis
  const gains = [1e-3, 400];
  const decades = 6;
  const narrow = 480; // pixels below which labels are short
  const tiny = 340; // and below which there are fewer
  const centred = { "text-anchor": "middle" };
  const rightAligned = { "text-anchor": "end" };
  const magma = [
    ..."000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779".split(" "),
    ..."d0416f e75263 f56b5c fc8961 fea772 fec488 fde2a3 fcfdbf".split(" "),
  ].map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));

  function svg(tag, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function label(x, y, content, attributes = {}) {
    return svg("text", { x: x.toFixed(1), y: y.toFixed(1), ...attributes }, content);
  }

  function line(x1, y1, x2, y2, className) {
    return svg("path", { d: path([x1, x2], [y1, y2]), class: className });
  }

  function path(x, y) {
    const points = Array.from(x, (each, i) => `${each.toFixed(1)},${y[i].toFixed(1)}`);
    return `M${points.join("L")}`;
  }

  // From values to places, by differences or (log) by ratios.
  function scale([low, high], [from, to], { log = false } = {}) {
    const f = log ? Math.log : (x) => x;
    return (x) => from + ((to - from) * (f(x) - f(low))) / (f(high) - f(low));
  }

  const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
  const short = (x) => String(Number(x.toPrecision(2)));
  const power10 = (n) => `10${[...String(n)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`;
  const isSilent = (view) => view.activity.every((mean) => mean === 0);

  // One picture, drawn again when its width changes: text keeps its size on a narrow screen.
  function chart(name, paint) {
    const picture = svg("svg", { role: "img", class: `explorer-${name}`, "aria-label": `${name}: computing …` });
    const element = document.createElement("div");
    element.append(picture);
    let last;
    let width = 0;
    function repaint() {
      if (!last || !width) return;
      const { height, children, says } = paint(width, ...last);
      picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
      picture.setAttribute("height", height);
      picture.setAttribute("aria-label", says);
      picture.replaceChildren(...children);
    }
    new ResizeObserver(() =>
      requestAnimationFrame(() => {
        if (element.clientWidth === width) return;
        width = element.clientWidth;
        repaint();
      }),
    ).observe(element);
    const draw = (...given) => {
      last = given;
      repaint();
    };
    return { element, draw };
  }

  const present = (views) => data.forms.map((form) => views[form]).filter(Boolean);

  function inWords(views, tell) {
    return present(views).map((view) => `${names[view.form]}: ${tell(view)}`).join("; ");
  }

  // ---------------------------------------------------------------- gain over the input

  function gainAt(view, frequency) {
    const nearest = view.frequencies.findIndex((f) => f >= frequency);
    return short(view.gain[nearest < 0 ? view.gain.length - 1 : nearest]);
  }

  const gain = chart("gain", (width, views) => {
    const height = Math.round(clamp(0.56 * width, 230, 350));
    const [left, right, top, bottom] = [50, width - 62, 8, height - 42];
    const x = scale(frequencies, [left, right], { log: true });
    const y = scale(gains, [bottom, top], { log: true });
    const high = x(data.high_frequency);
    const area = { x: left, y: top, width: right - left, height: bottom - top };
    const children = [
      svg("clipPath", { id: "explorer-gain-area" }, svg("rect", area)),
      svg("rect", { ...area, x: high, width: right - high, class: "shade" }),
    ];
    if (width >= tiny) {
      const words = width < narrow ? "high" : "high frequencies";
      children.push(label((high + right) / 2, bottom - 8, words, { ...centred, class: "note" }));
    }
    for (const f of frequencyTicks.filter((_, i) => width >= tiny || i % 2 === 0)) {
      children.push(line(x(f), bottom, x(f), bottom + 4, "axis"));
      children.push(label(x(f), bottom + 17, String(f), centred));
    }
    for (let g = gains[0]; g <= gains[1]; g *= 10) {
      children.push(line(left, y(g), right, y(g), "grid"));
      children.push(label(left - 6, y(g) + 4, short(g), rightAligned));
    }
    const middle = (top + bottom) / 2;
    children.push(
      line(left, bottom, right, bottom, "axis"),
      line(left, y(1), right, y(1), "one"),
      label((left + right) / 2, height - 6, "frequency (Hz)", centred),
      label(0, 0, "gain over the input", {
        ...centred,
        transform: `translate(11 ${middle}) rotate(-90)`,
      }),
      ...key(left + 10, bottom - 26),
    );
    const curves = svg("g", { "clip-path": "url(#explorer-gain-area)" });
    const ends = [];
    for (const view of present(views)) {
      const kind = classes[view.form];
      const places = Array.from(view.frequencies, x);
      const curve = (values, what) => {
        const heights = Array.from(values, (g) => y(Math.max(g, 1e-9)));
        const d = values.some(Number.isNaN) ? "" : path(places, heights);
        return svg("path", { d, class: `curve ${what} ${kind}` });
      };
      curves.append(curve(view.gain, "simulated"), curve(view.expected, "expected"));
      const last = view.gain.at(-1);
      const silent = Number.isNaN(last);
      const height = silent ? y(1) : clamp(y(last), top + 6, bottom - 18);
      ends.push({ kind, silent, x: places.at(-1) + 6, y: height });
    }
    // Labels at the ends of the curves, apart from each other.
    ends.sort((a, b) => a.y - b.y);
    if (ends.length === 2) {
      const apart = Math.max(0, 30 - (ends[1].y - ends[0].y)) / 2;
      ends[0].y -= apart;
      ends[1].y += apart;
    }
    const labels = ends.map((end) => {
      const words = [end.kind === "leak" ? "with" : "without", end.silent ? "leak: silent" : "leak"];
      const lines = words.map((word, i) => svg("tspan", { x: end.x.toFixed(1), dy: i ? 13 : 0 }, word));
      return svg("text", { y: end.y.toFixed(1), class: `name ${end.kind}` }, ...lines);
    });
    const says =
      "Gain of the network's power over its input's, by frequency, 1 on average from " +
      `${data.reference_band.join(" to ")} Hz. ` +
      inWords(views, (view) =>
        isSilent(view) ? "silent" : [10, 100, 200].map((f) => `${gainAt(view, f)} at ${f} Hz`).join(", "),
      );
    return { height, children: [...children, curves, ...labels], says };
  });

  function key(x, y) {
    return [
      ["simulated", 0],
      ["expected", 16],
    ].flatMap(([what, down]) => [
      svg("path", { d: `M${x},${y + down}h26`, class: `curve ${what}` }),
      label(x + 32, y + down + 4, what === "simulated" ? "simulated" : "linear response"),
    ]);
  }

  // ---------------------------------------------------------------- activity over time

  function roundBelow(x) {
    const unit = 10 ** Math.floor(Math.log10(x));
    return unit * [5, 2, 1].find((digit) => digit * unit <= x);
  }

  const traces = chart("traces", (width, views) => {
    const [left, right, row, top] = [width < narrow ? 66 : 96, width - 52, 58, 6];
    const rows = data.drawn.flatMap((name, i) =>
      present(views).map((view) => ({ name, view, signal: view.traces[i] })),
    );
    const height = top + rows.length * row + 40;
    const bottom = height - 36;
    const ranges = rows.map(({ signal }) => [Math.min(...signal), Math.max(...signal)]);
    const widest = Math.max(...ranges.map(([low, high]) => high - low));
    // The same scale for all, each around its own middle.
    const span = widest > 0 ? widest : 1;
    const start = 300 * data.duration;
    const stop = 700 * data.duration;
    const x = scale([start, stop], [left, right]);
    const children = [];
    for (let t = start; t <= stop; t += 100) {
      children.push(line(x(t), bottom, x(t), bottom + 4, "axis"));
      children.push(label(x(t), bottom + 17, String(t), centred));
    }
    children.push(
      line(left, bottom, right, bottom, "axis"),
      label((left + right) / 2, height - 2, "time in the presentation (ms)", centred),
    );
    rows.forEach(({ name, view, signal }, i) => {
      const middle = top + (i + 0.5) * row;
      const [low, high] = ranges[i];
      const y = (a) => middle - ((a - (low + high) / 2) / span) * (row - 10);
      const times = Array.from(signal, (_, k) => x(start + ((stop - start) * k) / signal.length));
      const kind = classes[view.form];
      const form = width < narrow ? names[view.form].split(" ")[0] : names[view.form];
      const words = [
        svg("tspan", { x: left - 8 }, name),
        svg("tspan", { x: left - 8, dy: 13 }, form),
      ];
      children.push(
        svg("path", { d: path(times, Array.from(signal, y)), class: `curve trace ${kind}` }),
        svg("text", { ...rightAligned, y: (middle - 3).toFixed(1), class: `name ${kind}` }, ...words),
      );
      if (high === 0) children.push(label(right, middle - 5, "silent", { ...rightAligned, class: "note" }));
    });
    if (widest > 0) {
      const bar = roundBelow(0.8 * span);
      const length = (bar / span) * (row - 10);
      children.push(
        svg("path", { d: `M${right + 8},${top + 8}v${length.toFixed(1)}`, class: "bar" }),
        label(right + 13, top + 8 + length / 2 + 4, short(bar)),
        label(right + 13, top + 8 + length / 2 + 17, "a.u."),
      );
    }
    const says =
      `Activity of ${data.drawn.join(" and ")} over ${stop - start} ms, on one scale. ` +
      inWords(views, (view) =>
        data.drawn
          .map((name, i) => {
            const [low, high] = [Math.min(...view.traces[i]), Math.max(...view.traces[i])];
            return high === 0 ? `${name} is silent` : `${name} from ${short(low)} to ${short(high)} a.u.`;
          })
          .join(", "),
      );
    return { height, children, says };
  });

  // ---------------------------------------------------------------- power over presentations and frequency

  // A picture of columns and rows, the first row at the bottom; `share` is 0 to 1, or NaN for nothing.
  const canvas = document.createElement("canvas");
  function pixels(columns, rows, share) {
    canvas.width = columns;
    canvas.height = rows;
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const place = clamp(share(row, column), 0, 1) * (magma.length - 1);
        if (Number.isNaN(place)) continue;
        const below = Math.min(Math.floor(place), magma.length - 2);
        const at = 4 * ((rows - 1 - row) * columns + column);
        for (let i = 0; i < 3; i++) {
          const [from, to] = [magma[below][i], magma[below + 1][i]];
          image.data[at + i] = from + (place - below) * (to - from);
        }
        image.data[at + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
    return canvas.toDataURL();
  }

  const hasPower = (view) => view.power.some((power) => power > 0);

  function strongest(view) {
    const at = view.power.indexOf(Math.max(...view.power));
    return `strongest at ${short(view.frequencies[Math.floor(at / view.nPresentations)])} Hz`;
  }

  const maps = chart("maps", (width, views) => {
    const shownViews = present(views);
    const [{ neuron }] = shownViews.map((view) => view.values);
    const height = 250;
    const [left, right, top, bottom, gap] = [42, width - 72, 22, height - 38, 14];
    const panel = (right - left - gap) / 2;
    const y = scale(frequencies, [bottom, top], { log: true });
    const most = Math.max(...shownViews.map((view) => Math.max(...view.power)));
    const end = Math.ceil(Math.log10(most > 0 ? most : 1));
    const share = (power) => (Math.log10(power) - (end - decades)) / decades;
    const children = [];
    data.forms.forEach((form, i) => {
      const from = left + i * (panel + gap);
      const view = views[form];
      const x = scale([0.5, data.n_presentations + 0.5], [from, from + panel]);
      children.push(
        svg("rect", { x: from, y: top, width: panel, height: bottom - top, class: "empty" }),
        label(from + panel / 2, top - 8, width < tiny ? names[form] : `${neuron} ${names[form]}`, {
          ...centred,
          class: `name ${classes[form]}`,
        }),
      );
      if (view) {
        const n = view.nPresentations;
        const half = Math.sqrt(view.frequencies[1] / view.frequencies[0]);
        const [low, high] = [y(view.frequencies[0] / half), y(view.frequencies.at(-1) * half)];
        if (!hasPower(view)) {
          const words = `${neuron} is silent`;
          children.push(label(from + panel / 2, (top + bottom) / 2, words, { ...centred, class: "note" }));
        } else {
          const cell = (row, column) => share(view.power[row * n + column]);
          const href = pixels(n, view.frequencies.length, cell);
          const place = { x: from, y: high, width: x(n + 0.5) - from, height: low - high };
          children.push(svg("image", { href, ...place, preserveAspectRatio: "none" }));
        }
      }
      const step = width < narrow ? 20 : 10;
      for (let number = 10; number <= data.n_presentations; number += step) {
        children.push(line(x(number), bottom, x(number), bottom + 4, "axis"));
        children.push(label(x(number), bottom + 16, String(number), centred));
      }
      children.push(line(from, y(data.high_frequency), from + panel, y(data.high_frequency), "border"));
      for (const f of mapTicks) {
        children.push(line(from, y(f), from - 4, y(f), "axis"));
        if (!i) children.push(label(from - 7, y(f) + 4, String(f), rightAligned));
      }
      children.push(label(from + panel / 2, height - 6, "presentation", centred));
    });
    const levels = { href: pixels(1, 64, (row) => row / 63), preserveAspectRatio: "none" };
    children.push(
      label(left - 7, top - 8, "Hz", rightAligned),
      label(0, 0, "maximum power (a.u.²)", {
        ...centred,
        transform: `translate(${width - 4} ${(top + bottom) / 2}) rotate(-90)`,
      }),
      svg("image", { ...levels, x: right + 10, y: top, width: 12, height: bottom - top }),
    );
    for (let i = 0; i <= decades; i += 2) {
      const at = bottom - (i / decades) * (bottom - top);
      children.push(label(right + 27, at + 4, power10(end - decades + i)));
    }
    const says =
      `Power of ${neuron} in each presentation, by frequency, on one colour scale. ` +
      inWords(views, (view) => (hasPower(view) ? strongest(view) : "silent"));
    return { height, children, says };
  });

  // ---------------------------------------------------------------- the network

  // The place of each neuron and sensor: a column for each kind of neuron in each layer.
  function places(nSensors, x, y) {
    const rows = (n) => Array.from({ length: n }, (_, i) => y((i + 0.5) / n));
    const neurons = [];
    for (const layer of new Set(data.layer)) {
      for (const sign of [1, -1]) {
        const all = data.neurons.map((_, i) => i);
        const column = all.filter((i) => data.layer[i] === layer && data.sign[i] === sign);
        const down = rows(column.length);
        column.forEach((i, row) => (neurons[i] = { x: x(3 * layer - 0.5 * sign), y: down[row] }));
      }
    }
    return { neurons, sensors: rows(nSensors).map((each) => ({ x: x(0), y: each })) };
  }

  // Bends as in the book's drawings: within a column, lines leave it.
  function edge(from, to, isExcitatory) {
    let bend = 0.1;
    if (from.x === to.x) bend = to.y > from.y === isExcitatory ? -0.35 : 0.35;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const middle = [(from.x + to.x) / 2 - bend * dy, (from.y + to.y) / 2 + bend * dx];
    const text = [from.x, from.y, ...middle, to.x, to.y].map((each) => each.toFixed(1));
    return `M${text[0]},${text[1]}Q${text.slice(2).join(" ")}`;
  }

  function half(place, radius, form) {
    const [r, sweep] = [radius.toFixed(2), form === noLeak ? 0 : 1];
    const [x, y] = [place.x.toFixed(1), place.y];
    return `M${x},${(y - radius).toFixed(2)}A${r} ${r} 0 0 ${sweep} ${x},${(y + radius).toFixed(2)}Z`;
  }

  const network = chart("network", (width, views, values) => {
    const shownViews = present(views);
    const { nSensors, wIn, wRec } = shownViews[0].network;
    const n = data.neurons.length;
    const height = Math.round(clamp(0.62 * width, 330, 400));
    const [top, bottom] = [22, height];
    const radius = clamp(width / 36, 9, 15);
    const layers = Math.max(...data.layer);
    const x = scale([0, 3 * layers + 0.5], [radius + 6, width - radius - 18]);
    const y = scale([0, 1], [top, bottom]);
    const { neurons, sensors } = places(nSensors, x, y);
    const largest = Math.max(...wIn, ...wRec.map(Math.abs));
    // Lines of one source and nearly one width are one path: a thousand elements would be slow to change.
    const levels = 8;
    const lines = new Map();
    let connections = 0;
    const loops = [];
    function add(kind, weight, d) {
      const level = Math.ceil((levels * Math.abs(weight)) / largest);
      const name = `${kind} ${level}`;
      lines.set(name, (lines.get(name) ?? "") + d);
      connections += 1;
    }
    neurons.forEach((to, target) => {
      sensors.forEach((from, source) => {
        const weight = wIn[target * nSensors + source];
        if (weight) add("sensory", weight, edge(from, to, true));
      });
      neurons.forEach((from, source) => {
        const weight = wRec[target * n + source];
        const kind = data.sign[source] > 0 ? "excitatory" : "inhibitory";
        if (weight && source === target) {
          const [cx, cy] = [to.x + 0.8 * radius, to.y - 0.8 * radius];
          loops.push(svg("circle", { cx, cy, r: 0.6 * radius, class: `loop ${kind}` }));
          connections += 1;
        } else if (weight) {
          add(kind, weight, edge(from, to, data.sign[source] > 0));
        }
      });
    });
    const edges = [...lines].map(([name, d]) => {
      const [kind, level] = name.split(" ");
      const wide = 0.2 + (1.2 * level) / levels;
      return svg("path", { d, class: `edge ${kind}`, "stroke-width": wide });
    });
    const side = clamp((0.7 * (bottom - top)) / nSensors, 3, 10);
    const square = { width: side, height: side, class: "sensor" };
    const squares = sensors.map((at) =>
      svg("rect", { x: at.x - side / 2, y: at.y - side / 2, ...square }),
    );
    const nodes = neurons.map((at, i) => {
      const kind = data.sign[i] > 0 ? "excitatory" : "inhibitory";
      const chosen = data.neurons[i] === values.neuron ? " chosen" : "";
      return svg(
        "g",
        { class: `neuron ${kind}${chosen}` },
        svg("circle", { cx: at.x, cy: at.y, r: radius }),
        ...shownViews.map((view) => {
          const mean = clamp(view.activity[i], 0, 1); // none is more active than 1 a.u.
          const d = half(at, radius * Math.sqrt(mean), view.form);
          return svg("path", { d, class: `half ${classes[view.form]}` });
        }),
        label(at.x, at.y + radius + 12, data.neurons[i], centred),
      );
    });
    const heads = [[sensors[0].x, "sensors"]];
    for (let layer = 1; layer <= layers; layer++) heads.push([x(3 * layer), `layer ${layer}`]);
    const titles = heads.map(([at, words], i) => label(i ? at : 0, 12, words, i ? centred : {}));
    const silent = (view) => data.neurons.filter((_, i) => view.activity[i] === 0);
    const says =
      `Network of ${nSensors} sensors and ${n} neurons with ${connections} connections. ` +
      inWords(views, (view) => `silent are ${silent(view).join(", ") || "none"}`);
    return { height, children: [...edges, ...loops, ...squares, ...nodes, ...titles], says };
  });

  return { gain, traces, maps, network };
}
