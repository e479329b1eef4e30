"""The committed notebooks as references of the regression check."""

import json
from pathlib import Path

import pytest

from lsm.runs import NETWORK_K_STATIC
from rongala2021 import front, judging, ledger
from rongala2021 import scorecard as cards
from tests.references import never_executed

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_reference_was_executed(path):
    assert never_executed(json.loads(path.read_text(encoding="utf-8"))) == []


def parameters(path):
    """Names and values of a page's parameters; none on a page without."""
    values = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            exec("".join(cell["source"]), values)
    return values


def test_static_leaks_are_the_calibrated_one_in_networks_and_that_of_figure_1_alone():
    pages = [page for page in map(parameters, NOTEBOOKS) if "k_static" in page]
    # Only isolated neurons have a weight of their own; one page has both them and networks.
    alone = [page.get("k_static_alone", page["k_static"]) for page in pages if "weight" in page]
    networks = [p["k_static"] for p in pages if "weight" not in p or "k_static_alone" in p]
    assert min(len(alone), len(networks)) >= 6
    assert set(alone) == {1.0}
    assert set(networks) == {NETWORK_K_STATIC}


@pytest.fixture(scope="module")
def scorecard():
    return cards.gather(ledger.load(BOOK / "claims.yml"), BOOK)


def test_the_readme_says_what_the_pages_found(scorecard):
    readme = (BOOK.parent / "README.md").read_text(encoding="utf-8")
    _, found, rest = readme.partition(cards.README_START)
    assert found
    block, found, _ = rest.partition(cards.README_END)
    assert found
    assert block.strip() == front.readme_block(BOOK, scorecard), "run make refresh"
    picture = (BOOK / "_static" / "result.png").read_bytes()
    assert picture == front.first_picture(BOOK).png, "run make refresh"


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
