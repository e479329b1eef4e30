"""Which pages are told to be stale, because of what, on a small book of pages never executed."""

import fcntl
import json
import platform
from pathlib import Path

import pytest

import durations
import staleness
from tests.small_project import Project, code, keep, save

NOTHING = "none of 3 pages to execute"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("book")).make()
    assert project.call(work=keep)[0] == 0
    return project


@pytest.fixture
def made(first, tmp_path):
    """A copy of a book of which all holds, to be changed."""
    return first.copy(tmp_path)


def told(project, *options):
    """Exit code, why each page is stale, and the last line."""
    status, output, errors = project.call("--status", *options)
    assert errors == ""
    *lines, last = output.splitlines()
    return status, {line.split()[0]: line[21:] for line in lines}, last


@pytest.mark.parametrize("text", ["[tool", "[tool.other]"])
def test_a_project_that_cannot_be_read_is_refused_in_a_line(made, text):
    (made.folder / "pyproject.toml").write_text(text)
    status, output, errors = made.call("--status")
    assert (status, output) == (2, "")
    assert errors.startswith("pyproject.toml: expected [tool.setuptools], got ")
    assert errors.count("\n") == 1


def test_a_book_of_which_all_holds(made):
    status, output, _ = made.call("--status")
    assert status == 0
    names = ("figures/one", "figures/two", "claims")
    assert output.splitlines() == [*(f"{name:11}          unchanged" for name in names), NOTHING]


def test_nothing_is_written_nor_executed(tmp_path):
    project = Project(tmp_path).make()
    before = project.files()
    status, why, _ = told(project)
    assert status == 1
    assert why == dict.fromkeys(("figures/one", "figures/two", "claims"), "never executed")
    assert project.files() == before
    assert not (project.folder / "_build").exists()


def test_it_is_told_while_another_run_builds_the_book(made):
    with (made.folder / "_build" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert made.call()[2] == "another run is building this book\n"
        assert told(made)[0] == 0


def test_a_changed_cell_is_of_one_page_and_of_what_gathers_it(made):
    save(made.book / "figures" / "two.ipynb", code("2"))
    status, why, last = told(made)
    assert status == 1
    assert why.pop("figures/one") == "unchanged"
    assert why == {"figures/two": "cells changed", "claims": "gathers figures/two"}
    assert last.startswith("2 of 3 pages to execute, ")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("engine/model.py", "engine: model.py"),
        ("engine/deep/part.py", "engine: deep/part.py"),
        ("engine/new.py", "engine: new.py"),
        ("book/study/inner/look.mplstyle", "study: inner/look.mplstyle"),
        ("book/claims.yml", "claims.yml"),
        ("book/measured.json", "measured.json"),
        ("requirements.txt", "requirements.txt"),
        *((f"book/{name}.py", f"driver: {name}.py") for name in staleness.DRIVER),
    ],
)
def test_a_file_that_changed_is_named(made, name, reason):
    with (made.folder / name).open("a") as file:
        file.write("# changed\n")
    gathered = f"gathers figures/one, figures/two; {reason}"
    why = {"figures/one": reason, "figures/two": reason, "claims": gathered}
    assert told(made)[1] == why


def test_files_that_changed_are_named_by_package_and_of_many_the_first(made):
    (made.folder / "engine" / "model.py").unlink()
    for number in range(5):
        (made.book / "study" / f"new{number}.py").touch()
    (made.book / "claims.yml").write_text("[1]\n")
    found = told(made)[1]["figures/two"]
    assert found == "engine: model.py; study: new0.py, new1.py, new2.py, 2 more; claims.yml"


def test_parameters_of_both_are_named(made):
    seed, three = ("-p", "seed", "3"), "parameters seed=3, was defaults"
    why = {"figures/one": three, "claims": "gathers figures/one"}
    assert told(made, "--only", "one", *seed)[1] == why
    made.call("--only", "one", *seed, work=keep)
    assert told(made, *seed)[0] == 0
    assert told(made)[1]["figures/one"] == "parameters defaults, was seed=3"
    assert told(made, *seed, "-p", "kind", "3")[1]["figures/one"] == (
        "parameters seed=3 kind='3', was seed=3"
    )


@pytest.mark.parametrize(
    ("owner", "name", "label"),
    [
        (staleness.platform, "python_version", "Python"),
        (staleness.platform, "machine", "machine"),
        (staleness, "version", "lsm"),
    ],
)
def test_another_machine_is_named(made, monkeypatch, owner, name, label):
    was = {"Python": platform.python_version(), "machine": platform.machine()}
    was |= {"lsm": staleness.version("lsm")}
    monkeypatch.setattr(owner, name, lambda *_: "another")
    assert told(made)[1]["figures/two"] == f"{label} another, was {was[label]}"


def test_what_is_gathered_changed_since(made):
    with (made.executed / "figures" / "one.ipynb").open("a") as file:
        file.write("\n")
    found = told(made)[1]
    assert found["figures/one"] == "unchanged"
    assert found["claims"] == "gathers figures/one"


def test_a_page_that_is_gone_is_no_longer_gathered(made):
    (made.book / "figures" / "two.ipynb").unlink()
    assert told(made)[1] == {"figures/one": "unchanged", "claims": "gathers figures/two"}


def test_a_failed_run_is_told_from_none(made):
    made.call("--only", "two", "--force", work=lambda job: "failed")
    (made.executed / "figures" / "one.ipynb").unlink()
    found = told(made)[1]
    assert found["figures/one"] == "never executed"
    assert found["figures/two"] == "its last run failed or was interrupted"


@pytest.mark.parametrize(
    "change",
    [
        lambda key: "of another form",
        lambda key: {},
        lambda key: {**key, "files": []},
        lambda key: {**key, "a part no longer known": {}},
    ],
)
def test_a_copy_that_another_driver_made_is_stale(made, change):
    path = made.executed / "figures" / "two.ipynb"
    notebook = json.loads(path.read_text())
    notebook["metadata"]["lsm"]["key"] = change(notebook["metadata"]["lsm"]["key"])
    path.write_text(json.dumps(notebook))
    assert told(made)[1]["figures/two"] == "executed by another driver"
    executed = []
    made.call("--only", "two", work=lambda job: executed.append(job["target"]) or keep(job))
    assert str(path) in executed


def test_what_is_told_is_what_is_executed(made):
    save(made.book / "figures" / "one.ipynb", code("1"))
    stale = {name for name, why in told(made)[1].items() if why != "unchanged"}
    assert stale == {"figures/one", "claims"}
    executed = set()

    def work(job):
        executed.add(str(Path(job["source"]).relative_to(made.book).with_suffix("")))
        return keep(job)

    made.call(work=work)
    assert executed == stale
    assert told(made)[0] == 0


# ---------------------------------------------------------------- how long


def times(project, **seconds):
    (project.folder / "_build").mkdir(exist_ok=True)
    found = {"claims" if name == "claims" else f"figures/{name}": s for name, s in seconds.items()}
    (project.folder / "_build" / "seconds.json").write_text(json.dumps(found))


def test_times_are_those_of_the_longest_executions(tmp_path):
    project = Project(tmp_path).make()
    times(project, one=300, two=200, claims=118.2)
    output = project.call("--status", "--jobs", "2")[1]
    *lines, last = output.splitlines()
    assert lines == [
        "figures/one   5 min  never executed",
        "figures/two   3 min  never executed",
        "claims        2 min  never executed",
    ]
    kept = "less where results are kept"
    # The short page runs beside the long one, the gatherer after both.
    assert last == f"3 of 3 pages to execute, about 7 min on 2 cores, {kept}: make book"
    one = project.call("--status", "--only", "two", "--jobs", "1")[1].splitlines()[-1]
    again = "the same without --status"
    assert one == f"2 of 2 pages to execute, about 5 min on 1 core, {kept}: {again}"
    times(project, two=20.2)
    last = project.call("--status", "--jobs", "1")[1].splitlines()[-1]
    assert f"about 21 s on 1 core, {kept}, 2 of unknown duration left out: make book" in last


@pytest.mark.parametrize(
    ("seconds", "at_once", "expected"),
    [((), 2, 0), ((5, 4, 3), 1, 12), ((5, 4, 3), 2, 7), ((9, 1, 1, 1), 2, 9), ((2, 3), 4, 3)],
)
def test_pages_are_timed_as_they_run_beside_each_other(seconds, at_once, expected):
    assert durations.together(seconds, at_once) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (59.5, "60 s"), (60, "1 min"), (100, "2 min"), (float("inf"), "?")],
)
def test_a_time_is_told_as_one_says_it(seconds, text):
    assert durations.spoken(seconds) == text
