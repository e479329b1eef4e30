// What can be scrolled sideways is reached by the keyboard (the theme sees to that) and has a name; paper is white.
(() => {
  const scrollers = ".bd-article :is(.cell_output > .output, .pst-scrollable-table-container, pre)";

  function nameScrollers() {
    for (const box of document.querySelectorAll(scrollers)) {
      if (box.scrollWidth <= box.clientWidth) {
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
        box.removeAttribute("tabindex");
        continue;
      }
      const what = box.matches("pre") ? "code" : box.querySelector("table") ? "table" : "output";
      const head = box.closest("section")?.querySelector("h1, h2, h3, h4")?.firstChild.textContent ?? "";
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", `${head}: ${what}, scrolls sideways`);
    }
  }
  addEventListener("load", nameScrollers);
  addEventListener("resize", nameScrollers);

  const root = document.documentElement;
  let theme;
  addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = theme;
  });
})();
