"""Sphinx extension: mends what keyboards, screen readers and small screens cannot use."""

from __future__ import annotations

import re
from typing import Any

#: Words that are not those to be seen on a button: the ones to be seen say what it does.
BUTTON = ('<summary aria-label="Toggle hidden content">', "<summary>")
#: Roles that may not be there: a list of what are no items, and one that is no longer known.
ROLES = (
    (' role="list" class="citation-list"', ' class="citation-list"'),
    (
        ' role="doc-biblioentry"',
        "",
    ),
)
#: Parameters of a function, one on each line: a list of definitions without any term.
PARAMETERS = re.compile(r"<dl>\n((?:<dd>.*</dd>\n)+)</dl>")
#: Links, within which pictures stay as they are, and pictures of the book.
PICTURE = re.compile(r'<a\b.*?</a>|<img\b[^>]*?\bsrc="([^"]*_images/[^"]*)"[^>]*>', re.DOTALL)


def _parameters(found: re.Match[str]) -> str:
    lines = found[1].replace("<dd>", '<span class="parameter">').replace("</dd>", "</span>")
    return f'<span class="parameters">\n{lines}</span>'


def _full_size(found: re.Match[str]) -> str:
    """A picture that opens alone, where a phone can enlarge it."""
    link = f'<a class="full-size" title="open in full size" href="{found[1]}">{found[0]}</a>'
    return link if found[1] else found[0]


def repair(body: str) -> str:
    """The text of a page, for everybody."""
    for old, new in (BUTTON, *ROLES):
        body = body.replace(old, new)
    return PICTURE.sub(_full_size, PARAMETERS.sub(_parameters, body))


def _repair(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    if "body" in context:
        context["body"] = repair(context["body"])


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _repair)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
