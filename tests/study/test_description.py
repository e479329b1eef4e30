"""The model in tables: they follow the code, and say of every constant where it comes from."""

import ast
import inspect
import json
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from lsm import measures, spectrum
from lsm.dynamics import hodgkin_huxley_response, izhikevich_response
from lsm.inputs import PSPKernel, convolve_psp
from lsm.network import Network, two_layer
from lsm.neurons import LSM, HodgkinHuxley, Izhikevich
from lsm.runs import Setting
from lsm.weights import Binary, Lognormal, Normal
from rongala2021 import description, settings
from rongala2021.scale import scale_of
from rongala2021.settings import leaky
from rongala2021.spectra import Spectrum
from rongala2021.transients import excursions

BOOK = Path(__file__).parents[2] / "book"
CLASSES = (Setting, Normal, Lognormal, Binary, PSPKernel, LSM, HodgkinHuxley, Izhikevich, Spectrum)
TAKEN = scale_of({"seed": 0, "f_min": 1.8, "warm_up": 0.1}).spectrum


class Own:
    """A law of one's own, without constants that could be told."""

    def sample(self, shape, *, rng):
        return np.full(shape, 0.1)


def known():
    return yaml.safe_load((BOOK / "description.yml").read_text(encoding="utf-8"))


def told(table, name):
    """What a table of two columns says of one thing."""
    (text,) = table.frame.loc[table.frame.iloc[:, 0] == name].iloc[:, 1]
    return text


def constants(setting, taken=TAKEN):
    """Rows of the table of all constants, by what they are of and their names."""
    frame = description.parameters(setting, taken).frame
    rows = {(row.of, row.name): row for row in frame.itertuples(index=False)}
    assert len(rows) == len(frame)
    return rows


@pytest.fixture
def default(monkeypatch):
    """Changes what a class or function takes if it is told nothing."""

    def change(of, name, value):
        function = of.__init__ if inspect.isclass(of) else of
        assert name in function.__kwdefaults__
        monkeypatch.setitem(function.__kwdefaults__, name, value)

    return change


# ---------------------------------------------------------------- populations and connections


@pytest.mark.parametrize("sizes", [(5, 4), (3, 1), (7, 9)])
@pytest.mark.parametrize("autapses", [False, True])
def test_counted_synapses_are_those_of_a_network_that_is_simulated(sizes, autapses):
    setting = Setting(sizes=sizes, autapses=autapses, n_sensors=4)
    network = two_layer(
        Normal(mean=0.4), sizes=sizes, n_sensors=4, autapses=autapses, rng=np.random.default_rng(1)
    )
    frame = description.convergence(setting).frame.set_index("on a neuron of").astype(int)
    of = [
        f"{'EN' if sign > 0 else 'IN'}, layer {layer}"
        for layer, sign in zip(network.layer, network.sign, strict=True)
    ]
    for row, name in enumerate(of):
        heard = [of[source] for source in np.flatnonzero(network.w_rec[row])]
        expected = {source: heard.count(source) for source in frame.columns[1:-1]}
        assert frame.loc[name].iloc[1:-1].to_dict() == expected
        assert frame.loc[name, "sensors"] == (network.w_in[row] > 0).sum()
        assert (
            frame.loc[name, "i of Eq. 1"] == network.n_synapses[row] == frame.loc[name][:-1].sum()
        )


def test_populations_have_the_sizes_and_names_of_the_network():
    frame = description.populations(Setting(sizes=(3, 1), n_sensors=8)).frame
    assert frame["size"].tolist() == [8, 3, 3, 1, 1]
    assert frame["names"].tolist() == ["", "EN1 to EN3", "IN1 to IN3", "EN4 to EN4", "IN4 to IN4"]


def test_default_sizes_of_the_code_are_those_of_the_tables(default):
    default(Setting, "sizes", (2, 6))
    assert description.populations(Setting()).frame["size"].tolist() == [6, 2, 2, 6, 6]
    assert "16 neurons" in told(description.summary(Setting()), "Populations")


def test_patterns_are_told_of_what_the_package_builds(monkeypatch):
    def patterns(setting):
        frame = description.connectivity(setting).frame
        return dict(zip(frame["source"] + " to " + frame["target"], frame["pattern"], strict=True))

    assert patterns(Setting()) == {
        "sensors to layer 1": "all to all",
        "EN to EN and IN": "all to all, none to itself",
        "IN to EN and IN": "all to all, none to itself",
    }
    with_own = patterns(Setting(autapses=True))
    assert with_own["EN to EN and IN"] == "all to all, each to itself too"

    def sparse(*arguments, **options) -> Network:
        network = two_layer(*arguments, **options)
        heard, w_rec = np.ones_like(network.w_in), network.w_rec.copy()
        w_rec[3, network.sign < 0] = 0
        return replace(network, w_in=heard, w_rec=w_rec)

    monkeypatch.setattr(description, "two_layer", sparse)
    assert patterns(Setting()) == {
        "sensors to layer 1": "all to all",
        "sensors to layer 2": "all to all",
        "EN to EN and IN": "all to all, none to itself",
        "IN to EN and IN": f"{18 * 9 - 9 - 9} of {18 * 9} pairs",
    }
    assert "sensors to layer 2: all to all" in told(description.summary(Setting()), "Connectivity")
    assert description.convergence(Setting()).frame["IN, layer 1"].tolist()[0] == "0 to 5"


def test_signs_are_those_of_the_neurons_that_the_package_builds():
    frame = description.connectivity(Setting()).frame
    signs = dict(zip(frame["source"], frame["sign"], strict=True))
    network = description.built(Setting())
    assert signs.pop("sensors") == "excitatory"
    assert signs == {
        name[:2]: "excitatory" if sign > 0 else "inhibitory"
        for name, sign in zip(network.names, network.sign, strict=True)
    }


def test_weights_and_delays_are_those_of_the_setting(default):
    def columns(setting):
        frame = description.connectivity(setting).frame
        return frame["weights"].unique().tolist(), frame["delay"].tolist()

    assert columns(Setting()) == (["normal: mean 0.4, cv 0.2"], ["none", *["the step before"] * 2])
    weights, delays = columns(Setting(weights=Binary(p=0.3), delay=0.004))
    assert weights == ["binary: p 0.3"]
    assert delays[1:] == ["the step before, and normal delays of mean 0.004 s, cv 0.2"] * 2
    assert columns(Setting(weights=Own()))[0] == ["own"]
    default(description.with_delays, "cv", 0.5)
    assert columns(Setting(delay=0.004))[1][1].endswith("cv 0.5")
    _, delays = columns(Setting(delay=0.004, delay_law="uniform"))
    assert delays[1] == "the step before, and uniform delays of mean 0.004 s"


# ---------------------------------------------------------------- neurons and equations


def test_neurons_tell_how_they_are_solved(default):
    def solved(setting):
        return description.neurons(setting).frame["solved by"].tolist()

    assert solved(Setting())[0].startswith("Eq. 2: exact")
    assert solved(Setting(neuron=LSM(solver="euler")))[0].startswith("Eq. 2: euler")
    assert "one after the other" in description.neurons(Setting(update="in turn")).frame["used"][0]
    default(hodgkin_huxley_response, "method", "explicit")
    default(izhikevich_response, "n_substeps", 7)
    assert solved(Setting())[1:] == ["explicit Euler", "explicit Euler, steps in each dt: 7"]


@pytest.mark.parametrize("number", description.EQUATIONS)
def test_an_equation_is_one_that_its_function_says_it_solves(number):
    _, function = description.EQUATIONS[number]
    first = inspect.getdoc(function).splitlines()[0]
    (low, high) = re.search(r"\((?:Eq\. )?A?(\d)(?:-(\d))?\)", first).groups()
    assert int(low) <= int(number[-1]) <= int(high or low)
    assert f"(`lsm.{function.__name__}`)" in description.equations().replace("{py:func}", "")


def test_all_equations_of_the_methods_are_told_each_once_and_the_table_names_them():
    shown = re.findall(r"^\*\*(.*?)\*\*", description.equations(), flags=re.M)
    assert sorted(shown) == ["A6", *(f"Eq. {n}" for n in range(1, 7))]
    named = ", ".join(description.neurons(Setting()).frame["equations"]).split(", ")
    assert sorted([*named, "Eq. 6"]) == sorted(shown)


def test_an_equation_of_a_docstring_is_taken_from_there(monkeypatch):
    assert r"\tau_{kd} - \tau_{kr}" in description.equations()
    monkeypatch.setattr(convolve_psp, "__doc__", "P.\n\n    .. math:: a =\n        b\n\n    End.")
    assert "$$\na = b\n$$" in description.equations()
    monkeypatch.setattr(convolve_psp, "__doc__", "P.")
    with pytest.raises(ValueError, match=r"expected Eq\. 6 in its docstring, got none"):
        description.equations()


# ---------------------------------------------------------------- input and measurements


def test_the_input_is_that_of_the_setting(default):
    for name, value in {"rate": 70.0, "n_presentations": 30, "jitter": 0.003}.items():
        default(Setting, name, value)
    default(Setting, "law", "gaussian")
    table = description.sensory_input(Setting())
    assert "70 Hz" in told(table, "spikes")
    assert told(table, "presentations") == "30, back to back: 30 s"
    assert told(table, "noise").endswith(": gaussian, 0.003 s")
    assert told(table, "targets") == "layer 1"
    assert "6 spike trains of 70 Hz, repeated 30 times" in told(
        description.summary(Setting()), "Input"
    )


def test_measurements_follow_the_code(monkeypatch, default):
    def measured(taken=TAKEN, **changes):
        return description.measurements(Setting(**changes), taken)

    assert "gamma 3, time-bandwidth product 60; ends of the record: reflected" in told(
        measured(), "wavelet transform"
    )
    assert told(measured(), "frequencies") == "1.82 to 434 Hz, 10 to an octave"
    coarse = Spectrum(freqs=np.array([2.0, 4.0, 8.0]), wavelet="mexh", ends="zero")
    assert told(measured(coarse), "frequencies") == "2.00 to 8 Hz, 1 to an octave"
    assert told(measured(coarse), "wavelet transform") == "mexh; ends of the record: zero"
    assert "the first 0.1 s" in told(measured(), "maximum power")
    assert "(2 s)" in told(measured(duration=2.0), "maximum power")
    monkeypatch.setattr(spectrum, "BETA", 40.0)
    monkeypatch.setattr(measures, "REFERENCE_BAND", (6.0, 20.0))
    monkeypatch.setattr(measures, "HIGH_FREQUENCY", 150.0)
    monkeypatch.setattr(settings, "AMPLIFIED_FROM", 2.5)
    default(excursions, "threshold", 6.0)
    default(excursions, "cutoff", 80.0)
    assert "product 120" in told(measured(), "wavelet transform")
    assert "6 to 20 Hz" in told(measured(), "gain")
    assert told(measured(), "HF").startswith("mean gain from 150 Hz")
    assert told(measured(), "HF").endswith("at least 2.5")
    assert told(measured(), "transients").startswith("activity above 80 Hz beyond 6 robust")


# ---------------------------------------------------------------- constants


def test_every_constant_says_where_it_comes_from_and_nothing_else_does():
    names = {f"{of.__name__}.{each.name}" for of in CLASSES for each in fields(of)}
    # Objects with constants of their own; what numbers random streams; what f_min and voices give.
    apart = {"Setting.kernel", "Setting.neuron", "Setting.stream", "Spectrum.freqs"}
    assert set(known()) == names - apart


def test_entries_are_complete():
    registry = yaml.safe_load((BOOK / "parameters.yml").read_text(encoding="utf-8"))
    for name, entry in known().items():
        if "parameter" in entry:
            assert set(entry) == {"parameter"}, name
            assert entry["parameter"] in registry, name
            continue
        assert entry["status"] in ("given", "inferred", "chosen"), name
        assert entry["source"], name
        assert ("paper" in entry) == (entry["status"] == "given"), name


@pytest.mark.parametrize(
    "weights",
    [Normal(mean=0.4), Lognormal(mean=0.3), Binary(p=0.1)],
    ids=lambda w: type(w).__name__,
)
def test_what_the_text_gives_is_what_the_code_takes(weights):
    rows = constants(leaky(Setting(weights=weights), 0.01))
    own = {name.partition(".")[2] for name, e in known().items() if e.get("status") == "given"}
    given = {key: row for key, row in rows.items() if row.status == "given" and key[1] in own}
    assert len(given) >= 15
    assert {key: row.value for key, row in given.items()} == {k: r.paper for k, r in given.items()}
    assert rows["neuron", "tau_dyn"].value == f"{eval(rows['neuron', 'tau_dyn'].paper):g}"


def test_what_the_paper_says_is_not_taken_from_the_code():
    rows = constants(leaky(Setting(kernel=PSPKernel(tau_m=0.03), rate=80.0), 0.01))
    shown = [rows["sensory synapse", "tau_m"], rows["input", "rate"], rows["network", "dt"]]
    assert [row.value for row in shown] == ["0.03", "80", "0.001"]
    assert [row.paper for row in shown] == ["0.0213", "50", "not stated"]


def test_every_constant_is_described():
    for (of, name), row in constants(leaky(Setting(), 0.01)).items():
        assert len(row.description) > 5, (of, name)
        assert not re.search(r"[`]|\((s|mV|Hz)\)|\.$|Eq$", row.description), row.description


OTHERS = {
    "Setting": ("network", {"sizes": (3, 2), "autapses": True, "delay": 0.005, "dt": 0.002}),
    "Setting of the input": ("input", {"n_sensors": 9, "rate": 80.0, "law": "gaussian"}),
    "PSPKernel": ("sensory synapse", {"tau_decay": 0.005, "tau_m": 0.03, "latency": 0.001}),
    "HodgkinHuxley": ("H-H neuron", {"tau": 0.02}),
    "Izhikevich": ("Izhikevich neuron", {"A": 0.05, "c": -50.0, "k": 200.0, "v_peak": 35.0}),
    "LSM": ("neuron alone", {"k_static": 3.0}),
}


@pytest.mark.parametrize(
    ("of", "name", "value"),
    [(of, name, value) for of, (_, each) in OTHERS.items() for name, value in each.items()],
)
def test_a_default_changed_in_the_code_changes_the_table(default, of, name, value):
    (kind,) = (each for each in CLASSES if each.__name__ == of.partition(" ")[0])
    place = OTHERS[of][0]

    def shown():
        setting = Setting(kernel=PSPKernel()) if kind is PSPKernel else Setting()
        return {key: row.value for key, row in constants(leaky(setting, 0.01)).items()}

    before = shown()
    default(kind, name, value)
    after = shown()
    assert {key for key in before if before[key] != after[key]} == {(place, name)}
    text = {True: "yes", (3, 2): "3, 2"}.get(value) or (value if name == "law" else f"{value:g}")
    assert after[place, name] == text


def test_a_network_of_other_constants_is_described_by_them():
    other = Setting(weights=Lognormal(mean=0.3), neuron=LSM(k_static=0.5, tau_dyn=0.02))
    rows = constants(other, Spectrum(freqs=np.array([1.0, 2.0]), wavelet="morl", warm_up=0.3))
    assert rows["network", "weights"].value == "lognormal"
    assert (rows["weights", "mean"].value, rows["weights", "of"].value) == ("0.3", "weights")
    assert (rows["neuron", "k_static"].value, rows["neuron", "tau_dyn"].value) == ("0.5", "0.02")
    assert (rows["spectrum", "wavelet"].value, rows["spectrum", "warm_up"].value) == ("morl", "0.3")
    many = constants(leaky(Setting(), np.linspace(0.01, 0.03, 18)))
    assert many["neuron", "tau_dyn"].value == "0.01 to 0.03"
    # Of the isolated neuron only what differs.
    assert [name for of, name in many if of == "neuron alone"] == ["k_static"]
    assert [name for of, name in rows if of == "neuron alone"] == ["k_static"]


def test_the_page_takes_what_has_no_default_from_figure_4():
    def declared(page):
        """Values in a page's parameters cell."""
        cells = json.loads((BOOK / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
        (text,) = [
            "".join(cell["source"])
            for cell in cells
            if "parameters" in cell["metadata"].get("tags", ())
        ]
        return {line.target.id: ast.literal_eval(line.value) for line in ast.parse(text).body}

    here, there = declared("model"), declared("figures/fig4")
    assert {"tau_dyn", "f_min", "warm_up"} <= set(here)
    assert here == {name: there[name] for name in here}


def test_connections_tell_the_order_of_update_and_factors():
    def told(**changes):
        return description.connectivity(Setting(**changes)).frame.to_dict("records")[-1]

    assert told()["delay"] == "the step before"
    assert told(update="layer by layer")["delay"].endswith("from neurons updated earlier the same")
    assert "factors" not in told()["weights"]
    weaker = [[1.0, 1.0, 1.0, 0.8, 0.8]] * 4
    assert told(connectivity=weaker)["weights"].endswith(", times factors between populations")
