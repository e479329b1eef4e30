from xml.etree import ElementTree

import nbformat.v4 as nb
import pytest

from rongala2021 import front, ledger
from rongala2021.scorecard import gather, readme_table
from tests import front_book


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return front_book.write(tmp_path_factory.mktemp("front"))


def test_pictures_are_the_numbered_figures_of_a_page(book):
    path = book / "figures" / "one.ipynb"
    assert [each.name for each in front.pictures(path)] == ["fig-square", "fig-second", "fig-own"]
    second = front.picture(path, "fig-second")
    assert (second.png, second.alt) == (front_book.png("blue"), front_book.ALT)
    assert list(front.pictures(book / "claims.ipynb")) == []


def test_a_figure_that_is_not_there_is_named_beside_those_that_are(book):
    with pytest.raises(ValueError, match=r"one\.ipynb: .*fig-square, .*got 'fig-9'"):
        front.picture(book / "figures" / "one.ipynb", "fig-9")
    with pytest.raises(ValueError, match=r"claims\.ipynb: expected a figure named none"):
        front.picture(book / "claims.ipynb", "fig-9")


@pytest.mark.parametrize("lack", [{"drawn": None}, {"drawn": front_book.png(), "alt": ""}])
def test_a_figure_without_image_or_words_is_refused(tmp_path, lack):
    path = front_book.save(tmp_path / "a.ipynb", front_book.figure("fig-a", "A", **lack))
    with pytest.raises(ValueError, match=r"a\.ipynb: expected 'fig-a' to be drawn"):
        list(front.pictures(path))


def test_a_title_is_the_first_heading(book, tmp_path):
    assert front.title(book / "figures" / "one.ipynb") == "Figure 1: one square"
    path = front_book.save(tmp_path / "a.ipynb", nb.new_markdown_cell("## Below\n#no heading"))
    with pytest.raises(ValueError, match=r"a\.ipynb: expected a heading"):
        front.title(path)


def test_numbers_are_filled_in_as_on_the_page(book):
    assert front.glued(book / "claims.ipynb") == {"share": 0.1234, "claims": 4, "word": "partly"}
    text = "a {glue:text}`claims.ipynb::share:.0%` b {glue:text}`claims.ipynb::word:s`"
    assert front.filled(text, book) == "a 12% b partly"
    assert front.answer(book) == "It is 0.12, and 4 claims."


def test_a_number_that_no_notebook_hands_out_is_named(book):
    with pytest.raises(ValueError, match=r"claims\.ipynb: expected a glued number 'none'"):
        front.filled("{glue:text}`claims.ipynb::none:d`", book)


@pytest.mark.parametrize("text", ["", front_book.INTRO * 2])
def test_a_first_page_must_show_one_picture(tmp_path, text):
    (tmp_path / "intro.md").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"intro\.md: expected one directive"):
        front.first_picture(tmp_path)


def test_the_bar_has_a_part_and_words_for_each_verdict_that_there_is(book):
    card = gather(ledger.load(book / "claims.yml"), book)
    bar = ElementTree.fromstring(front.bar(card, "a/claims.html"))
    parts, words = bar.find("div"), bar.find("ul")
    counted = {"reproduced": 1, "partly": 1, "not%20reproduced": 2}
    links = [f"a/claims.html#verdict={verdict}" for verdict in counted]
    assert [part.get("href") for part in parts] == links
    assert [part.get("style") for part in parts] == [f"flex-grow: {n}" for n in counted.values()]
    assert [part.text for part in parts] == ["✔", "◐", "✘"]
    told = ["1 reproduced", "1 partly", "2 not reproduced"]
    assert [part.get("title") for part in parts] == told
    said = ["".join(item.itertext()) for item in words]
    assert said == ["✔ 1 reproduced", "◐ 1 partly", "✘ 2 not reproduced"]
    assert [item.find("a").get("href") for item in words] == links


def test_the_readme_shows_what_the_first_page_does(book):
    card = gather(ledger.load(book / "claims.yml"), book)
    answer, image, table = front.readme_block(book, card).split("\n\n")
    assert answer == front.answer(book)
    assert image == r"![A red \[square\].](book/_static/result.png)"
    assert table == readme_table(card)
    assert front.first_picture(book).png == front_book.png()
