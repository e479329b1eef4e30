"use strict";

// A reading: a level of each choice that is combined, and of each that is changed alone. What was found of it, what may be
// ticked beside it, and its address. Needs no page.
function ticksReading(data) {
  const all = [...data.choices, ...data.alone];
  const count = (n, word) => (n === 1 ? `1 ${word}` : `${n || "no"} ${word}s`);
  const idOf = data.targets.map((target) => target.id);

  const preset = ({ levels }) => ({ levels: [...levels], alone: data.alone.map(() => 0) });
  const printed = preset(data.presets[0]);

  // The last choice varies fastest.
  const rowOf = (levels) => levels.reduce((row, level, i) => row * data.choices[i].levels.length + level, 0);

  function measured(row, choice, level) {
    return data.beside.find((each) => each.row === row && each.choice === choice.id && each.level === level);
  }

  // Networks that meet each target, null where that is not measured.
  function counts({ levels, alone }) {
    const row = rowOf(levels);
    const found = [...data.rows[row].counts];
    data.alone.forEach((choice, i) => {
      if (!alone[i]) return;
      const beside = measured(row, choice, alone[i]).counts;
      for (const id of choice.touches) found[idOf.indexOf(id)] = beside[id] ?? null;
    });
    return found;
  }

  const verdict = (k) => (k === null ? "not measured" : 2 * k > data.n ? "met" : "not met");

  // For each target "+" if it is met and was not as printed, "−" the other way round.
  function changes(state) {
    const before = counts(printed).map(verdict);
    const sign = { "not met, met": "+", "met, not met": "−" };
    return counts(state).map((k, i) => sign[`${before[i]}, ${verdict(k)}`] ?? "");
  }

  function contradicted({ levels, alone }) {
    return [...levels, ...alone].filter((level, i) => all[i].levels[level].stance === "against").length;
  }

  function score(state) {
    const verdicts = counts(state).map(verdict);
    const n = (word) => verdicts.filter((each) => each === word).length;
    const missing = n("not measured") ? `, ${n("not measured")} not measured` : "";
    const sentences = count(contradicted(state), "sentence");
    return `${n("met")} of ${verdicts.length} targets met${missing}; ${sentences} of the text contradicted.`;
  }

  // What differs from the first preset, in words.
  function against(state) {
    const signs = changes(state);
    const [gained, lost] = ["+", "−"].map((sign) => signs.filter((each) => each === sign).length);
    return gained + lost ? `Against “${data.presets[0].name}”: ${gained} gained, ${lost} lost.` : "";
  }

  function leak({ levels }) {
    const { k_static: k, calibrated } = data.rows[rowOf(levels)];
    return `k_static = ${k.toPrecision(3)}: ${calibrated ? "calibrated within this reading" : data.notCalibrated}.`;
  }

  // ---------------------------------------------------------------- what may be ticked

  // Another choice that is changed and bears on the same targets.
  function rival({ alone }, i) {
    const shares = (other) => other.touches.some((id) => data.alone[i].touches.includes(id));
    return data.alone.find((other, j) => j !== i && alone[j] && shares(other));
  }

  function may(state, i, level) {
    return !level || (!rival(state, i) && Boolean(measured(rowOf(state.levels), data.alone[i], level)));
  }

  // Why levels of a choice cannot be ticked; empty if all can.
  function reason(state, i) {
    const choice = data.alone[i];
    const other = rival(state, i);
    if (other) {
      return `Stays as it is while “${other.name}” is changed: they were not changed together.`;
    }
    const row = rowOf(state.levels);
    const missing = choice.levels.slice(1).filter((_, level) => !measured(row, choice, level + 1));
    if (!missing.length) return "";
    if (missing.length < choice.levels.length - 1) {
      return `Not measured beside this reading: ${missing.map((level) => level.name).join(", ")}.`;
    }
    const where = data.presets.filter((each) =>
      data.beside.some((entry) => entry.row === rowOf(each.levels) && entry.choice === choice.id),
    );
    const names = where.map((each) => `“${each.name}”`).join(", ");
    return `Not measured beside this reading${names && `, but beside ${names}`}.`;
  }

  // The state with choices that were not measured so as they were first, and the names of those.
  function settled(state) {
    const found = { levels: [...state.levels], alone: data.alone.map(() => 0) };
    const dropped = [];
    state.alone.forEach((level, i) => {
      if (may(found, i, level)) found.alone[i] = level;
      else dropped.push(data.alone[i].name);
    });
    return { state: found, dropped };
  }

  // ---------------------------------------------------------------- the address

  // Ids need no escapes. What is given twice is the last.
  const pairs = (hash) => new Map(hash.slice(1).split("&").map((part) => part.split("=", 2)));

  // A hash that names no choice names a section of the page, or nothing.
  const isState = (hash) => all.some(({ id }) => pairs(hash).get(id) !== undefined);

  // What cannot be had is as printed.
  function read(hash) {
    const words = pairs(hash);
    const asked = (choice, otherwise) => {
      const level = choice.levels.findIndex(({ id }) => id === words.get(choice.id));
      return level < 0 ? otherwise : level;
    };
    const levels = data.choices.map((choice, i) => asked(choice, printed.levels[i]));
    return settled({ levels, alone: data.alone.map((choice) => asked(choice, 0)) }).state;
  }

  function write({ levels, alone }) {
    const pairs = [...levels, ...alone].map((level, i) => [all[i].id, all[i].levels[level].id]);
    // Of those that are changed alone it is enough to name what is changed.
    const given = pairs.filter((_, i) => i < levels.length || alone[i - levels.length]);
    return `#${given.map((pair) => pair.join("=")).join("&")}`;
  }

  return { printed, preset, rowOf, counts, verdict, changes, score, against, leak, may, reason, settled, isState, read, write };
}
