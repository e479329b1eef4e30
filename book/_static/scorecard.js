// Tables of class "scorecard" can be sorted by a click on a head and filtered by words and by verdict, the latter from the
// address as well: #verdict=partly. Each cell of a table of claims knows its head, so that narrow windows can show rows as cards.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.dataframe")) {
    const heads = table.tHead ? [...table.tHead.rows[0].cells].map((head) => head.textContent) : [];
    if (heads[0] !== "id") continue;
    table.classList.add("claims");
    // What is laid out as blocks is said to be a table no more.
    table.setAttribute("role", "table");
    for (const row of table.rows) row.setAttribute("role", "row");
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, column) => {
        cell.setAttribute("role", "cell");
        cell.dataset.label = heads[column];
      });
    }
  }

  for (const table of document.querySelectorAll("table.scorecard")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const verdictColumn = heads.findIndex((head) => head.textContent === "verdict");
    const verdictOf = (row) => row.cells[verdictColumn].textContent;

    const words = document.createElement("input");
    words.type = "search";
    words.placeholder = "filter by words";
    words.setAttribute("aria-label", "filter the claims by words");
    const verdict = document.createElement("select");
    verdict.setAttribute("aria-label", "filter the claims by verdict");
    verdict.add(new Option("all verdicts", ""));
    // Without its symbol, as an address has it.
    const wordsOf = (text) => text.slice(2);
    for (const text of new Set(rows.map(verdictOf))) verdict.add(new Option(text, wordsOf(text)));
    const shown = document.createElement("span");
    shown.setAttribute("aria-live", "polite");
    const filter = () => {
      let n = 0;
      for (const row of rows) {
        const fits =
          (!verdict.value || wordsOf(verdictOf(row)) === verdict.value) &&
          row.textContent.toLowerCase().includes(words.value.toLowerCase());
        row.hidden = !fits;
        n += fits;
      }
      shown.textContent = `${n} of ${rows.length} shown`;
    };
    words.addEventListener("input", filter);
    verdict.addEventListener("change", () => {
      history.replaceState(null, "", verdict.value ? `#verdict=${encodeURIComponent(verdict.value)}` : "#");
      filter();
    });
    const controls = document.createElement("div");
    controls.className = "scorecard-controls";
    table.before(controls);

    const order = document.createElement("select");
    order.setAttribute("aria-label", "sort the claims");
    order.className = "order";
    order.add(new Option("sort by", ""));
    const sort = (column, down) => {
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
      order.value = column;
      const text = (row) => row.cells[column].textContent;
      rows.sort((a, b) => (down ? -1 : 1) * text(a).localeCompare(text(b), "en", { numeric: true }));
      body.append(...rows);
    };
    order.addEventListener("change", () => order.value && sort(Number(order.value), false));
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"));
      order.add(new Option(button.textContent, column));
    });
    controls.append(words, verdict, order, shown);

    // Follows the address: shows the claims of a verdict, or the row of a claim, whatever was filtered.
    const follow = () => {
      const asked = new URLSearchParams(location.hash.slice(1)).get("verdict");
      const row = document.getElementById(location.hash.slice(1))?.closest("tr");
      if (asked !== null || rows.includes(row)) {
        verdict.value = "";
        words.value = "";
      }
      if ([...verdict.options].some((option) => option.value === asked)) verdict.value = asked;
      filter();
      if (asked !== null) controls.scrollIntoView();
      else if (rows.includes(row)) row.scrollIntoView({ block: "center" });
    };
    addEventListener("hashchange", follow);
    follow();
  }
});
