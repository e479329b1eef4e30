"""Results on disk: what their names depend on, and that they are kept whole, once and no longer."""

import gc
import os
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import lsm
from lsm import cache, claims
from lsm.cache import cached, key, result_kind
from lsm.inputs import PSPKernel
from lsm.network import Binary, Lognormal, Normal
from lsm.neurons import LSM
from lsm.population import InputPower, Power, input_power, network_power, stability
from lsm.sweeps import Setting
from tests.settings import OTHERS

PACKAGE = Path(lsm.__file__).parent
FREQS = np.array([5.0, 20.0, 100.0, 200.0])
SETTING = Setting(neuron=LSM(tau_dyn=np.linspace(0.0, 0.02, 18)))
MEASURE = partial(network_power, freqs=FREQS, skip=0.1)

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


def in_other_process(code, *arguments, hash_seed="1", wait=True):
    """Standard output of a program that sees the package under test."""
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "PYTHONHASHSEED": hash_seed}
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
from lsm.cache import key
from lsm.inputs import PSPKernel
from lsm.network import Lognormal
from lsm.neurons import LSM
from lsm.population import network_power
from lsm.sweeps import Setting
from tests.settings import OTHERS
setting = Setting(
    weights=Lognormal(mean=0.1 + 0.2), sizes=(2, 1), kernel=PSPKernel(tau_decay=5e-3),
    neuron=LSM(k_static=1 / 3, tau_dyn=np.linspace(0.0, 0.02, 6)),
)
name = key(partial(network_power, skip=0.1, freqs=np.geomspace(5, 400, 9)), setting, 3, 1)
"""


def test_a_name_is_the_same_in_every_process():
    here = {}
    exec(NAMED, here)
    for hash_seed in ("1", "2"):
        assert in_other_process(NAMED + "print(name)", hash_seed=hash_seed).strip() == here["name"]


def test_equal_settings_have_one_name_however_they_were_made():
    strided = np.repeat(TAU, 2)[::2]
    other = replace(SETTING, neuron=LSM(tau_dyn=strided), weights=Normal(cv=0.2, mean=0.4))
    keywords = partial(partial(network_power, skip=0.1), freqs=np.repeat(FREQS, 3)[::3])
    assert key(keywords, other, 3, 1) == key(MEASURE, SETTING, 3, 1)
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
        key(partial(network_power, freqs=FREQS), SETTING, 3, 1),
        key(partial(network_power, freqs=FREQS, skip=0.2), SETTING, 3, 1),
        key(partial(network_power, freqs=FREQS[:3], skip=0.1), SETTING, 3, 1),
        key(partial(network_power, freqs=FREQS.reshape(2, 2), skip=0.1), SETTING, 3, 1),
        key(partial(network_power, freqs=FREQS.astype(np.int64), skip=0.1), SETTING, 3, 1),
        key(partial(network_power, freqs=FREQS.view(np.int64), skip=0.1), SETTING, 3, 1),
        key(partial(input_power, freqs=FREQS, skip=0.1), SETTING, 3, 1),
        key(network_power, SETTING, 3, 1),
        key(stability, SETTING, 3, 1),
    ]
    assert len(set(names)) == len(names)
    assert all(name.isalnum() for name in names)


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


@pytest.mark.parametrize(
    "function",
    [
        lambda result: result,
        of_this_module,
        partial(of_this_module),
        np.mean,
        len,
        claims.load,
    ],
    ids=["lambda", "test", "partial", "numpy", "builtin", "not computing"],
)
def test_a_function_whose_changes_would_go_unnoticed_is_refused(function):
    with pytest.raises(ValueError, match=r"^cache: expected a function of lsm, got "):
        key(function, SETTING, 0, 0)


def test_a_partial_of_positions_is_refused():
    with pytest.raises(ValueError, match=r"^cache: expected a partial of keywords alone, got "):
        key(partial(network_power, None), SETTING, 0, 0)


@pytest.mark.parametrize(
    "value",
    [{1.0}, {"a": 1}, object(), np.mean, 1j, np.array([1.0, None]), Normal, Impostor(0.4)],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_canonical_form_is_refused(value):
    message = r"^cache: expected parameters made of numbers, words and arrays, got "
    with pytest.raises(ValueError, match=message):
        key(partial(network_power, freqs=value), SETTING, 0, 0)


@pytest.mark.parametrize("weights", [Bare(), Impostor(0.4)], ids=["no dataclass", "dataclass"])
def test_a_distribution_from_elsewhere_is_refused(weights):
    with pytest.raises(ValueError, match=r"^cache: expected parameters made of numbers"):
        key(MEASURE, replace(SETTING, weights=weights), 0, 0)


def test_the_kind_of_a_result_is_what_its_function_says():
    assert result_kind(network_power) is Power
    assert result_kind(MEASURE) is Power


def plain_tuple(result) -> tuple[float, float]:
    return 0.0, result


@pytest.mark.parametrize(
    "function", [of_this_module, plain_tuple, lambda r: r, len, partial(plain_tuple)]
)
def test_a_function_that_returns_no_named_tuple_is_refused(function):
    with pytest.raises(ValueError, match=r"^cache: expected a function that returns a NamedTuple"):
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
    assert_found(cached(folder, "a", Found, lambda: FOUND))
    assert_found(cached(folder, "a", Found, unexpected))
    assert files(folder) == ["a.npz"]


def test_a_result_has_its_own_name(tmp_path):
    one, two = (
        cached(tmp_path, name, InputPower, lambda i=i: InputPower(np.full(2, i)))
        for i, name in enumerate(("a", "b"))
    )
    assert one.power.tolist() == [0, 0]
    assert two.power.tolist() == [1, 1]
    assert cached(tmp_path, "a", InputPower, unexpected).power.tolist() == [0, 0]


def test_what_is_read_can_be_changed_without_changing_what_is_kept(tmp_path):
    cached(tmp_path, "a", Found, lambda: FOUND)
    cached(tmp_path, "a", Found, unexpected).values[:] = 7
    assert_found(cached(tmp_path, "a", Found, unexpected))


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
def test_a_spoiled_file_is_computed_again(tmp_path, spoil):
    cached(tmp_path, "a", Found, lambda: FOUND)
    (path,) = tmp_path.rglob("*.npz")
    spoil(path)
    calls = []
    assert_found(cached(tmp_path, "a", Found, lambda: calls.append(1) or FOUND))
    assert calls == [1]
    assert_found(cached(tmp_path, "a", Found, unexpected))


def test_a_file_spoiled_anywhere_is_no_error(tmp_path):
    cached(tmp_path, "a", Found, lambda: FOUND)
    (path,) = tmp_path.rglob("*.npz")
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        for flip in (0x01, 0xFF):
            spoiled = bytearray(content)
            spoiled[place] ^= flip
            path.write_bytes(spoiled)
            # Whether a change is noticed or does not matter, nothing but the result comes back.
            assert_found(cached(tmp_path, "a", Found, lambda: FOUND))


def fail():
    raise KeyError("from within")


def test_a_failure_leaves_no_result_and_can_be_repeated(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError, match="from within"):
            cached(tmp_path, "a", Found, fail)
        assert not [name for name in files(tmp_path) if not name.endswith(".lock")]
    assert_found(cached(tmp_path, "a", Found, lambda: FOUND))
    assert files(tmp_path) == ["a.npz"]


def test_a_failed_write_leaves_no_result_and_can_be_repeated(tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"PK")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(cache.np, "savez", full)
        with pytest.raises(OSError, match="no space left"):
            cached(tmp_path, "a", Found, lambda: FOUND)
    assert not [name for name in files(tmp_path) if not name.endswith(".lock")]
    assert_found(cached(tmp_path, "a", Found, lambda: FOUND))


def test_what_a_killed_process_left_is_no_obstacle(tmp_path):
    cached(tmp_path, "a", Found, lambda: FOUND)
    (path,) = tmp_path.rglob("*.npz")
    path.rename(path.with_name("a.99.tmp"))
    path.with_name("a.lock").touch()
    assert_found(cached(tmp_path, "a", Found, lambda: FOUND))


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
            found[i] = cached(folder, "a", Found, compute)
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


def test_many_threads_read_while_the_collector_switches_between_them(tmp_path):
    """python/cpython#106905: headers parsed at once ended in a SystemError."""
    cached(tmp_path, "a", Found, lambda: FOUND)

    def interrupted(phase, info):
        for _ in range(200):
            pass

    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(interrupted)
    gc.set_threshold(1)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(cached, tmp_path, "a", Found, fail) for _ in range(1000)]
            for job in jobs:
                assert_found(job.result())
    finally:
        gc.callbacks.remove(interrupted)
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)


def test_who_waited_for_a_failure_computes(tmp_path):
    failed, found = ask_in_threads(tmp_path, [fail, lambda: FOUND])
    assert isinstance(failed, KeyError)
    assert_found(found)


def test_different_results_do_not_wait_for_each_other(tmp_path):
    other = []

    def compute():
        thread = threading.Thread(
            target=lambda: other.append(cached(tmp_path, "b", Found, lambda: FOUND))
        )
        thread.start()
        thread.join(60)
        assert len(other) == 1
        return FOUND

    assert_found(cached(tmp_path, "a", Found, compute))


ASKING = """
import os, sys, time
from pathlib import Path
from typing import NamedTuple
import numpy as np
from lsm.cache import cached
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
print(cached(folder / "results", "a", Found, compute).pid)
"""


def test_processes_that_ask_at_once_compute_once(tmp_path):
    asking = [in_other_process(ASKING, tmp_path, i, wait=False) for i in range(2)]
    found = [process.communicate(timeout=120)[0].strip() for process in asking]
    assert [process.returncode for process in asking] == [0, 0]
    assert found == (tmp_path / "calls").read_text().split() * 2
    assert files(tmp_path / "results") == ["a.npz"]


# Generations


def test_other_sources_compute_anew_and_the_former_ones_find_theirs(tmp_path, monkeypatch):
    for number, state in enumerate(("old", "new")):
        monkeypatch.setattr(cache, "sources", lambda state=state: state)
        found = cached(tmp_path, "a", InputPower, lambda n=number: InputPower(np.array([n])))
        assert found.power.tolist() == [number]
    monkeypatch.setattr(cache, "sources", lambda: "old")
    assert cached(tmp_path, "a", InputPower, unexpected).power.tolist() == [0]


def test_three_generations_stay_the_latest_ones(tmp_path, monkeypatch):
    (tmp_path / "note.txt").write_text("no generation")
    # Names do not follow age.
    for age, state in enumerate(("d", "a", "e", "b", "c")):
        monkeypatch.setattr(cache, "sources", lambda state=state: state)
        cached(tmp_path, "x", Found, lambda: FOUND)
        os.utime(tmp_path / state, (1e9 + age, 1e9 + age))
        kept = {path.name for path in tmp_path.iterdir() if path.is_dir()}
        assert kept == set(("d", "a", "e", "b", "c")[max(0, age - 2) : age + 1])
    assert (tmp_path / "note.txt").exists()


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the package's sources, which the digest is made of."""
    folder = tmp_path / "lsm"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache, "__file__", str(folder / "cache.py"))
    return folder


def digest():
    return cache.sources.__wrapped__()


MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
SHOWING = {"_tables", "claims", "experiments", "pages", "plots", "readings"}


def test_the_digest_is_that_of_the_sources_wherever_they_lie(copy):
    assert digest() == cache.sources()


@pytest.mark.parametrize("module", MODULES)
def test_the_digest_changes_with_each_module_that_computes_and_no_other(copy, module):
    before = digest()
    with (copy / f"{module}.py").open("a") as file:
        file.write("# changed\n")
    assert (digest() == before) == (module in SHOWING)


def test_the_digest_changes_with_a_module_added_renamed_or_gone(copy):
    digests = [digest()]
    (copy / "more.py").write_text("x = 1\n")
    digests.append(digest())
    (copy / "more.py").rename(copy / "most.py")  # at the same place of their order
    digests.append(digest())
    (copy / "theory.py").unlink()
    digests.append(digest())
    assert len(set(digests)) == 4


def test_the_digest_does_not_change_with_what_is_no_source(copy):
    before = digest()
    (copy / "lsm.mplstyle").write_text("")
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert digest() == before


@pytest.mark.parametrize("package", ["numpy", "scipy", "numba", "PyWavelets"])
def test_the_digest_changes_with_the_versions_beneath(monkeypatch, package):
    before, version = digest(), cache.version
    assert before == digest()
    monkeypatch.setattr(cache, "version", lambda n: version(n) + (".post9" if n == package else ""))
    assert digest() != before


def test_the_digest_changes_with_the_machine(monkeypatch):
    before = digest()
    monkeypatch.setattr(cache.platform, "machine", lambda: "another")
    assert digest() != before


def test_modules_that_the_digest_omits_are_those_that_nothing_computing_may_import():
    path = PACKAGE.parent / "pyproject.toml"
    if not path.exists():
        pytest.skip("not in the project")
    contracts = tomllib.loads(path.read_text())["tool"]["importlinter"]["contracts"]
    (forbidden,) = (c for c in contracts if c["type"] == "forbidden")
    assert {name.removeprefix("lsm.") for name in forbidden["forbidden_modules"]} == SHOWING
    computing = {name.removeprefix("lsm.") for name in forbidden["source_modules"]}
    assert computing | SHOWING | {"__init__", "_validate"} == set(MODULES)


class Objects(NamedTuple):
    x: np.ndarray


def test_a_result_that_could_not_be_read_again_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match=r"[Oo]bject arrays"):
        cached(tmp_path, "name", Objects, lambda: Objects(np.array([1.0, None])))
    assert not list(tmp_path.rglob("*.npz"))
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_generation_in_use_is_not_the_oldest(tmp_path, monkeypatch):
    for age, name in enumerate(("used", "old", "older")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    monkeypatch.setattr(cache, "sources", lambda: "used")
    cached(tmp_path, "a", Objects, lambda: Objects(np.ones(2)))
    os.utime(tmp_path / "used", (1, 1))
    cached(tmp_path, "a", Objects, lambda: Objects(np.zeros(2)))  # only read
    monkeypatch.setattr(cache, "sources", lambda: "new")
    cached(tmp_path, "a", Objects, lambda: Objects(np.ones(2)))
    assert {path.name for path in tmp_path.iterdir()} == {"used", "old", "new"}


def test_equal_numbers_of_a_setting_have_one_name_whatever_their_type():
    plain = key(MEASURE, Setting(rate=50.0, delay=0.0, duration=1.0), 3, 1)
    assert key(MEASURE, Setting(rate=50, delay=0, duration=np.float64(1)), 3, 1) == plain
