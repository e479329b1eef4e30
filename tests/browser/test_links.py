"""What the compiled book links to is there: pages, places in them, images, downloads, scripts."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

#: Their scripts read addresses that hold no place in the page: knobs and their positions, a verdict
#: to show.
READING = ("explore.html", "claims.html")
#: Attributes by which a page asks for a file or leads to one.
LEADING = ("href", "src", "data", "poster")


class Links(HTMLParser):
    """What a page links to, and the places that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in LEADING and value is not None:
                self.targets.append(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.places.add(value or "")


def broken(pages: dict[Path, Links]) -> Iterator[str]:
    """Links of pages to what is not there, each with its page."""
    for page, links in pages.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:  # elsewhere; a browser sees what pages ask for
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            place = unquote(parts.fragment)
            if not file.is_file():
                yield f"{page.name}: there is no {target}"
            for_script = file.name in READING and "=" in place
            if file in pages and not for_script and place not in pages[file].places:
                yield f"{page.name}: there is no place {target}"


def read(html: Path) -> dict[Path, Links]:
    """All pages of a book, but those that belong to a theme."""
    paths = [path for path in html.rglob("*.html") if "_static" not in path.parts]
    return {path: Links(path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="module")
def pages(html):
    return read(html)


def test_all_that_is_linked_is_there(pages):
    assert list(broken(pages)) == []


def test_every_page_gives_its_source_and_executed_pages_their_data(html, pages):
    names = {path.relative_to(html).with_suffix("").as_posix() for path in pages}
    sources = [path.relative_to(html / "_sources") for path in (html / "_sources").rglob("*.*")]
    assert len(sources) > 20
    assert {path.with_suffix("").as_posix() for path in sources} <= names
    linked = {unquote(link) for links in pages.values() for link in links.targets}
    for folder in ("_sources", "_downloads"):
        for path in (html / folder).rglob("*.*"):
            ending = path.relative_to(html).as_posix()
            assert any(link.endswith(ending) for link in linked), ending


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<a href="gone.html">', "there is no gone.html"),
        ('<img src="gone.png">', "there is no gone.png"),
        ('<a href="there.html#gone">', "there is no place there.html#gone"),
        ('<a href="#gone">', "there is no place #gone"),
        ('<a href="there.html#mean=1">', "there is no place there.html#mean=1"),
        ('<a href="explore.html#gone">', "there is no place explore.html#gone"),
        ('<a href="there.html#pl%61ce"><a href="#"><a href="https://example.org/gone">', None),
        ('<a href="there.html?q=1#place"><a href="explore.html#mean=1">', None),
    ],
)
def test_broken_links_are_found_and_whole_ones_are_not(tmp_path, text, told):
    (tmp_path / "there.html").write_text('<p id="place">')
    (tmp_path / "explore.html").write_text("<p>")
    (tmp_path / "page.html").write_text(text)
    assert list(broken(read(tmp_path))) == ([f"page.html: {told}"] if told else [])
