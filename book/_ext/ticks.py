"""Sphinx extension: the page on the authors' networks loads what brings its ticks to life."""

from __future__ import annotations

from typing import Any

PAGE = "book/beyond/authors_networks"
FOLDER = "ticks"


def _load(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    if pagename == PAGE:
        app.add_css_file(f"{FOLDER}/ticks.css")
        for name in ("reading", "page"):
            app.add_js_file(f"{FOLDER}/{name}.js")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
