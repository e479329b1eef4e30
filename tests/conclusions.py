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
    """That the page, a notebook or with its suffix another, still says so."""
    if page.endswith(".md"):
        prose = (BOOK / page).read_text(encoding="utf-8")
    else:
        texts = ("".join(c["source"]) for c in cells(page).values() if c["cell_type"] != "code")
        prose = " ".join(texts)
    prose = re.sub(r"[*\s]+", " ", prose)
    for each in words:
        assert each in prose


def pictures(page, cell, *words):
    """That the text in place of a figure still says so."""
    text = cells(page)[cell]["metadata"]["mystnb"]["image"]["alt"]
    for each in words:
        assert each in text


def met(page, cell):
    """Shares of the seeds that meet a criterion, by claim and control ("" without control)."""
    (output,) = cells(page)[cell]["outputs"]
    soup = BeautifulSoup("".join(output["data"]["text/html"]), "html.parser")
    shares = {}
    for each in soup.select("table"):
        heads = [th.get_text(strip=True) for th in each.select("thead th")]
        for tr in each.select("tbody tr"):
            row = dict(zip(heads, (td.get_text(strip=True) for td in tr.select("td")), strict=True))
            k, n = (row.get("seeds") or row["meets the criterion"]).split(" of ")
            shares[row["id"], row.get("control", "")] = int(k) / int(n)
    return shares


def measured(page, cell):
    """Samples behind verdicts, a row for each seed, by claim and control ("" without control)."""
    (output,) = cells(page)[cell]["outputs"]
    return {
        (claim["id"], system): pd.DataFrame(samples).apply(pd.to_numeric, errors="coerce")
        for claim in output["data"]["application/vnd.lsm.claims+json"]
        for system, samples in {"": claim["samples"], **claim["controls"]}.items()
    }


def glued(page):
    """What a page keeps for the text of others, by its name."""
    found = {}
    for output in (output for cell in cells(page).values() for output in cell.get("outputs", ())):
        if "scrapbook" in output.get("metadata", {}):
            text = "".join(next(iter(output["data"].values())))
            number = pd.to_numeric(text, errors="coerce")
            found[output["metadata"]["scrapbook"]["name"]] = (
                text.strip("'") if pd.isna(number) else number
            )
    return found
