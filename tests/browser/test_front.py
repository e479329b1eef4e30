"""The verdicts in a browser, from disk: cards beside ids, and the claims page by its address."""

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests import front_book, tiny_book

WIDE, NARROW = {"width": 1400, "height": 800}, {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("front")
    front_book.write(folder)
    return tiny_book.pages_of(folder) / "book"


@pytest.fixture
def open_page(built, opened):
    """Open a page; on leaving, no script failed."""

    @contextmanager
    def open_page(name, viewport=WIDE, scheme="light"):
        with opened(address(built, name), **viewport, scheme=scheme) as (page, _):
            yield page

    return open_page


@pytest.fixture
def open_apart(built, browser):
    """Open a page where tabs are of another kind; on leaving, no script failed."""

    @contextmanager
    def open_apart(name, viewport=WIDE, **options):
        wrong = []
        context = browser.new_context(viewport=viewport, **options)
        try:
            page = context.new_page()
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.goto(address(built, name))
            yield page
        finally:
            context.close()
        assert wrong == []

    return open_apart


def address(built, name):
    page, mark, place = name.partition("#")
    return (built / f"{page}.html").as_uri() + mark + place


def card(page):
    return page.locator("#claim-card")


def ids(page, within=""):
    return page.locator(f"{within} a.claim-id").all_text_contents()


def is_in_window(page, locator):
    """Whether all of an element lies within the window, sideways too."""
    box, size = locator.bounding_box(), page.viewport_size
    return all(
        box[start] >= 0 and box[start] + box[extent] <= size[extent]
        for start, extent in (("x", "width"), ("y", "height"))
    )


# ---------------------------------------------------------------- which text is an id


def test_ids_are_found_in_text_and_what_only_looks_like_one_is_not(open_page):
    with open_page("figures/one") as page:
        assert ids(page, "p:has-text('The claim')") == ["4a"]
        assert ids(page, "p:has-text('Equation')") == []
        assert ids(page, "li:has-text('in bold')") == ["S4", "S4", "4a", "A1"]
        assert ids(page, "table:has-text('it is') td") == ["S4"]
        assert ids(page, "h2") == ids(page, "figcaption") == []
        # In the tables of verdicts.
        assert ids(page, "table.claims td:first-child") == ["1a", "4a", "S4", "A1"]


def test_an_id_leads_to_its_row(open_page):
    with open_page("figures/one") as page:
        link = page.locator("p a.claim-id").first
        assert link.get_attribute("href") == "../../book/claims.html#claim-4a"
        link.click()
        page.wait_for_url("**/claims.html#claim-4a")
        assert is_in_window(page, page.locator("tr:has(#claim-4a)"))


# ---------------------------------------------------------------- cards


def test_pointing_at_an_id_shows_its_card_onto_which_the_pointer_can_move(open_page):
    with open_page("figures/one") as page:
        expect(card(page)).to_be_hidden()
        page.locator("p a.claim-id").first.hover()
        expect(card(page)).to_be_visible()
        for text in (
            "Y grows.",
            "◐ partly",
            "y 1 [1, 1]",
            "Criterion: y ≥ 2 in most seeds; 0 of 20",
        ):
            expect(card(page)).to_contain_text(text)
        card(page).locator(".statement").hover()
        page.wait_for_timeout(400)  # longer than a card stays
        expect(card(page)).to_be_visible()
        assert card(page).get_by_role("link").get_attribute("href").endswith("#claim-4a")
        page.locator("article h1").hover()
        expect(card(page)).to_be_hidden()


def test_a_key_opens_the_card_which_is_announced_and_escape_closes_it(open_page):
    with open_page("figures/one") as page:
        first = page.locator("p a.claim-id").first
        first.focus()
        expect(card(page)).to_be_visible()
        assert first.get_attribute("aria-describedby") == card(page).get_attribute("id")
        assert card(page).get_attribute("role") == "tooltip"
        page.keyboard.press("Escape")
        expect(card(page)).to_be_hidden()
        assert first.get_attribute("aria-describedby") is None
        expect(first).to_be_focused()
        page.locator("li a.claim-id").first.focus()
        expect(card(page)).to_contain_text("Z falls.")


def test_a_sentence_is_shown_to_the_letter(open_page):
    with open_page("figures/one") as page:
        page.locator("td a.claim-id", has_text="1a").first.focus()
        expect(card(page)).to_contain_text("X is <large>.")


def test_a_tap_opens_the_card_within_a_narrow_window_and_leads_nowhere(open_apart):
    with open_apart("figures/one", NARROW, has_touch=True) as page:
        page.locator("p a.claim-id").first.tap()
        expect(card(page)).to_be_visible()
        assert is_in_window(page, card(page))
        assert page.url.endswith("one.html")
        page.locator("article h1").tap()
        expect(card(page)).to_be_hidden()
        page.locator("p a.claim-id").first.tap()
        card(page).get_by_role("link").tap()
        page.wait_for_url("**/claims.html#claim-4a")


def test_the_card_stays_at_its_id_and_in_the_window(open_page):
    with open_page("figures/one", {"width": 1400, "height": 500}) as page:
        link = page.locator("td a.claim-id").last
        link.focus()
        assert is_in_window(page, card(page))
        page.mouse.wheel(0, 40)
        page.wait_for_timeout(200)
        box, of_link = card(page).bounding_box(), link.bounding_box()
        gaps = (
            box["y"] - of_link["y"] - of_link["height"],
            of_link["y"] - box["y"] - box["height"],
        )
        assert 0 <= max(gaps) < 10


def test_a_card_has_room_in_a_low_window_as_of_a_magnified_page(open_page):
    with open_page("figures/one", {"width": 640, "height": 220}) as page:
        links = page.locator("p a.claim-id, li a.claim-id").all()
        assert len(links) > 2
        for link in links:
            link.evaluate("element => element.scrollIntoView({ block: 'center' })")
            link.focus()
            assert is_in_window(page, card(page))
            inner, outer = card(page).evaluate("e => [e.scrollHeight, e.clientHeight]")
            assert inner > outer > 40  # it can be scrolled


def test_a_card_has_the_colours_of_the_theme_and_is_not_printed(open_page):
    color = "element => getComputedStyle(element).backgroundColor"
    seen = []
    for scheme in ("light", "dark"):
        with open_page("figures/one", scheme=scheme) as page:
            page.locator("p a.claim-id").first.focus()
            seen.append(card(page).evaluate(color))
            page.emulate_media(media="print")
            expect(card(page)).to_be_hidden()
    assert seen[0] == "rgb(255, 255, 255)" != seen[1]


def test_without_scripts_the_page_reads_as_before(open_apart):
    with open_apart("figures/one", java_script_enabled=False) as page:
        assert ids(page) == []
        assert "The claim 4a is one" in page.locator("article").text_content()


# ---------------------------------------------------------------- the claims page


def shown(page):
    """Ids of the rows that are shown, in their order."""
    return page.locator("table.scorecard tbody tr:visible td:first-child").all_inner_texts()


def chosen(page):
    return (
        page.get_by_label("filter the claims by verdict").locator("option:checked").text_content()
    )


def test_the_address_sets_the_filter_when_the_page_opens_and_afterwards(open_page):
    with open_page("claims#verdict=not%20reproduced") as page:
        assert (shown(page), chosen(page)) == (["S4", "A1"], "✘ not reproduced")
        assert is_in_window(page, page.locator(".scorecard-controls"))
        page.evaluate("location.hash = '#verdict=partly'")
        expect(page.locator(".scorecard-controls")).to_contain_text("1 of 4 shown")
        assert (shown(page), chosen(page)) == (["4a"], "◐ partly")
        page.evaluate("location.hash = '#verdict=splendid'")
        expect(page.locator(".scorecard-controls")).to_contain_text("4 of 4 shown")


def test_the_bar_leads_to_the_claims_of_a_verdict(open_page):
    with open_page("intro") as page:
        page.get_by_role("link", name="not reproduced").click()
        page.wait_for_url("**/claims.html#*")
        assert shown(page) == ["S4", "A1"]


def test_an_address_of_a_row_shows_and_marks_it_whatever_was_filtered(open_page):
    with open_page("claims#verdict=partly") as page:
        page.get_by_label("filter the claims by words").fill("grows")
        page.evaluate("location.hash = '#claim-S4'")
        expect(page.locator("tr:has(#claim-S4)")).to_be_visible()
        assert shown(page) == ["1a", "4a", "S4", "A1"]
        assert is_in_window(page, page.locator("#claim-S4"))
        color = "element => getComputedStyle(element).backgroundColor"
        cells = page.locator("td:has(#claim-S4), td:has(#claim-1a)")
        marked, plain = (cell.evaluate(color) for cell in reversed(cells.all()))
        assert marked != plain


def test_the_address_follows_the_filter(open_page):
    with open_page("claims") as page:
        page.get_by_label("filter the claims by verdict").select_option("✘ not reproduced")
        assert shown(page) == ["S4", "A1"]
        assert page.evaluate("location.hash") == "#verdict=not%20reproduced"
        page.get_by_label("filter the claims by verdict").select_option("all verdicts")
        assert page.evaluate("location.hash") == ""
        assert len(shown(page)) == 4


def test_heads_sort_by_keyboard(open_page):
    with open_page("claims") as page:
        head = page.get_by_role("columnheader", name="verdict")
        head.get_by_role("button").press("Enter")
        assert shown(page) == ["4a", "1a", "S4", "A1"]
        assert head.get_attribute("aria-sort") == "ascending"
        head.get_by_role("button").press("Enter")
        assert shown(page) == ["S4", "A1", "1a", "4a"]


@pytest.mark.parametrize("name", ["claims", "figures/one"])
def test_in_a_narrow_window_rows_are_cards_without_sideways_scrolling(open_page, name):
    with open_page(name, NARROW) as page:
        table = page.locator("table.claims").first
        width = "element => [element.scrollWidth, element.parentElement.clientWidth]"
        inner, outer = table.evaluate(width)
        assert inner <= outer <= NARROW["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        cells = table.locator("tbody tr").nth(1).locator("td")
        assert cells.first.get_attribute("data-label") == "id"
        tops = [cell.bounding_box()["y"] for cell in cells.all() if cell.is_visible()]
        assert tops == sorted(set(tops))  # one below the other
        before = "element => getComputedStyle(element, '::before').content"
        assert cells.nth(2).evaluate(before) == '"claim"'
        # Still a table to those who hear it.
        assert table.get_by_role("row").count() >= 4


def test_cards_can_be_sorted_where_heads_are_not_seen(open_page):
    with open_page("claims", NARROW) as page:
        order = page.get_by_label("sort the claims")
        order.select_option("verdict")
        assert shown(page) == ["4a", "1a", "S4", "A1"]
    with open_page("claims") as page:
        expect(page.get_by_label("sort the claims")).to_be_hidden()


# ---------------------------------------------------------------- the first page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pictures_are_loaded_and_nothing_is_wider_than_the_window(open_page, viewport, scheme):
    with open_page("intro", viewport, scheme=scheme) as page:
        loaded = "images => images.map((image) => image.complete && image.naturalWidth > 0)"
        assert page.locator("article img").evaluate_all(loaded) == [True, True]
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        columns = page.locator("ul.gallery").evaluate(
            "element => getComputedStyle(element).gridTemplateColumns.split(' ').length"
        )
        assert columns == 2 if viewport is NARROW else columns > 2


def test_on_paper_the_address_of_the_original_is_all_that_is_left_of_the_links(open_page):
    with open_page("figures/one") as page:
        page.emulate_media(media="print")
        size = "all => all.map((link) => parseFloat(getComputedStyle(link).fontSize))"
        links = page.locator(".figure-links a.original")
        assert min(links.evaluate_all(size)) > 8
        others = page.locator(".figure-links a:not(.original)")
        assert set(others.evaluate_all(size)) == {0}
        after = links.first.evaluate("link => getComputedStyle(link, '::after').content")
        assert "https://www.frontiersin.org/articles/" in after
