"""Results on disk: kept whole, once and no longer."""

import gc
import os
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from lsm import _optional, keys
from lsm.keys import key, watch
from lsm.store import StoreWarning, result_kind, stored
from rongala2021.run_measures import InputPower, Power, network_power
from tests.sources import MEASURE, SETTING, in_module, in_other_process

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


def test_the_kind_of_a_result_is_what_its_function_says():
    assert result_kind(network_power) is Power
    assert result_kind(MEASURE) is Power


def plain_tuple(result) -> tuple[float, float]:
    return 0.0, result


@pytest.mark.parametrize(
    "function", [unexpected, plain_tuple, lambda r: r, len, partial(plain_tuple)]
)
def test_a_function_that_returns_no_named_tuple_is_refused(function):
    with pytest.raises(ValueError, match=r"^store: expected a function that returns a NamedTuple"):
        result_kind(function)


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
