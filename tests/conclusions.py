"""What pages say in words, and the tables that readers see there."""

import json
import re
from functools import cache
from pathlib import Path

import pandas as pd
from bs4 import BeautifulSoup

BOOK = Path(__file__).parents[1] / "book"


@cache
def cells(page):
    notebook = json.loads((BOOK / f"{page}.ipynb").read_text(encoding="utf-8"))
    return {cell["id"]: cell for cell in notebook["cells"]}


def table(page, cell, index):
    """A table as readers see it, with numbers where all of a column are."""
    (output,) = cells(page)[cell]["outputs"]
    soup = BeautifulSoup("".join(output["data"]["text/html"]), "html.parser")
    heads = [th.get_text(strip=True) for th in soup.select("thead th")]
    rows = [[td.get_text(strip=True) for td in tr.select("td")] for tr in soup.select("tbody tr")]
    frame = pd.DataFrame(rows, columns=heads).replace("–", "nan")
    for name in frame:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if (numbers.notna() | (frame[name] == "nan")).all():
            frame[name] = numbers
    return frame.set_index(index)


def between(table, row, name):
    """The interval of a value."""
    return tuple(table.loc[row, [f"{name}: from", f"{name}: to"]])


def says(page, *words):
    """That the page still says so: else the test is for nothing."""
    prose = " ".join("".join(c["source"]) for c in cells(page).values() if c["cell_type"] != "code")
    prose = re.sub(r"[*\s]+", " ", prose)
    for each in words:
        assert each in prose


def pictures(page, cell, *words):
    """That the text in place of a figure still says so."""
    text = cells(page)[cell]["metadata"]["mystnb"]["image"]["alt"]
    for each in words:
        assert each in text


def judged(page, cell):
    """What a claim measures in each seed, and what its controls do, by their name."""
    (output,) = cells(page)[cell]["outputs"]
    (claim,) = output["data"]["application/vnd.lsm.claims+json"]
    found = {"measured": claim["samples"], **claim["controls"]}
    return {name: pd.DataFrame(samples) for name, samples in found.items()}
