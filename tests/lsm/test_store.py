"""Results on disk: what their names depend on, and that they are kept whole, once and no longer."""

import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

import numpy as np
import pytest

import lsm
import rongala2021
from lsm import _optional, keys
from lsm.inputs import PSPKernel
from lsm.keys import dependencies, key, watch
from lsm.neurons import LSM
from lsm.runs import Setting, run
from lsm.store import StoreWarning, result_kind, stored
from lsm.weights import Binary, Lognormal, Normal
from rongala2021.controls import filtered, open_loop
from rongala2021.linear import stability
from rongala2021.run_measures import InputPower, Power, input_power, network_power
from rongala2021.spectra import Spectrum
from tests.settings import OTHERS

PACKAGES = {package.__name__: Path(package.__file__).parent for package in (lsm, rongala2021)}
FREQS = np.array([5.0, 20.0, 100.0, 200.0])
SPECTRUM = Spectrum(freqs=FREQS, warm_up=0.1)
SETTING = Setting(neuron=LSM(tau_dyn=np.linspace(0.0, 0.02, 18)))
MEASURE = partial(network_power, spectrum=SPECTRUM)

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


PATHS = (str(PACKAGES["lsm"].parent), str(PACKAGES["rongala2021"].parent))


def in_other_process(code, *arguments, paths=PATHS, hash_seed="1", wait=True):
    """Standard output of a program that sees the packages under test, or others."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": hash_seed}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    if not wait:
        return process
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out


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


def test_the_kind_of_a_result_is_what_its_function_says():
    assert result_kind(network_power) is Power
    assert result_kind(MEASURE) is Power


def plain_tuple(result) -> tuple[float, float]:
    return 0.0, result


@pytest.mark.parametrize(
    "function", [of_this_module, plain_tuple, lambda r: r, len, partial(plain_tuple)]
)
def test_a_function_that_returns_no_named_tuple_is_refused(function):
    with pytest.raises(ValueError, match=r"^store: expected a function that returns a NamedTuple"):
        result_kind(function)


# Results


class Found(NamedTuple):
    """One field of each sort."""

    values: np.ndarray
    counts: np.ndarray
    none: np.ndarray
    number: float
    count: int
    answer: bool


FOUND = Found(
    values=np.array([[0.1, np.nan, -np.inf], [1e-300, -0.0, 3.0]]),
    counts=np.arange(3, dtype=np.int16),
    none=np.empty((0, 2), dtype=np.float32),
    number=1 / 3,
    count=2**40,
    answer=True,
)


ABOUT = {"setting": SETTING, "seed": 1}


@pytest.fixture
def untold(monkeypatch):
    """What is told once has not been told."""
    monkeypatch.setattr(_optional, "_TOLD", set())


def unexpected():
    raise AssertionError("computed although it is there")


def assert_found(result):
    assert type(result) is Found
    for got, expected in zip(result, FOUND, strict=True):
        np.testing.assert_array_equal(got, expected)
        assert np.asarray(got).dtype == np.asarray(expected).dtype
        assert np.shape(got) == np.shape(expected)
    assert np.signbit(result.values[1, 1])
    assert isinstance(result.number, float)


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_result_is_computed_once_and_read_back_equal(tmp_path):
    folder = tmp_path / "not" / "there"
    assert_found(stored(folder, "f/g/a", Found, lambda: FOUND, ABOUT))
    assert_found(stored(folder, "f/g/a", Found, unexpected, ABOUT))
    assert files(folder) == ["a.npz"]


def test_a_result_has_its_own_name(tmp_path):
    one, two = (
        stored(tmp_path, name, InputPower, lambda i=i: InputPower(np.full(2, i)), ABOUT)
        for i, name in enumerate(("f/g/a", "f/g/b"))
    )
    assert one.power.tolist() == [0, 0]
    assert two.power.tolist() == [1, 1]
    assert stored(tmp_path, "f/g/a", InputPower, unexpected, ABOUT).power.tolist() == [0, 0]


def test_what_is_read_can_be_changed_without_changing_what_is_kept(tmp_path):
    stored(tmp_path, "f/g/a", Found, lambda: FOUND, ABOUT)
    stored(tmp_path, "f/g/a", Found, unexpected, ABOUT).values[:] = 7
    assert_found(stored(tmp_path, "f/g/a", Found, unexpected, ABOUT))


def spoil_by(change):
    def spoil(path):
        path.write_bytes(change(path.read_bytes()))

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_by(lambda content: b""),
        spoil_by(lambda content: content[:1]),
        spoil_by(lambda content: content[: len(content) // 2]),
        spoil_by(lambda content: content[:-1]),
        spoil_by(lambda content: content[100:]),
        spoil_by(lambda content: b"\0" * len(content)),
        spoil_by(lambda content: b"no archive"),
        spoil_by(lambda content: content.replace(FOUND.values.tobytes(), b"\1" * 48)),
        lambda path: np.savez(path, values=FOUND.values),
        lambda path: np.savez(path, **FOUND._asdict() | {"values": np.array([None])}),
    ],
    ids=[
        "empty", "one byte", "half", "but one byte", "headless", "zeros", "text", "values",
        "fields", "objects",
    ],
)  # fmt: skip
def test_a_spoiled_file_is_computed_again_which_is_told_once(tmp_path, spoil, untold):
    names = "f/g/a", "f/g/b"
    for name in names:
        stored(tmp_path, name, Found, lambda: FOUND, ABOUT)
        spoil(tmp_path / f"{name}.npz")
    calls = []
    with pytest.warns(StoreWarning) as told:
        found = [
            stored(tmp_path, name, Found, lambda: calls.append(1) or FOUND, ABOUT) for name in names
        ]
    for result in found:
        assert_found(result)
    assert calls == [1, 1]
    (message,) = (str(warning.message) for warning in told)
    assert message.startswith(f"{tmp_path / 'f/g/a.npz'} was spoiled, and is computed again (")
    assert_found(stored(tmp_path, "f/g/a", Found, unexpected, ABOUT))


@pytest.mark.filterwarnings("ignore::lsm.store.StoreWarning")
def test_a_file_spoiled_anywhere_is_no_error(tmp_path):
    stored(tmp_path, "f/g/a", Found, lambda: FOUND, ABOUT)
    (path,) = tmp_path.rglob("*.npz")
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        for flip in (0x01, 0xFF):
            spoiled = bytearray(content)
            spoiled[place] ^= flip
            path.write_bytes(spoiled)
            # Whether a change is noticed or does not matter, nothing but the result comes back.
            assert_found(stored(tmp_path, "f/g/a", Found, lambda: FOUND, ABOUT))


def fail():
    raise KeyError("from within")


def test_a_failure_leaves_no_result_and_can_be_repeated(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError, match="from within"):
            stored(tmp_path, "f/g/a", Found, fail, ABOUT)
        assert files(tmp_path) == []
    assert_found(stored(tmp_path, "f/g/a", Found, lambda: FOUND, ABOUT))
    assert files(tmp_path) == ["a.npz"]


def test_what_a_killed_process_left_is_no_obstacle(tmp_path):
    stored(tmp_path, "f/g/a", Found, lambda: FOUND, ABOUT)
    (path,) = tmp_path.rglob("*.npz")
    path.rename(path.with_name("a.99.tmp"))
    path.with_name("a.lock").touch()
    assert_found(stored(tmp_path, "f/g/a", Found, lambda: FOUND, ABOUT))


# Several that ask at once


def ask_in_threads(folder, computes):
    """What each thread found; the second one asks while the first one computes."""
    found = [None] * len(computes)
    computing = threading.Event()

    def ask(i):
        def compute():
            computing.set()
            time.sleep(0.3)  # time enough for the others to compute, if they were allowed to
            return computes[i]()

        try:
            found[i] = stored(folder, "f/g/a", Found, compute, ABOUT)
        except KeyError as error:
            found[i] = error

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(computes))]
    for thread in threads:
        thread.start()
        assert computing.wait(60)
    for thread in threads:
        thread.join(60)
    return found


def test_threads_that_ask_at_once_compute_once(tmp_path):
    calls = []
    for found in ask_in_threads(tmp_path, [lambda: calls.append(1) or FOUND] * 3):
        assert_found(found)
    assert calls == [1]


@pytest.fixture
def switching():
    """The collector runs often, and lets another thread in whenever it does."""

    def interrupted(phase, info):
        for _ in range(200):
            pass

    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(interrupted)
    gc.set_threshold(1)
    sys.setswitchinterval(1e-6)
    yield
    gc.callbacks.remove(interrupted)
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)


def test_many_threads_read_and_parse_at_once(tmp_path, switching):
    """python/cpython#106905: Python parsed on two threads at once ended in a SystemError."""
    stored(tmp_path, "f/g/a", Found, lambda: FOUND, ABOUT)
    imports = keys._imports.__wrapped__  # not what an earlier test left
    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(stored, tmp_path, "f/g/a", Found, fail, ABOUT) for _ in range(1000)]
        parses = [pool.submit(imports, "lsm.neurons") for _ in range(30)]
        for job in reads:
            assert_found(job.result())
        assert {job.result() for job in parses} == {imports("lsm.neurons")}


def test_who_waited_for_a_failure_computes(tmp_path):
    failed, found = ask_in_threads(tmp_path, [fail, lambda: FOUND])
    assert isinstance(failed, KeyError)
    assert_found(found)
    assert files(tmp_path) == ["a.npz"]


def test_different_results_do_not_wait_for_each_other(tmp_path):
    other = []

    def compute():
        thread = threading.Thread(
            target=lambda: other.append(stored(tmp_path, "f/g/b", Found, lambda: FOUND, ABOUT))
        )
        thread.start()
        thread.join(60)
        assert len(other) == 1
        return FOUND

    assert_found(stored(tmp_path, "f/g/a", Found, compute, ABOUT))


ASKING = """
import os, sys, time
from pathlib import Path
from typing import NamedTuple
import numpy as np
from lsm.store import stored
folder, me = Path(sys.argv[1]), sys.argv[2]
class Found(NamedTuple):
    pid: int
def compute():
    with open(folder / "calls", "a") as file:
        file.write(f"{os.getpid()} ")
    time.sleep(0.5)
    return Found(os.getpid())
(folder / f"ready{me}").touch()
while len(list(folder.glob("ready*"))) < 2:
    time.sleep(0.005)
print(stored(folder / "results", "f/g/a", Found, compute, {}).pid)
"""


def test_processes_that_ask_at_once_compute_once(tmp_path):
    asking = [in_other_process(ASKING, tmp_path, i, wait=False) for i in range(2)]
    found = [process.communicate(timeout=120)[0].strip() for process in asking]
    assert [process.returncode for process in asking] == [0, 0]
    assert found == (tmp_path / "calls").read_text().split() * 2
    assert files(tmp_path / "results") == ["a.npz"]


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


FILES = {
    "__init__": "",
    "alone": "import json",
    "relative": "from .alone import x",
    "sibling": "from . import alone",
    "absolute": "import kept.alone as a",
    "submodule": "from kept import alone",
    "two": "from kept import alone, sibling as s",
    "within": "def f():\n    from kept.alone import x",
    "guarded": "try:\n    import kept.missing\nexcept ImportError:\n    import numpy",
    "whole": "import kept",
    "whole_by_path": "import kept.alone",
    "whole_by_name": "from kept import x",
    "whole_by_star": "from kept import *",
    "inner.__init__": "from kept import alone",
    "inner.deep": "from . import flat",
    "inner.flat": "from .. import sibling",
    "inner.up": "from ..relative import x",
    "inner.bare.__init__": "from ...relative import x",
    "user": "from kept.inner.flat import x",
    "user_of_inner": "from kept.inner import x",
    "user_of_bare": "import kept.inner.bare as b",
    "circle": "from kept import arc",
    "arc": "from kept import circle",
}
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


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A watched package of another's, in its folder."""
    root = tmp_path / "packages" / "kept"
    for name, text in FILES.items():
        path = root.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    monkeypatch.syspath_prepend(root.parent)
    before = dict(keys._SOURCES), set(keys._PACKAGES)
    watch("kept")
    yield root
    keys._SOURCES.clear()
    keys._PACKAGES.clear()
    keys._SOURCES.update(before[0])
    keys._PACKAGES.update(before[1])
    keys._imports.cache_clear()
    keys._digest.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "kept"]:
        del sys.modules[name]


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


def in_module(module, name="f"):
    """A function that says that it stands in a module."""
    function = FunctionType((lambda: None).__code__, {}, name)
    function.__module__, function.__qualname__ = module, name
    return function


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


# Generations


def keep(folder, function, *, age=None, compute=lambda: FOUND):
    """Store a result of a function, and let its generation have been used at some time."""
    name = key(function)
    stored(folder, name, Found, compute, ABOUT)
    if age is not None:
        os.utime((folder / name).parent, (1e9 + age, 1e9 + age))
    return (folder / name).parent


def edited(kept, number):
    (kept / "alone.py").write_text(f"# {number}\n")
    watch("kept")


def test_other_sources_compute_anew_and_the_former_ones_find_theirs(kept, tmp_path):
    functions = []
    for number in (0, 1):
        edited(kept, number)
        name = key(in_module("kept.alone"))
        result = stored(
            tmp_path, name, InputPower, lambda n=number: InputPower(np.array([n])), ABOUT
        )
        assert result.power.tolist() == [number]
        functions.append(name)
    edited(kept, 0)
    assert key(in_module("kept.alone")) == functions[0]
    assert stored(tmp_path, functions[0], InputPower, unexpected, ABOUT).power.tolist() == [0]


def test_three_generations_of_a_function_stay_the_latest_used(kept, tmp_path):
    folder = tmp_path / "results"
    others = [
        keep(folder, in_module("kept.alone", name="g"), age=-9),
        keep(folder, in_module("kept.circle"), age=-9),
    ]
    made = []
    for number in range(5):
        edited(kept, number)
        made.append(keep(folder, in_module("kept.alone"), age=number))
        (made[0].parent / "note.txt").write_text("no generation")
        assert {path for path in made[0].parent.iterdir() if path.is_dir()} == set(made[-3:])
    assert (made[0].parent / "note.txt").exists()
    assert all(list(other.glob("*.npz")) for other in others)


def test_a_generation_that_is_only_read_is_in_use(kept, tmp_path):
    for number in range(3):
        edited(kept, number)
        keep(tmp_path / "results", in_module("kept.alone"), age=number)
    edited(kept, 0)
    used = keep(tmp_path / "results", in_module("kept.alone"), compute=unexpected)
    edited(kept, 3)
    keep(tmp_path / "results", in_module("kept.alone"))
    assert used.exists()
    assert len(list(used.parent.iterdir())) == 3


def test_draws_of_one_name_from_different_modules_have_generations_of_their_own(kept):
    names = [key(network_power, in_module(f"kept.{name}")) for name in ("alone", "circle")]
    assert names[0].split("/")[0] != names[1].split("/")[0]


def test_arguments_of_other_modules_make_no_generation_but_another_name(kept):
    @dataclass(frozen=True)
    class Value:
        x: int

    names = []
    for module in ("kept.alone", "kept.circle"):
        Value.__module__, Value.__qualname__ = module, "Value"
        names.append(key(network_power, Value(1)).split("/"))
    assert names[0][:2] == names[1][:2] == key(network_power).split("/")[:2]
    assert names[0][2] != names[1][2]
    edited(kept, 1)
    Value.__module__ = "kept.alone"
    changed = key(network_power, Value(1)).split("/")
    assert changed[:2] == names[0][:2]
    assert changed[2] != names[0][2]


def test_a_generation_removed_while_a_result_is_computed_is_made_again(tmp_path):
    def compute():
        shutil.rmtree(tmp_path / "f" / "g")
        return FOUND

    assert_found(stored(tmp_path, "f/g/a", Found, compute, ABOUT))
    assert_found(stored(tmp_path, "f/g/a", Found, unexpected, ABOUT))


def test_another_process_may_remove_generations_at_the_same_time(tmp_path, monkeypatch):
    for age in range(4):
        (tmp_path / "f" / str(age)).mkdir(parents=True)
        os.utime(tmp_path / "f" / str(age), (age, age))
    is_dir = Path.is_dir

    def removed_after_it_was_seen(path):
        seen = is_dir(path)
        if path.name in ("0", "2"):
            shutil.rmtree(path, ignore_errors=True)
        return seen

    monkeypatch.setattr(Path, "is_dir", removed_after_it_was_seen)
    assert_found(stored(tmp_path, "f/g/a", Found, lambda: FOUND, ABOUT))
    monkeypatch.undo()
    assert sorted(path.name for path in (tmp_path / "f").iterdir()) == ["1", "3", "g"]


# What cannot be kept


class Objects(NamedTuple):
    x: np.ndarray


def test_a_result_that_could_not_be_read_again_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match=r"[Oo]bject arrays"):
        stored(tmp_path, "f/g/name", Objects, lambda: Objects(np.array([1.0, None])), ABOUT)
    assert not list(tmp_path.rglob("*.npz"))
    assert not list(tmp_path.rglob("*.tmp"))


def test_equal_numbers_of_a_setting_have_one_name_whatever_their_type():
    plain = key(MEASURE, Setting(rate=50.0, delay=0.0, duration=1.0), 3, 1)
    assert key(MEASURE, Setting(rate=50, delay=0, duration=np.float64(1)), 3, 1) == plain


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
