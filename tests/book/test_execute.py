"""The driver that executes the notebooks and compiles the book, on a small book of its own.

Most tests call the driver in this process, on a copy of a book that was built once, without Jupyter
Book and without a kernel for the gatherer; what concerns processes runs in processes.
"""

import ast
import errno
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest

import compiling
import running
import staleness
from rongala2021 import scorecard
from rongala2021.project import RAN, fingerprints
from tests import front_book
from tests.small_project import PARAMETERS, SOURCES, Project, code, outputs, prose, save, shows

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    """A project in which nothing was executed."""
    return Project(tmp_path).make()


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A project built once, in a process and by Jupyter Book; tests leave it as it is."""
    project = Project(tmp_path_factory.mktemp("book")).make()
    project.sources = project.files()
    project.answer = project.run()
    return project


@pytest.fixture
def built(first, tmp_path):
    """A copy of the project that was built, to be changed and built again."""
    return first.copy(tmp_path)


def test_first_run_executes_all_and_renders(first):
    status, output, errors = first.answer
    assert (status, errors) == (0, "")
    assert [line.split()[0] for line in output.splitlines()][-2:] == ["claims", "rendered"]
    assert outputs(first.executed / "figures" / "one.ipynb") == "1 2.0 a False"
    assert "one.ipynb" in outputs(first.executed / "claims.ipynb")
    for page in ("index", "book/intro", "book/figures/one", "book/claims"):
        assert (first.html / f"{page}.html").is_file()
    assert (first.html / "_static" / "tex-svg.js").is_file()


def test_sources_are_left_alone(first):
    assert first.files() == first.sources


def test_second_run_does_nothing(first):
    _, output, _ = first.run()
    assert output.count("unchanged") == 4


def test_two_executions_are_identical_to_the_byte(built):
    before = (built.executed / "figures" / "one.ipynb").read_bytes()
    _, output, _ = built.call("--only", "one", "--force")
    assert "figures/one  unchanged" not in output
    assert (built.executed / "figures" / "one.ipynb").read_bytes() == before


def test_changed_cell_makes_one_notebook_stale(built):
    save(built.book / "figures" / "two.ipynb", code(shows("'changed'")))
    _, output, _ = built.call()
    assert "figures/one  unchanged" in output
    assert "figures/two  unchanged" not in output
    assert "claims  unchanged" not in output
    assert "rendered  unchanged" not in output
    assert outputs(built.executed / "figures" / "two.ipynb") == "changed"


def test_changed_package_makes_all_stale(built):
    (built.folder / "engine" / "model.py").write_text("# 2\n")
    _, output, _ = built.call()
    assert [line.split()[0] for line in output.splitlines()][-2:] == ["claims", "rendered"]
    assert output.count("unchanged") == 0


KEYED = (
    *SOURCES,
    "requirements.txt",
    "book/claims.yml",
    "book/measured.json",
    *(f"book/{name}.py" for name in staleness.DRIVER),
)


@pytest.mark.parametrize("name", [*KEYED, "engine/new.py", "book/study/inner/new.csv"])
def test_key_of_the_surroundings_depends_on(project, name):
    before = staleness.surroundings(project.folder)
    assert staleness.surroundings(project.folder) == before
    with (project.folder / name).open("a") as file:
        file.write("# changed\n")
    assert staleness.surroundings(project.folder) != before


def test_key_of_the_surroundings_depends_on_versions(project, monkeypatch):
    seen = [staleness.surroundings(project.folder)]
    monkeypatch.setattr(staleness, "version", lambda name: f"another version of {name}")
    seen.append(staleness.surroundings(project.folder))
    for name in ("python_version", "machine"):
        monkeypatch.setattr(staleness.platform, name, lambda: "another")
        seen.append(staleness.surroundings(project.folder))
    assert all(one != other for one, other in itertools.pairwise(seen))


@pytest.mark.parametrize(
    "name",
    ["engine/__pycache__/model.pyc", "book/study/inner/__pycache__/page.py", "engine/.model.swp"],
)
def test_key_of_the_surroundings_does_not_depend_on(project, name):
    before = staleness.surroundings(project.folder)
    (project.folder / name).parent.mkdir(exist_ok=True)
    (project.folder / name).touch()
    assert staleness.surroundings(project.folder) == before


def test_a_package_that_is_not_where_it_should_be_is_refused(project):
    (project.book / "study").rename(project.folder / "moved")
    status, output, errors = project.call()
    assert (status, output) == (2, "")
    assert errors == "pyproject.toml: expected packages that exist, got book/study\n"


def test_every_module_of_this_project_is_keyed_or_staged():
    folders = [ROOT / "book", *staleness.packages(ROOT)]
    modules = {p for folder in folders for p in folder.rglob("*.py")}
    staged = set((ROOT / "book" / "_ext").glob("*.py"))
    staged.add(ROOT / "book" / "authors.py")  # by itself; a page reads the file that it writes
    assert len(modules) > 10
    assert modules - staged <= {*staleness.package_files(ROOT), *staleness.driver_files(ROOT)}


def test_every_package_that_is_installed_is_keyed():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = {name.split(".")[0] for name in told["tool"]["setuptools"]["packages"]}
    assert {folder.name for folder in staleness.packages(ROOT)} == names


def test_what_pages_import_is_not_staged(first):
    extensions = {path.name for path in (ROOT / "book" / "_ext").glob("*.py")}
    with compiling.staged(first.folder) as staged:
        assert {path.name for path in staged.rglob("*.py")} == extensions
        assert not list(staged.rglob("*.mplstyle"))
    assert not staged.exists()


def test_parameters_are_passed_with_their_types(built):
    pairs = {"seed": "7", "rate": "3", "kind": "1e3", "own": "True"}
    given = [word for pair in pairs.items() for word in ("-p", *pair)]
    status, output, _ = built.call(*given)
    assert status == 0
    assert "seed=7 rate=3 kind=1e3 own=True" in output
    assert outputs(built.executed / "figures" / "one.ipynb") == "7 3 1e3 True"
    built.call()
    assert outputs(built.executed / "figures" / "one.ipynb") == "1 2.0 a False"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-p", "sede", "3"], "-p sede: expected a parameter of"),
        (["-p", "seed", "3.5"], "-p seed: expected int for figures/one, got '3.5'"),
        (["-p", "seed", "True"], "-p seed: expected int"),
        (["-p", "rate", "fast"], "-p rate: expected float"),
        (["-p", "own", "1"], "-p own: expected bool for figures/one, got '1'"),
        (["-p", "own", "true"], "-p own: expected bool"),
        (["--only", "three"], "--only: expected one of figures/one, figures/two, claims"),
        (["--only", "two", "-p", "seed", "3"], "-p seed: expected a parameter of"),
        (["--jobs", "0"], "--jobs: expected an integer >= 1, got 0"),
        (["--refresh", "-p", "seed", "3"], "--refresh: expected the default parameters"),
        (["--read", "--only", "two"], "--read: expected neither --only"),
        (["--read", "--refresh"], "--read: expected neither --only"),
        (["--status", "--read"], "--status: expected neither --read, --force nor --refresh"),
        (["--status", "--force"], "--status: expected neither --read"),
        (["--status", "--refresh"], "--status: expected neither --read"),
        (["--status", "--only", "three"], "--only: expected one of"),
    ],
)
def test_refusals_execute_nothing(project, options, message):
    status, output, errors = project.call(*options)
    assert (status, output) == (2, "")
    assert message in errors
    assert not project.executed.exists()


def test_a_refusal_ends_the_process_without_a_traceback(project):
    status, output, errors = project.run("--only", "three")
    assert (status, output) == (2, "")
    assert errors.startswith("--only: expected one of")
    assert "Traceback" not in errors


def test_failing_cell_is_named_and_the_rest_is_kept(built):
    rendered = (built.html / "index.html").stat().st_mtime_ns
    save(built.book / "figures" / "one.ipynb", code(shows("'one'")), code("x = 1\n1 / 0"))
    save(built.book / "figures" / "two.ipynb", code(shows("'kept'")))
    status, output, errors = built.run()
    assert status == 1
    assert "book/figures/one.ipynb, cell 2:" in output
    assert "ZeroDivisionError: division by zero" in output
    assert "not rendered: figures/one failed" in errors
    assert outputs(built.executed / "figures" / "two.ipynb") == "kept"
    assert outputs(built.executed / "figures" / "one.ipynb") == "1 2.0 a False"
    assert (built.html / "index.html").stat().st_mtime_ns == rendered
    assert not list(built.executed.rglob(".*.ipynb"))


def test_a_copy_whose_run_failed_is_executed_again(project):
    failing = code("if seed == 3:\n    raise ValueError('late')")
    save(project.book / "figures" / "one.ipynb", code(PARAMETERS, "parameters"), failing)
    assert project.call("--only", "one")[0] == 0
    assert project.call("--only", "one", "-p", "seed", "3")[0] == 1
    # The failed run may have left its data beside the old copy.
    status, output, _ = project.call("--only", "one")
    assert status == 0
    assert "figures/one  unchanged" not in output


def test_failing_render_leaves_the_old_pages(built):
    (built.book / "intro.md").write_text("# Intro\n\n{doc}`nowhere`\n")
    rendered = (built.html / "index.html").stat().st_mtime_ns
    status, _, errors = built.run()
    assert status == 2
    assert "nowhere" in errors
    assert (built.html / "index.html").stat().st_mtime_ns == rendered


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import sys\nsys.exit()", "the notebook ended before its last cell"),
        ("import os\nos._exit(3)", "DeadKernelError"),
    ],
)
def test_ending_early_is_a_failure(project, source, message):
    save(project.book / "figures" / "two.ipynb", code(source), code(shows("'never'")))
    status, output, _ = project.call("--only", "two")
    assert status == 1
    assert message in output
    assert not (project.executed / "figures" / "two.ipynb").exists()


def test_only_some_executed_is_not_rendered(project):
    status, output, _ = project.call("--only", "book/figures/two.ipynb")
    assert status == 0
    assert "not rendered: figures/one not executed yet" in output
    assert not project.html.exists()


def test_removed_notebook_leaves_no_copy(built):
    (built.book / "figures" / "two.ipynb").unlink()
    built.call("--only", "one")
    assert (built.executed / "figures" / "one.ipynb").exists()
    assert not (built.executed / "figures" / "two.ipynb").exists()


def test_what_another_run_is_just_writing_is_left_and_not_shown(project):
    """Hosts may share the folder, and the lock not reach both; what was left long ago goes."""
    assert project.call()[0] == 0
    executed = project.executed / "figures"
    hidden = [executed / ".one.ipynb", executed / ".claims.host-1-ab.tmp", executed / ".old.ipynb"]
    for path in hidden:
        path.write_text("{")
    long_ago = time.time() - 10**5
    os.utime(hidden[-1], (long_ago, long_ago))
    old = project.folder / "_build" / ".source.host-1-ab"
    old.mkdir()
    os.utime(old, (long_ago, long_ago))
    (project.book / "figures" / ".two.ipynb").write_text("{")  # as an editor leaves it
    (project.book / "intro.md").write_text("# Changed\n")
    status, output, errors = project.call()
    assert (status, errors) == (0, "")
    assert "rendered  unchanged" not in output
    assert [path.exists() for path in [*hidden, old]] == [True, True, False, False]
    assert not list(project.html.rglob("*/.*"))


def keep_front(project):
    """Give the book a first page with an answer and a picture, and the README that tells them."""
    front_book.save(
        project.book / "claims.ipynb",
        front_book.figure("fig-a", "A", drawn=front_book.png()),
        front_book.glue("n", "3"),
    )
    (project.book / "intro.md").write_text("# Intro\n\n```{picture} book/claims fig-a\n```\n")
    (project.book / "_answer.md").write_text("It is {glue:text}`claims.ipynb::n:d`.\n")
    readme = f"# Book\n{scorecard.README_START}\nold\n{scorecard.README_END}\nrest\n"
    (project.folder / "README.md").write_text(readme)


def test_refresh_brings_the_readme_up_to_the_first_page(built):
    keep_front(built)
    assert built.call("--refresh")[0] == 0
    assert (built.book / "_static" / "result.png").read_bytes() == front_book.png()
    readme = (built.folder / "README.md").read_text()
    assert readme.startswith(f"# Book\n{scorecard.README_START}\nIt is 3.\n\n![A red ")
    assert readme.endswith(f"{scorecard.README_END}\nrest\n")
    assert "old" not in readme


def test_refresh_tells_in_a_line_what_the_readme_lacks(built):
    keep_front(built)
    (built.book / "_answer.md").write_text("{glue:text}`claims.ipynb::m:d`")
    readme = (built.folder / "README.md").read_text()
    status, _, errors = built.call("--refresh")
    assert status == 2
    assert errors.count("\n") == 1
    assert "README.md is as it was" in errors
    assert "'m'" in errors
    assert (built.folder / "README.md").read_text() == readme


def test_refresh_writes_references(built):
    keep_front(built)
    status, told, _ = built.call("--only", "two", "--refresh")
    assert status == 0
    assert "new references: figures/two, claims\n" in told
    reference = json.loads((built.book / "figures" / "two.ipynb").read_text())
    assert outputs(built.book / "figures" / "two.ipynb") == "two"
    assert reference["metadata"].keys() == {"kernelspec", "language_info", "lsm"}
    assert str(built.folder) not in json.dumps(reference)
    assert built.call()[1].count("unchanged") == 4
    assert "new references: none\n" in built.call("--only", "two", "--refresh")[1]


# ---------------------------------------------------------------- the reader's machine


@pytest.mark.parametrize(
    ("stream", "named"), [("stderr", "standard error"), ("stdout", "standard output")]
)
def test_what_a_cell_prints_is_told_and_not_kept(built, stream, named):
    noise = f"import sys\nprint('Building the font cache', file=sys.{stream})"
    save(built.book / "figures" / "two.ipynb", code("1"), code(noise))
    before = (built.executed / "figures" / "two.ipynb").read_bytes()
    for _ in range(2):
        status, output, errors = built.call("--only", "two")
        assert status == 1
        assert f"book/figures/two.ipynb, cell 2 wrote to {named}:" in output
        assert "Building the font cache" in output
        assert "not rendered: figures/two failed" in errors
    copy = json.loads((built.executed / "figures" / "two.ipynb").read_text())
    assert "lsm" not in copy["metadata"]  # no longer valid
    assert len(json.dumps(copy)) < len(before)


def telling(sources, *not_kept):
    """A cell that tells of its run as pages do."""
    told = {"sources": sources, "not_kept": not_kept}
    text = "\n".join(["seed 1", *not_kept])
    lines = ["from IPython.display import display", "from rongala2021.project import RAN"]
    lines.append(f"display({{'text/plain': {text!r}, RAN: {told!r}}}, raw=True)")
    return code("\n".join(lines))


def test_widgets_are_not_kept(built):
    """They have random names, and no use without their kernel."""
    page = built.executed / "figures" / "two.ipynb"
    shown = "import ipywidgets\nipywidgets.VBox([ipywidgets.IntSlider(3)])"
    save(built.book / "figures" / "two.ipynb", code(shown), code(shows("'beside'")))
    assert built.call("--only", "two")[0] == 0
    text = page.read_text()
    assert "widget" not in text.replace(json.dumps(shown)[1:-1], "").replace("ipywidgets", "")
    assert outputs(page) == "beside"
    first = text
    assert built.call("--only", "two", "--force")[0] == 0
    assert page.read_text() == first


def test_a_page_that_ran_another_package_is_not_kept(built):
    good = fingerprints()
    save(built.book / "figures" / "two.ipynb", telling(good | {"lsm": "another"}))
    status, output, _ = built.call("--only", "two")
    assert status == 1
    assert "figures/two.ipynb, what ran are not the packages of this project" in output
    save(built.book / "figures" / "two.ipynb", telling(good))
    assert built.call("--only", "two")[0] == 0


def test_what_pages_could_not_keep_is_told_once_and_not_by_the_page(built):
    for name in ("one", "two"):
        told = telling(fingerprints(), "results are not kept", f"nor those of {name}")
        save(built.book / "figures" / f"{name}.ipynb", told)
    status, _, errors = built.call()
    assert status == 0
    notes = ["note: nor those of one", "note: nor those of two", "note: results are not kept"]
    assert sorted(errors.splitlines()) == notes
    cells = json.loads((built.executed / "figures" / "one.ipynb").read_text())["cells"]
    (output,) = (output for cell in cells for output in cell.get("outputs", ()))
    assert output["data"]["text/plain"] == "seed 1"
    assert output["data"][RAN] == {"sources": fingerprints(), "not_kept": []}


def test_a_page_whose_data_are_missing_is_not_kept(built):
    saving = "import pathlib\npathlib.Path('data').mkdir(exist_ok=True)"
    saving += "\npathlib.Path('data/two_kept.csv').touch()"
    links = "[kept](data/two_kept.csv), [lost](data/two_lost.csv)"
    cells = (code(saving), prose(links), telling(fingerprints(), "no space left"))
    save(built.book / "figures" / "two.ipynb", *cells)
    for _ in range(2):
        status, output, _ = built.call("--only", "two")
        assert status == 1
        missing = "data that the page links to are missing: data/two_lost.csv\nno space left"
        assert f"book/figures/two.ipynb, {missing}" in output


def test_kernels_are_of_the_python_that_runs_the_driver(project, monkeypatch):
    spec = project.folder / "other" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(project.folder / "other"))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    source = "import os, sys\n" + shows("[sys.executable, os.environ['MPLBACKEND']]")
    save(project.book / "figures" / "two.ipynb", code(source))
    assert project.run("--only", "two")[0] == 0
    python, backend = ast.literal_eval(outputs(project.executed / "figures" / "two.ipynb"))
    assert (python, "inline" in backend) == (sys.executable, True)


@pytest.mark.parametrize("length", [70, 150])
def test_a_long_folder_for_temporary_files_is_none_for_sockets(project, monkeypatch, length):
    place = project.folder / ("t" * length)
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    assert project.call("--only", "two")[0] == 0
    assert outputs(project.executed / "figures" / "two.ipynb") == "two"


def test_sockets_have_short_names_of_their_own_or_none():
    short = [running.socket_names(index, "/tmp/lsm-abcdefgh") for index in (1, 2)]
    names = [names["KernelManager"]["ip"] for names in short]
    assert len({*names}) == 2
    assert max(map(len, names)) < 100
    assert running.socket_names(1, "/tmp/" + "x" * 90) == {}


def test_braces_in_the_path_are_no_parameters(first, tmp_path):
    built = first.copy(tmp_path / "{a} [b] {}")
    status, _, errors = built.call("--only", "one", "-p", "seed", "7")
    assert (status, errors) == (0, "")
    assert outputs(built.executed / "figures" / "one.ipynb") == "7 2.0 a False"


# ---------------------------------------------------------------- one budget of cores


def at_work(project, *options, n_pages=9):
    """Pages and cores that were at work at once while a driver executed several pages."""
    for number in range(n_pages):
        save(project.book / "figures" / f"more{number}.ipynb", code("1"))
    lock, at_once, seen = threading.Lock(), [], []

    def work(job):
        with lock:
            at_once.append(job["cores"])
            seen.append((len(at_once), sum(at_once), job["cores"]))
        time.sleep(0.05)
        with lock:
            at_once.remove(job["cores"])

    status, _, _ = project.call("--force", *options, work=work)
    assert status == 0
    return seen


@pytest.mark.parametrize(("n_cores", "n_pages"), [(1, 1), (2, 2), (4, 2), (16, 4)])
def test_pages_and_their_sweeps_share_the_cores(project, n_cores, n_pages):
    seen = at_work(project, "--jobs", str(n_cores))
    pages, cores, _ = zip(*seen, strict=True)
    assert max(pages) == n_pages
    assert max(cores) <= n_cores
    assert seen[0][2] == n_cores // n_pages
    assert seen[-1][2] == n_cores  # the gatherer is alone


def test_the_budget_is_that_of_the_environment(project, monkeypatch):
    monkeypatch.setenv("LSM_WORKERS", "4")
    assert max(cores for _, cores, _ in at_work(project)) == 4
    assert max(cores for _, cores, _ in at_work(project, "--jobs", "2")) == 2
    monkeypatch.setenv("LSM_WORKERS", "many")
    status, output, errors = project.call()
    assert (status, output) == (2, "")
    assert errors == "LSM_WORKERS: expected an integer >= 1, got 'many'\n"


# ---------------------------------------------------------------- what a file system refuses


def test_a_book_is_built_where_there_are_no_locks(project, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    status, output, errors = project.call()
    assert status == 0
    assert "rendered" in output
    assert errors == "_build has no locks (No locks available): start one run at a time\n"


def test_each_run_compiles_in_a_folder_of_its_own(project):
    (project.executed / "figures").mkdir(parents=True)
    with compiling.staged(project.folder) as one, compiling.staged(project.folder) as other:
        files = [{p.relative_to(f) for p in f.rglob("*") if p.is_file()} for f in (one, other)]
    assert one != other
    assert files[0] == files[1] != set()


NO_LOCKS = """
import errno, fcntl, runpy, sys

def refuse(*_):
    raise OSError(errno.ENOLCK, "No locks available")

fcntl.flock = refuse
sys.argv = ["book/execute.py"]
runpy.run_path("book/execute.py", run_name="__main__")
"""


def test_hosts_that_share_a_folder_without_locks_leave_a_whole_book(built):
    """One may be told that another was in its way; what is shown is whole at any time."""

    def pages():
        return {p.relative_to(built.html) for p in built.html.rglob("*") if p.is_file()}

    expected = pages()
    lines = ["from pathlib import Path", "Path('data').mkdir(exist_ok=True)"]
    cells = (
        code("\n".join([*lines, "Path('data/two_a.csv').touch()"])),
        prose("[a](data/two_a.csv)"),
    )
    save(built.book / "figures" / "two.ipynb", *cells)
    start = [sys.executable, "-c", NO_LOCKS]
    more = {"cwd": built.folder, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    hosts = [subprocess.Popen(start, **more) for _ in range(3)]
    answers = [host.communicate(timeout=200) for host in hosts]
    assert "Traceback" not in str(answers)
    assert {host.returncode for host in hosts} <= {0, 1, 2}
    assert expected <= pages()
    assert not [path for path in built.folder.rglob(".source.*")]
    assert built.run()[0] == 0
    assert "two_a" in (built.html / "book" / "figures" / "two.html").read_text()


def test_a_project_that_cannot_be_written_is_refused_in_one_line(project):
    (project.folder / "_build").touch()
    status, output, errors = project.call()
    assert (status, output) == (2, "")
    assert errors.startswith("cannot go on: [Errno")
    assert errors.count("\n") == 1
    assert "_build" in errors


def test_of_many_files_that_cannot_be_copied_the_first_is_told(project, monkeypatch):
    def fail(*_, **__):
        raise shutil.Error([("a", "b", "[Errno 28] No space left on device")] * 300)

    monkeypatch.setattr(shutil, "copytree", fail)
    status, _, errors = project.call()
    told = "cannot go on: [Errno 28] No space left on device: b (and 299 more)\n"
    assert (status, errors) == (2, told)


def test_a_full_disk_is_told_in_one_line_for_each_page_and_leaves_nothing(project):
    save(project.book / "figures" / "two.ipynb", code(shows("'x' * 10**6")))
    limit = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000)); "
    limit += "import runpy; sys.argv = ['x', '--only', 'two']; "
    limit += f"runpy.run_path({str(project.book / 'execute.py')!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", limit], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "book/figures/two.ipynb, OSError: [Errno 27] File too large" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not [p for p in project.executed.rglob("*two*") if p.is_file()]


# ---------------------------------------------------------------- which page takes how long


def keep_seconds(project, **seconds):
    for name, number in seconds.items():
        path = project.book / "figures" / f"{name}.ipynb"
        notebook = json.loads(path.read_text())
        notebook["metadata"]["lsm"] = {"seconds": number}
        path.write_text(json.dumps(notebook))


def started(project, *options):
    """The pages that a driver started, in order."""
    order = []

    def work(job):
        order.append(Path(job["source"]).stem)

    project.call("--force", "--jobs", "1", *options, work=work)
    return order


def test_pages_start_in_the_order_of_their_longest_known_execution(project):
    seen = project.folder / "_build" / "seconds.json"
    seen.parent.mkdir()
    keep_seconds(project, one=4, two=8)
    assert started(project) == ["two", "one", "claims"]
    seen.write_text('{"figures/one": 9.5, "figures/two": 1, "gone": 99}')
    assert started(project) == ["one", "two", "claims"]
    save(project.book / "figures" / "new.ipynb", code("1"))  # it may be the longest
    assert started(project) == ["new", "one", "two", "claims"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"figures/one": "long"}', '{"figures/one": []}'])
def test_a_spoiled_record_of_seconds_is_none(project, text):
    (project.folder / "_build").mkdir()
    (project.folder / "_build" / "seconds.json").write_text(text)
    keep_seconds(project, one=4, two=8)
    assert started(project) == ["two", "one", "claims"]


def test_seconds_are_noted_of_the_longest_default_execution(project):
    def noted(seconds, *options):
        def work(job):
            time.sleep(seconds * (Path(job["source"]).stem == "one"))

        project.call("--only", "one", "--force", *options, work=work)
        return json.loads((project.folder / "_build" / "seconds.json").read_text())

    long = noted(0.3)
    assert long["figures/one"] >= 0.3
    assert noted(0.0)["figures/one"] == long["figures/one"]
    assert noted(0.5)["figures/one"] >= 0.5
    assert noted(0.8, "-p", "seed", "3")["figures/one"] < 0.8


def test_seconds_of_a_failure_or_of_no_execution_are_not_noted(built):
    seen = built.folder / "_build" / "seconds.json"
    text = '{"claims": 99, "figures/one": 0, "figures/two": 0}'
    seen.write_text(text)
    assert built.call()[1].count("unchanged") == 4
    built.call("--only", "one", "--force", work=lambda job: "failed")
    assert seen.read_text() == text


def test_refresh_keeps_seconds_as_a_power_of_two_and_never_lowers_them(built):
    keep_front(built)
    (built.folder / "_build" / "seconds.json").write_text('{"figures/one": 63, "figures/two": 0.3}')
    for _ in range(2):
        built.call("--refresh")
        found = [
            json.loads((built.book / "figures" / f"{name}.ipynb").read_text())["metadata"]["lsm"]
            for name in ("one", "two")
        ]
        assert found == [{"seconds": 32}, {"seconds": 1}]
        (built.folder / "_build" / "seconds.json").unlink(missing_ok=True)


def test_seconds_make_no_page_stale(built):
    keep_seconds(built, one=4, two=8)
    assert built.call()[1].count("unchanged") == 4


# ---------------------------------------------------------------- a book without execution


LINKED = prose("[one.csv](data/one.csv), [two.csv](data/two.csv): data.")


def test_the_committed_notebooks_compile_without_execution(project):
    cell = {**code("1 / 0"), "execution_count": 1}
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "as committed"}]
    save(project.book / "figures" / "two.ipynb", cell, LINKED)
    sources = project.files()
    status, output, errors = project.run("--read")
    assert (status, errors) == (0, "")
    assert output.startswith("pages  as committed (3 of 3 not executed here, or out of date")
    page = (project.html / "book" / "figures" / "two.html").read_text()
    assert "as committed" in page
    assert "one.csv" in page
    assert "data/one.csv" not in page
    assert "The data files are written when this page is executed" in page
    assert not project.executed.exists()
    assert project.files() == sources


@pytest.mark.parametrize("path", sorted((ROOT / "book").rglob("*.ipynb")), ids=lambda p: p.stem)
def test_no_page_links_to_data_that_only_an_execution_writes(path):
    notebook = running.read(path)
    compiling.without_data_links(notebook)
    texts = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown"]
    assert not [text for text in texts if "(data/" in text or 'href="data/' in text]


def test_what_is_read_unexecuted_gives_way_to_what_is_executed(project):
    lines = ["from pathlib import Path", "Path('data').mkdir()"]
    lines += [f"Path('data/{name}.csv').touch()" for name in ("one", "two")]
    save(project.book / "figures" / "two.ipynb", code("\n".join(lines)), LINKED)
    assert "rendered  unchanged" not in project.call("--read")[1]
    assert "rendered  unchanged" in project.call("--read")[1]
    status, output, _ = project.call()
    assert status == 0
    assert "rendered  unchanged" not in output
    page = project.html / "book" / "figures" / "two.ipynb"
    assert "(data/one.csv)" in page.read_text()


def test_an_executed_book_that_is_up_to_date_is_left(built):
    before = (built.html / "index.html").stat().st_mtime_ns
    status, output, errors = built.call("--read")
    assert (status, errors) == (0, "")
    assert output.splitlines()[0] == "pages  as executed, all up to date"
    assert "rendered  unchanged" in output
    assert (built.html / "index.html").stat().st_mtime_ns == before


def test_an_executed_book_that_is_out_of_date_is_replaced_and_its_copies_are_kept(built):
    save(built.book / "figures" / "two.ipynb", code(shows("'changed'")))
    before = {p: p.read_bytes() for p in built.executed.rglob("*") if p.is_file()}
    _, output, _ = built.call("--read")
    # The other is the one that gathers what it has.
    assert output.startswith("pages  as committed (2 of 3 not executed here, or out of date")
    assert "rendered  unchanged" not in output
    assert {p: p.read_bytes() for p in built.executed.rglob("*") if p.is_file()} == before
    assert "figures/one  unchanged" in built.call()[1]


# ---------------------------------------------------------------- what is there already


def test_one_run_at_a_time(project):
    others = []
    project.call("--only", "two", work=lambda job: others.append(project.run("--read")))
    assert others == [(2, "", "another run is building this book\n")] * 2


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 1}', ""])
def test_a_spoiled_notebook_is_refused_by_name_before_anything_runs(project, text):
    (project.book / "figures" / "two.ipynb").write_text(text)
    status, output, errors = project.call()
    assert (status, output) == (2, "")
    assert errors.startswith("book/figures/two.ipynb: expected a notebook, got ")
    assert "Traceback" not in errors
    assert not list(project.executed.rglob("*.ipynb"))


def test_a_spoiled_executed_copy_is_made_again(built):
    copy = built.executed / "figures" / "two.ipynb"
    copy.write_text("{")
    status, output, errors = built.call("--only", "two")
    assert (status, errors) == (0, "")
    assert "figures/two  unchanged" not in output
    assert outputs(copy) == "two"


def test_data_of_a_table_that_is_no_longer_written_go(project):
    def writing(*tables):
        lines = ["from pathlib import Path", "Path('data').mkdir(exist_ok=True)"]
        lines += [f"Path('data/{name}.csv').touch()" for name in tables]
        save(project.book / "figures" / "two.ipynb", code("\n".join(lines)))
        assert project.call("--only", "two")[0] == 0

    writing("two_old", "two_kept", "other_page", "twos_table")
    writing("two_kept")
    data = project.executed / "figures" / "data"
    left = ["other_page.csv", "two_kept.csv", "twos_table.csv"]
    assert sorted(p.name for p in data.iterdir()) == left


def test_a_copy_of_a_failed_run_is_not_rendered(built):
    """Its data are gone, or half written."""
    save(built.book / "figures" / "one.ipynb", code("raise KeyError"))
    assert built.call("--only", "one")[0] == 1
    status, output, errors = built.call("--only", "two")
    assert (status, errors) == (0, "")
    assert "not rendered: figures/one not executed yet, or not to the end" in output
