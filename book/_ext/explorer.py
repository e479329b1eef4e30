"""Sphinx extension: the explorer's page loads the model, and what it needs of the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PAGE = "book/explore"
FOLDER = "explore"
#: Classic scripts, each of which uses those before it.
SCRIPTS = (
    "data",
    "random",
    "model",
    "fourier",
    "spectrum",
    "theory",
    "engine",
    "workers",
    "charts",
    "address",
    "page",
)


def _load(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    if pagename == PAGE:
        app.add_css_file(f"{FOLDER}/explore.css")
        for name in SCRIPTS:
            app.add_js_file(f"{FOLDER}/{name}.js")


def _write_data(app: Any, error: Exception | None) -> None:
    """What only the explorer's page reads is made only with it: it takes seconds."""
    if error is None and PAGE in app.env.found_docs:
        from rongala2021 import explorer

        path = Path(app.outdir, "_static", FOLDER, "data.js")
        path.write_text(explorer.script(), encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _load)
    app.connect("build-finished", _write_data)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
