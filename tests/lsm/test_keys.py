"""Names of results: all that a result depends on stands in its name, and nothing else."""

import importlib
import json
import shutil
import sys
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import lsm
from lsm import keys
from lsm.inputs import PSPKernel
from lsm.keys import dependencies, key, watch
from lsm.neurons import LSM
from lsm.runs import Setting, run
from lsm.weights import Binary, Lognormal, Normal
from rongala2021.controls import filtered, open_loop
from rongala2021.linear import stability
from rongala2021.run_measures import InputPower, input_power, network_power
from rongala2021.spectra import Spectrum
from tests.settings import OTHERS
from tests.sources import (
    FILES,
    FREQS,
    MEASURE,
    PACKAGES,
    SETTING,
    SPECTRUM,
    in_module,
    in_other_process,
)

TAU = SETTING.neuron.tau_dyn
PARTS = [
    {"weights": Normal(mean=0.4, cv=0.3)},
    {"weights": Lognormal(mean=0.4)},
    {"weights": Binary(p=0.4)},
    {"kernel": PSPKernel(tau_rise=1e-3)},
    {"neuron": LSM(k_static=SETTING.neuron.k_static, tau_dyn=TAU, shunting=-1.0)},
    {"neuron": LSM(k_static=0.9, tau_dyn=TAU)},
    {"neuron": LSM(tau_dyn=TAU[::-1])},
    {"neuron": LSM(tau_dyn=np.where(np.arange(18) == 17, np.nextafter(TAU, 1), TAU))},
    {"neuron": LSM(tau_dyn=0.01)},
    {"neuron": LSM(tau_dyn=np.full(18, 0.01))},
]


# Names


NAMED = """
from functools import partial
import numpy as np
from lsm.inputs import PSPKernel
from lsm.weights import Lognormal
from lsm.neurons import LSM
from lsm.keys import key
from lsm.runs import Setting, run
from rongala2021.run_measures import network_power
from rongala2021.spectra import Spectrum
setting = Setting(
    weights=Lognormal(mean=0.1 + 0.2), sizes=(2, 1), kernel=PSPKernel(tau_decay=5e-3),
    neuron=LSM(k_static=1 / 3, tau_dyn=np.linspace(0.0, 0.02, 6)),
)
spectrum = Spectrum(warm_up=0.1, freqs=np.geomspace(5, 400, 9))
name = key(partial(network_power, spectrum=spectrum), run, setting, 3, 1)
"""


def test_a_name_is_the_same_in_every_process():
    here = {}
    exec(NAMED, here)
    for hash_seed in ("1", "2"):
        assert in_other_process(NAMED + "print(name)", hash_seed=hash_seed).strip() == here["name"]


def test_equal_settings_have_one_name_however_they_were_made():
    strided = np.repeat(TAU, 2)[::2]
    other = replace(SETTING, neuron=LSM(tau_dyn=strided), weights=Normal(cv=0.2, mean=0.4))
    spectrum = Spectrum(warm_up=0.1, freqs=np.repeat(FREQS, 3)[::3])
    assert key(partial(network_power, spectrum=spectrum), other, 3, 1) == key(
        MEASURE, SETTING, 3, 1
    )
    kept = partial(partial(open_loop, n_relays=1), seed=2)
    assert key(kept, 3) == key(partial(open_loop, seed=2, n_relays=1), 3)
    assert key(MEASURE, replace(SETTING, sizes=[5, 4]), 3, 1) == key(MEASURE, SETTING, 3, 1)


def test_every_field_of_a_setting_is_tried():
    assert list(OTHERS) == [field.name for field in fields(Setting)]


@pytest.mark.parametrize("field", OTHERS)
def test_another_value_of_a_field_has_another_name(field):
    plain = Setting(neuron=LSM(k_static=0.03))
    other = replace(plain, **{field: OTHERS[field]})
    assert key(MEASURE, other, 3, 1) != key(MEASURE, plain, 3, 1)


def test_all_that_tells_a_result_from_another_stands_in_its_name():
    names = [key(MEASURE, replace(SETTING, **change), 3, 1) for change in [{}, *PARTS]]
    names += [key(MEASURE, SETTING, seed, repeat) for seed, repeat in ((3, 0), (1, 3), (31, 1))]
    names += [
        key(partial(network_power, spectrum=spectrum), SETTING, 3, 1)
        for spectrum in (
            Spectrum(freqs=FREQS),
            replace(SPECTRUM, warm_up=0.2),
            replace(SPECTRUM, wavelet="morlet"),
            replace(SPECTRUM, ends="zero"),
            replace(SPECTRUM, freqs=FREQS[:3]),
            replace(SPECTRUM, freqs=np.nextafter(FREQS, 0)),
        )
    ]
    names += [
        key(partial(input_power, spectrum=SPECTRUM), SETTING, 3, 1),
        key(network_power, SETTING, 3, 1),
        key(stability, SETTING, 3, 1),
        key(MEASURE, run, SETTING, 3, 1),
        key(MEASURE, open_loop, SETTING, 3, 1),
        key(MEASURE, partial(open_loop, n_relays=1), SETTING, 3, 1),
        key(MEASURE, partial(open_loop, n_relays=2), SETTING, 3, 1),
        key(MEASURE, filtered, SETTING, 3, 1),
        key(stability, [1, 2], 3),
        key(stability, [[1, 2], 3]),
        key(stability, np.array([1, 2, 3, 4])),
        key(stability, np.array([[1, 2], [3, 4]])),
        key(stability, np.array([1, 2, 3, 4], dtype=float)),
        key(stability, np.array([1, 2, 3, 4], dtype=np.int64).view(float)),
    ]
    assert len(set(names)) == len(names)


def test_a_name_is_functions_then_sources_then_arguments():
    functions, sources, arguments = key(MEASURE, partial(open_loop, n_relays=1), SETTING).split("/")
    measured = "rongala2021.run_measures.network_power"
    assert functions == f"{measured}+rongala2021.controls.open_loop"
    assert sources.isalnum()
    assert arguments.isalnum()
    assert key(MEASURE, SETTING).split("/")[0] == measured
    # Arguments leave the sources alone.
    assert key(MEASURE, SETTING, 3).split("/")[:2] == key(network_power, 4).split("/")[:2]
    assert key(input_power).split("/")[1] == key(network_power).split("/")[1]  # of one module


def test_a_name_of_many_functions_is_no_longer_than_file_systems_allow():
    many = [open_loop, filtered, network_power, input_power, stability]
    functions, *rest = key(MEASURE, *many).split("/")
    assert len(functions) <= 100
    assert functions.startswith("rongala2021.run_measures.network_power+rongala2021.controls.open_")
    assert rest == key(MEASURE, *many).split("/")[1:]
    others = key(MEASURE, *many[:-1], input_power).split("/")[0]  # the same but at their ends
    assert len({functions, others, key(MEASURE, *many[:-1]).split("/")[0]}) == 3
    long = in_module("rongala2021.controls", name="ä" * 200)  # of two bytes each
    functions = key(long).split("/")[0]
    assert len(functions.encode()) <= 100
    assert functions.startswith("rongala2021.controls.ää")


def test_numbers_and_the_words_that_spell_them_differ():
    values = [1, 1.0, True, "1", None, "None", (1,), ((1,),), (1, 1), "(1, 1)", np.array(1)]
    names = [key(partial(stability, n_instants=value)) for value in values]
    assert len(set(names)) == len(names)


def of_this_module(result):
    return InputPower(result)


@dataclass(frozen=True)
class Impostor:
    """Not of the package, so that its changes would go unnoticed."""

    mean: float

    def sample(self, shape, *, rng):
        return np.full(shape, self.mean)


class Bare:
    def sample(self, shape, *, rng):
        return np.zeros(shape)


def nested():
    def within(result):
        return InputPower(result)

    return within


UNWATCHED = [lambda result: result, of_this_module, partial(of_this_module), nested()]


@pytest.mark.parametrize("function", UNWATCHED, ids=["lambda", "test", "partial", "nested"])
def test_a_function_whose_changes_would_go_unnoticed_is_refused(function):
    message = r"^store: expected functions and classes of .*lsm, rongala2021, got tests\.lsm\."
    for arguments in ((function, SETTING), (MEASURE, function), (MEASURE, [function])):
        with pytest.raises(ValueError, match=message):
            key(*arguments)


@pytest.mark.parametrize("function", [np.mean, len, Setting, partial(np.sin), "run", None])
def test_what_is_no_function_is_refused(function):
    with pytest.raises(ValueError, match=r"^store: expected a function, got "):
        key(function, SETTING)


def test_a_partial_of_positions_is_refused():
    with pytest.raises(ValueError, match=r"^store: expected a partial of keywords alone, got "):
        key(partial(network_power, None), SETTING, 0, 0)


@pytest.mark.parametrize(
    "value",
    [
        {1.0},
        {"a": 1},
        object(),
        np.mean,
        1j,
        np.array([1.0, None]),
        Normal,
        InputPower(1.0),
        Bare(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_canonical_form_is_refused(value):
    message = r"^store: expected parameters made of numbers, words and arrays, got "
    for arguments in ((partial(network_power, spectrum=value),), (stability, value)):
        with pytest.raises(ValueError, match=message):
            key(*arguments)


def test_a_distribution_from_elsewhere_is_refused():
    with pytest.raises(ValueError, match=r"^store: expected functions and classes .* got tests\."):
        key(MEASURE, replace(SETTING, weights=Impostor(0.4)), 0, 0)


def test_equal_numbers_of_a_setting_have_one_name_whatever_their_type():
    plain = key(MEASURE, Setting(rate=50.0, delay=0.0, duration=1.0), 3, 1)
    assert key(MEASURE, Setting(rate=50, delay=0, duration=np.float64(1)), 3, 1) == plain


# Sources


# Run in a copy of both packages: what each module loads when it alone is imported, in a process
# that has imported none of them before, and whose keys change when it does.
EXAMINING = """
import ast, importlib, json, os, sys
from functools import cache
from pathlib import Path
from types import FunctionType
import matplotlib.pyplot, numba, pandas, pywt, scipy.signal, scipy.stats, xarray, yaml

def loaded(module):
    reading, writing = os.pipe()
    if os.fork() == 0:
        importlib.import_module(module)
        mine = [name for name in sys.modules if name.partition(".")[0] in ("lsm", "rongala2021")]
        os.write(writing, json.dumps(mine).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as found:
        text = found.read()
    os.wait()
    return json.loads(text or "[]")

def function_of(module):
    function = FunctionType((lambda: None).__code__, {}, "f")
    function.__module__, function.__qualname__ = module, "f"
    return function

paths = {}
for package in ("lsm", "rongala2021"):
    for path in Path(package).rglob("*.py"):
        parts = path.with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
loads = {module: loaded(module) for module in paths}

from lsm import keys
import rongala2021
assert Path(rongala2021.__file__).parent == Path("rongala2021").resolve()

def sources():
    keys.watch("lsm")
    keys.watch("rongala2021")
    return {module: keys.key(function_of(module)).split("/")[1] for module in paths}

ast.parse = cache(ast.parse)  # of a source that is as before
before, stale = sources(), {}
depends = {module: sorted(keys.dependencies(module)) for module in paths}
for module, path in paths.items():
    text = path.read_text()
    path.write_text(text + "# changed\\n")
    stale[module] = [other for other, digest in sources().items() if digest != before[other]]
    path.write_text(text)
assert sources() == before
json.dump({"loads": loads, "depends": depends, "stale": stale}, sys.stdout)
"""


def modules_of(package):
    for path in sorted(PACKAGES[package].rglob("*.py")):
        parts = path.relative_to(PACKAGES[package].parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [name for package in PACKAGES for name in modules_of(package)]
each_module = pytest.mark.parametrize("module", MODULES)


@pytest.fixture(scope="module")
def examined(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for name, path in PACKAGES.items():
        shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    program = f"import os; os.chdir({str(folder)!r})\n{EXAMINING}"
    return json.loads(in_other_process(program, paths=[str(folder)]))


@each_module
def test_a_module_depends_on_what_importing_it_alone_loads(examined, module):
    mine = {name for name in examined["depends"][module] if name.partition(".")[0] in PACKAGES}
    assert mine == set(examined["loads"][module])


@each_module
def test_a_change_of_a_module_makes_exactly_its_dependants_stale(examined, module):
    dependants = [other for other, names in examined["depends"].items() if module in names]
    assert examined["stale"][module] == dependants
    assert module in dependants


def test_a_change_of_what_shows_leaves_results_valid(examined):
    computing = {
        "rongala2021.run_measures",
        "rongala2021.linear",
        "rongala2021.transients",
        "rongala2021.single",
        "rongala2021.controls",
    }
    for module in ("plots", "pages", "tables", "scorecard", "judging", "ledger", "samples"):
        assert not computing & set(examined["stale"][f"rongala2021.{module}"])
    assert not computing & {*examined["stale"]["lsm.sweeps"], *examined["stale"]["lsm.store"]}
    for module in ("lsm.dynamics", "lsm.runs", "rongala2021"):
        assert computing <= set(examined["stale"][module])


def test_other_packages_stand_among_dependencies_by_name():
    assert {"numpy", "scipy", "numba"} <= dependencies("rongala2021.run_measures")
    assert "pywt" in dependencies("rongala2021.run_measures")
    assert not {"matplotlib", "pandas", "yaml"} & dependencies("rongala2021.run_measures")


def digest():
    keys._digest.cache_clear()
    return key(network_power).split("/")[1]


@pytest.mark.parametrize("package", ["numpy", "scipy", "numba", "pywt"])
def test_sources_change_with_the_versions_beneath(monkeypatch, package):
    before = digest()
    assert before == digest()
    monkeypatch.setattr(importlib.import_module(package), "__version__", "0.post9")
    assert digest() != before
    monkeypatch.undo()
    assert digest() == before


def test_sources_change_with_the_machine(monkeypatch):
    before = digest()
    monkeypatch.setattr(keys.platform, "machine", lambda: "another")
    assert digest() != before
    monkeypatch.undo()
    assert digest() == before


# Sources of other packages


EVERYTHING = {name.removesuffix("__init__").rstrip(".") for name in FILES} - {""}
DEPENDENCIES = {
    "": {""},
    "alone": {"json"},
    "relative": {"alone", "json"},
    "sibling": {"alone", "json"},
    "absolute": {"alone", "json"},
    "submodule": {"alone", "json"},
    "two": {"alone", "sibling", "json"},
    "within": {"alone", "json"},
    "guarded": {*EVERYTHING, "json", "numpy"},
    "whole": {*EVERYTHING, "json", "numpy"},
    "whole_by_path": {*EVERYTHING, "json", "numpy"},
    "whole_by_name": {*EVERYTHING, "json", "numpy"},
    "whole_by_star": {*EVERYTHING, "json", "numpy"},
    "inner": {"alone", "json"},
    "inner.deep": {"inner", "inner.flat", "sibling", "alone", "json"},
    "inner.flat": {"inner", "sibling", "alone", "json"},
    "inner.up": {"inner", "relative", "alone", "json"},
    "inner.bare": {"inner", "relative", "alone", "json"},
    "user": {"inner", "inner.flat", "sibling", "alone", "json"},
    "user_of_inner": {
        *("inner", "inner.deep", "inner.flat", "inner.up", "inner.bare"),
        *("relative", "sibling", "alone", "json"),
    },
    "user_of_bare": {"inner", "inner.bare", "relative", "alone", "json"},
    "circle": {"arc"},
    "arc": {"circle"},
}


def full(name):
    return name if name in ("json", "numpy") else f"kept.{name}".rstrip(".")


@pytest.mark.parametrize("module", DEPENDENCIES)
def test_dependencies_are_what_the_text_imports_and_all_that_a_package_may_give(kept, module):
    assert dependencies(full(module)) == {
        "kept", full(module), *map(full, DEPENDENCIES[module])
    }  # fmt: skip


def test_every_way_to_import_is_tried(kept):
    assert {full(name) for name in DEPENDENCIES} == {
        name for name in keys._SOURCES if name.partition(".")[0] == "kept"
    }


def test_dependencies_of_several_modules_are_those_of_each(kept):
    modules = ("kept.user", "kept.circle")
    assert dependencies(*modules) == dependencies(modules[0]) | dependencies(modules[1])


def test_what_editors_and_interpreters_leave_behind_is_no_module(kept):
    before = set(keys._SOURCES)
    (kept / ".#alone.py").symlink_to("someone@somewhere.1234")
    (kept / ".ipynb_checkpoints").mkdir()
    (kept / ".ipynb_checkpoints" / "alone-checkpoint.py").write_text("")
    (kept / "__pycache__").mkdir(exist_ok=True)
    (kept / "__pycache__" / "alone.pyc").write_bytes(b"")
    watch("kept")
    assert set(keys._SOURCES) == before


@pytest.mark.parametrize("name", ["", "kept.inner", "kept.alone", "none", "json.tool", "os", "."])
def test_what_is_no_package_cannot_be_watched(kept, name):
    with pytest.raises(ValueError, match=r"^package: expected the name of a package, got "):
        watch(name)


@pytest.mark.parametrize("name", ["<lambda>", "f.<locals>.g"])
def test_a_function_without_a_name_of_its_own_is_refused(kept, name):
    with pytest.raises(
        ValueError, match=rf"^store: expected .*, rongala2021, got kept.alone.{name}"
    ):
        key(in_module("kept.alone", name=name))


def test_an_edit_after_the_import_does_not_change_keys_until_it_is_imported_anew(kept):
    before = key(in_module("kept.user"))
    (kept / "alone.py").write_text("changed = 1\n")
    keys._imports.cache_clear()
    keys._digest.cache_clear()
    assert key(in_module("kept.user")) == before
    watch("kept")  # as a new process does
    assert key(in_module("kept.user")) != before


def test_a_module_that_is_gone_is_forgotten(kept):
    (kept / "arc.py").unlink()
    watch("kept")
    assert dependencies("kept.circle") == {"kept", "kept.circle"} | dependencies("kept.whole")


def test_watching_one_package_leaves_the_others(kept):
    before = {name: text for name, text in keys._SOURCES.items() if name.startswith("lsm")}
    watch("kept")
    assert before == {n: text for n, text in keys._SOURCES.items() if n.startswith("lsm")}
    assert before


def test_a_key_does_not_depend_on_what_has_been_imported_before(kept, monkeypatch):
    (kept.parent / "optional.py").write_text("__version__ = '3'\n")
    (kept / "alone.py").write_text("def f():\n    import optional\n")
    watch("kept")
    monkeypatch.delitem(sys.modules, "optional", raising=False)
    first = key(in_module("kept.alone"))
    importlib.import_module("optional")
    keys._digest.cache_clear()
    assert key(in_module("kept.alone")) == first
    monkeypatch.setattr(sys.modules["optional"], "__version__", "4")
    keys._digest.cache_clear()
    assert key(in_module("kept.alone")) != first
    del sys.modules["optional"]


def test_a_package_that_is_not_there_is_no_error(kept):
    (kept / "alone.py").write_text("try:\n    import nowhere\nexcept ImportError:\n    pass\n")
    watch("kept")
    assert "nowhere" in dependencies("kept.alone")
    assert key(in_module("kept.alone"))


# Which sources ran


def test_a_fingerprint_is_of_the_names_and_texts_of_all_modules(tmp_path):
    assert keys.fingerprint("lsm") == keys.fingerprint("lsm", Path(lsm.__file__).parent)
    (tmp_path / "inner").mkdir()
    found = set()
    for texts in (
        {"a": "1", "b": "2"},
        {"a": "2", "b": "1"},
        {"a": "12", "b": ""},
        {"inner/a": "1"},
    ):
        for path in tmp_path.rglob("*.py"):
            path.unlink()
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text)
        found.add(keys.fingerprint("thing", tmp_path))
        (tmp_path / "note.txt").write_text(str(texts))
        (tmp_path / ".a.py").write_text("left by an editor")
        assert keys.fingerprint("thing", tmp_path) in found
    assert len(found) == 4
