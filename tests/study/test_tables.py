import html
import re

import numpy as np
import pandas as pd
import pytest

from rongala2021.tables import Table


def cells(table):
    """Cells of each row of an HTML table, its head first, as they stand in the text."""
    rows = re.findall(r"<tr.*?>(.*?)</tr>", table._repr_html_(), re.DOTALL)
    return [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row) for row in rows]


def test_numbers_are_rounded_to_four_digits_and_integers_and_words_are_not():
    table = Table({"x": [1 / 3, 12345.6, 2.0, 1e-9], "n": [1, 20, 300, 123456], "w": list("abcd")})
    assert cells(table) == [
        ["x", "n", "w"],
        ["0.3333", "1", "a"],
        ["1.235e+04", "20", "b"],
        ["2", "300", "c"],
        ["1e-09", "123456", "d"],
    ]


def test_text_shows_the_same_numbers():
    table = Table({"x": [1 / 3, np.nan], "word": ["a<b", "c"], "n": [12345, 6]})
    assert [line.split() for line in repr(table).splitlines()] == [
        ["x", "word", "n"],
        ["0.3333", "a<b", "12345"],
        ["–", "c", "6"],
    ]


@pytest.mark.parametrize("missing", [np.nan, None])
def test_what_is_not_known_is_a_dash(missing):
    assert cells(Table({"x": [1.23456, missing]}))[1:] == [["1.235"], ["–"]]
    assert cells(Table({"x": ["a", missing]}))[1:] == [["a"], ["–"]]


def test_infinity_is_shown():
    assert cells(Table({"x": [np.inf, -np.inf]}))[1:] == [["inf"], ["-inf"]]


def test_truth_is_yes_or_no():
    table = Table({"holds": [True, False], "as array": np.array([False, True])})
    assert cells(table)[1:] == [["yes", "no"], ["no", "yes"]]


def test_a_table_of_truth_leaves_its_frame_alone():
    frame = pd.DataFrame({"holds": [True, False]})
    Table(frame)
    assert frame["holds"].tolist() == [True, False]


def test_text_and_heads_are_escaped():
    table = Table({"a<b": ["<script>", "x & y"]})
    assert cells(table) == [["a&lt;b"], ["&lt;script&gt;"], ["x &amp; y"]]


def test_links_lead_from_cells_of_the_first_column_alone():
    links = {"1a": "figures/fig1.html#1a", "a<b": 'x.html?a="b"&c'}
    table = Table({"claim": ["1a", "a<b", "2a"], "other": ["1a", "<i>", "–"]}, links=links)
    _, one, two, three = cells(table)
    assert one == ['<a href="figures/fig1.html#1a">1a</a>', "1a"]
    assert two == ['<a href="x.html?a=&quot;b&quot;&amp;c">a&lt;b</a>', "&lt;i&gt;"]
    assert three == ["2a", "–"]
    assert html.unescape(re.findall('href="(.*?)"', two[0])[0]) == links["a<b"]


def test_linked_tables_round_numbers_and_escape_heads_too():
    table = Table({"claim": ["1a"], "x<y": [1 / 3], "n": [np.nan]}, links={"1a": "a.html"})
    assert cells(table) == [
        ["claim", "x&lt;y", "n"],
        ['<a href="a.html">1a</a>', "0.3333", "–"],
    ]


def test_the_kind_is_a_further_class():
    assert 'class="dataframe"' in Table({"x": [1]})._repr_html_()
    assert 'class="dataframe scorecard"' in Table({"x": [1]}, kind="scorecard")._repr_html_()


def test_long_text_is_not_cut():
    text = "word " * 100
    assert text.strip() in Table({"x": [text]})._repr_html_()


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="same length"):
        Table({"a": [1, 2], "b": [3]})


def test_the_index_is_not_shown():
    assert cells(Table(pd.DataFrame({"x": [1, 2]}, index=["a", "b"]))) == [["x"], ["1"], ["2"]]
