"""The compiled book in the dark, on a phone, by the keyboard and on paper."""

import pytest

from tests.browser.conftest import NARROW

#: Pages with a figure of many panels, with the widest table, and with pictures that scripts draw.
FIGURE, CLAIMS = "figures/fig4", "claims"
#: Width of a sheet of A4 between its margins (pixels).
SHEET = 680


@pytest.fixture
def show(html, opened):
    """Open a page of the book."""

    def show(name, **look):
        return opened((html / "book" / f"{name}.html").as_uri(), **look)

    return show


def style(locator, *names):
    return locator.evaluate("(e, names) => names.map((name) => getComputedStyle(e)[name])", names)


def test_figures_are_white_cards_in_the_dark(show):
    with show(FIGURE, scheme="dark") as (page, _):
        image = page.locator("figure img").first
        assert style(image, "filter", "backgroundColor") == ["none", "rgb(255, 255, 255)"]
        assert float(style(image, "paddingTop")[0].removesuffix("px")) >= 4


def test_a_figure_fits_a_phone_and_opens_in_full_size(show):
    with show(FIGURE, width=NARROW) as (page, _):
        for image in page.locator("figure img").all():
            box = image.bounding_box()
            assert 0 <= box["x"] < box["x"] + box["width"] <= NARROW
        page.locator("figure a.full-size").first.click()
        page.wait_for_url("**/_images/*.png")


def test_what_scrolls_has_a_name_and_the_keyboard_reaches_it(show):
    with show(FIGURE, width=NARROW) as (page, _):
        boxes = page.locator(".bd-article :is(.output, pre)").all()
        states = [
            box.evaluate("e => [e.scrollWidth > e.clientWidth, e.tabIndex, e.ariaLabel, e.role]")
            for box in boxes
        ]
        wide = [state for state in states if state[0]]
        assert len(wide) > 3
        assert "Parameters: table, scrolls sideways" in [state[2] for state in wide]
        assert {(index, role, bool(name)) for _, index, name, role in wide} == {(0, "group", True)}
        assert {name for scrolls, _, name, _ in states if not scrolls} == {None}


def test_the_button_of_hidden_code_says_what_it_does_and_shows_its_focus(show):
    with show(FIGURE) as (page, _):
        button = page.locator("details.hide > summary").first
        assert button.get_attribute("aria-label") is None
        assert button.inner_text().strip() == "Show code cell source"
        page.keyboard.press("Tab")
        button.focus()
        assert style(button, "outlineStyle", "outlineWidth") == ["solid", "3px"]
        page.keyboard.press("Enter")
        assert button.inner_text().strip() == "Hide code cell source"


def test_on_paper_are_outputs_and_neither_code_nor_navigation(show):
    with show(FIGURE) as (page, _):
        page.emulate_media(media="print")
        for hidden in (".cell_input", "details.hide", ".bd-sidebar-primary", ".bd-header-article"):
            assert page.locator(hidden).count()
            assert page.locator(f"{hidden}:visible").count() == 0
        figures = page.locator("figure")
        assert page.locator("figure:visible").count() == figures.count() > 0
        assert style(figures.first, "breakInside") == ["avoid"]
        assert page.locator("figcaption:visible").count() == figures.count()
        link = page.locator("article p a").first
        assert style(link, "color") == style(page.locator("article p").first, "color")


@pytest.mark.parametrize("name", [FIGURE, CLAIMS])
def test_nothing_is_wider_than_the_sheet(show, name):
    with show(name, width=SHEET) as (page, _):
        page.emulate_media(media="print")
        right = page.locator("article :is(table, img, pre, p)").evaluate_all(
            "each => Math.max(...each.map((e) => e.getBoundingClientRect().right))"
        )
        assert 0 < right <= SHEET + 1
        heads = page.locator("table th").evaluate_all("each => each.map((e) => e.innerText)")
        assert "verdict" in heads


def test_what_is_printed_from_the_dark_is_black_on_white(show):
    with show(FIGURE, scheme="dark") as (page, _):
        theme = "document.documentElement.dataset.theme"
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(theme) == "light"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(theme) == "dark"
