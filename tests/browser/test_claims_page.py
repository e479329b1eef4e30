"""The table of all claims sorts and filters."""

from itertools import groupby

import pytest


@pytest.fixture
def claims(html, opened):
    with opened((html / "book" / "claims.html").as_uri()) as (page, _):
        yield page


def column(page, head):
    """Texts of a column in the rows to be seen."""
    heads = page.locator("table.scorecard").first.locator("thead th").all_text_contents()
    rows = page.locator("table.scorecard").first.locator("tbody tr:visible")
    index = [text.strip() for text in heads].index(head)
    return [
        cells[index].strip()
        for cells in (row.locator("td, th").all_text_contents() for row in rows.all())
    ]


def runs(texts):
    """Each text that follows another one."""
    return [text for text, _ in groupby(texts)]


def test_a_head_sorts_by_its_column_and_back(claims):
    before = column(claims, "id")
    assert len(before) > 40
    head = claims.locator("table.scorecard").first.get_by_role("button", name="verdict")
    head.press("Enter")
    groups = runs(column(claims, "verdict"))
    assert len(groups) == len(set(groups)) > 3
    assert claims.locator("th[aria-sort=ascending]").text_content().strip() == "verdict"
    head.press("Enter")
    assert runs(column(claims, "verdict")) == groups[::-1]
    assert claims.locator("th[aria-sort]").count() == 1
    assert sorted(column(claims, "id")) == sorted(before)


def test_verdicts_and_words_filter(claims):
    all_of_them = column(claims, "verdict")
    choice = claims.get_by_label("filter the claims by verdict")
    verdict = choice.locator("option").nth(1).text_content()
    choice.select_option(verdict)
    expected = [verdict.strip()] * all_of_them.count(verdict.strip())
    assert column(claims, "verdict") == expected
    choice.select_option(index=0)
    words = claims.get_by_label("filter the claims by words")
    words.fill("AUTAPSES")
    left = claims.locator("table.scorecard").first.locator("tbody tr:visible").all_text_contents()
    assert 0 < len(left) < len(all_of_them)
    assert all("autapses" in text.lower() for text in left)
    claims.get_by_text(f"{len(left)} of {len(all_of_them)} shown").wait_for()
    words.fill("xyzzyx")
    assert column(claims, "id") == []
