"""Buttons of the pages that need the address of the project's repository, once it has one.

Jupyter Book refuses such buttons without an address, and the theme would draw dead links. So they
are turned on here by the one line ``repository: url:`` of the configuration.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

BUTTONS: dict[str, Any] = {
    "use_repository_button": True,
    "use_issues_button": True,
    "use_edit_page_button": True,
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "notebook_interface": "jupyterlab",
    },
}


def turn_on(app: Sphinx, config: Config) -> None:
    """Add the buttons to the options of the theme, if there is an address."""
    if config.html_theme_options.get("repository_url"):
        config.html_theme_options |= BUTTONS


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("config-inited", turn_on)
    return {"parallel_read_safe": True}
