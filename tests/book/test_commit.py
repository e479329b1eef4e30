"""The footer of the compiled book."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

from rongala2021.project import revision

PLACE = Path(__file__).parents[2] / "book" / "_ext" / "commit.py"


@pytest.fixture
def extension():
    spec = importlib.util.spec_from_file_location("commit", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_footer_tells_the_commit_and_leaves_other_options_of_the_theme(extension):
    told = {}
    app = SimpleNamespace(connect=told.__setitem__)
    extension.setup(app)
    config = SimpleNamespace(html_theme_options={"show_toc_level": 2})
    told["config-inited"](app, config)
    options = config.html_theme_options
    assert options.pop("extra_footer") == f"<p>Compiled from {revision()}.</p>"
    assert options == {"show_toc_level": 2}
