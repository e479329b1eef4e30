"""The page for reviewers: what it counts, and the order of its questions."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.conclusions import glued

BOOK = Path(__file__).parents[2] / "book"
KINDS = ("biology", "cause", "other model", "material")


def load(name):
    return yaml.safe_load((BOOK / name).read_text(encoding="utf-8"))


def cells(page):
    return json.loads((BOOK / page).read_text(encoding="utf-8"))["cells"]


def text():
    """The prose of the page."""
    return "\n\n".join(
        "".join(c["source"]) for c in cells("reviewers.ipynb") if c["cell_type"] == "markdown"
    )


def letter():
    """The letter without the marks of a quotation."""
    lines = [line for line in text().splitlines() if line.startswith(">")]
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)


def questions():
    """Texts of the numbered questions of the letter."""
    parts = re.split(r"^(\d+)\. ", letter(), flags=re.M)[1:]
    assert [int(n) for n in parts[::2]] == list(range(1, len(parts) // 2 + 1))
    return [re.split(r"\n\n(?! )", part)[0] for part in parts[1::2]]


def readings():
    """Other answers in the table below the letter, by the number of their question."""
    found = {}
    number = None
    for line in text().splitlines():
        if row := re.match(r"\| (\d*) \|.*`readings\.ipynb::(turned_\w+):s` \|$", line):
            number = int(row[1] or number)
            found.setdefault(number, []).append(row[2])
    return found


def turned(text):
    """Claims that a reading turns, clearly or perhaps, of what is told of it."""
    return set() if "none" in text else set(re.findall(r"\b[A-Z]?\d[a-z]?\b", text))


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("4d, S7a; perhaps 4c, 8b", {"4d", "S7a", "4c", "8b"}),
        ("perhaps S4", {"S4"}),
        ("none of 22", set()),
    ],
)
def test_claims_are_read_from_what_is_told_of_a_reading(text, claims):
    assert turned(text) == claims


def test_questions_stand_in_the_order_of_how_many_verdicts_turn():
    """But for the first two, on which the high frequencies themselves hang."""
    told = glued("readings")
    n = [len(set().union(*(turned(told[key]) for key in keys))) for keys in readings().values()]
    assert len(n) > 10
    assert n[2] > 5
    assert n[2:] == sorted(n[2:], reverse=True)


def test_every_reading_is_told_once_below_its_question():
    asked = [key for keys in readings().values() for key in keys]
    assert len(asked) == len(set(asked))
    assert set(asked) == {k for k in glued("readings") if k.startswith("turned_")} - {
        "turned_as_taken"
    }
    assert list(readings()) == sorted(readings())
    assert max(readings()) <= len(questions())


def test_a_question_asks_and_says_what_we_took_where_there_was_a_choice():
    for number, question in enumerate(questions(), start=1):
        assert "?" in question
        assert number not in readings() or re.search(r"We\s+(took|chose)", question)


def test_the_letter_can_be_sent_as_it_stands():
    """No roles, links or ids of claims, which mean nothing outside the book."""
    assert letter().startswith("Dear ")
    assert "\n\nWith kind regards,\n" in letter()
    assert re.findall(r"\{\w+\}`|\]\(|\b[A-Z]?\d[a-g]\b", letter()) == []


def test_what_was_not_attempted_is_told_with_its_place_and_a_reason():
    entries = load("not_attempted.yml")
    for entry in entries:
        assert list(entry) == ["where", "what", "kind", "reason"]
        assert entry["kind"] in KINDS
        assert all(isinstance(text, str) and text for text in entry.values()), entry
    assert len({entry["what"] for entry in entries}) == len(entries)
    # The page counts kinds in the order of the list.
    order = [KINDS.index(entry["kind"]) for entry in entries]
    assert order == sorted(order)


def test_reasons_name_claims_that_there_are():
    claims = {claim["id"] for claim in load("claims.yml")}
    named = {
        name
        for entry in load("not_attempted.yml")
        for part in re.findall(r"\(([^)]*)\)", entry["reason"])
        for name in part.split(", ")
    }
    assert named
    assert named <= claims


def test_the_page_counts_the_list_apart_from_the_claims():
    assert glued("reviewers")["n_not_attempted"] == len(load("not_attempted.yml"))
    for verdict in ("reproduced", "partly", "borderline", "not_reproduced", "not_testable"):
        assert f"claims.ipynb::{verdict}:d" in text()
    assert "`n_not_attempted:d`" in text()
