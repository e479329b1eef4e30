"""Sphinx extension: below each numbered figure a line that tells where it comes from.

To the original in the article, where the caption says "after Fig. 4 of" or "after Suppl. Fig. 4
of"; to the notebook that drew it, as Sphinx keeps it beside its pages; and to the page's data.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes

ARTICLE = "https://www.frontiersin.org/articles/10.3389/fncom.2021.656401/full"
#: Panels may be named.
_AFTER = re.compile(r"\bafter (Suppl\. )?Fig\. (\d+)[\w, -]{0,12} of\b")


def _original(caption: str) -> str | None:
    found = _AFTER.search(" ".join(caption.split()))
    if found is None:
        return None
    place = "supplementary-material" if found[1] else f"F{found[2]}"
    return f"{ARTICLE}#{place}"


def _links(app: Any, caption: str, data: str | None) -> Iterator[nodes.reference]:
    env = app.env
    if original := _original(caption):
        yield nodes.reference(
            "", "original figure", refuri=original, internal=False, classes=["original"]
        )
    if env.doc2path(env.docname).endswith(".ipynb") and app.config.html_copy_source:
        place = f"_sources/{env.docname}.ipynb"
        uri = posixpath.relpath(place, posixpath.dirname(env.docname) or ".")
        yield nodes.reference("", "notebook", refuri=uri, internal=True)
    if data:
        yield nodes.reference("", "data", refuri=f"#{data}", internal=True)


def _add_links(app: Any, doctree: nodes.document) -> None:
    sections = [name for each in doctree.findall(nodes.section) for name in each["ids"]]
    data = "data" if "data" in sections else None
    for figure in doctree.findall(nodes.figure):
        captions = [each for each in figure.children if isinstance(each, nodes.caption)]
        if not figure["ids"] or not captions:  # those that have no number
            continue
        line = nodes.paragraph(classes=["figure-links"])
        for link in _links(app, captions[0].astext(), data):
            if line.children:
                line += nodes.Text(" · ")
            line += link
        if line.children:
            figure += nodes.legend("", line)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", _add_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
