"""What tests of names and of results share: a package that they may edit."""

import sys

import pytest

from lsm import keys
from lsm.keys import watch
from tests.sources import FILES


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A watched package of another's, in its folder."""
    root = tmp_path / "packages" / "kept"
    for name, text in FILES.items():
        path = root.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    monkeypatch.syspath_prepend(root.parent)
    before = dict(keys._SOURCES), set(keys._PACKAGES)
    watch("kept")
    yield root
    keys._SOURCES.clear()
    keys._PACKAGES.clear()
    keys._SOURCES.update(before[0])
    keys._PACKAGES.update(before[1])
    keys._imports.cache_clear()
    keys._digest.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "kept"]:
        del sys.modules[name]
