"""The driver that executes the notebooks and compiles the book, on a small book of its own."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[1]
PARAMETERS = "seed: int = 1  # entropy\nrate: float = 2.0  # Hz\nkind: str = 'a'  # word"


def code(source, *tags):
    cell = {"cell_type": "code", "execution_count": None, "outputs": [], "source": source}
    return {**cell, "metadata": {"tags": list(tags)} if tags else {}, "id": f"c{abs(hash(source))}"}


def save(path, *cells):
    title = {"cell_type": "markdown", "metadata": {}, "id": "title", "source": f"# {path.stem}"}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [title, *cells], "metadata": {"kernelspec": kernel}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5}))


def outputs(path):
    cells = json.loads(path.read_text())["cells"]
    return "".join(
        "".join(o.get("text", "")) for c in cells if c["cell_type"] == "code" for o in c["outputs"]
    )


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.book = folder / "book"
        self.executed = folder / "_build" / "executed"
        self.html = folder / "_build" / "html"
        self.book.mkdir()
        for name in ("execute.py", "_ext", "_static", "references.bib"):
            source = ROOT / "book" / name
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, self.book / name)
        shutil.copyfile(ROOT / "_config.yml", folder / "_config.yml")
        (folder / "requirements.txt").write_text("numpy\n")
        (folder / "lsm").mkdir()
        (folder / "lsm" / "model.py").write_text("K = 1\n")
        (self.book / "claims.yml").write_text("[]\n")
        (self.book / "intro.md").write_text("# Intro\n")
        self.toc("figures/one", "figures/two", "claims")
        printing = "from pathlib import Path\nprint(seed, rate, kind)\nPath('data.txt').touch()"
        save(self.book / "figures" / "one.ipynb", code(PARAMETERS, "parameters"), code(printing))
        save(self.book / "figures" / "two.ipynb", code("print('two')"))
        gathering = "from pathlib import Path\nprint(sorted(p.name for p in Path('.').glob('*/*')))"
        save(self.book / "claims.ipynb", code(gathering))

    def toc(self, *pages):
        chapters = "".join(f"  - file: book/{page}\n" for page in pages)
        text = f"format: jb-book\nroot: book/intro\nchapters:\n{chapters}"
        (self.folder / "_toc.yml").write_text(text)

    def start(self, *options):
        return subprocess.Popen(
            [sys.executable, "book/execute.py", *options],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options):
        process = self.start(*options)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    def files(self):
        """Contents of all sources."""
        found = [p for p in self.folder.rglob("*") if p.is_file() and "_build" not in p.parts]
        return {p: p.read_bytes() for p in found if "__pycache__" not in p.parts}


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A project built once, to be changed and built again in the order of the tests."""
    project = Project(tmp_path_factory.mktemp("book"))
    project.sources = project.files()
    project.first = project.run()
    return project


def test_first_run_executes_all_and_renders(built):
    code_, output, errors = built.first
    assert (code_, errors) == (0, "")
    assert [line.split()[0] for line in output.splitlines()][-2:] == ["claims", "rendered"]
    assert outputs(built.executed / "figures" / "one.ipynb") == "1 2.0 a\n"
    assert "one.ipynb" in outputs(built.executed / "claims.ipynb")
    for page in ("index", "book/intro", "book/figures/one", "book/claims"):
        assert (built.html / f"{page}.html").is_file()
    assert (built.html / "_static" / "tex-svg.js").is_file()


def test_sources_are_left_alone(built):
    assert built.files() == built.sources


def test_second_run_does_nothing(built):
    _, output, _ = built.run()
    assert output.count("unchanged") == 4


def test_two_executions_are_identical_to_the_byte(built):
    before = (built.executed / "figures" / "one.ipynb").read_bytes()
    _, output, _ = built.run("--only", "one", "--force")
    assert "figures/one  unchanged" not in output
    assert (built.executed / "figures" / "one.ipynb").read_bytes() == before


def test_changed_cell_makes_one_notebook_stale(built):
    save(built.book / "figures" / "two.ipynb", code("print('changed')"))
    _, output, _ = built.run()
    assert "figures/one  unchanged" in output
    assert "figures/two  unchanged" not in output
    assert "claims  unchanged" not in output
    assert outputs(built.executed / "figures" / "two.ipynb") == "changed\n"


def test_changed_package_makes_all_stale(built):
    (built.folder / "lsm" / "model.py").write_text("K = 2\n")
    _, output, _ = built.run()
    assert output.count("unchanged") == 0


@pytest.mark.parametrize(
    "name", ["lsm/model.py", "requirements.txt", "book/claims.yml", "book/execute.py"]
)
def test_key_of_the_surroundings_depends_on(project, name, monkeypatch):
    spec = importlib.util.spec_from_file_location("driver", project.book / "execute.py")
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    before = driver.surroundings()
    assert driver.surroundings() == before
    with (project.folder / name).open("a") as file:
        file.write("# changed\n")
    changed = driver.surroundings()
    assert changed != before
    monkeypatch.setattr(driver, "version", lambda name: f"another version of {name}")
    other = driver.surroundings()
    assert other != changed
    monkeypatch.setattr(driver.platform, "python_version", lambda: "another")
    assert driver.surroundings() != other


def test_parameters_are_passed_with_their_types(built):
    code_, output, _ = built.run("-p", "seed", "7", "-p", "rate", "3", "-p", "kind", "1e3")
    assert code_ == 0
    assert "seed=7 rate=3 kind=1e3" in output
    assert outputs(built.executed / "figures" / "one.ipynb") == "7 3 1e3\n"
    built.run()
    assert outputs(built.executed / "figures" / "one.ipynb") == "1 2.0 a\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-p", "sede", "3"], "-p sede: expected a parameter of"),
        (["-p", "seed", "3.5"], "-p seed: expected int for figures/one, got '3.5'"),
        (["-p", "seed", "True"], "-p seed: expected int"),
        (["-p", "rate", "fast"], "-p rate: expected float"),
        (["--only", "three"], "--only: expected one of figures/one, figures/two, claims"),
        (["--only", "two", "-p", "seed", "3"], "-p seed: expected a parameter of"),
        (["--jobs", "0"], "--jobs: expected an integer >= 1, got 0"),
        (["--refresh", "-p", "seed", "3"], "--refresh: expected the default parameters"),
    ],
)
def test_refusals_execute_nothing(built, options, message):
    code_, output, errors = built.run(*options)
    assert (code_, output) == (2, "")
    assert message in errors
    assert "Traceback" not in errors


def test_failing_cell_is_named_and_the_rest_is_kept(built):
    rendered = (built.html / "index.html").stat().st_mtime_ns
    save(built.book / "figures" / "one.ipynb", code("print('one')"), code("x = 1\n1 / 0"))
    save(built.book / "figures" / "two.ipynb", code("print('kept')"))
    code_, output, errors = built.run()
    assert code_ == 1
    assert "book/figures/one.ipynb, cell 2:" in output
    assert "ZeroDivisionError: division by zero" in output
    assert "not rendered: figures/one failed" in errors
    assert outputs(built.executed / "figures" / "two.ipynb") == "kept\n"
    assert outputs(built.executed / "figures" / "one.ipynb") == "1 2.0 a\n"
    assert (built.html / "index.html").stat().st_mtime_ns == rendered
    assert not list(built.executed.rglob(".*.ipynb"))


def test_a_copy_whose_run_failed_is_executed_again(project):
    failing = code("if seed == 3:\n    raise ValueError('late')")
    save(project.book / "figures" / "one.ipynb", code(PARAMETERS, "parameters"), failing)
    assert project.run("--only", "one")[0] == 0
    assert project.run("--only", "one", "-p", "seed", "3")[0] == 1
    # The failed run may have left its data beside the old copy.
    code_, output, _ = project.run("--only", "one")
    assert code_ == 0
    assert "figures/one  unchanged" not in output


def test_failing_render_leaves_the_old_pages(built):
    save(built.book / "figures" / "one.ipynb", code("print('one')"))
    (built.book / "intro.md").write_text("# Intro\n\n{doc}`nowhere`\n")
    rendered = (built.html / "index.html").stat().st_mtime_ns
    code_, _, errors = built.run()
    assert code_ == 2
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
    save(project.book / "figures" / "two.ipynb", code(source), code("print('never')"))
    code_, output, _ = project.run("--only", "two")
    assert code_ == 1
    assert message in output
    assert not (project.executed / "figures" / "two.ipynb").exists()


def test_only_some_executed_is_not_rendered(project):
    code_, output, _ = project.run("--only", "book/figures/two.ipynb")
    assert code_ == 0
    assert "not rendered: figures/one not executed yet" in output
    assert not project.html.exists()


def test_removed_notebook_leaves_no_copy(project):
    project.run("--only", "two")
    (project.book / "figures" / "two.ipynb").unlink()
    project.run("--only", "one")
    assert not (project.executed / "figures" / "two.ipynb").exists()


def test_refresh_writes_references(project):
    project.run("--only", "two", "--refresh")
    reference = json.loads((project.book / "figures" / "two.ipynb").read_text())
    assert outputs(project.book / "figures" / "two.ipynb") == "two\n"
    assert reference["metadata"].keys() == {"kernelspec", "language_info"}
    assert str(project.folder) not in json.dumps(reference)
    assert "unchanged" in project.run("--only", "two")[1]


def family(process):
    return [p for p in psutil.Process(process.pid).children(recursive=True) if p.is_running()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_everything(project, number):
    sleeping = f"from pathlib import Path\nPath({str(project.folder / 'on')!r}).touch()\n"
    save(project.book / "figures" / "one.ipynb", code(sleeping + "import time; time.sleep(99)"))
    save(project.book / "figures" / "two.ipynb", code("import time; time.sleep(99)"))
    process = project.start("--jobs", "2")
    limit = time.monotonic() + 60
    while not (project.folder / "on").exists():
        assert time.monotonic() < limit
        time.sleep(0.05)
    started = family(process)
    assert len(started) >= 3  # two workers, and a kernel at least
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == "interrupted\n"
    _, left = psutil.wait_procs(started, timeout=10)
    # An orphan that was killed may wait as a zombie for whoever inherited it.
    assert [p for p in left if p.status() != psutil.STATUS_ZOMBIE] == []


def test_one_run_at_a_time(project):
    save(project.book / "figures" / "one.ipynb", code("import time; time.sleep(99)"))
    process = project.start()
    limit = time.monotonic() + 60
    try:
        while not family(process):
            assert process.poll() is None
            assert time.monotonic() < limit
            time.sleep(0.05)
        code_, _, errors = project.run()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert (code_, errors) == (2, "another run is building this book\n")


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 1}', ""])
def test_a_spoiled_notebook_is_refused_by_name_before_anything_runs(project, text):
    (project.book / "figures" / "two.ipynb").write_text(text)
    code_, output, errors = project.run()
    assert (code_, output) == (2, "")
    assert errors.startswith("book/figures/two.ipynb: expected a notebook, got ")
    assert "Traceback" not in errors
    assert not list(project.executed.rglob("*.ipynb"))


def test_a_spoiled_executed_copy_is_made_again(project):
    options = ("--only", "two")
    assert project.run(*options)[0] == 0
    copy = project.executed / "figures" / "two.ipynb"
    copy.write_text("{")
    code_, output, errors = project.run(*options)
    assert (code_, errors) == (0, "")
    assert "figures/two  unchanged" not in output
    assert outputs(copy) == "two\n"


def test_data_of_a_table_that_is_no_longer_written_go(project):
    def writing(*tables):
        lines = ["from pathlib import Path", "Path('data').mkdir(exist_ok=True)"]
        lines += [f"Path('data/{name}.csv').touch()" for name in tables]
        save(project.book / "figures" / "two.ipynb", code("\n".join(lines)))
        assert project.run("--only", "two")[0] == 0

    writing("two_old", "two_kept", "other_page", "twos_table")
    writing("two_kept")
    data = project.executed / "figures" / "data"
    left = ["other_page.csv", "two_kept.csv", "twos_table.csv"]
    assert sorted(p.name for p in data.iterdir()) == left


def test_a_copy_of_a_failed_run_is_not_rendered(project):
    """Its data are gone, or half written."""
    assert project.run()[0] == 0
    save(project.book / "figures" / "one.ipynb", code("raise KeyError"))
    assert project.run("--only", "one")[0] == 1
    code_, output, errors = project.run("--only", "two")
    assert (code_, errors) == (0, "")
    assert "not rendered: figures/one not executed yet, or not to the end" in output


def test_a_failure_of_the_driver_itself_leaves_nothing_running(project):
    save(project.book / "figures" / "one.ipynb", code("import time; time.sleep(99)"))
    path = project.book / "execute.py"
    text = path.read_text().replace(
        "        key = stale_key(name,", "        key = boom(name) or stale_key(name,"
    )
    # After the other worker has started.
    boom = """
def boom(name):
    if name.endswith("two"):
        time.sleep(5)
        raise OSError("no space left")


class Processes:"""
    path.write_text(text.replace("\n\nclass Processes:", boom, 1))
    process = project.start("--jobs", "2")
    limit = time.monotonic() + 60
    while not (started := family(process)):
        assert process.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.05)
    _, errors = process.communicate(timeout=30)
    assert "no space left" in errors
    _, left = psutil.wait_procs(started, timeout=10)
    assert [p for p in left if p.status() != psutil.STATUS_ZOMBIE] == []


def test_a_hangup_that_was_to_be_ignored_is(project):
    save(project.book / "figures" / "two.ipynb", code("import time; time.sleep(4); print('two')"))
    command = ["nohup", sys.executable, "book/execute.py", "--only", "two"]
    process = subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    limit = time.monotonic() + 60
    while not family(process):
        assert time.monotonic() < limit
        time.sleep(0.05)
    process.send_signal(signal.SIGHUP)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "figures/two" in output
