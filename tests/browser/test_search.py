"""The book's search, from disk, where no page can be fetched."""

import pytest


@pytest.mark.parametrize(
    ("words", "page"),
    [("conduction delays", "book/figures/fig6"), ("claims", "book/claims")],
)
def test_a_page_is_found_by_words_of_its_title(html, opened, words, page):
    with opened((html / "book" / "intro.html").as_uri()) as (tab, _):
        tab.keyboard.press("Control+k")
        tab.locator("input[name=q]:visible").fill(words)
        tab.keyboard.press("Enter")
        found = tab.locator(f"ul.search a[href*='{page}.html']").first
        found.click()
        assert tab.url.partition("?")[0] == (html / f"{page}.html").as_uri()
        assert words.split()[-1] in tab.locator("article h1").first.text_content().lower()


def test_what_is_nowhere_is_not_found(html, opened):
    with opened((html / "search.html").as_uri() + "?q=xyzzyx") as (tab, _):
        tab.get_by_text("did not match any documents").wait_for()
        assert tab.locator("ul.search li").count() == 0
