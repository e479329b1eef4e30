"""Tells in the footer of every page of which commit the book was compiled."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from rongala2021.project import revision


def tell(app: Sphinx, config: Config) -> None:
    """Give the commit to the theme."""
    options = dict(config.html_theme_options)
    config.html_theme_options = {**options, "extra_footer": f"<p>Compiled from {revision()}.</p>"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", tell)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
