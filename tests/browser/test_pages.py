"""Every page of the compiled book from disk: on a desk, on a phone, in the dark."""

from pathlib import Path

import pytest
from playwright.sync_api import Page
from sphinx_external_toc.parsing import parse_toc_yaml

from tests.browser.conftest import NARROW, WIDE
from tests.browser.looking import faults, grave

ROOT = Path(__file__).parents[2]
PAGES = [str(name) for name in parse_toc_yaml(ROOT / "_toc.yml")]

#: Twice is enough for all three: colours do not depend on the width, nor what fits on colours.
LOOKS = [pytest.param("light", WIDE, id="wide"), pytest.param("dark", NARROW, id="narrow-dark")]


def settle(page: Page) -> None:
    """Until all that was to be loaded is there, icons and formulas are set, and pictures drawn."""
    page.wait_for_load_state("load")
    page.wait_for_function(
        """() => (globalThis.MathJax?.startup?.promise ?? Promise.resolve())
          .then(() => !document.querySelector("#explorer .old, svg[aria-label$=' …']"))"""
    )


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_open_to_everybody(html, opened, name, scheme, width):
    with opened((html / f"{name}.html").as_uri(), width=width, scheme=scheme) as (page, recorder):
        settle(page)
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert faults(page) + grave(page) + recorder.take() == []
