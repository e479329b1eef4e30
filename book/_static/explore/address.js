"use strict";

// Values of the knobs as text, and back: in the page's address, on the command line, and in fields that show
// another unit than the parameter's. Needs no page.
function explorerAddress(data) {
  const defaults = Object.fromEntries(data.knobs.map((knob) => [knob.name, knob.default]));
  const MOST_TOLD = 5;
  const keyOf = (knob) => knob.address || knob.name;

  // A double has one shortest run of digits, to which powers of ten can be added without rounding.
  function digitsOf(number) {
    const [digits, exponent] = number.toExponential().split("e");
    return { digits, exponent: Number(exponent) };
  }

  function shifted(number, places) {
    const { digits, exponent } = digitsOf(number);
    return Number(`${digits}e${exponent + places}`);
  }

  const places = (knob) => Math.round(Math.log10(knob.per_unit));
  const shown = (knob, value) => shifted(value, places(knob));
  const meant = (knob, number) => shifted(number, -places(knob));

  // As Python's repr: the same digits, but another rule for when there is an exponent.
  function floatText(number) {
    const { digits, exponent } = digitsOf(number);
    if (exponent < -4 || exponent >= 16) {
      return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
    }
    const [sign, figures] = [digits.startsWith("-") ? "-" : "", digits.replace(/[-.]/g, "")];
    if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${figures}`;
    const whole = figures.slice(0, exponent + 1).padEnd(exponent + 1, "0");
    return `${sign}${whole}.${figures.slice(exponent + 1) || "0"}`;
  }

  function text(knob, value) {
    return knob.kind === "float" ? floatText(value) : String(value);
  }

  // What a knob's value must be, in words; `inUnit` for fields, which show the unit.
  function expectation(knob, inUnit = false) {
    if (knob.kind === "bool") return "true or false";
    if (knob.choices.length) return `one of ${knob.choices.join(", ")}`;
    const [low, high] = [knob.low, knob.high].map((end) => (inUnit ? shown(knob, end) : end));
    const unit = inUnit && knob.unit ? ` ${knob.unit}` : "";
    return `${knob.kind === "int" ? "an integer" : "a number"} from ${low} to ${high}${unit}`;
  }

  function fits(knob, value) {
    if (knob.kind === "bool") return typeof value === "boolean";
    if (knob.choices.length) return knob.choices.includes(value);
    // The package refuses what is neither zero nor of a size that one would set.
    if (value !== 0 && Math.abs(value) < 1e-70) return false;
    return value >= knob.low && value <= knob.high && (knob.kind !== "int" || Number.isInteger(value));
  }

  // The value that a text means, whatever its size; undefined if it is of another kind.
  function parsed(knob, word) {
    if (knob.kind === "bool") return { true: true, false: false }[word.toLowerCase()];
    if (knob.kind === "str") return word;
    const typed = word.trim(); // a plus sign stands for a space
    const form = knob.kind === "int" ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
    return form.test(typed) ? Number(typed) + 0 : undefined; // -0 is 0
  }

  // Escapes that are none are kept as they stand.
  function decoded(part) {
    try {
      return decodeURIComponent(part.replaceAll("+", " "));
    } catch {
      return part;
    }
  }

  function pairs(hash) {
    const parts = hash.replace(/^#/, "").split("&").filter(Boolean);
    return parts.map((part) => {
      const [key, ...rest] = part.split("=");
      return [decoded(key), decoded(rest.join("="))];
    });
  }

  // Values that a hash asks for, and in words what of it could not be had: that is as by default.
  function read(hash) {
    const values = { ...defaults };
    const problems = [];
    const cut = (text) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
    const seen = new Set();
    for (const [key, word] of pairs(hash)) {
      if (key === "v") {
        if (word !== data.version) {
          problems.push(`v: expected ${data.version}, got ${cut(word)}; its numbers may have been others`);
        }
        continue;
      }
      const knob = data.knobs.find((each) => key === each.name || key === keyOf(each));
      if (!knob) {
        problems.push(`${cut(key)}: no knob; expected one of ${data.knobs.map(keyOf).join(", ")}, v`);
        continue;
      }
      const value = parsed(knob, word);
      const instead = `${text(knob, knob.default)} is used`;
      if (seen.has(knob.name)) {
        problems.push(`${key}: expected once, got ${cut(word)} as well; ${instead}`);
        values[knob.name] = knob.default;
      } else if (value === undefined || !fits(knob, value)) {
        problems.push(`${key}: expected ${expectation(knob)}, got ${cut(word) || "nothing"}; ${instead}`);
      } else {
        values[knob.name] = value;
      }
      seen.add(knob.name);
    }
    const more = problems.length - MOST_TOLD;
    return { values, problems: more > 0 ? [...problems.slice(0, MOST_TOLD), `and ${more} more`] : problems };
  }

  // A hash that names a section of the page, or the page's top, sets no knob.
  const isState = (hash) => hash.includes("=");

  function write(values) {
    const given = data.knobs.map((knob) => [keyOf(knob), text(knob, values[knob.name])]);
    const all = [...given, ["v", data.version]];
    return `#${all.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}`;
  }

  // The line that makes the same at full scale.
  function command(values) {
    const changed = data.knobs.filter((knob) => values[knob.name] !== knob.default);
    const word = (knob, value) =>
      knob.kind === "bool" ? { true: "True", false: "False" }[value] : text(knob, value);
    const given = changed.map((knob) => `-p ${knob.name} ${word(knob, values[knob.name])}`);
    return [".venv/bin/papermill book/explore.ipynb out.ipynb", ...given].join(" ");
  }

  return { defaults, read, write, command, isState, shown, meant, fits, expectation };
}
