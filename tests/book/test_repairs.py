"""What local extensions change in pages: mended markup, and large data zipped."""

import zipfile

import pytest
from PIL import Image

from tests import tiny_book

PAGE = """# Page

![Nothing to be seen.](pixel.png)

[![It leads to the first page.](pixel.png)](../intro.md)

[large](data/large.csv) [small](data/small.csv)

```{eval-rst}
.. py:function:: long_name_of_a_function(first_parameter, second_parameter, third_parameter_of_all)

   It does nothing.
```

{cite}`rongala2021`

```{bibliography}
```
"""
ROWS = "x\n" + "".join(f"{n}\n" for n in range(60_000))


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repairs")
    tiny_book.write(folder, "book/figures/page", PAGE)
    beside = folder / "book" / "figures"
    Image.new("RGB", (1, 1)).save(beside / "pixel.png")
    (beside / "data").mkdir()
    (beside / "data" / "large.csv").write_text(ROWS, encoding="utf-8")
    (beside / "data" / "small.csv").write_text("x\n1\n", encoding="utf-8")
    return tiny_book.pages_of(folder)


@pytest.fixture(scope="module")
def page(book):
    return (book / "book" / "figures" / "page.html").read_text(encoding="utf-8")


def test_a_large_table_is_given_zipped_and_the_link_says_so(book, page):
    (path,) = (book / "_downloads").rglob("large*")
    assert path.name == "large.csv.zip"
    assert f'{path.parent.name}/large.csv.zip"' in page
    assert " (zip, 0.1 MB)" in page
    with zipfile.ZipFile(path) as archive:
        assert archive.read("large.csv").decode() == ROWS
        assert archive.getinfo("large.csv").date_time == (1980, 1, 1, 0, 0, 0)  # always the same


def test_a_small_table_is_given_as_it_is(book, page):
    assert [path.name for path in (book / "_downloads").rglob("small*")] == ["small.csv"]
    assert page.count("(zip") == 1


def test_a_picture_opens_in_full_size_unless_it_leads_elsewhere(page):
    first, second = page.split("Nothing to be seen.")[0], page.split("Nothing to be seen.")[1]
    assert first.rstrip().endswith('<img alt="')
    assert 'class="full-size"' in first
    assert 'href="../../_images/pixel.png"' in first
    assert "It leads to the first page." in second
    assert "full-size" not in second


def test_lists_are_lists(page):
    assert "third_parameter_of_all" in page
    assert "<dl>\n<dd>" not in page
    assert page.count('<span class="parameter">') == 3
    assert 'class="citation-list"' in page
    assert 'role="list" class="citation-list"' not in page
    assert "doc-biblioentry" not in page


def test_files_that_only_tools_read_are_left_out(book):
    static = book / "_static"
    assert (static / "styles" / "pydata-sphinx-theme.css").is_file()
    assert [path for kind in ("map", "po", "mo", "ttf") for path in static.rglob(f"*.{kind}")] == []
