"""What the first page and the README show of executed notebooks: numbers, pictures, verdicts."""

from __future__ import annotations

import base64
import html
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rongala2021.judging import SYMBOLS
from rongala2021.scorecard import Scorecard, readme_table

#: Of `myst_nb.glue`, with which a notebook hands numbers to other pages.
_GLUED = "application/papermill.record/text/plain"
_ROLE = re.compile(r"\{glue:text\}`(?P<notebook>[^`:]+)::(?P<key>[^`:]+):(?P<format>[^`]+)`")
#: The picture of the first page: the one place that names it is there.
_PICTURE = re.compile(r"^```\{picture\} book/(?P<page>\S+) (?P<name>\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Picture:
    """A numbered figure of a page: its name, what is drawn, and what is seen in words."""

    name: str
    png: bytes
    alt: str


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def _outputs(cell: Mapping[str, Any], kind: str) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Of a cell, all outputs of a kind with their metadata."""
    for output in cell.get("outputs", ()):
        if kind in output.get("data", {}):
            yield output["data"][kind], output["metadata"]


def title(path: Path) -> str:
    """The first heading of a notebook."""
    for cell in _cells(path):
        if cell["cell_type"] == "markdown":
            for line in "".join(cell["source"]).splitlines():
                if line.startswith("# "):
                    return line.removeprefix("# ").strip()
    raise ValueError(f"{path}: expected a heading, got none")


def pictures(path: Path) -> Iterator[Picture]:
    """The numbered figures of a notebook, in their order.

    Raises
    ------
    ValueError
        If one was not drawn, or has no words for those who do not see it; names it.
    """
    for cell in _cells(path):
        shown = cell["metadata"].get("mystnb", {})
        if "figure" not in shown:
            continue
        name, alt = shown["figure"]["name"], shown.get("image", {}).get("alt", "")
        drawn = [png for png, _ in _outputs(cell, "image/png")]
        if not drawn or not alt:
            raise ValueError(f"{path}: expected {name!r} to be drawn and to have an alt text")
        yield Picture(name, base64.b64decode("".join(drawn[0])), alt)


def picture(path: Path, name: str) -> Picture:
    """The numbered figure of this name in a notebook.

    Raises
    ------
    ValueError
        If there is none; names those that there are.
    """
    found = {each.name: each for each in pictures(path)}
    if name not in found:
        known = ", ".join(found) or "none"
        raise ValueError(f"{path}: expected a figure named {known}, got {name!r}")
    return found[name]


def glued(path: Path) -> dict[str, Any]:
    """Numbers and words that a notebook hands to other pages, by their names."""
    found = {}
    for cell in _cells(path):
        for text, metadata in _outputs(cell, _GLUED):
            plain = "".join(text)
            name = metadata["scrapbook"]["name"]
            found[name] = plain.strip("'") if plain.startswith("'") else float(plain)
    return found


def filled(text: str, folder: Path) -> str:
    """A text of a page with its glued numbers filled in.

    Parameters
    ----------
    text : str
        With roles such as ``{glue:text}`claims.ipynb::claims:d` ``.
    folder : path
        Of the notebooks.

    Raises
    ------
    ValueError
        If a notebook does not hand out a number; names both.
    """
    values: dict[str, dict[str, Any]] = {}

    def number(role: re.Match[str]) -> str:
        name, key, spec = role.group("notebook", "key", "format")
        known = values.setdefault(name, glued(folder / name))
        if key not in known:
            raise ValueError(f"{folder / name}: expected a glued number {key!r}, got none")
        value = known[key]
        return format(int(value) if spec == "d" else value, spec)

    return _ROLE.sub(number, text)


def answer(book: Path) -> str:
    """The two sentences that answer the paper's question, with their numbers."""
    text = filled((book / "_answer.md").read_text(encoding="utf-8"), book)
    return textwrap.fill(" ".join(text.split()), width=118)


def first_picture(book: Path) -> Picture:
    """The picture that the first page shows.

    Raises
    ------
    ValueError
        If the first page shows none, or not exactly one.
    """
    page = book / "intro.md"
    found = list(_PICTURE.finditer(page.read_text(encoding="utf-8")))
    if len(found) != 1:
        raise ValueError(f"{page}: expected one directive {{picture}}, got {len(found)}")
    return picture(book / f"{found[0]['page']}.ipynb", found[0]["name"])


def bar(scorecard: Scorecard, page: str) -> str:
    """The verdicts in proportion, as HTML: each part leads to its claims.

    Parameters
    ----------
    scorecard : Scorecard
    page : str
        Address of the claims page.
    """
    parts, words = [], []
    for verdict, n in scorecard.counts().items():
        if not n:
            continue
        link = f'href="{html.escape(page)}#verdict={quote(verdict)}"'
        kind = f'class="verdict-{verdict.replace(" ", "-")}"'
        symbol = SYMBOLS[verdict]
        # The words below say the same, so the parts need not be read out nor reached by keyboard.
        parts.append(
            f'<a {link} {kind} style="flex-grow: {n}" tabindex="-1" title="{n} {verdict}">'
            f"{symbol}</a>"
        )
        words.append(
            f"<li><a {link}><span {kind}>{symbol}</span> <strong>{n}</strong> {verdict}</a></li>"
        )
    return (
        f'<div class="verdict-bar" role="group" aria-label="Verdicts on the claims">'
        f'<div class="verdict-parts" aria-hidden="true">{"".join(parts)}</div>'
        f"<ul>{''.join(words)}</ul></div>"
    )


def readme_block(book: Path, scorecard: Scorecard) -> str:
    """What the README says of the results, between its two markers: as the first page does."""
    alt = re.sub(r"([\[\]])", r"\\\1", first_picture(book).alt)
    image = f"![{alt}](book/_static/result.png)"
    return "\n\n".join([answer(book), image, readme_table(scorecard)])
