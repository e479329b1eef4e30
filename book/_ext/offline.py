"""Sphinx extension: pages that need no network and throw no script errors, from any build."""

from __future__ import annotations

import shutil
from importlib.metadata import files
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes

MATHJAX = "tex-svg.js"


def _drop_record(app: Any) -> None:
    """Let ``make book`` know that its pages are overwritten: ``jupyter-book build .`` does so."""
    Path(app.outdir, ".key").unlink(missing_ok=True)


def _drop_links_to_missing_data(app: Any, doctree: nodes.document) -> None:
    """Name data that no execution wrote, instead of linking to them.

    Links to data that exist are downloads by now. A strict build (``-n``) warns of the others.
    """
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link["reftarget"].startswith("data/") and not app.config.nitpicky:
            link.replace_self(nodes.literal("", link.astext()))


def _drop_thebe(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    """Jupyter Book always loads thebe, which fails on pages that do not configure it."""
    context["script_files"] = [
        script for script in context["script_files"] if "thebe" not in str(script).lower()
    ]


def _copy_mathjax(app: Any, error: Exception | None) -> None:
    if error is None:
        (packaged,) = [f for f in files("sphinx-mathjax-offline") or () if f.name == MATHJAX]
        shutil.copyfile(str(packaged.locate()), Path(app.outdir, "_static", MATHJAX))


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", _drop_record)
    app.connect("doctree-read", _drop_links_to_missing_data)
    app.connect("html-page-context", _drop_thebe, priority=900)
    app.connect("build-finished", _copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
