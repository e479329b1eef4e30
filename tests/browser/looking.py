"""What is wrong with a page that a browser shows, in words."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

#: Where a page may get something from, opened from disk.
OF_THE_MACHINE = ("file:", "data:", "blob:")
#: What axe calls these is in somebody's way; the rest is advice.
GRAVE = ("serious", "critical")

#: Rows of long tables are made alike, and most of axe's time goes into the contrast of each cell.
ALIKE = "tbody > tr:nth-child(n + 13)"

#: Images as they are, and what reaches over the right edge of a page that can be scrolled sideways.
SEEN = """() => {
  const wide = document.documentElement.clientWidth;
  const images = [...document.images].map((image) => ({
    source: image.getAttribute("src").slice(0, 100),
    loaded: image.complete && image.naturalWidth > 0,
    text: image.getAttribute("alt"),
  }));
  const over = (each) => {
    const { right, width } = each.getBoundingClientRect();
    return width > 0 && right > wide + 1;
  };
  const scrolls = document.documentElement.scrollWidth > wide;
  const beyond = scrolls ? [...document.querySelectorAll("body *")].filter(over) : [];
  const starts = beyond.slice(0, 5).map((each) => each.outerHTML.slice(0, 100));
  return { images, scrolls, beyond: starts };
}"""


class Recorder:
    """What pages of a context complain of, and what they ask for beyond the machine."""

    def __init__(self, context: BrowserContext) -> None:
        self.wrong: list[str] = []
        context.set_offline(True)  # what is asked for outside is noted, and not given
        context.on("console", self._said)
        context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        context.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(OF_THE_MACHINE):
            self.wrong.append(f"asked for {request.url}")

    def take(self) -> list[str]:
        """What was recorded since it was last taken."""
        taken, self.wrong = self.wrong, []
        return taken


def faults(page: Page) -> list[str]:
    """Images that are missing or have no words, and a page that scrolls sideways."""
    seen = page.evaluate(SEEN)
    found = []
    for image in seen["images"]:
        text = (image["text"] or "").strip()
        if not image["loaded"]:
            found.append(f"image is not loaded: {image['source']}")
        # Jupyter Book gives the name of a file to images without a text.
        if not text or text.endswith((".png", ".svg")) or text in image["source"]:
            found.append(f"image has no alternative text but {text!r}: {image['source']}")
    if seen["scrolls"]:
        found.append(f"the page scrolls sideways, because of {seen['beyond']}")
    return found


def grave(page: Page) -> list[str]:
    """What axe finds serious or critical, each with the places."""
    from axe_playwright_python.sync_playwright import Axe

    # Preloaded styles would be fetched, which browsers refuse from disk.
    options = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(page, context={"exclude": [[ALIKE]]}, options=options).response
    # It has looked: a page of this kind passes dozens of its rules.
    assert len(found["passes"]) > 10
    return [
        f"{violation['impact']}: {violation['help']}: {node['html'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
        if violation["impact"] in GRAVE
    ]
