"""The pages that `make book` executed against the committed references.

It is what nbval does, without executing them once more: where a copy holds, it was made of the same
cells and sources. Pages that were not executed here are left to nbval.
"""

import json

import pytest

from tests.references import page_differences
from tests.small_project import ROOT, Project

DRIVER = Project(ROOT).driver()
NAMES = DRIVER.notebook_names()


@pytest.fixture(scope="module")
def stale():
    return DRIVER.stale_pages({name: {} for name in NAMES})


@pytest.mark.parametrize("name", NAMES)
def test_an_executed_page_shows_what_its_reference_does(name, stale):
    if name in stale:
        pytest.skip("; ".join(stale[name]))
    paths = (ROOT / "book" / f"{name}.ipynb", DRIVER.copy_of(name))
    assert page_differences(*(json.loads(path.read_text(encoding="utf-8")) for path in paths)) == []
