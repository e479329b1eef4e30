"""The explorer's page and the links to it: what they say holds, and what they leave out is told."""

import ast
import html
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
import yaml

from rongala2021 import explorer, pages
from rongala2021.explorer import DEFAULTS, FIXED, KNOBS

BOOK = Path(__file__).parents[2] / "book"
#: Pages that run networks of the explorer's size.
LINKING = [
    *(f"figures/fig{n}" for n in (4, 5, 6, 7, 8)),
    *(f"supplement/figS{n}" for n in (6, 7, 8)),
]
#: Parameters that say how many networks are measured, or are compared with one another.
OF_NO_NETWORK = {
    *("n_seeds", "n_draws", "n_short", "n_few", "shown", "scheduler"),
    *("delays_ms", "rates", "sensor_counts", "layer_1_sizes", "layer_2_sizes"),
}


def cells(page):
    return json.loads((BOOK / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]


def defaults(page):
    """Names and values of a page's parameters cell."""
    (cell,) = [c for c in cells(page) if "parameters" in c["metadata"].get("tags", ())]
    statements = ast.parse("".join(cell["source"])).body
    return {s.target.id: ast.literal_eval(s.value) for s in statements}


def state(address):
    """Knobs that an address sets, by the names in it."""
    return dict(parse_qsl(address.partition("#")[2], strict_parsing=True))


def addresses(links):
    """Addresses by their labels, from the HTML."""
    found = re.findall(r'<a href="([^"]*)">(.*?)</a>', links._repr_html_())
    return {html.unescape(label): html.unescape(address) for address, label in found}


# The page


def test_the_page_starts_from_the_defaults_of_the_explorer():
    assert defaults("explore") == DEFAULTS | {"seed": 2021, "n_presentations": 50}


def test_every_position_of_the_knobs_is_allowed_on_the_page():
    registry = yaml.safe_load((BOOK / "parameters.yml").read_text(encoding="utf-8"))
    for knob in KNOBS:
        entry = registry[knob.name]
        if isinstance(knob.default, bool):
            assert entry["type"] == "bool"
        elif isinstance(knob.default, str):
            assert entry["choices"] == list(knob.choices)
        else:
            values = knob.choices or (knob.low, knob.high)
            assert entry["low"] <= min(values) <= max(values) <= entry["high"], knob.name


@cache
def looked_at(network, **changes):
    return explorer.views(DEFAULTS | changes | {"network": network}, n_presentations=20)


def hf(form, **changes):
    return np.array([looked_at(n, **changes)["hf"].sel(form=form).item() for n in range(4)])


def peak(network, what="gain", *, below=None, **changes):
    """Frequency (Hz) above 40 at which a gain without leak is highest."""
    gain = looked_at(network, **changes)[what].sel(form="no leak")
    high = gain.sel(frequency=slice(40, below))
    return high["frequency"].values[high.values.argmax()]


def test_what_to_try_with_the_dynamic_leak():
    taus = [0.001, 0.003, 0.01, 0.03, 0.1]
    assert (np.diff([hf("leak", tau_dyn=tau) for tau in taus], axis=0) < 0).all()
    for network in range(4):
        activity = looked_at(network, tau_dyn=taus[-1])["activity"]
        assert float(np.abs(activity.diff("form")).max()) < 0.02


def test_what_to_try_with_the_static_leak():
    assert (hf("no leak") > 1).all()
    assert (hf("no leak", k_static=1.0) < 1).all()
    for network in range(4):
        low, high = (looked_at(network, k_static=k)["activity"].mean() for k in (1.0, 0.034))
        assert low < 0.5 * high


def test_what_to_try_with_delays():
    delays = [0.001, 0.002, 0.003]
    for network in range(4):
        for what in ("gain", "expected"):
            # Its multiples lie above.
            places = [peak(network, what, below=300, delay=delay) for delay in delays]
            assert (np.diff(places) < 0).all(), what
    assert max(hf("leak", delay=delay).max() for delay in (*delays, 0.02)) < 0.1


def test_what_to_try_with_the_time_step():
    for network in range(4):
        for dt in (0.0005, 0.001, 0.002):
            highest = looked_at(network, dt=dt)["frequency"].values[-1]
            assert peak(network, dt=dt) > 0.7 * highest


def test_what_to_try_with_chance():
    binary = {"weights": "binary", "mean_weight": 0.2}
    assert hf("no leak", **binary).max() > 3 * hf("no leak", **binary).min()
    assert hf("leak", **binary).max() < 0.1
    assert hf("no leak").max() < 1.5 * hf("no leak").min()


def test_what_to_try_with_dense_input():
    assert (hf("no leak", n_sensors=50) < 1.1).all()
    for network in range(4):
        few, many = (
            looked_at(network, n_sensors=n)["traces"].sel(form="no leak").diff("time").std()
            for n in (6, 50)
        )
        assert many < few


# Links


def test_a_link_sets_the_knobs_to_the_pages_parameters():
    given = {"weights": "binary", "mean_weight": 0.2, "rate": 100, "seed": 2021, "n_seeds": 3}
    links = pages.explore(given)
    ((label, address),) = addresses(links).items()
    assert label == "Open in the explorer"
    assert address == "../explore.html" + explorer.address(given)
    found = state(address)
    assert {k: found[k] for k in ("weights", "mean", "rate")} == {
        "weights": "binary", "mean": "0.2", "rate": "100",
    }  # fmt: skip
    assert "without" not in repr(links)
    assert repr(links) == f"Open in the explorer: explore.html{explorer.address(given)}"


def test_each_setting_that_a_page_compares_has_a_link_and_what_differs_counts():
    each = {"a & b": {"delay": 0.005}, "own": {"autapses": True, "rate": 80.0}}
    links = pages.explore({"rate": 60.0}, each, note="Others <here>.")
    first, second = addresses(links).items()
    assert first[0] == "Open in the explorer: a & b"
    assert state(first[1])["delay"] == "0.005"
    assert state(first[1])["rate"] == "60.0"
    assert "autapses" not in state(first[1])
    assert second[0] == "Open in the explorer: own"
    assert state(second[1])["autapses"] == "true"
    assert state(second[1])["rate"] == "80.0"
    assert links._repr_html_().endswith("<p>Others &lt;here&gt;.</p>")
    assert repr(links).endswith("\nOthers <here>.")


@pytest.mark.parametrize(
    ("name", "value", "there"),
    [
        ("seed", 3, "2021"),
        ("n_presentations", 20, "50"),
        ("jitter_law", "gaussian", "uniform"),
        ("delay_law", "uniform", "normal"),
        ("f_min", 1.0, "1.8"),
        ("voices", 5, "10"),
        ("warm_up", 0.0, "0.1"),
        ("rate", 300.0, "10 to 200"),
        ("k_static", 0.0001, "0.001 to 10"),
        ("n_sensors", 60, "1 to 50"),
        ("delay", 0.05, "0 to 0.02"),
        ("dt", 0.00025, "0.0005, 0.001, 0.002"),
    ],
)
def test_what_the_explorer_cannot_be_set_to_is_left_out_and_told(name, value, there):
    links = pages.explore({"weights": "normal", name: value})
    (address,) = addresses(links).values()
    assert set(state(address)) == {"weights", "v"}
    told = f"without {name} = {value} (there {there})"
    assert told in repr(links)
    assert told in html.unescape(links._repr_html_())


def test_what_is_left_out_is_told_of_the_link_that_it_is_left_out_of():
    links = pages.explore({"rate": 50.0}, {"short": {"delay": 0.02}, "long": {"delay": 0.05}})
    short, long = repr(links).splitlines()
    assert "without" not in short
    assert long.endswith("without delay = 0.05 (there 0 to 0.02)")


def test_the_limits_of_knobs_are_within_them():
    for knob in KNOBS:
        for value in knob.choices or (knob.low, knob.high):
            assert explorer.left_out({knob.name: value}) == {}
    assert explorer.left_out(DEFAULTS) == {}
    assert explorer.left_out(FIXED) == {}


def test_there_is_no_parameter_of_a_network_that_the_links_pass_over():
    known = {*DEFAULTS, *FIXED, *OF_NO_NETWORK}
    assert {page: set(defaults(page)) - known for page in LINKING} == {p: set() for p in LINKING}


@pytest.mark.parametrize("page", LINKING)
def test_a_page_that_runs_networks_opens_the_explorer_where_one_tries(page):
    each = cells(page)
    (place,) = [i for i, c in enumerate(each) if "pages.explore(" in "".join(c["source"])]
    assert "".join(each[place - 1]["source"]).endswith("## Try it")
    assert "".join(each[place + 1]["source"]).startswith("```\npapermill")
    (output,) = each[place]["outputs"]
    links = re.findall(r'href="([^"#]*)(#[^"]*)"', "".join(output["data"]["text/html"]))
    assert links
    known = {knob.address or knob.name for knob in KNOBS}
    for target, address in links:
        assert (BOOK / page).parent.joinpath(target).resolve() == (BOOK / "explore.html").resolve()
        assert set(state(html.unescape(address))) - {"v"} <= known


def test_every_page_of_the_paper_with_weights_of_networks_is_among_them():
    """The others have isolated neurons, or inputs alone."""
    with_networks = {"k_static", "tau_dyn", "n_presentations"}
    found = set()
    for folder in ("figures", "supplement"):
        for path in (BOOK / folder).glob("*.ipynb"):
            page = f"{folder}/{path.stem}"
            given = defaults(page).keys()
            if with_networks <= given and not given & {"weight", "weight_fig3"}:
                found.add(page)
    assert found == set(LINKING)
