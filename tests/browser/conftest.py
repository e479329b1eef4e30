"""Chromium, where there is one, and the compiled book, where one is given."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.looking import Recorder

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Widths of screens (pixels): a desk's and a phone's.
WIDE, NARROW = 1280, 390
HEIGHT = 844


class Opener(Protocol):
    """Opens a page of the book, in a tab that all tests of a worker share."""

    def __call__(
        self, address: str, *, width: int = WIDE, height: int = HEIGHT, scheme: str = "light"
    ) -> AbstractContextManager[tuple[Page, Recorder]]: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a worker: a second one cannot be started beside it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium or Chrome is installed")
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def opened(browser: Browser) -> Opener:
    """Open an address; on leaving, nothing was wrong, and nothing fetched, that was not taken."""
    # A tab costs more than a page, and reads what is the same on all pages once.
    context = browser.new_context(reduced_motion="reduce")
    recorder = Recorder(context)
    page = context.new_page()

    @contextmanager
    def opened(
        address: str, *, width: int = WIDE, height: int = HEIGHT, scheme: str = "light"
    ) -> Iterator[tuple[Page, Recorder]]:
        page.emulate_media(media="screen", color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address)
        try:
            yield page, recorder
        finally:
            # The next test finds nothing of this page, nor of what it stored.
            page.evaluate("localStorage.clear(), sessionStorage.clear()")
            page.goto("about:blank")
            wrong = recorder.take()
        assert wrong == []

    return opened


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the compiled book that `make browser-test` names."""
    given = os.environ.get("LSM_BOOK")
    if given is None:
        pytest.skip("no compiled book is given (make browser-test gives _build/html)")
    folder = Path(given).resolve()
    if not (folder / "index.html").is_file():
        raise ValueError(f"LSM_BOOK: expected a folder with a compiled book, got {given!r}")
    return folder
