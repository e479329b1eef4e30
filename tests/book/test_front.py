"""What the book's own extensions make of pages: pictures, verdicts, links below figures."""

import io
import json
import posixpath
import re

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from rongala2021 import front, plots
from tests import front_book, tiny_book

ARTICLE = "https://www.frontiersin.org/articles/10.3389/fncom.2021.656401/full"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("front")
    front_book.write(folder)
    return folder


@pytest.fixture(scope="module")
def built(folder):
    return tiny_book.pages_of(folder)


@pytest.fixture(scope="module")
def article(built):
    """The text of a page, parsed."""

    def article(name):
        text = (built / "book" / f"{name}.html").read_text(encoding="utf-8")
        return BeautifulSoup(text, "html.parser").select_one("article.bd-article")

    return article


def image_of(built, image):
    """The file that a page of the folder `book` shows."""
    return (built / "book" / image["src"]).read_bytes()


def test_the_first_page_says_what_the_readme_says(folder, article):
    first = article("intro").select_one("h1 + p")
    assert " ".join(first.get_text().split()) == front.answer(folder / "book")


def test_a_picture_is_that_of_its_page_and_leads_there(built, article):
    shown = article("intro").select_one(".front-picture")
    assert shown.a["href"] == "figures/one.html#fig-square"
    assert article("figures/one").find(id="fig-square")
    image = shown.a.img
    assert image["alt"] == front_book.ALT
    assert image_of(built, image) == front_book.png()
    assert shown.p.get_text() == "A square."
    assert shown.em


def test_a_picture_has_no_number_of_its_own(article):
    numbers = [
        span.get_text(strip=True) for span in article("figures/one").select(".caption-number")
    ]
    assert numbers == ["Our Fig. 1", "Our Fig. 2", "Our Fig. 3"]
    assert not article("intro").select(".caption-number")


def test_the_gallery_has_the_first_figure_of_each_page_that_has_one(built, article):
    (item,) = article("intro").select("ul.gallery > li")
    assert item.a["href"] == "figures/one.html#fig-square"
    assert item.a.get_text() == "Figure 1 one square"
    assert item.a.img["alt"] == front_book.ALT
    image = Image.open(io.BytesIO(image_of(built, item.a.img)))
    assert image.size == (360, 180)
    assert image.convert("RGB").getpixel((9, 9)) == (255, 0, 0)


def test_the_bar_counts_the_verdicts_of_the_notebooks(article):
    bar = article("intro").select_one(".verdict-bar")
    assert [item.get_text() for item in bar.select("li")] == [
        "✔ 1 reproduced", "◐ 1 partly", "✘ 2 not reproduced",
    ]  # fmt: skip
    assert bar.select_one("li a")["href"] == "claims.html#verdict=reproduced"


def test_below_a_figure_stand_its_original_its_notebook_and_its_data(built, article):
    lines = article("figures/one").select("figure figcaption .figure-links")
    found = [{a.get_text(): a["href"] for a in line.select("a")} for line in lines]
    own = {"notebook": "../../_sources/book/figures/one.ipynb", "data": "#data"}
    assert found == [
        {"original figure": f"{ARTICLE}#F4", **own},
        {"original figure": f"{ARTICLE}#supplementary-material", **own},
        own,
    ]
    source = built / posixpath.normpath(posixpath.join("book/figures", own["notebook"]))
    assert json.loads(source.read_text(encoding="utf-8"))["cells"]
    assert article("figures/one").find(id="data")
    (line,) = article("plain").select("figure figcaption .figure-links")
    assert [(a.get_text(), a["href"]) for a in line.select("a")] == [
        ("notebook", "../_sources/book/plain.ipynb")
    ]


def test_the_data_of_the_cards_are_those_of_the_notebooks_and_their_rows_exist(built, article):
    text = (built / "_static" / "claim-data.js").read_text(encoding="utf-8")
    cards = json.loads(text.removeprefix("globalThis.claims = ").removesuffix(";\n"))
    assert list(cards) == ["1a", "4a", "S4", "A1"]
    assert "Y grows." in cards["4a"]["card"]
    assert "X is &lt;large&gt;." in cards["1a"]["card"]
    for name, claim in cards.items():
        page, _, anchor = claim["link"].partition("#")
        assert page == "book/claims.html"
        assert article("claims").find(id=anchor).get_text() == name


def test_pages_load_the_cards_in_order(built):
    text = (built / "book" / "figures" / "one.html").read_text(encoding="utf-8")
    assert 0 < text.index("../../_static/claim-data.js") < text.index("../../_static/claims.js")


def test_a_second_build_brings_the_first_page_up_to_date(tmp_path):
    book = front_book.write(tmp_path)
    tiny_book.pages_of(tmp_path)
    # Pages whose figures the gallery shows are watched for its sake as well.
    (book / "claims.yml").write_text(front_book.CLAIMS + front_book.CLAIM_OF_NO_PAGE, "utf-8")
    text = (tiny_book.pages_of(tmp_path) / "book" / "intro.html").read_text(encoding="utf-8")
    items = BeautifulSoup(text, "html.parser").select(".verdict-bar li")
    assert "1 not measured" in items[-1].get_text()


#: What a first page may ask for in vain, and what is told of it.
MISSING = {
    "```{picture} book/figures/one fig-9\n```": ("one.ipynb", "fig-square", "'fig-9'"),
    "```{picture} book/figures/three fig-8\n```": ("'book/figures/three'",),
    "```{picture} book/intro fig-7\n```": ("'book/intro'",),
    "```{gallery}\nNo part\n```": ("The figures, More", "'No part'"),
    "{glue:text}`claims.ipynb::no_number:d`": ("no_number",),
}


def test_what_is_missing_is_an_error_that_names_it(tmp_path):
    book = front_book.write(tmp_path)
    (book / "intro.md").write_text("\n\n".join(["# The book", *MISSING]), encoding="utf-8")
    done = tiny_book.build(tmp_path, "-W", "-n", "--keep-going")
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    for text, told in MISSING.items():
        assert [line for line in lines if all(word in line for word in told)], (text, done.stderr)


def test_a_book_without_claims_has_no_bar(tmp_path):
    tiny_book.write(tmp_path, "book/one", "# One\n\n```{verdicts}\n```\n")
    done = tiny_book.build(tmp_path, "-W", "-n", "--keep-going")
    assert done.returncode != 0
    assert "verdicts: expected a page book/claims" in done.stderr
    assert not (tmp_path / "_build" / "html" / "_static" / "claim-data.js").exists()


# ---------------------------------------------------------------- colours


def test_a_verdict_has_one_colour_in_pages_and_figures():
    text = (tiny_book.ROOT / "book" / "_static" / "front.css").read_text(encoding="utf-8")
    of_pages = {
        verdict: re.search(rf"--{verdict.replace(' ', '-')}: (#\w+);", text).group(1)
        for verdict in plots.VERDICT_COLORS
    }
    assert of_pages == plots.VERDICT_COLORS
