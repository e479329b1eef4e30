"""The committed notebooks as references of the regression check."""

import json
from pathlib import Path

import pytest

from lsm.sweeps import NETWORK_K_STATIC
from rongala2021 import judging, ledger
from rongala2021 import scorecard as cards
from tests.references import never_executed

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_reference_was_executed(path):
    assert never_executed(json.loads(path.read_text(encoding="utf-8"))) == []


def test_every_page_starts_from_the_calibrated_static_leak():
    lines = [
        line.split("#")[0].strip()
        for path in NOTEBOOKS
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if "parameters" in cell["metadata"].get("tags", ())
        for line in cell["source"]
        if line.startswith("network_k_static")
    ]
    assert len(lines) >= 8
    assert set(lines) == {f"network_k_static: float = {NETWORK_K_STATIC}"}


@pytest.fixture(scope="module")
def scorecard():
    return cards.gather(ledger.load(BOOK / "claims.yml"), BOOK)


def test_the_readme_says_what_the_pages_found(scorecard):
    readme = (BOOK.parent / "README.md").read_text(encoding="utf-8")
    _, found, rest = readme.partition(cards.README_START)
    assert found
    block, found, _ = rest.partition(cards.README_END)
    assert found
    assert block.strip() == cards.readme_block(scorecard), "run make refresh"


def test_the_badge_says_what_the_pages_found(scorecard):
    badge = (BOOK / "_static" / "badge.svg").read_text(encoding="utf-8")
    assert badge == cards.badge(scorecard), "run make refresh"


def test_every_criterion_can_tell_true_from_false(scorecard):
    """Where a sentence is known to be false its criterion fails, where it is true it holds."""
    found = [
        fault
        for verdict in scorecard.verdicts
        for fault in judging.faults(scorecard.ledger[verdict.id], verdict)
    ]
    assert found == []


def test_every_claim_has_a_page(scorecard):
    pages = {claim.page for claim in scorecard.ledger.values()}
    assert pages <= {str(p.relative_to(BOOK).with_suffix("")) for p in NOTEBOOKS}
    assert not [v.id for v in scorecard.verdicts if v.verdict == "not measured"]
