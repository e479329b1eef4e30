"""A tiny book with a first page, a page with a figure, and a claims page with a real table."""

import base64
import io
import json
from pathlib import Path

import nbformat.v4 as nb
from PIL import Image

from rongala2021 import ledger, scorecard
from tests import tiny_book

ALT = "A red [square]."
CLAIMS = """
- id: 1a
  where: Fig. 1
  page: figures/one
  kind: identity
  statement: "X is <large>."
  criterion:
    - {measure: x_of_it, comparison: ">=", bound: 2}
- id: 4a
  where: Fig. 4
  page: figures/one
  kind: empirical
  statement: Y grows.
  criterion:
    - {measure: y, comparison: ">=", bound: 2}
  direction:
    - {measure: y, comparison: ">", bound: 0}
- id: S4
  where: Suppl. Fig. 4
  page: figures/one
  kind: empirical
  statement: Z falls.
  criterion:
    - {measure: z, comparison: "<", bound: 0}
- id: A1
  where: Appendix 1
  page: figures/one
  kind: empirical
  statement: Another one holds.
  criterion:
    - {measure: z, comparison: "<", bound: 0}
"""
CLAIM_OF_NO_PAGE = """
- id: 9z
  where: Fig. 9
  page: figures/nine
  kind: empirical
  statement: It was not measured.
  criterion:
    - {measure: z, comparison: "<", bound: 0}
"""
MEASURED = {
    "1a": {"x_of_it": 3.0},
    "4a": [{"y": 1.0, "aside": 7.0}] * 20,
    "S4": [{"z": 1.0}] * 20,
    "A1": {"z": 1.0},
}
#: Which ids are claims is seen in what stands around them.
TEXT = """# Figure 1: one square

The claim 4a is one, 4a-9 and 14a and 4a.5 are none, nor are `4a`, [4a](https://example.org/), $4a$.

Equation A1 and figure S4 are none; brackets (A1 to A3) neither.

## About 4a

- **S4** is one in bold; so is (S4, 4a) in brackets and (A1) too.

| id | it is |
|---|---|
| S4 | not S4 |

<table><tr><th>id</th></tr><tr><td>none</td><td>S4 below no head</td></tr></table>
"""
INTRO = """# The book

```{include} _answer.md
```

```{verdicts}
```

```{picture} book/figures/one fig-square
A *square*.
```

```{gallery}
The figures
More
```
"""
ANSWER = (
    "It is {glue:text}`claims.ipynb::share:.2f`, and {glue:text}`claims.ipynb::claims:d` claims."
)
CONTENTS = """format: jb-book
root: book/intro
parts:
  - caption: The figures
    chapters:
      - file: book/figures/one
      - file: book/figures/two
  - caption: More
    chapters:
      - file: book/claims
  - caption: The rest
    chapters:
      - file: book/plain
"""


def png(color: str = "red", size: tuple[int, int] = (800, 400)) -> bytes:
    """A picture of one colour."""
    found = io.BytesIO()
    Image.new("RGB", size, color).save(found, "PNG")
    return found.getvalue()


def figure(
    name: str, caption: str, *, drawn: bytes | None = None, alt: str = ALT
) -> nb.new_code_cell:
    """A cell that drew a numbered figure; or did not, without `drawn`."""
    shown = {"figure": {"name": name, "caption": caption}, "image": {"alt": alt}}
    outputs = []
    if drawn is not None:
        data = {"image/png": base64.b64encode(drawn).decode(), "text/plain": "<Figure>"}
        outputs = [nb.new_output("display_data", data=data)]
    return nb.new_code_cell("draw()", metadata={"mystnb": shown}, outputs=outputs)


def glue(name: str, text: str) -> nb.new_code_cell:
    """A cell that handed out a value, as `myst_nb.glue` does."""
    prefix = "application/papermill.record/"
    output = nb.new_output(
        "display_data",
        data={f"{prefix}text/plain": text},
        metadata={"scrapbook": {"name": name, "mime_prefix": prefix}},
    )
    return nb.new_code_cell("glue()", metadata={"tags": ["remove-cell"]}, outputs=[output])


def shows(thing: scorecard.Scorecard | scorecard.Table) -> nb.new_code_cell:
    """A cell that showed a table, with its record if it has one."""
    data = {"text/html": thing._repr_html_()} if isinstance(thing, scorecard.Table) else None
    output = nb.new_output("execute_result", data=data or thing._repr_mimebundle_())
    return nb.new_code_cell("shown", outputs=[output])


def save(path: Path, *cells: nb.new_code_cell) -> Path:
    """Write a notebook of cells, executed in this order."""
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = number
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb.new_notebook(cells=[*cells], metadata=metadata)), "utf-8")
    return path


def write(folder: Path) -> Path:
    """Fill a folder with the book; the folder of its pages' sources."""
    tiny_book.write(folder, "book/figures/two", "# Without a figure\n")
    book = folder / "book"
    texts = {
        "_toc.yml": CONTENTS,
        "book/claims.yml": CLAIMS,
        "book/intro.md": INTRO,
        "book/_answer.md": ANSWER,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    known = ledger.load(book / "claims.yml")
    card = scorecard.score(known, MEASURED)
    save(
        book / "figures" / "one.ipynb",
        nb.new_markdown_cell(TEXT),
        figure("fig-square", "A square, after Fig. 4B, C of someone. **A1** A panel.", drawn=png()),
        figure("fig-second", "Another, after Suppl.\nFig. 7 of someone.", drawn=png("blue")),
        figure("fig-own", "One of our own, unlike Fig. 4 of someone.", drawn=png("green")),
        shows(card),
        nb.new_markdown_cell("## Data\n\nNone."),
    )
    save(
        book / "plain.ipynb",
        nb.new_markdown_cell("# Without data"),
        figure("fig-plain", "A square.", drawn=png()),
    )
    save(
        book / "claims.ipynb",
        nb.new_markdown_cell("# The claims\n\n" + "Text.\n\n" * 40),
        shows(card.overview()),
        nb.new_markdown_cell("## Below\n\n" + "Text.\n\n" * 40),
        glue("share", "0.1234"),
        glue("claims", "4"),
        glue("word", "'partly'"),
    )
    return book
