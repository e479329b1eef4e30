"""A share of what the sweeps of pages lack: --part K/N."""

import fcntl
import json
from pathlib import Path

import pytest

from rongala2021.project import RAN
from tests.small_project import Project, code, save, shows

DECLARES = 'scheduler: str = ""  # who computes\nseed: int = 1'
CLASSES = "class ParameterError(ValueError): pass\nclass SweepError(Exception): pass"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path).make()


def tells(path, from_disk=0, computed=0):
    """A cell that writes what it was given where it is found, data beside it, and its progress."""
    told = {"line": "", "from_disk": from_disk, "computed": computed}
    lines = ["import json, os", "from pathlib import Path", "Path('data').mkdir(exist_ok=True)"]
    lines += ["Path('data/two_x.csv').write_text('x')"]
    lines += [f"Path(os.environ['LSM_PROGRESS']).write_text({json.dumps(told)!r})"]
    lines += ["part = os.environ['LSM_PART']"]
    found = "[part, scheduler, seed, str(Path.cwd())]"
    lines += [f"Path({str(path)!r} + part[:1]).write_text(json.dumps({found}))"]
    return code("\n".join(lines))


def sharing(project, name, *cells):
    save(project.book / "figures" / f"{name}.ipynb", code(DECLARES, "parameters"), *cells)


def all_files(project):
    built = project.folder / "_build"
    return {p: p.read_bytes() for p in built.rglob("*") if p.is_file() and "cache" not in p.parts}


def test_pages_compute_their_part_and_nothing_else_is_kept(project):
    told = project.folder / "told"
    failing = code("raise ValueError('of stand-ins')")
    sharing(project, "one", tells(told, 1000, 204), failing, code("Path(told).touch()"))
    sharing(project, "two", tells(project.folder / "other", 0, 3))
    text = (project.book / "figures" / "one.ipynb").read_text()
    after = project.folder / "after"
    (project.book / "figures" / "one.ipynb").write_text(text.replace("told)", f"'{after}')"))
    sources = project.files()
    given = ("-p", "seed", "7", "-p", "scheduler", "tcp://x:1")
    status, output, errors = project.run("--part", "3/10", *given)
    assert (status, errors) == (0, "")
    *pages, sums, hint = output.splitlines()
    assert sorted(line.split("  ")[0] for line in pages) == ["figures/one", "figures/two"]
    numbers = {line.split("  ")[0]: line.split("  ")[2:] for line in pages}
    told_of_one = ["1,000 runs from disk, 204 computed", "seed=7 scheduler=tcp://x:1"]
    assert numbers["figures/one"] == told_of_one
    assert sums == "part 3/10: 1,000 runs from disk, 207 computed"
    assert hint == "when all parts are done: the same without --part"
    *passed, place = json.loads((project.folder / "told3").read_text())
    assert passed == ["3/10", "tcp://x:1", 7]
    assert project.folder / "_build" in Path(place).parents  # where a page finds its project
    assert not Path(place).exists()
    assert after.exists()  # a cell after one that failed
    made = {after, project.folder / "told3", project.folder / "other3"}
    assert {p: c for p, c in project.files().items() if p not in made} == sources
    assert all_files(project) == {}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (f"{CLASSES}\nraise ParameterError('seed: expected more')", "ParameterError: seed: expect"),
        ("import no_such_package", "ModuleNotFoundError"),
        ("import os; os._exit(3)", "DeadKernelError"),
        (None, "NameError: name 'given' is not defined"),
    ],
)
def test_a_page_that_cannot_run_at_all_is_told(project, source, message):
    checks = code("given = [seed, scheduler]" if source else "given")
    sharing(project, "one", checks, code(source or "1"), code("2"))
    sharing(project, "two", tells(project.folder / "told", 1, 1))
    status, output, errors = project.run("--part", "1/1")
    assert status == 1
    assert "figures/one  FAILED" in output
    assert message in output
    assert errors == "could not run: figures/one\n"
    assert "\npart 1/1: 1 run from disk, 1 computed\n" in output
    assert (project.folder / "told1").exists()


def test_cells_of_a_sweep_that_failed_are_told(project):
    failing = code(f"{CLASSES}\nraise SweepError('seed 3, repeat 4')")
    sharing(project, "one", failing, code("raise ValueError('of what is missing')"))
    status, _, errors = project.run("--part", "1/1")
    assert (status, errors) == (0, "note: figures/one, cell 2: seed 3, repeat 4\n")


def executed(project, *options):
    """Pages that were executed for a part, in the order in which they started."""
    jobs = []
    status, output, errors = project.call(*options, "--jobs", "1", work=jobs.append)
    assert (status, errors) == (0, "")
    return [Path(job["source"]).stem for job in jobs], jobs, output


def test_only_stale_pages_with_a_scheduler_are_executed_longest_first(project):
    sharing(project, "one", code(shows("1")))
    sharing(project, "two", code(shows("2")))
    (project.folder / "_build").mkdir()
    (project.folder / "_build" / "seconds.json").write_text('{"figures/one": 3, "figures/two": 5}')
    save(project.book / "figures" / "none.ipynb", code("seed: int = 1", "parameters"))
    names, jobs, output = executed(project, "--part", "01/2")
    assert names == ["two", "one"]
    assert [(job["part"], job["parameters"], job["key"]) for job in jobs] == [("1/2", {}, None)] * 2
    assert output.splitlines()[-2:] == ["part 1/2: no runs", "when all parts are done: make book"]
    assert executed(project, "--part", "1/2", "--only", "one")[0] == ["one"]
    assert project.call()[0] == 0
    before = all_files(project)
    assert executed(project, "--part", "1/2")[0] == []
    assert executed(project, "--part", "1/2", "--force")[0] == ["two", "one"]
    assert executed(project, "--part", "1/2", "-p", "seed", "3")[0] == ["two", "one"]
    sharing(project, "one", code(shows("3")))
    assert executed(project, "--part", "1/2")[0] == ["one"]
    assert all_files(project) == before


def test_parts_run_beside_each_other_and_beside_a_run_that_builds_the_book(project):
    sharing(project, "two", tells(project.folder / "told"))
    (project.folder / "_build").mkdir()
    with (project.folder / "_build" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        parts = [project.start("--part", f"{k}/2") for k in (1, 2)]
        answers = [part.communicate(timeout=120) for part in parts]
    assert [part.returncode for part in parts] == [0, 0], answers
    assert {p.name for p in project.folder.glob("told*")} == {"told1", "told2"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *(
            (["--part", text], f"--part: expected K/N with 1 <= K <= N, got {text!r}\n")
            for text in ("0/3", "4/3", "3", "", "-1/3", "1/0", "1/2/3", "a/b", "1.0/2", "²/3")
        ),
        (
            ["--part", "1/2", "--only", "two"],
            "--part: expected a page with a parameter scheduler, got 2 without\n",
        ),
        (["--part", "1/2", "--read"], "--part: expected neither --read"),
        (["--part", "1/2", "--refresh"], "--part: expected neither --read"),
        (["--part", "1/2", "--status"], "--part: expected neither --read"),
    ],
)
def test_refusals_execute_nothing(project, options, message):
    if options[1] == "-1/3":
        options = ["--part=-1/3"]
    sharing(project, "one", code("1"))
    jobs = []
    status, output, errors = project.call(*options, work=jobs.append)
    assert (status, output, jobs) == (2, "", [])
    assert message in errors
    if message.endswith("\n"):
        assert errors == message


def test_what_is_no_part_has_none_whatever_the_users_environment_says(project, monkeypatch):
    monkeypatch.setenv("LSM_PART", "1/2")
    jobs = []
    project.call(work=jobs.append)
    assert {job["part"] for job in jobs} == {""}


def test_a_part_with_packages_of_another_project_is_told(project):
    shown = {RAN: {"sources": {"lsm": "another"}, "not_kept": []}, "text/plain": ""}
    sharing(
        project, "one", code(f"from IPython.display import display\ndisplay({shown}, raw=True)")
    )
    status, output, _ = project.run("--part", "1/1")
    assert status == 1
    assert "what ran are not the packages of this project: {'lsm': 'another'}" in output
