"""Tables of text as HTML, for what notebooks show."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence


def html_table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    links: Mapping[str, str] | None = None,
    kind: str = "",
) -> str:
    """`rows` of cells below their `heads`, escaped.

    Parameters
    ----------
    heads : sequence of str
    rows : iterable of sequences of str
    links : mapping of str to str, optional
        Addresses of first cells.
    kind : str
        A further class of the table.
    """
    head = "".join(f"<th>{name}</th>" for name in heads)
    lines = []
    for row in rows:
        cells = [html.escape(cell) for cell in row]
        if links and row[0] in links:
            cells[0] = f'<a href="{html.escape(links[row[0]])}">{cells[0]}</a>'
        lines.append("".join(f"<td>{cell}</td>" for cell in cells))
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    # The theme styles tables of this class, in dark mode too.
    return (
        f'<table class="{f"dataframe {kind}".strip()}">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )
