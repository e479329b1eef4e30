"""The committed notebooks as references of the regression check."""

import json
from pathlib import Path

import pytest

from tests.references import never_executed

BOOK = Path(__file__).parents[1] / "book"
NOTEBOOKS = sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_reference_was_executed(path):
    assert never_executed(json.loads(path.read_text(encoding="utf-8"))) == []
