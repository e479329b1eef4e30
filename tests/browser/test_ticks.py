"""What the reader ticks, in a browser, from disk, in a tiny book with a sample of data."""

import nbformat.v4 as nb
import pytest

from rongala2021 import ticks
from rongala2021.tables import Table
from tests import front_book, ticks_sample, tiny_book
from tests.browser.looking import faults, grave

PAGE = "book/beyond/authors_networks"
DATA = ticks_sample.data()
CHOICES = [*DATA["choices"], *DATA["alone"]]
READINGS = ticks.readings(DATA)
MOST = DATA["presets"][1]


def cell(shown):
    data = {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
    return nb.new_code_cell("shown", outputs=[nb.new_output("execute_result", data=data)])


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page, as `jupyter-book build .` makes it of an executed notebook."""
    folder = tmp_path_factory.mktemp("ticks")
    tiny_book.write(folder, PAGE, "")
    (folder / f"{PAGE}.md").unlink()
    front_book.save(
        folder / f"{PAGE}.ipynb",
        nb.new_markdown_cell("# Networks\n\nText.\n\n## The reader ticks"),
        cell(ticks.Ticks(DATA)),
        nb.new_markdown_cell("## All readings\n\nText."),
        cell(Table(READINGS, kind="readings")),
    )
    return (tiny_book.pages_of(folder) / f"{PAGE}.html").as_uri()


@pytest.fixture
def page(address, opened):
    with opened(address) as (page, _):
        yield page


@pytest.fixture
def silent(address, browser):
    """The page in a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def field(page, choice, level):
    return page.locator(f"[id='ticks-{choice}-{level}']")


def tick(page, choice, level):
    field(page, choice, level).check()


def ticked(page):
    """Which level of each choice is ticked."""
    fields = page.locator(".ticks input:checked")
    return fields.evaluate_all("all => Object.fromEntries(all.map((x) => [x.name, x.value]))")


def expected_ticks(levels, **alone):
    """Ids of levels by those of their choices."""
    found = {c["id"]: c["levels"][i]["id"] for c, i in zip(DATA["choices"], levels, strict=True)}
    return found | {c["id"]: alone.get(c["id"], c["levels"][0]["id"]) for c in DATA["alone"]}


def texts(page, selector):
    return [text.strip() for text in page.locator(f".ticks {selector}").all_text_contents()]


def shown(page):
    """Score and scorecard."""
    rows = zip(texts(page, ".k"), texts(page, ".word"), strict=True)
    return texts(page, ".sentence"), [*rows]


def expected(levels, **counts):
    """Score and scorecard by the data; `counts` are those that were changed."""
    row = ticks.row_of(DATA, levels)
    ids = [target["id"] for target in DATA["targets"]]
    found = [*(dict(zip(ids, DATA["rows"][row]["counts"], strict=True)) | counts).values()]
    verdicts = ["not measured" if k is None else "met" if k > 10 else "not met" for k in found]
    rows = ["–" if k is None else f"{k} of 20" for k in found]
    n, missing = verdicts.count("met"), verdicts.count("not measured")
    contradicted = READINGS["sentences contradicted"][row]
    score = f"{n} of 14 targets met{f', {missing} not measured' if missing else ''}; "
    score += "1 sentence" if contradicted == 1 else f"{contradicted or 'no'} sentences"
    return [f"{score} of the text contradicted."], [*zip(rows, verdicts, strict=True)]


# ---------------------------------------------------------------- without scripts


def test_without_scripts_the_form_is_inert_and_says_so(silent):
    assert silent.locator(".ticks .told").is_visible()
    assert silent.locator(".ticks :is(input, button):enabled").count() == 0
    assert shown(silent) == expected([0] * 6)


def test_without_scripts_the_table_has_what_ticks_would_show(silent):
    table = silent.locator("table.readings")
    heads = table.locator("thead th").all_text_contents()
    assert heads == [*READINGS]
    rows = table.locator("tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    assert len(rows) == 144
    for row, data in zip(rows, DATA["rows"], strict=True):
        assert row[-14:] == ["–" if k is None else str(k) for k in data["counts"]]
        assert row[1] == str(sum(k > 10 for k in data["counts"] if k is not None))


# ---------------------------------------------------------------- ticks


def test_only_this_page_loads_the_scripts(address, page):
    assert page.locator("script[src*='_static/ticks/']").count() == 2
    page.goto(address.replace(PAGE, "book/intro"))
    assert page.locator("script[src*='_static/ticks/']").count() == 0


def test_the_page_starts_as_printed_and_the_note_is_gone(page):
    assert ticked(page) == expected_ticks([0] * 6)
    assert shown(page) == expected([0] * 6)
    assert page.locator(".ticks .told").count() == 0
    assert texts(page, ".change") == [""] * 14
    assert texts(page, "[aria-pressed=true]") == ["as printed"]


def test_ticks_change_the_scorecard_to_what_the_data_say(page):
    levels = [0] * 6
    # From the first reading to the last, one choice after the other.
    for i, choice in enumerate(DATA["choices"]):
        levels[i] = len(choice["levels"]) - 1
        tick(page, choice["id"], choice["levels"][-1]["id"])
        assert shown(page) == expected(levels)
        assert ticked(page) == expected_ticks(levels)
    assert ("–", "not measured") in shown(page)[1]
    before, now = (expected(each)[1] for each in ([0] * 6, levels))
    signs = {("not met", "met"): "+ gained", ("met", "not met"): "− lost"}
    pairs = [(a, b) for (_, a), (_, b) in zip(before, now, strict=True)]
    assert texts(page, ".change") == [signs.get(pair, "") for pair in pairs]
    (told,) = texts(page, ".against-printed")
    n = [sum(signs.get(pair) == sign for pair in pairs) for sign in signs.values()]
    assert told == f"Against “as printed”: {n[0]} gained, {n[1]} lost."
    assert texts(page, "[aria-pressed=true]") == []


def test_the_bars_are_those_of_the_counts(page):
    tick(page, "update", "in-turn")
    counts = [row[0] for row in shown(page)[1]]
    bars = page.locator(".ticks .bar")
    for i, text in enumerate(counts):
        k = int(text.partition(" ")[0])
        box, dot = (each.bounding_box() for each in (bars.nth(i), bars.nth(i).locator(".dot")))
        middle = dot["x"] + dot["width"] / 2 - box["x"]
        assert middle == pytest.approx(box["width"] * k / 20, abs=1)


def test_presets_are_readings_and_tell_which_is_shown(page):
    for preset in reversed(DATA["presets"]):
        page.get_by_role("button", name=preset["name"]).click()
        assert ticked(page) == expected_ticks(preset["levels"])
        assert shown(page) == expected(preset["levels"])
        assert preset["name"] in texts(page, "[aria-pressed=true]")


def test_levels_against_the_text_are_marked_before_and_when_they_are_ticked(page):
    groups = page.locator(".ticks .group.against")
    assert groups.count() > 0
    assert all("against the text" in text for text in groups.all_text_contents())
    group = groups.filter(has=field(page, "denominator", "magnitude-of-the-sum"))
    ground = "each => getComputedStyle(each).backgroundColor"
    before = group.evaluate(ground)
    tick(page, "denominator", "magnitude-of-the-sum")
    assert group.evaluate(ground) != before


def test_a_static_leak_that_could_not_be_calibrated_is_told(page):
    row = next(i for i, row in enumerate(DATA["rows"]) if not row["calibrated"])
    names = READINGS.iloc[row]
    for choice in DATA["choices"]:
        level = next(x for x in choice["levels"] if x["name"] == names[choice["name"]])
        tick(page, choice["id"], level["id"])
    (leak,) = texts(page, ".leak")
    assert "no static leak satisfies the rule here" in leak
    assert "calibrated within" not in leak


# ---------------------------------------------------------------- one at a time


def beside(row, choice, level):
    return next(
        e for e in DATA["beside"] if (e["row"], e["choice"], e["level"]) == (row, choice, level)
    )


def test_what_is_changed_alone_changes_its_targets_only(page):
    level = DATA["alone"][0]["levels"][3]
    tick(page, "jitter", level["id"])
    _, rows = expected([0] * 6, **beside(0, "jitter", 3)["counts"])
    assert shown(page)[1] == rows
    assert shown(page)[0][0].endswith("1 sentence of the text contradicted.")
    # Another that bears on the same targets was not changed with it; a third was.
    reasons = page.locator("fieldset[data-choice=weights] .reason")
    assert "Jitter" in reasons.text_content()
    assert field(page, "weights", "binary").is_disabled()
    tick(page, "tau", "i-times-1-ms")
    both = beside(0, "jitter", 3)["counts"] | beside(0, "tau", 1)["counts"]
    assert shown(page)[1] == expected([0] * 6, **both)[1]
    tick(page, "jitter", "independent")
    assert field(page, "weights", "binary").is_enabled()
    assert reasons.is_hidden()


def test_where_it_was_not_measured_it_falls_back_and_says_so(page):
    tick(page, "tau", "i-times-1-ms")
    tick(page, "plotted", "internal-activity")
    assert ticked(page) == expected_ticks([0, 0, 0, 0, 0, 1])
    assert shown(page) == expected([0, 0, 0, 0, 0, 1])
    assert "“Time constant” is as it was first" in texts(page, ".against-printed")[0]
    for choice in DATA["alone"]:
        fields = page.locator(f"fieldset[data-choice={choice['id']}]")
        assert fields.locator("input:enabled").count() == 0
        assert fields.locator(".reason").is_visible()


# ---------------------------------------------------------------- the address


def hash_of(page):
    return page.evaluate("location.hash")


def test_the_address_follows_and_restores(address, page, opened):
    assert hash_of(page) == ""
    page.get_by_role("button", name=MOST["name"]).click()
    tick(page, "jitter", "a-walk-of-5-ms")
    kept, hash_ = (ticked(page), *shown(page)), hash_of(page)
    assert hash_.endswith("&jitter=a-walk-of-5-ms")
    page.goto("about:blank")
    page.goto(address + hash_)
    assert (ticked(page), *shown(page)) == kept
    assert kept[0] == expected_ticks(MOST["levels"], jitter="a-walk-of-5-ms")


def test_an_address_that_is_pasted_into_the_page_is_followed(page):
    page.evaluate("location.hash = 'sensors=ENs-only&update=in-turn'")
    page.wait_for_function("document.querySelector('#ticks-sensors-ENs-only').checked")
    assert ticked(page) == expected_ticks([1, 0, 0, 1, 0, 0])
    # A link to a section leaves the reading as it is.
    page.evaluate("location.hash = 'all-readings'")
    page.wait_for_timeout(50)
    assert ticked(page) == expected_ticks([1, 0, 0, 1, 0, 0])


@pytest.mark.parametrize(
    "hash_", ["#update=never", "#%zz&=&update", "#jitter=x&speed=3", "#verdict"]
)
def test_a_bad_address_is_as_printed_without_a_word(address, opened, hash_):
    with opened(address + hash_) as (page, recorder):
        assert ticked(page) == expected_ticks([0] * 6)
        assert shown(page) == expected([0] * 6)
        assert recorder.take() == []


def test_ticks_leave_no_trail_in_the_history(page):
    before = page.evaluate("history.length")
    for level in ("in-turn", "layer-by-layer", "together"):
        tick(page, "update", level)
    assert page.evaluate("history.length") == before


# ---------------------------------------------------------------- for everybody


def test_keys_alone_tick(page):
    page.get_by_role("button", name="best that the text allows").focus()
    for choice in CHOICES[:2]:
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.name, getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert (name, outline) == (choice["id"], "solid")
    page.keyboard.press("ArrowDown")
    assert shown(page) == expected([0, 1, 0, 0, 0, 0])
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert shown(page) == expected([2, 1, 0, 0, 0, 0])


def test_what_has_the_focus_is_not_below_the_score(address, opened):
    with opened(address, width=390) as (page, _):
        fields = page.locator(".ticks input:enabled")
        for i in [*range(fields.count()), *reversed(range(fields.count()))]:
            fields.nth(i).focus()
            top = fields.nth(i).bounding_box()["y"]
            score = page.locator(".ticks .score").bounding_box()
            assert score["y"] + score["height"] <= top < 844


def test_choices_and_score_have_their_roles(page):
    for choice in CHOICES:
        group = page.get_by_role("group", name=choice["name"])
        for level in choice["levels"]:
            assert group.get_by_role("radio", name=level["name"], exact=True).count() == 1
    status = page.locator(".ticks").get_by_role("status")
    assert status.get_attribute("aria-atomic") == "true"
    # A screen reader is not told what has not changed.
    page.evaluate(
        """() => {
          globalThis.said = 0;
          new MutationObserver((all) => (said += all.length)).observe(
            document.querySelector(".ticks [role=status]"),
            { subtree: true, childList: true, characterData: true });
        }"""
    )
    page.get_by_role("button", name="as printed").click()
    page.wait_for_timeout(50)
    assert page.evaluate("said") == 0
    tick(page, "denominator", "magnitude-of-the-sum")
    page.wait_for_function("said > 0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(address, opened, scheme, width):
    hash_ = "#denominator=magnitude-of-the-sum&plotted=internal-activity"
    with opened(address + hash_, width=width, scheme=scheme) as (page, recorder):
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert faults(page) + grave(page) + recorder.take() == []


def test_on_a_wide_screen_the_scorecard_stays_in_view(address, opened):
    with opened(address, width=1440) as (page, _):
        field(page, "plotted", "activity").scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 300)")
        for part in (".score", ".outcome"):
            box = page.locator(f".ticks {part}").bounding_box()
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= 844 + 1
