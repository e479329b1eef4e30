"""What is wrong with a page that a browser shows, in words."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

#: Where a page may get something from, opened from disk.
OF_THE_MACHINE = ("file:", "data:", "blob:")
#: What axe calls these is in somebody's way; the rest is advice.
GRAVE = ("serious", "critical")

#: Most of axe's time goes into the contrast of each piece of text. Where texts look alike, on
#: grounds that look alike, in elements of the same kinds, all but the first to be seen are marked.
MARK_ALIKE = """() => {
  const grounds = new Map();
  const ground = (each) => {
    if (!each) return "";
    if (!grounds.has(each)) {
      const { backgroundColor, backgroundImage, opacity, filter } = getComputedStyle(each);
      const own = [each.tagName, each.className, backgroundColor, backgroundImage, opacity, filter];
      grounds.set(each, `${ground(each.parentElement)} ${own}`);
    }
    return grounds.get(each);
  };
  const isText = ({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim();
  const seen = new Set();
  for (const each of document.body.querySelectorAll("*")) {
    if (![...each.childNodes].some(isText)) continue;
    if (!each.checkVisibility({ visibilityProperty: true })) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(each);
    const look = [ground(each), color, fontSize, fontWeight, textShadow].join(" ");
    each.toggleAttribute("data-alike", seen.has(look));
    seen.add(look);
  }
}"""
#: Contrast is asked of all elements but those; all other rules of all elements.
ONE_OF_A_KIND = {"rules": [{"id": "color-contrast", "selector": "*:not([data-alike])"}]}
#: Of what axe found, what is asked of it: the rest is long.
RUN = """([kinds, options]) => {
  axe.configure(kinds);
  return axe.run(options).then(({ passes, violations }) => ({ passes: passes.length, violations }));
}"""

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
    from axe_playwright_python.base import AXE_SCRIPT

    page.evaluate(MARK_ALIKE)
    page.evaluate(AXE_SCRIPT)
    # Preloaded styles would be fetched, which browsers refuse from disk.
    options = {"preload": False, "resultTypes": ["violations"]}
    found = page.evaluate(RUN, [ONE_OF_A_KIND, options])
    # It has looked: a page of this kind passes dozens of its rules.
    assert found["passes"] > 10
    return [
        f"{violation['impact']}: {violation['help']}: {node['html'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
        if violation["impact"] in GRAVE
    ]
