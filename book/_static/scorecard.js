// Tables of class "scorecard" can be sorted by a click on a head and filtered by words and by verdict.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.scorecard")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const verdictColumn = heads.findIndex((head) => head.textContent === "verdict");

    const words = document.createElement("input");
    words.type = "search";
    words.placeholder = "filter by words";
    words.setAttribute("aria-label", "filter the claims by words");
    const verdict = document.createElement("select");
    verdict.setAttribute("aria-label", "filter the claims by verdict");
    const verdicts = new Set(rows.map((row) => row.cells[verdictColumn].textContent));
    for (const text of ["all verdicts", ...verdicts]) verdict.add(new Option(text, text));
    const shown = document.createElement("span");
    shown.setAttribute("aria-live", "polite");
    const filter = () => {
      let n = 0;
      for (const row of rows) {
        const fits =
          (verdict.selectedIndex === 0 || row.cells[verdictColumn].textContent === verdict.value) &&
          row.textContent.toLowerCase().includes(words.value.toLowerCase());
        row.hidden = !fits;
        n += fits;
      }
      shown.textContent = `${n} of ${rows.length} shown`;
    };
    words.addEventListener("input", filter);
    verdict.addEventListener("change", filter);
    const controls = document.createElement("div");
    controls.className = "scorecard-controls";
    controls.append(words, verdict, shown);
    table.before(controls);
    filter();

    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const text = (row) => row.cells[column].textContent;
        rows.sort((a, b) => (down ? -1 : 1) * text(a).localeCompare(text(b), "en", { numeric: true }));
        body.append(...rows);
      });
    });
  }
});
