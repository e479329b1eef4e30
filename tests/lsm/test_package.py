"""The package as others get it: public names, sources, and a wheel in its own environment."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from importlib.metadata import distribution, packages_distributions, version
from pathlib import Path

import numpy as np
import pytest
from numpydoc.docscrape import NumpyDocString
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import lsm

ROOT = Path(__file__).resolve().parents[2]
MODULES = [name for name in lsm.__all__ if inspect.ismodule(getattr(lsm, name))]
CALLABLES = [name for name in lsm.__all__ if callable(getattr(lsm, name))]


def told(command, **options):
    """What a command prints, in an environment without a PYTHONPATH."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= options.pop("env", {})
    done = subprocess.run(command, capture_output=True, text=True, env=environment, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# ---------------------------------------------------------------- public names


def test_import_loads_nothing_that_is_not_used():
    # With numpy and numba, importing would take a second.
    code = "import sys; before = set(sys.modules); import lsm; print(*set(sys.modules) - before)"
    loaded = told([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}).split()
    assert "lsm" in loaded
    assert not [name for name in loaded if name.startswith("lsm.")]
    assert {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names == {
        "lsm",
        "lazy_loader",
    }


def test_a_name_loads_its_module_alone():
    code = "import sys; import lsm; lsm.LSM; print(*(m for m in sys.modules if m[:4] == 'lsm.'))"
    loaded = told([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}).split()
    assert sorted(loaded) == ["lsm._parameters", "lsm._validate", "lsm.neurons"]


def test_cores_are_asked_for_without_loading_anything_else():
    code = "import sys; import lsm; lsm.available_cores(); print(*sys.modules)"
    loaded = told([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}).split()
    assert [name for name in loaded if name.startswith("lsm.")] == ["lsm._cgroups", "lsm.cores"]
    assert not {"numpy", "numba", "threadpoolctl"} & set(loaded)


def test_every_public_name_is_that_of_its_module():
    assert sorted(dir(lsm)) == sorted(lsm.__all__)
    for name in lsm.__all__:
        thing = getattr(lsm, name)
        if name in MODULES:
            assert thing.__name__ == f"lsm.{name}"
        elif name in CALLABLES:
            assert thing is getattr(sys.modules[thing.__module__], name)


def test_every_public_module_is_named():
    found = {path.stem for path in (ROOT / "lsm").glob("*.py") if not path.stem.startswith("_")}
    assert found == set(MODULES)


def test_star_imports_the_public_names():
    names = {}
    exec("from lsm import *", names)
    assert names.keys() - {"__builtins__"} == set(lsm.__all__)


def test_version_is_that_of_the_installed_package():
    assert lsm.__version__ == version("lsm")


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="liquid"):
        lsm.liquid  # noqa: B018


@pytest.mark.parametrize("name", CALLABLES)
def test_docstrings_name_every_parameter_and_what_is_returned(name):
    thing = getattr(lsm, name)
    documented = NumpyDocString(inspect.getdoc(thing))
    assert documented["Summary"]
    if thing is lsm.WeightDistribution:  # a protocol is not called
        thing = thing.sample
        documented = NumpyDocString(inspect.getdoc(thing))
    section = documented["Attributes" if inspect.isclass(thing) else "Parameters"]
    given = [name.strip(" *") for entry in section for name in entry.name.split(",")]
    parameters = [p for p in inspect.signature(thing).parameters if p != "self"]
    assert sorted(given) == sorted(parameters)
    assert inspect.isclass(thing) or documented["Returns"]


def test_the_page_of_the_package_describes_every_public_name():
    page = (ROOT / "book" / "package.md").read_text(encoding="utf-8")
    described = re.findall(r"^\.\. auto\w+:: (?:lsm\.\w+\.)?(\w+)", page, re.MULTILINE)
    by_module = {"watch", "dependencies", "key", "stored", "show", "StoreWarning"}
    assert sorted(described) == sorted({*lsm.__all__, *by_module} - set(MODULES))
    assert set(re.findall(r"^## .*`lsm\.(\w+)`$", page, re.MULTILINE)) == set(MODULES)


# ---------------------------------------------------------------- the sources


def git(*words):
    """What git says of the project; skips where it is no checkout, as in an unpacked sdist."""
    command = ["git", "-C", str(ROOT), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no git checkout: {error}")
    return done.stdout


@pytest.fixture(scope="module")
def tracked():
    """Names of the project's files in git, those deleted since left out."""
    if Path(git("rev-parse", "--show-toplevel").strip()).resolve() != ROOT:
        pytest.skip("no git checkout: the project lies within another one")
    return {name for name in git("ls-files", "-z").split("\0") if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def sdist(tracked, tmp_path_factory):
    """A source distribution, unpacked, of a checkout in which there has been work."""
    place = tmp_path_factory.mktemp("sdist")
    left = {".venv/lib/a.py", "_build/html/a.html", "book/data/a.csv", "lsm/__pycache__/a.pyc"}
    left |= {"book/.ipynb_checkpoints/a.ipynb", "tests/lsm/.a.py.swp", "out.ipynb"}
    for name in tracked | left:
        (place / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        if name in tracked:
            shutil.copy(ROOT / name, place / "work" / name)
        else:
            (place / "work" / name).touch()
    build = "from setuptools.build_meta import build_sdist; build_sdist('..')"
    told([sys.executable, "-c", build], cwd=place / "work")
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        # As an argument it is not known before Python 3.11.4, and without it 3.12 and 3.13 warn.
        packed.extraction_filter = getattr(tarfile, "data_filter", None)
        packed.extractall(place / "unpacked")
    (folder,) = (place / "unpacked").iterdir()
    return folder


def test_the_source_distribution_holds_what_git_does(tracked, sdist):
    held = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    of_setuptools = {name for name in held if name.startswith("lsm.egg-info/")}
    assert held - of_setuptools == tracked | {"PKG-INFO", "setup.cfg"}


def test_tests_of_the_source_distribution_can_be_collected(sdist, tmp_path):
    folder = shutil.copytree(sdist, tmp_path / "copy")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    places = {"PYTHONPATH": os.pathsep.join([str(folder), str(folder / "book")])}
    found = told([*command, "-n", "0", "tests"], cwd=folder, env=places)
    assert int(re.search(r"(\d+) tests collected", found).group(1)) > 1000
    assert "tests/lsm/test_package.py::" in found


def test_every_file_has_the_same_bytes_on_every_system(tracked):
    for line in git("ls-files", "--eol").splitlines():
        about, _, name = line.partition("\t")
        kept, _, attributes = about.split(maxsplit=2)
        binary = kept == "i/-text"
        assert binary or (kept in ("i/lf", "i/none") and "eol=lf" in attributes), name


# ---------------------------------------------------------------- the wheel


def required(wheel, extra=""):
    """Names of the distributions that the metadata of a wheel ask for."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    return _needed(metadata.get_all("Requires-Dist"), extra)


def _needed(requirements, extra=""):
    wanted = [Requirement(text) for text in requirements or ()]
    wanted = [r for r in wanted if r.marker is None or r.marker.evaluate({"extra": extra})]
    return {canonicalize_name(requirement.name) for requirement in wanted}


def with_all_beneath(names):
    """Names of distributions, and of all that these require in turn."""
    found, waiting = set(), set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= _needed(distribution(name).requires) - found
    return found


def example():
    """The Python of README's section on the package, and the number that it is said to print."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The package alone")[2]
    code, prose = re.match(r".*?```python\n(.*?)```(.*?)\n## ", section, re.DOTALL).groups()
    return code, re.search(r"It prints (\d+\.\d+)", prose).group(1)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy of what the project packs, without the network."""
    if {*"{}"} & {*sys.prefix}:
        pytest.skip(f"setuptools builds nothing in an environment with braces, {sys.prefix}")
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, source / name)
    for name in ("lsm", "book/rongala2021"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    pip = [sys.executable, "-m", "pip", "--isolated", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "wheels"]
    told([*pip, "wheel", *options, "."], cwd=source)
    (found,) = (source / "wheels").iterdir()
    return found


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of an environment with the wheel and what it says that it needs, no more."""
    place = tmp_path_factory.mktemp("environment")
    told([sys.executable, "-m", "venv", "--without-pip", place / "venv"])
    interpreter = place / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--isolated", "--quiet", "--disable-pip-version-check"]
    pip += ["--python", interpreter, "install", "--no-deps", "--no-index"]
    told([*pip, wheel])
    (packages,) = (place / "venv").glob("lib/python3*/site-packages")
    for name in with_all_beneath(required(wheel)):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files} - {"..", "__pycache__"}:
            os.symlink(found.locate_file(top), packages / top)
    return interpreter


def test_wheel_holds_both_packages(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    kinds = ("*.py", "*.pyi", "py.typed", "*.mplstyle")
    houses = (ROOT, "lsm"), (ROOT / "book", "rongala2021")
    expected = {
        path.relative_to(root).as_posix()
        for root, name in houses
        for kind in kinds
        for path in (root / name).rglob(kind)
    }
    assert held == expected
    typed = {"lsm/__init__.pyi", "lsm/py.typed", "rongala2021/py.typed"}
    assert held >= typed | {"rongala2021/style.mplstyle"}


@pytest.mark.parametrize(
    ("folder", "extra"), [("lsm", ""), ("book/rongala2021", "study")], ids=["engine", "study"]
)
def test_what_is_imported_is_declared(wheel, folder, extra):
    imported = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module.partition(".")[0])
    imported -= {*sys.stdlib_module_names, "lsm", "rongala2021"}
    known = packages_distributions()
    assert {canonicalize_name(known[name][0]) for name in imported} <= required(wheel, extra)


def test_example_of_the_readme_runs_from_the_wheel_alone(python, tmp_path):
    code, printed = example()
    assert len(code.strip().splitlines()) < 10
    keep = "import numpy\nnumpy.savez('found', power=power, activity=found.activity)\n"
    places = "import sys\nprint(lsm.__file__, *{m.partition('.')[0] for m in sys.modules})\n"
    script = tmp_path / "example.py"
    script.write_text(code + keep + places, encoding="utf-8")
    number, rest = told([python, "-I", "-W", "error", script], cwd=tmp_path).split("\n", 1)
    assert number == printed
    place, *loaded = rest.split()
    assert Path(place).is_relative_to(python.parents[1])
    assert not {"matplotlib", "pandas", "xarray", "yaml", "rongala2021"} & set(loaded)
    here = {}
    exec(code, here)
    with np.load(tmp_path / "found.npz") as found:
        np.testing.assert_array_equal(found["activity"], here["found"].activity)
        np.testing.assert_array_equal(found["power"], here["power"])


def test_the_environment_of_the_wheel_holds_nothing_else(wheel, python):
    code = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    held = {canonicalize_name(name) for name in told([python, "-I", "-c", code]).split()}
    assert held == {"lsm", *with_all_beneath(required(wheel))}
    missing = "import importlib.util as u; print(*(n for n in {} if u.find_spec(n)))"
    names = ["matplotlib", "pandas", "xarray", "yaml", "pytest"]
    assert told([python, "-I", "-c", missing.format(names)]).split() == []
