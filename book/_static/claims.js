// Ids of claims in the text lead to their row on the claims page, and open a card on the way.
// 4a, S7b, K1, D2 are claims wherever they stand as a word. A1 is an equation as well, and S4 a figure: these are claims in
// bold (outside captions, where panels are bold), in brackets that hold nothing but ids, and in a table's column of ids or claims.
document.addEventListener("DOMContentLoaded", () => {
  const known = globalThis.claims ?? {};
  const article = document.querySelector("article.bd-article");
  if (!article || !Object.keys(known).length) return;
  const any = Object.keys(known).join("|");
  const word = new RegExp(`(?<![\\w.])(?:${any})(?!\\w|\\.\\d|-\\d)`, "g");
  const brackets = new RegExp(`\\((?:(?:${any})(?:,? and |, )?)+\\)`, "g");
  const unread = "a, button, code, pre, h1, h2, h3, h4, h5, h6, script, style, svg, select, mjx-container, .math";

  const isClaim = (text, id, start) => {
    const within = text.parentElement;
    const cell = within.closest("td");
    if (!/^[AS]\d$/.test(id) || (within.closest("strong") && !within.closest("figcaption"))) return true;
    if (cell) return /^(id|claim)/i.test(cell.closest("table").rows[0].cells[cell.cellIndex]?.textContent);
    return [...text.data.matchAll(brackets)].some(({ 0: all, index }) => index < start && start < index + all.length);
  };
  const texts = [];
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(unread)) texts.push(walker.currentNode);
  for (const text of texts) {
    const found = [...text.data.matchAll(word)].filter(({ 0: id, index }) => isClaim(text, id, index));
    for (const { 0: id, index } of found.reverse()) {
      text.splitText(index + id.length);
      const link = Object.assign(document.createElement("a"), { className: "claim-id", textContent: id });
      link.href = document.documentElement.dataset.content_root + known[id].link;
      text.splitText(index).replaceWith(link);
    }
  }

  const card = Object.assign(document.createElement("div"), { id: "claim-card", role: "tooltip", hidden: true });
  article.append(card);
  let owner, timer;
  const hide = () => {
    timer = clearTimeout(timer);
    owner = owner?.removeAttribute("aria-describedby");
    card.hidden = true;
  };
  const place = () => {
    if (!owner) return;
    const { left, top, bottom } = owner.getBoundingClientRect();
    const [above, below] = [top - 12, innerHeight - bottom - 12];
    card.style.maxHeight = `min(80vh, ${Math.max(above, below)}px)`;
    const fitsBelow = card.offsetHeight <= below || below >= above;
    card.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - card.offsetWidth - 8))}px`;
    card.style.top = `${fitsBelow ? bottom + 4 : top - card.offsetHeight - 4}px`;
  };
  const follow = ({ target }) => {
    const link = target.closest?.("a.claim-id");
    if (!link && !card.contains(target)) return (timer ??= setTimeout(hide, 250)); // on its way to the card, maybe
    timer = clearTimeout(timer);
    if (!link || link === owner) return;
    hide();
    owner = link;
    link.setAttribute("aria-describedby", card.id);
    card.innerHTML = known[link.textContent].card;
    card.querySelector("a").href = link.href;
    card.hidden = false;
    place();
  };
  for (const event of ["pointerover", "focusin"]) document.addEventListener(event, follow);
  // A tap opens the card, whose link leads on.
  article.addEventListener("click", (event) => {
    if (event.pointerType === "touch" && event.target.matches("a.claim-id")) event.preventDefault();
  });
  addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  addEventListener("scroll", place, { capture: true, passive: true });
  addEventListener("resize", place);
});
