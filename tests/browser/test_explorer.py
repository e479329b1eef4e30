"""The explorer in a browser, from disk, in a tiny book under the project's configuration."""

import json
import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex

from rongala2021 import explorer, lab, plots
from tests import tiny_book
from tests.browser.looking import Recorder, faults, grave

ROOT = Path(__file__).parents[2]
STYLE = ROOT / "book" / "_static" / "explore" / "explore.css"
N = explorer.data()["n_presentations"]
#: Whether all is computed of what the knobs now say.
SETTLED = f"""() => document.querySelector("#explorer .status")?.textContent === "{N} presentations"
    && !document.querySelector("#explorer .sentence").classList.contains("old")"""
#: Curves, in the order of the forms.
CURVES = ".explorer-gain .simulated:is(.no-leak, .leak)"
NUMBERS = [k for k in explorer.KNOBS if not k.choices and not isinstance(k.default, bool)]


def place():
    """Where the book's own page has the explorer."""
    cells = json.loads((ROOT / "book" / "explore.ipynb").read_text(encoding="utf-8"))["cells"]
    _, div, rest = "".join(cells[0]["source"]).partition('<div id="explorer">')
    return div + rest[: rest.index("</div>")] + "</div>"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The pages of the book, as `jupyter-book build .` makes them."""
    folder = tmp_path_factory.mktemp("explorer")
    text = f"# Explore\n\n{place()}\n\n## Below\n\nText.\n"
    tiny_book.write(folder, "book/explore", text)
    return tiny_book.pages_of(folder) / "book"


@pytest.fixture(scope="module")
def open_page(built, browser):
    """Open the explorer at an address; on leaving, nothing was wrong and nothing was fetched."""

    @contextmanager
    def open_page(hash_="", spoil=""):
        viewport = {"width": 1400, "height": 844}
        context = browser.new_context(viewport=viewport, reduced_motion="reduce")
        recorder = Recorder(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(f"addEventListener('DOMContentLoaded', () => {{ {spoil} }}, true)")
        page.goto((built / "explore.html").as_uri() + hash_)
        page.wait_for_function(SETTLED)
        yield page
        context.close()
        assert recorder.take() == []

    return open_page


@pytest.fixture(scope="module")
def page(open_page):
    """One page on which tests take turns; each starts with `reset`."""
    with open_page() as page:
        yield page


@pytest.fixture(scope="module")
def start(page):
    """What the page shows before anything was touched."""
    return shown(page)


@pytest.fixture
def fresh(page, start):
    """The shared page with all knobs at their defaults; `settle` waits for what it then shows."""
    if state(page) != start["state"] or told(page):
        page.get_by_role("button", name="Reset").click()
    return page


@pytest.fixture
def look(fresh):
    """Look at the page in a colour scheme and width (pixels)."""

    def look(scheme, width):
        fresh.emulate_media(color_scheme=scheme)
        fresh.set_viewport_size({"width": width, "height": 844})
        fresh.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        # The pictures have followed: they are drawn again in a frame after the width is known.
        fresh.wait_for_function(
            """() => [...document.querySelectorAll("#explorer svg")].every(
              (picture) => picture.viewBox.baseVal.width === picture.parentElement.clientWidth)"""
        )

    yield look
    look("light", 1400)


def settle(page):
    page.wait_for_function(SETTLED)
    return page


def sentence(page):
    return page.locator("#explorer .sentence").text_content()


def told(page):
    return page.locator("#explorer .told p").all_text_contents()


def curves(page):
    return [path.get_attribute("d") for path in page.locator(CURVES).all()]


def state(page):
    """What all fields of the knobs show."""
    return page.evaluate(
        """() => [...document.querySelectorAll("#explorer form :is(input, select)")]
            .map((field) => field.type === "checkbox" ? field.checked : field.value)"""
    )


def maps(page):
    return [map_.get_attribute("href") for map_ in page.locator(".explorer-maps image").all()]


def shown(page):
    return {
        "curves": curves(page),
        "maps": maps(page),
        "sentence": sentence(page),
        "state": state(page),
    }


def command(page):
    """The words of the command line."""
    return page.locator("#explorer code").text_content().split()


def expected_sentence(values):
    """The page's sentence, as JupyterLab's knobs say it of Python's numbers."""
    return lab.sentence(explorer.views(values, n_presentations=N))


def places(path):
    """Places of a curve of straight lines (pixels)."""
    return np.array([pair.split(",") for pair in path.removeprefix("M").split("L")], dtype=float)


# ---------------------------------------------------------------- what is there at once


def test_only_the_explorers_page_loads_the_explorer(built):
    for name, n in (("explore", 12), ("intro", 0)):
        text = (built / f"{name}.html").read_text(encoding="utf-8")
        assert text.count("_static/explore/") == n


def test_without_a_touch_the_page_says_what_python_says(start, page):
    assert start["sentence"] == expected_sentence(explorer.DEFAULTS)
    assert told(page) == []


def test_the_curves_are_those_of_python(fresh):
    # Heights are logarithms, scaled alike for all curves.
    seen = explorer.views(explorer.DEFAULTS, n_presentations=N)
    settle(fresh)
    heights, logs = [], []
    for kind, name in (("simulated", "gain"), ("expected", "expected")):
        for form, gain in zip(("no-leak", "leak"), seen[name].values, strict=True):
            curve = fresh.locator(f".curve.{kind}.{form}").get_attribute("d")
            heights.append(places(curve)[:, 1])
            logs.append(np.log(gain))
    slope, offset = np.polyfit(np.concatenate(logs), np.concatenate(heights), 1)
    assert slope < -10
    for height, log in zip(heights, logs, strict=True):
        np.testing.assert_allclose(height, slope * log + offset, atol=0.2)


def test_every_picture_says_what_is_seen_and_says_it_anew(fresh):
    def says():
        pictures = fresh.locator("#explorer svg").all()
        assert [picture.get_attribute("role") for picture in pictures] == ["img"] * 4
        return [picture.get_attribute("aria-label") for picture in pictures]

    before = says()
    for words, start in zip(before, ("Gain", "Activity", "Power", "Network"), strict=True):
        assert words.startswith(start)
        assert "without leak: " in words
        assert "with leak: " in words
    fresh.get_by_label("weight law").select_option("binary")
    settle(fresh)
    assert not set(before) & set(says())


def test_colours_are_those_of_the_figures():
    style = STYLE.read_text(encoding="utf-8").partition("html[data-theme")[0]
    for name in ("EXCITATORY", "INHIBITORY", "SENSORY", "NO_LEAK", "LEAK"):
        variable = "--" + name.lower().replace("_", "-")
        assert f"{variable}: {getattr(plots, name).lower()};" in style
    script = (STYLE.parent / "charts.js").read_text(encoding="utf-8")
    shades = " ".join(re.findall(r'\.\.\."([0-9a-f ]+)"', script)).split()
    assert shades == [to_hex(colormaps["magma"](i / 16))[1:] for i in range(17)]


# ---------------------------------------------------------------- turning


@pytest.mark.parametrize(
    "knob", [k for k in explorer.KNOBS if k.name != "neuron"], ids=lambda k: k.name
)
def test_each_knob_changes_the_curves_and_the_sentence(start, fresh, knob):
    control = fresh.get_by_label(knob.label, exact=True)
    if knob.choices:
        control.select_option(index=(knob.choices.index(knob.default) + 1) % len(knob.choices))
    elif isinstance(knob.default, bool):
        control.press("Space")
    else:
        control.press("PageUp")
    now = shown(settle(fresh))
    pairs = zip(
        [*start["curves"], start["sentence"]], [*now["curves"], now["sentence"]], strict=True
    )
    # The dynamic leak is in one form alone.
    assert [old == new for old, new in pairs] == [knob.name == "tau_dyn", False, False]
    assert told(fresh) == []


def test_another_neuron_changes_its_map_alone(start, fresh):
    fresh.get_by_label("neuron of the maps").select_option("IN2")
    now = shown(settle(fresh))
    pairs = zip(start["maps"], now["maps"], strict=True)
    assert [old == new for old, new in pairs] == [False, False, True]  # the last is of the colours
    assert fresh.locator(".explorer-maps").get_attribute("aria-label").startswith("Power of IN2")
    assert (now["curves"], now["sentence"]) == (start["curves"], start["sentence"])


def test_a_step_of_the_keyboard_turns_a_slider_and_its_number(fresh):
    for knob in NUMBERS:
        slider = fresh.get_by_label(knob.label, exact=True)
        unit = f", in {knob.unit}" if knob.unit else ""
        number = fresh.get_by_label(f"{knob.label}{unit}, as a number")
        before = float(number.input_value())
        slider.press("ArrowRight")
        after = number.input_value()
        if knob.log:
            assert 1 < float(after) / before < 1.06
            assert f"{float(after):.3g}" == after
        else:
            step = knob.step * knob.per_unit
            assert after == f"{before + step:g}"  # without noise
        number.fill(f"{knob.high * knob.per_unit:g}")
        value = type(knob.default)(knob.high)
        assert command(fresh)[-3:] == ["-p", knob.name, str(value)]
        assert float(slider.input_value()) == float(slider.get_attribute("max"))
    assert told(fresh) == []


def test_while_a_knob_turns_the_first_presentations_are_shown_until_it_rests(start, fresh):
    settle(fresh).evaluate(
        """() => {
          const status = document.querySelector("#explorer .status");
          globalThis.seen = [];
          new MutationObserver(() => globalThis.seen.push(status.textContent))
            .observe(status, { childList: true });
        }"""
    )
    fresh.get_by_label("mean weight (probability if binary)", exact=True).press("ArrowRight")
    assert "computing" in fresh.locator("#explorer .status").text_content()
    assert sentence(fresh) == start["sentence"]  # only at rest it is said anew
    settle(fresh)
    assert f"first 10 of {N} presentations; computing …" in fresh.evaluate("globalThis.seen")
    assert sentence(fresh) != start["sentence"]


def test_what_fails_in_the_model_is_told_in_words_until_a_knob_is_turned(open_page):
    with open_page(spoil="explorerData.draws[1] = null") as page:
        before = curves(page)
        network = page.get_by_label("network", exact=True)
        network.press("ArrowRight")
        page.locator("#explorer .told p").nth(1).wait_for()
        assert [line.split(": ")[0] for line in told(page)] == ["without leak", "with leak"]
        assert all("null" in line for line in told(page))
        assert (sentence(page), curves(page)) == ("", before)
        network.press("ArrowRight")
        assert told(page) == []
        assert "HF is" in sentence(settle(page))
        assert curves(page) != before


def test_the_variation_of_weights_is_off_while_they_are_binary(fresh):
    fields = fresh.get_by_label("variation of weights").all()
    assert [field.is_disabled() for field in fields] == [False, False]
    fresh.get_by_label("weight law").select_option("binary")
    assert [field.is_disabled() for field in fields] == [True, True]


def test_a_number_that_cannot_be_is_told_and_not_taken(fresh):
    delay = fresh.get_by_label("mean conduction delay, in ms, as a number")
    before = command(fresh)
    delay.fill("35")
    assert delay.get_attribute("aria-invalid") == "true"
    assert told(fresh) == []  # more may be typed
    assert command(fresh) == before
    delay.press("Tab")
    assert told(fresh) == ["mean conduction delay: expected a number from 0 to 20 ms, got 35 ms"]
    assert (delay.input_value(), delay.get_attribute("aria-invalid")) == ("0", "false")
    delay.fill("3.5")
    assert told(fresh) == []
    assert command(fresh)[-1] == "0.0035"


def test_a_number_is_typed_without_a_word_in_between(fresh):
    static = fresh.get_by_label("static leak, k_static, as a number")
    static.fill("")
    fresh.evaluate(
        """() => {
          const told = document.querySelector("#explorer .told");
          globalThis.alerts = 0;
          new MutationObserver(() => globalThis.alerts++).observe(told, { childList: true });
        }"""
    )
    static.press_sequentially("0.05")
    static.press("Enter")
    assert command(fresh)[-2:] == ["k_static", "0.05"]
    assert static.get_attribute("aria-invalid") == "false"
    assert fresh.evaluate("globalThis.alerts") == 0


def test_a_knob_that_was_turned_last_is_kept_when_a_link_is_followed(start, fresh):
    fresh.get_by_label("mean weight (probability if binary)", exact=True).press("ArrowRight")
    turned = state(fresh)
    fresh.evaluate(
        """() => {
          const link = Object.assign(document.createElement("a"), { href: "#below" });
          document.body.append(link);
          link.click();
          link.remove();
        }"""
    )
    fresh.go_back()
    assert state(fresh) == turned != start["state"]
    assert "mean=0.41&" in fresh.evaluate("location.hash")


@pytest.mark.parametrize("name", explorer.PRESETS)
def test_a_preset_is_its_values_and_says_what_python_says(fresh, name):
    fresh.get_by_label("sensors", exact=True).press("ArrowRight")  # of which nothing is left
    fresh.get_by_role("button", name=name, exact=True).click()
    values = explorer.DEFAULTS | explorer.PRESETS[name]
    assert fresh.evaluate("location.hash") == explorer.address(values)
    assert sentence(settle(fresh)) == expected_sentence(values)


def test_a_silent_network_is_said_to_be_silent(open_page):
    values = explorer.DEFAULTS | {"weights": "binary", "mean_weight": 0.01, "n_sensors": 1}
    each = (values | {"network": n} for n in range(explorer.N_NETWORKS))
    quiet = next(v for v in each if "silent" in expected_sentence(v))
    with open_page(explorer.address(quiet)) as page:
        assert sentence(page) == expected_sentence(quiet)
        label = page.locator(".explorer-gain").get_attribute("aria-label")
    assert "without leak: silent; with leak: silent" in label


def test_a_preset_can_be_taken_back(start, fresh):
    fresh.get_by_role("button", name="binary 0.2").click()
    assert state(fresh) != start["state"]
    fresh.go_back()
    assert shown(settle(fresh)) == start


# ---------------------------------------------------------------- the address


def test_an_address_gives_the_same_page_again(fresh, open_page):
    before = fresh.evaluate("location.hash")
    fresh.get_by_label("weight law").select_option("lognormal")
    fresh.get_by_label("dynamic leak, tau_dyn", exact=True).press("ArrowRight")
    fresh.get_by_label("autapses").check()
    now = shown(settle(fresh))
    hash_ = fresh.evaluate("location.hash")
    assert hash_ != before
    with open_page(hash_) as other:
        assert shown(other) == now
        assert told(other) == []


def test_values_between_the_steps_of_a_slider_are_kept(fresh):
    values = explorer.DEFAULTS | {"mean_weight": 0.12345678901234567, "k_static": 0.0333333}
    fresh.evaluate("(hash) => { location.hash = hash }", explorer.address(values))
    fresh.wait_for_function("document.querySelector('#explorer code').textContent.includes('mean')")
    fresh.get_by_label("autapses").check()
    words = command(fresh)
    assert [words[i + 1] for i in (3, 6)] == ["mean_weight", "k_static"]
    assert [float(words[i + 2]) for i in (3, 6)] == [values["mean_weight"], values["k_static"]]
    values["autapses"] = True
    assert sentence(settle(fresh)) == expected_sentence(values)


def test_what_an_address_cannot_have_is_told_and_is_as_by_default(start, fresh):
    fresh.get_by_role("button", name="binary 0.2").click()
    fresh.evaluate("location.hash = '#mean=7&speed=<b>3</b>&v=0.0.9'")
    fresh.locator("#explorer .told p").first.wait_for()
    assert [line.split(":")[0] for line in told(fresh)] == ["mean", "speed", "v"]
    assert fresh.locator("#explorer .told b").count() == 0
    assert shown(settle(fresh)) == start
    assert len(told(fresh)) == 3  # it stays until a knob is turned
    fresh.get_by_label("autapses").check()
    assert told(fresh) == []


def test_a_link_to_a_section_turns_no_knob(fresh):
    fresh.get_by_role("button", name="binary 0.2").click()
    before = state(fresh)
    fresh.evaluate(
        """() => new Promise((resolve) => {
          addEventListener("hashchange", resolve, { once: true });
          location.hash = "#below";
        })"""
    )
    assert state(fresh) == before
    assert told(fresh) == []


def test_the_command_and_the_link_can_be_copied(fresh):
    fresh.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fresh.get_by_role("button", name="binary 0.2").click()
    fresh.get_by_role("button", name="Copy the line").click()
    fresh.get_by_text("copied", exact=True).wait_for()
    line = ".venv/bin/papermill book/explore.ipynb out.ipynb -p weights binary -p mean_weight 0.2"
    assert fresh.evaluate("navigator.clipboard.readText()") == line == " ".join(command(fresh))
    fresh.get_by_role("button", name="Copy link").click()
    fresh.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('#'))")
    assert fresh.evaluate("navigator.clipboard.readText()") == fresh.url


# ---------------------------------------------------------------- for everybody


def test_the_keyboard_reaches_every_control_in_order_and_shows_where_it_is(fresh):
    expected = fresh.evaluate(
        """() => [...document.querySelectorAll("#explorer :is(button, input, select)")]
            .map((field) => field.id || field.ariaLabel || field.textContent)"""
    )
    assert len(expected) == len(explorer.PRESETS) + 1 + len(explorer.KNOBS) + len(NUMBERS) + 2
    fresh.get_by_role("button", name="Figure 4", exact=True).focus()
    fresh.keyboard.press("Shift+Tab")
    reached, seen = [], []
    for _ in expected:
        fresh.keyboard.press("Tab")
        name, width, style = fresh.evaluate(
            """() => {
              const field = document.activeElement;
              const { outlineWidth, outlineStyle } = getComputedStyle(field);
              return [field.id || field.ariaLabel || field.textContent, outlineWidth, outlineStyle];
            }"""
        )
        reached.append(name)
        seen.append(style == "solid" and float(width.removesuffix("px")) >= 2)
    assert reached == expected
    assert all(seen)


def test_keys_alone_choose_a_preset(fresh):
    fresh.get_by_role("button", name="autapses (S7)").focus()
    fresh.keyboard.press("Enter")
    assert command(fresh)[-2:] == ["autapses", "True"]
    assert fresh.get_by_label("autapses").is_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_axe_finds_nothing_serious(fresh, look, scheme, width):
    look(scheme, width)
    delay = fresh.get_by_label("mean conduction delay, in ms, as a number")
    delay.fill("35")
    delay.press("Tab")
    assert told(fresh)  # is looked at as well
    assert faults(fresh) + grave(fresh) == []


def test_dark_is_dark_and_its_lines_are_light(fresh, look):
    for scheme, sign in (("light", -1), ("dark", 1)):
        look(scheme, 1400)
        ground, *drawn = fresh.evaluate(
            """() => [getComputedStyle(document.body).backgroundColor,
              ...[...document.querySelectorAll(".explorer-gain :is(.simulated, text)")].map(
                (each) => getComputedStyle(each)[each.tagName === "text" ? "fill" : "stroke"])]"""
        )
        assert drawn
        assert all(sign * (brightness(each) - brightness(ground)) > 250 for each in drawn)


def brightness(color):
    return sum(map(float, color.removeprefix("rgb(").rstrip(")").split(",")))


def test_a_narrow_page_needs_no_scrolling_sideways_and_keeps_the_curves_in_view(fresh, look):
    look("light", 390)
    settle(fresh)
    assert fresh.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("weights", "jitter", "network"):
        fresh.locator(f"#explorer-{name}").focus()
        gain, knob = (
            fresh.locator(each).bounding_box() for each in (".explorer-gain", f"#explorer-{name}")
        )
        assert 0 <= gain["y"] < gain["y"] + gain["height"] <= knob["y"] < 844
