"""A store without locks, without room, or that can only be read: all is computed, one warning."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What a process does with a store, after its own preparation: it asks for two results, each twice,
# and tells what was computed, what it was warned of, and what lies in the folder.
ASKING = """
import errno, os, pathlib, sys, warnings
from pathlib import Path
from typing import NamedTuple
folder = Path(sys.argv[1])
class Found(NamedTuple):
    number: float
calls = []
def ask(name, number):
    def compute():
        calls.append(name)
        return Found(number)
    return stored(folder, name, Found, compute, {{}}).number
def fail(*error):
    def refuse(*arguments, **options):
        raise OSError(*error)
    return refuse
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
{before}
    from lsm import store
    from lsm.store import StoreWarning, stored
{prepare}
    assert [ask("f/g/a", 1.5), ask("f/g/a", 1.5)] == [1.5, 1.5]
    assert [ask("f/g/b", 2.5), ask("f/g/b", 2.5)] == [2.5, 2.5]
for warning in told:
    assert warning.category is StoreWarning, warning
print("".join(name[-1] for name in calls))
for warning in told:
    print(warning.message)
"""


def ask(folder, prepare="", before=""):
    """Letters of the results that were computed, and the warnings."""
    indented = [
        "\n".join(f"    {line}" for line in text.splitlines()) for text in (before, prepare)
    ]
    done = subprocess.run(
        [sys.executable, "-c", ASKING.format(before=indented[0], prepare=indented[1]), folder],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    computed, *warnings = done.stdout.splitlines()
    return computed, warnings


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_store_that_works_warns_of_nothing(tmp_path):
    assert ask(tmp_path) == ("ab", [])
    assert ask(tmp_path) == ("", [])
    assert files(tmp_path) == ["a.npz", "b.npz"]


# Without locks


@pytest.mark.parametrize("name", ["ENOLCK", "ENOSYS", "EOPNOTSUPP", "EIO", "EACCES"])
def test_refused_locks_cost_only_work(tmp_path, name):
    refused = f"store.fcntl.flock = fail(errno.{name}, 'refused')"
    computed, (told,) = ask(tmp_path, refused)
    assert computed == "ab"
    number = getattr(errno, name)
    kind = "PermissionError" if name == "EACCES" else "OSError"
    assert told.startswith(f"no locks in {tmp_path}: ")
    assert told.endswith(f"({kind}({number}, 'refused'))")
    assert files(tmp_path) == ["a.npz", "b.npz"]
    assert ask(tmp_path, refused) == ("", [])


def test_without_the_module_of_locks_the_engine_works(tmp_path):
    """As on Windows."""
    computed, (told,) = ask(tmp_path, before="sys.modules['fcntl'] = None")
    assert computed == "ab"
    assert told.startswith(f"no locks in {tmp_path}: ")
    assert files(tmp_path) == ["a.npz", "b.npz"]
    code = "import sys; sys.modules['fcntl'] = None; from lsm import *; print(Setting().rate)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (out.stdout, out.stderr) == ("50.0\n", "")


def test_a_lock_that_cannot_be_made_costs_only_work(tmp_path):
    (tmp_path / "f" / "g" / "a.lock").mkdir(parents=True)
    computed, (told,) = ask(tmp_path)
    assert computed == "ab"
    assert "IsADirectoryError" in told
    assert files(tmp_path) == ["a.npz", "b.npz"]


# Without room


WRITING = {
    "mkdir": "Path.mkdir = fail({error})",
    "lock and file": "Path.open = lambda path, mode='r', *rest, **options: (\n"
    "    fail({error})() if 'w' in mode or 'x' in mode else open(path, mode, *rest, **options))",
    "temporary file": "write = Path.write_bytes\n"
    "def part(path, content):\n"
    "    write(path, bytes(content)[:9])\n"
    "    raise OSError({error})\n"
    "Path.write_bytes = part",
    "replace": "os.replace = fail({error})",
}


@pytest.mark.parametrize("name", ["ENOSPC", "EFBIG", "EDQUOT", "EROFS", "EACCES"])
@pytest.mark.parametrize("step", WRITING)
def test_a_result_that_cannot_be_written_is_returned(tmp_path, step, name):
    folder = tmp_path / "results"
    computed, (told,) = ask(folder, WRITING[step].format(error=f"errno.{name}, 'no room'"))
    assert computed == "aabb"
    assert told.startswith(f"results are not kept in {folder} (")
    assert f"Error({getattr(errno, name)}, 'no room'" in told
    assert files(tmp_path) == []
    assert ask(folder) == ("ab", [])


def test_a_full_disk_keeps_no_half_of_a_result(tmp_path):
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))"
    computed, (told,) = ask(tmp_path, full)
    assert computed == "aabb"
    assert told == f"results are not kept in {tmp_path} (OSError(27, 'File too large'))"
    assert files(tmp_path) == []
    assert ask(tmp_path) == ("ab", [])


def test_a_file_in_the_place_of_the_store_is_no_obstacle(tmp_path):
    place = tmp_path / "file"
    place.write_text("mine")
    for folder in (place, place / "results"):
        computed, (told,) = ask(folder)
        assert computed == "aabb"
        assert told.startswith(f"results are not kept in {folder} (")
    assert place.read_text() == "mine"


# That can only be read


READ_ONLY = """
def refused(*arguments, **options):
    raise OSError(errno.EROFS, "Read-only file system")
Path.mkdir = Path.unlink = Path.write_bytes = os.utime = os.replace = refused
reading = Path.open
Path.open = lambda p, mode="r", *r, **o: reading(p, mode, *r, **o) if mode == "rb" else refused()
"""


def test_a_store_that_can_only_be_read_gives_what_it_has_and_no_warning(tmp_path):
    assert ask(tmp_path) == ("ab", [])
    assert ask(tmp_path, READ_ONLY) == ("", [])


def test_what_a_store_that_can_only_be_read_has_not_is_computed(tmp_path):
    ask(tmp_path)
    (tmp_path / "f" / "g" / "b.npz").unlink()
    computed, (told,) = ask(tmp_path, READ_ONLY)
    assert computed == "bb"
    assert told.startswith(f"results are not kept in {tmp_path} (OSError(30, ")
    assert files(tmp_path) == ["a.npz"]


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare")
def test_a_file_system_that_can_only_be_read_is_read(tmp_path):
    folder = tmp_path / "results"
    ask(folder)
    (folder / "f" / "g" / "b.npz").unlink()
    mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    within = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", folder]
    if subprocess.run([*within, "true"], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    program = ASKING.format(before="    pass", prepare="    pass")
    done = subprocess.run(
        [*within, sys.executable, "-c", program, folder],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    computed, told = done.stdout.splitlines()
    assert computed == "bb"
    assert "Read-only file system" in told


def test_reading_writes_nothing_but_that_it_was_read(tmp_path):
    """No lock, no folder: another may be computing something else, or none may be allowed."""
    ask(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    seen = "\n".join(
        f"{name} = fail(errno.EROFS, '{name}')"
        for name in ("Path.mkdir", "Path.write_bytes", "store.fcntl.flock", "os.replace")
    )
    assert ask(tmp_path, seen) == ("", [])
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()} == before


# Errors of the computation are its own


FAILING = """
import warnings
from lsm import store
from lsm.store import stored
def compute():
    {failing}
try:
    stored(folder, "f/g/a", Found, compute, {{}})
except BaseException as error:
    print(repr(error))
else:
    print("nothing raised")
print(*(path.name for path in folder.rglob("*") if path.is_file()))
"""


@pytest.mark.parametrize("prepare", ["pass", "store.fcntl.flock = fail(errno.ENOLCK, 'refused')"])
@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        ("raise OSError(errno.ENOSPC, 'mine')", "OSError(28, 'mine')"),
        ("raise FileNotFoundError('mine')", "FileNotFoundError('mine')"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt()"),
        ("warnings.warn('mine', RuntimeWarning)", "RuntimeWarning('mine')"),
    ],
)
def test_an_error_of_the_computation_is_raised_and_leaves_nothing(
    tmp_path, prepare, failing, expected
):
    head = ASKING.partition("with warnings")[0].replace("{{", "{").replace("}}", "}")
    code = head + FAILING.format(failing=failing).replace("def compute", f"{prepare}\ndef compute")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [expected, ""], done.stderr


def test_a_warning_that_is_an_error_leaves_nothing_behind(tmp_path):
    """Of the store itself, where warnings are made errors."""
    head = ASKING.partition("with warnings")[0]
    code = head + FAILING.format(failing="return Found(1.5)").replace(
        "def compute", "os.replace = fail(errno.ENOSPC, 'no room')\ndef compute"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    error, left = done.stdout.splitlines()
    assert error.startswith("StoreWarning(")
    assert left == ""


# Names


def test_temporary_names_differ_between_hosts_processes_and_writes(tmp_path):
    code = (
        "import platform\n"
        "platform.node = lambda: '{host}'\n"
        "names = []\n"
        "def replace(one, other):\n"
        "    print(Path(one).name, file=sys.stderr)\n"
        "    raise OSError(errno.ENOSPC, 'no room')\n"
        "os.replace = replace\n"
        "os.getpid = lambda: {pid}"
    )
    names = set()
    hosts = [("a", 1), ("b", 1), ("a", 2), ("über.example/é" * 20, 1)]
    for host, pid in hosts:
        program = ASKING.format(
            before="    pass",
            prepare="\n".join(
                f"    {line}" for line in code.format(host=host, pid=pid).split("\n")
            ),
        )
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        mine = done.stderr.split()
        assert len(mine) == 4
        assert all(name.isascii() and len(name) < 100 for name in mine)
        assert all(f"-{pid}-" in name for name in mine)
        assert not names & set(mine)
        names |= set(mine)
    assert len(names) == 16
    assert len({name.split("-")[0] for name in names}) == 6  # of two results on three hosts
