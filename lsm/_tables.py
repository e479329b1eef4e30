"""Tables of text as HTML, for what notebooks show."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def html_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """`rows` of cells below their `heads`, escaped."""
    head = "".join(f"<th>{name}</th>" for name in heads)
    lines = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    # The theme styles tables of this class, in dark mode too.
    return (
        f'<table class="dataframe">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )
