"""What is wrong with a page is found: each fault alone, and nothing on a page that has none."""

import pytest

from tests.browser.looking import faults, grave

#: A picture of one pixel.
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
PAGE = """<!DOCTYPE html><html lang="en"><head><title>Page</title></head><body><main>
<h1>Page</h1><p>Text with a <a href="#there">link</a>.</p><h2 id="there">There</h2>
<ul><li>one</li></ul><button type="button">Press</button><label>name <input></label>
<table><tr><th>head</th></tr><tr><td>cell</td></tr></table>{}</main></body></html>"""

WHOLE = [
    f'<img src="{PIXEL}" alt="Nothing to be seen.">',
    '<div style="overflow-x: auto" tabindex="0"><p style="width: 5000px">wide</p></div>',
    "<script>console.log('fine')</script>",
]
FAULTS = [
    ('<img src="gone.png" alt="Gone.">', "image is not loaded"),
    (f'<img src="{PIXEL}">', "image has no alternative text"),
    (f'<img src="{PIXEL}" alt="">', "image has no alternative text"),
    (f'<img src="{PIXEL}" alt="../_images/0123.png">', "image has no alternative text"),
    ('<p style="width: 5000px">wide</p>', "the page scrolls sideways"),
]
COMPLAINTS = [
    ("<script>console.error('wrong')</script>", "error: wrong"),
    ("<script>console.warn('odd')</script>", "warning: odd"),
    ("<script>throw new Error('wrong')</script>", "wrong"),
    ('<img src="https://example.org/a.png" alt="A.">', "asked for https://example.org/a.png"),
    ("<script src='http://localhost:1/a.js'></script>", "asked for http://localhost:1"),
    ('<link rel="stylesheet" href="//example.org/a.css">', "error: "),
]
IN_THE_WAY = [
    ('<p style="color: #999; background: #888">pale</p>', "contrast"),
    ("<button></button>", "Buttons must have"),
    ("<ul><p>no item</p></ul>", "must only directly contain"),
]

#: Text that is pale in one place, beside text like it in all but one thing.
GREY = '<p style="color: #444">{}</p>'
PALE = [
    '<p>plain</p><p style="color: #999">pale</p>',
    GREY.format("plain") + f'<div style="background: #333">{GREY.format("pale")}</div>',
    GREY.format("plain") + f'<div style="opacity: 0.3">{GREY.format("pale")}</div>',
    '<p style="color: #808080; font-size: 30px">plain</p><p style="color: #808080">pale</p>',
    '<p style="color: #999" hidden>pale</p><p style="color: #999">pale</p>',
    '<p style="color: #999; visibility: hidden">pale</p><p style="color: #999">pale</p>',
]


@pytest.fixture
def show(tmp_path, opened):
    """Open a page with some text in it."""

    def show(text):
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(text), encoding="utf-8")
        return opened(path.as_uri())

    return show


def test_nothing_is_wrong_with_a_whole_page(show):
    with show("".join(WHOLE)) as (page, _):
        assert faults(page) + grave(page) == []


@pytest.mark.parametrize(("text", "told"), FAULTS)
def test_a_fault_is_found(show, text, told):
    with show(text) as (page, recorder):
        (found,) = faults(page)
        recorder.take()  # of an image that is not there
    assert found.startswith(told)


@pytest.mark.parametrize(("text", "told"), COMPLAINTS)
def test_a_complaint_is_recorded(show, text, told):
    with show(text) as (_, recorder):
        taken = recorder.take()
    assert [line for line in taken if line.startswith(told)]


def test_what_was_not_taken_fails_at_the_end(show):
    with pytest.raises(AssertionError, match="wrong"), show(COMPLAINTS[0][0]):
        pass


@pytest.mark.parametrize(("text", "told"), IN_THE_WAY)
def test_what_is_in_the_way_is_found(show, text, told):
    with show(text) as (page, _):
        assert any(told in line for line in grave(page))


@pytest.mark.parametrize("text", PALE)
def test_pale_text_is_found_beside_text_that_is_like_it(show, text):
    with show("<p>plain</p>" * 20 + text) as (page, _):
        (found,) = grave(page)
    assert ">pale<" in found


def test_what_is_alike_is_told_once_unless_it_is_more_than_pale(show):
    pale = '<p style="color: #999">pale</p>'
    empty = "<p><button></button></p>"
    with show(pale * 20 + empty * 3) as (page, _):
        found = [line.partition(" ")[2].partition(" ")[0] for line in grave(page)]
    assert sorted(found) == ["Buttons"] * 3 + ["Elements"]
