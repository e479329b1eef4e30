"""Compiled code without a place to keep it, and that it is kept where there is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Kernels of both sorts: those that Python calls, and what these call.
WORKING = """
import warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    import numpy as np
    from lsm import _kernels
    from lsm.inputs import convolve_psp
    from lsm.store import StoreWarning
{between}
    spikes = np.zeros(30)
    spikes[3] = 1.0
    print(float(convolve_psp(spikes, dt=1e-3).max()).hex())
    convolve_psp(spikes, dt=2e-3)
hits = sum(_kernels.run_psp.stats.cache_hits.values())
print(len(told), hits, _kernels.run_psp.stats.cache_path)
for warning in told:
    assert warning.category is StoreWarning, warning
    print(warning.message)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package that no compiled code lies beside."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "lsm", root / "lsm", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def work(package, between="", **environment):
    """What the kernels gave, how many warnings, how many found compiled, where; the warnings."""
    code = WORKING.format(between="\n".join(f"    {line}" for line in between.splitlines()))
    plain = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    plain |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=package,
        env=plain | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    number, counts, *warnings = done.stdout.splitlines()
    n_warnings, n_hits, place = counts.split(maxsplit=2)
    assert len(warnings) == int(n_warnings)
    return float.fromhex(number), int(n_hits), place, warnings


PEAK = pytest.approx(0.997, abs=2e-3)


def test_a_second_process_finds_what_the_first_one_compiled(package, tmp_path):
    cache = tmp_path / "cache"
    number, n_hits, place, warnings = work(package, NUMBA_CACHE_DIR=cache)
    assert (number, n_hits, warnings) == (PEAK, 0, [])
    assert Path(place).is_relative_to(cache)
    kept = {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb[ci]")}
    assert kept
    again, n_hits, _, warnings = work(package, NUMBA_CACHE_DIR=cache)
    assert (again, n_hits, warnings) == (number, 1, [])
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb[ci]")} == kept


def test_without_a_place_to_keep_it_the_package_works(package, tmp_path):
    """Neither the folder of the package, nor of the user, nor one that was named can be made."""
    (package / "lsm" / "__pycache__").touch()
    home = tmp_path / "file"
    home.touch()
    places = {"HOME": home, "XDG_CACHE_HOME": home / "cache"}
    for named in ({}, {"NUMBA_CACHE_DIR": home}):
        number, n_hits, place, warnings = work(package, **places, **named)
        assert (number, n_hits, place) == (PEAK, 0, "None")
        (told,) = warnings
        assert told.startswith("compiled code is not kept, every process compiles anew (cannot")
        assert "no locator available" in told
    (package / "lsm" / "__pycache__").unlink()


def test_a_file_in_the_place_of_a_named_folder_is_no_obstacle(package, tmp_path):
    named = tmp_path / "file"
    named.touch()
    number, _, place, warnings = work(package, NUMBA_CACHE_DIR=named)
    assert (number, warnings) == (PEAK, [])
    assert Path(place) == package / "lsm" / "__pycache__"
    shutil.rmtree(package / "lsm" / "__pycache__")


FAILING = {
    "full disk": (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
        "OSError(27, 'File too large')",
    ),
    "folder that has become a file": (
        "import os, shutil; place = _kernels.run_psp.stats.cache_path\n"
        "shutil.rmtree(place); open(place, 'w').close()",
        "Error(",
    ),
    "folder that cannot be made again": (
        "import os, shutil; place = os.environ['NUMBA_CACHE_DIR']\n"
        "shutil.rmtree(place); open(place, 'w').close()",
        "NotADirectoryError(20, 'Not a directory')",
    ),
}


@pytest.mark.parametrize("failure", FAILING)
def test_a_place_that_fails_when_it_is_needed_is_no_obstacle(package, tmp_path, failure):
    code, expected = FAILING[failure]
    number, n_hits, place, warnings = work(package, code, NUMBA_CACHE_DIR=tmp_path / "cache")
    assert (number, n_hits) == (PEAK, 0)
    (told,) = warnings
    assert told.startswith(f"compiled code is not kept, every process compiles anew ({place}: ")
    assert expected in told
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".nbi", ".nbc")]


def test_a_folder_that_was_removed_is_made_again(package, tmp_path):
    code = "import os, shutil; shutil.rmtree(os.environ['NUMBA_CACHE_DIR'])"
    number, _, _, warnings = work(package, code, NUMBA_CACHE_DIR=tmp_path / "cache")
    assert (number, warnings) == (PEAK, [])
    assert work(package, NUMBA_CACHE_DIR=tmp_path / "cache")[1] == 1


@pytest.mark.parametrize(
    ("pattern", "content"), [("*.nbi", b""), ("*.nbc", b"\0" * 1000), ("*.nbc", b"\x80\x04no")]
)
def test_spoiled_compiled_code_is_compiled_anew(package, tmp_path, pattern, content):
    cache = tmp_path / "cache"
    work(package, NUMBA_CACHE_DIR=cache)
    for path in cache.rglob(pattern):
        path.write_bytes(content)
    number, n_hits, _, warnings = work(package, NUMBA_CACHE_DIR=cache)
    assert (number, n_hits, len(warnings)) == (PEAK, 0, 1)
    number, n_hits, _, warnings = work(package, NUMBA_CACHE_DIR=cache)
    assert (number, n_hits, warnings) == (PEAK, 1, [])


def test_an_index_does_not_lead_to_code_of_former_sources(package, tmp_path):
    """The index is written before the code that it names: the disk may be full in between."""
    cache = tmp_path / "cache"
    former = tmp_path / "former"
    shutil.copytree(package / "lsm", former / "lsm", dirs_exist_ok=True)
    source = former / "lsm" / "_kernels.py"
    text = source.read_text(encoding="utf-8")
    line = "out[k, t] = max(first + second, 0.0)"
    assert text.count(line) == 1
    source.write_text(text.replace(line, "out[k, t] = 7.0"), encoding="utf-8")
    assert work(former, NUMBA_CACHE_DIR=cache)[0] == 7.0
    source.write_text(text, encoding="utf-8")
    full = (
        "from numba.core.caching import IndexDataCacheFile\n"
        "def full(self, name, data): raise OSError(28, 'No space left on device')\n"
        "IndexDataCacheFile._save_data = full"
    )
    number, _, _, warnings = work(former, full, NUMBA_CACHE_DIR=cache)
    assert number == PEAK
    assert "No space left on device" in warnings[0]
    assert work(former, NUMBA_CACHE_DIR=cache)[0] == PEAK
