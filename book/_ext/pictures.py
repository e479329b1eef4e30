"""Sphinx extension: figures of executed notebooks shown on other pages, leading to their own.

``{picture} book/figures/fig4 fig-4-result`` shows one, with the content as caption. ``{gallery}``
shows small ones of all pages in the parts of the contents whose captions it lists: the first
numbered figure of each. Pages without one are left out.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.util.docutils import SphinxDirective

#: Width and height of small pictures (pixels), and the number of their colours.
SMALL, N_COLORS = (360, 270), 48


def _small(png: bytes) -> bytes:
    """A picture that fits into the size of small ones; few colours, for the sake of weight."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    paper.thumbnail(SMALL, Image.Resampling.LANCZOS)
    found = io.BytesIO()
    paper.convert("RGB").quantize(N_COLORS).save(found, "PNG", optimize=True)
    return found.getvalue()


class _Shows(SphinxDirective):
    """What directives share that show figures of other pages."""

    def notebook(self, page: str) -> Path:
        """The notebook of a page; the page that shows it depends on it."""
        path = Path(self.env.doc2path(page))
        if page not in self.env.found_docs or path.suffix != ".ipynb":
            raise self.error(f"{self.name}: expected a notebook of the book, got {page!r}")
        self.env.note_dependency(str(path))
        return path

    def image(self, name: str, png: bytes, alt: str) -> nodes.image:
        """An image that Sphinx takes along, from a file beside its other products."""
        path = Path(self.env.app.doctreedir).parent / "pictures" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png)
        here = Path(self.env.doc2path(self.env.docname)).parent
        return nodes.image("", uri=os.path.relpath(path, here), alt=alt)

    def link(self, page: str, name: str, *children: nodes.Node) -> nodes.reference:
        """A link to a figure on its page."""
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page)
        return nodes.reference("", "", *children, internal=True, refuri=f"{uri}#{name}")


class Picture(_Shows):
    """One figure of another page."""

    required_arguments = 2
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the node."""
        from rongala2021 import front

        page, name = self.arguments
        try:
            shown = front.picture(self.notebook(page), name)
        except ValueError as error:
            raise self.error(f"{self.name}: {error}") from None
        image = self.image(name, shown.png, shown.alt)
        # No figure with a caption, which would have a number of its own.
        shown_here = nodes.container("", self.link(page, name, image), classes=["front-picture"])
        self.state.nested_parse(self.content, self.content_offset, shown_here)
        return [shown_here]


class Gallery(_Shows):
    """The first figure of each page of some parts, small."""

    has_content = True

    def _pages(self) -> Iterator[str]:
        contents = self.env.external_site_map  # type: ignore[attr-defined]
        parts = {part.caption: part.items for part in contents.root.subtrees}
        for caption in filter(None, map(str.strip, self.content)):
            if caption not in parts:
                known = ", ".join(map(str, parts))
                raise self.error(f"{self.name}: expected parts of {known}, got {caption!r}")
            yield from parts[caption]

    def _item(self, page: str) -> nodes.list_item | None:
        from rongala2021 import front

        path = self.notebook(page)
        try:
            shown = next(front.pictures(path), None)
            number, _, words = front.title(path).rpartition(": ")
        except ValueError as error:
            raise self.error(f"{self.name}: {error}") from None
        if shown is None:
            return None
        image = self.image(f"small-{shown.name}", _small(shown.png), shown.alt)
        texts = [nodes.strong("", number or words)]
        texts += [nodes.Text(" "), nodes.Text(words)] if number else []
        label = nodes.inline("", "", *texts)
        link = self.link(page, shown.name, image, label)
        return nodes.list_item("", nodes.paragraph("", "", link))

    def run(self) -> list[nodes.Node]:
        """Make the node."""
        pages = [page for page in self._pages() if self.env.doc2path(page).endswith(".ipynb")]
        items = [item for item in map(self._item, pages) if item is not None]
        return [nodes.bullet_list("", *items, classes=["gallery"])]


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("picture", Picture)
    app.add_directive("gallery", Gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
