"""Sphinx extension: what claims are said to be and what was found of them, on every page.

The directive ``{verdicts}`` draws all verdicts in proportion. Where the book has a claims page,
``_static/claim-data.js`` holds the cards that ``claims.js`` shows beside ids.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

PAGE = "book/claims"


@cache
def _gathered(book: Path) -> Any:
    from rongala2021 import ledger, scorecard

    return scorecard.gather(ledger.load(book / "claims.yml"), book)


class Verdicts(SphinxDirective):
    """The bar of verdicts of the notebooks of this book."""

    def run(self) -> list[nodes.Node]:
        """Make the node."""
        from rongala2021 import front

        book = Path(self.env.srcdir, "book")
        if PAGE not in self.env.found_docs:
            raise self.error(f"verdicts: expected a page {PAGE}, to which its parts lead")
        found = _gathered(book)
        # The claims page hands numbers to the text around the bar.
        pages = {"claims", *(claim.page for claim in found.ledger.values())}
        for name in ("claims.yml", *sorted(f"{page}.ipynb" for page in pages)):
            self.env.note_dependency(str(book / name))
        page = self.env.app.builder.get_relative_uri(self.env.docname, PAGE)
        return [nodes.raw("", front.bar(found, page), format="html")]


def _load(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    if PAGE in app.env.found_docs:
        app.add_js_file("claim-data.js", priority=600)
        app.add_js_file("claims.js", priority=601)


def _write_data(app: Any, error: Exception | None) -> None:
    if error is None and PAGE in app.env.found_docs:
        cards = _gathered(Path(app.srcdir, "book")).cards()
        shown = {
            name: {"link": f"{PAGE}.html#claim-{name}", "card": card}
            for name, card in cards.items()
        }
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        path = Path(app.outdir, "_static", "claim-data.js")
        path.write_text(f"globalThis.claims = {text};\n", encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("verdicts", Verdicts)
    app.connect("html-page-context", _load)
    app.connect("build-finished", _write_data)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
