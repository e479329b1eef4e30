"""However a run ends, none of its processes runs on and the rendered book is whole."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

import compiling
import interrupts
from tests.small_project import Project, code, heed, outputs, save, shows

ROOT = Path(__file__).parents[2]


def until(condition, process=None):
    """Wait for a condition, but not for ever, nor for a process that has ended."""
    limit = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.fixture
def project(tmp_path):
    """A project in which nothing was executed."""
    return Project(tmp_path).make()


def family(process):
    return [p for p in psutil.Process(process.pid).children(recursive=True) if p.is_running()]


def alive(processes):
    """Those that were not ended; an orphan may wait as a zombie for whoever inherited it."""
    limit = time.monotonic() + 10
    while left := [p for p in processes if p.is_running() and not zombie(p)]:
        if time.monotonic() > limit:
            break
        time.sleep(0.05)
    return left


def zombie(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def sleeping(path):
    """A cell that starts a child, which hears of no interrupt, and then tells that it runs."""
    lines = ["import pathlib, subprocess, sys, time"]
    lines += ["deaf = 'import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); '"]
    lines += ["child = [sys.executable, '-c', deaf + 'time.sleep(99)']"]
    lines += ["subprocess.Popen(child, start_new_session=True)"]
    return code("\n".join([*lines, f"pathlib.Path({str(path)!r}).touch()", "time.sleep(99)"]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_ends_everything(project, number):
    save(project.book / "figures" / "one.ipynb", sleeping(project.folder / "on"))
    save(project.book / "figures" / "two.ipynb", code("import time; time.sleep(99)"))
    process = project.start("--jobs", "2")
    until((project.folder / "on").exists, process)
    begun = family(process)
    assert len(begun) >= 4  # two workers, a kernel and its child at least
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == "interrupted\n"
    assert alive(begun) == []


def test_a_failure_of_the_driver_itself_leaves_nothing_running(project):
    save(project.book / "figures" / "one.ipynb", sleeping(project.folder / "on"))
    path = project.book / "crew.py"
    text = path.read_text()
    # After the kernel of the other page has started.
    boom = """
def boom(name):
    if name.endswith("two"):
        while not (Path(__file__).parents[1] / "on").exists():
            time.sleep(0.05)
        time.sleep(0.5)
        raise OSError("no space left")


class Pages:"""
    for old, new in (
        (
            "        start = time.perf_counter()\n",
            "        start = time.perf_counter()\n        boom(name)\n",
        ),
        ("\n\nclass Pages:", boom),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)
    process = project.start("--jobs", "2")
    until((project.folder / "on").exists, process)
    begun = family(process)
    assert len(begun) >= 2  # a worker and its kernel
    _, errors = process.communicate(timeout=30)
    assert "no space left" in errors
    assert alive(begun) == []


def test_a_hangup_that_was_to_be_ignored_is(project):
    on, off = project.folder / "on", project.folder / "off"
    waiting = f"while not pathlib.Path({str(off)!r}).exists():\n    time.sleep(0.05)"
    lines = ["import pathlib, time", f"pathlib.Path({str(on)!r}).touch()", waiting]
    save(project.book / "figures" / "two.ipynb", code("\n".join(lines)))
    ignored = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}  # as by nohup
    process = project.start("--only", "two", **ignored)
    until(on.exists, process)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    off.touch()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "figures/two" in output


def test_an_interrupt_while_the_driver_is_imported_ends_it_in_a_line(project):
    on = project.folder / "on"
    with (project.book / "durations.py").open("a") as file:
        file.write(f"\nimport time\nPath({str(on)!r}).touch()\ntime.sleep(99)\n")
    process = project.start()
    until(on.exists, process)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (130, "", "interrupted\n")


# ---------------------------------------------------------------- a driver that was killed


def test_pages_of_a_driver_that_was_killed_end(project):
    save(project.book / "figures" / "two.ipynb", sleeping(project.folder / "on"))
    process = project.start("--only", "two")
    until((project.folder / "on").exists, process)
    begun = family(process)
    assert len(begun) >= 3  # a worker, its kernel and the kernel's child
    process.kill()
    process.communicate(timeout=30)
    assert alive(begun) == []


def test_jupyter_book_of_a_driver_that_was_killed_ends_and_the_book_is_as_it_was(project):
    on = project.folder / "on"
    lines = [f"Path({str(on)!r}).touch()", "time.sleep(99)"]
    text = "\n".join(["import time", "from pathlib import Path", "def setup(app):"])
    text += "".join(f"\n    {line}" for line in lines)
    extension = next((project.book / "_ext").glob("*.py"))
    assert project.call("--read")[0] == 0
    before = {p: p.read_bytes() for p in project.html.rglob("*") if p.is_file()}
    extension.write_text(text)
    process = project.start("--read")
    until(on.exists, process)
    begun = family(process)
    assert begun
    process.kill()
    process.communicate(timeout=30)
    assert alive(begun) == []
    assert {p: p.read_bytes() for p in project.html.rglob("*") if p.is_file()} == before


# ---------------------------------------------------------------- one book in the place of another


def book(folder, text):
    folder.mkdir()
    for name in (".key", "index.html"):
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def heeding():
    """An interrupt is heeded here, though in the background of a shell script it would not be."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding")
def test_an_interrupt_between_two_renames_waits_for_the_second(tmp_path, monkeypatch):
    html, new = book(tmp_path / "html", "old"), book(tmp_path / "new", "new")
    rename = Path.rename

    def interrupted(path, target):
        rename(path, target)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compiling.replace(html, new)
    assert (html / "index.html").read_text() == "new"
    assert not new.exists()


def test_a_book_that_cannot_take_the_place_leaves_the_old_one(tmp_path):
    html = book(tmp_path / "html", "old")
    with pytest.raises(FileNotFoundError):
        compiling.replace(html, tmp_path / "new")
    assert (html / "index.html").read_text() == "old"


def test_the_next_run_brings_back_a_book_that_was_put_aside(project):
    assert project.call()[0] == 0
    before = (project.html / "index.html").stat().st_mtime_ns
    old = project.html.rename(project.html.with_name("html.old"))
    assert "rendered  unchanged" in project.call()[1]
    assert (project.html / "index.html").stat().st_mtime_ns == before
    assert not old.exists()
    shutil.copytree(project.html, old)
    compiling._remove(old)
    assert not old.exists()


def test_what_was_half_removed_is_not_brought_back(project):
    """The record goes first."""
    assert project.call()[0] == 0
    old = project.html.rename(project.html.with_name("html.old"))
    (old / ".key").unlink()
    (old / "index.html").unlink()
    compiling.bring_back(project.html)
    assert not project.html.exists()


@pytest.mark.usefixtures("heeding")
def test_a_handler_is_back_after_a_step_that_was_held():
    before = signal.getsignal(signal.SIGINT)
    with interrupts.held():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


# ---------------------------------------------------------------- make book, at ten moments

#: Of the whole duration of a run, drawn once: each in its own tenth.
MOMENTS = [(tenth + random.Random(tenth).random()) / 10 for tenth in range(10)]
MARK = "LSM_RUN_OF_A_TEST"


def working(text):
    """A cell that works for a while with a child of its own."""
    lines = ["import subprocess, sys, time"]
    lines += ["child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"]
    return code("\n".join([*lines, "time.sleep(0.5)", "child.kill()", shows(repr(text))]))


class Made:
    """A project with the Makefile of this one, and an environment that is this one."""

    def __init__(self, project):
        self.project, self.mark = project, uuid.uuid4().hex
        shutil.copyfile(ROOT / "Makefile", project.folder / "Makefile")
        python = project.folder / "env" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        (project.folder / "env" / "ready").touch()

    def start(self):
        """`make book` as the foreground of a terminal: a process group that is interrupted."""
        return subprocess.Popen(
            ["make", "VENV=env", "book"],
            cwd=self.project.folder,
            env={**os.environ, MARK: self.mark, "LSM_WORKERS": "2"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=heed,
        )

    def running(self):
        """All processes that a run started, and theirs, whoever has inherited them."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark:
                    found.append(process)
            except psutil.Error:  # of another user, or gone
                continue
        return found

    def pages(self):
        """What the rendered book consists of."""
        html = self.project.html
        return {p.relative_to(html).as_posix() for p in html.rglob("*") if p.is_file()}


def test_make_book_is_interrupted_at_ten_moments(project):
    made = Made(project)
    change = ["one", "two"]
    for name in change:
        save(project.book / "figures" / f"{name}.ipynb", working("first"))
    start = time.monotonic()
    process = made.start()
    output, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, ""), output
    whole = time.monotonic() - start
    pages, took = made.pages(), []
    for index, moment in enumerate(MOMENTS):
        # Something to execute and to render each time, over an old book or none.
        save(project.book / "figures" / f"{change[index % 2]}.ipynb", working(f"again {index}"))
        if index % 3 == 2:
            shutil.rmtree(project.html, ignore_errors=True)
        process = made.start()
        time.sleep(moment * whole)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended just before
            os.killpg(process.pid, signal.SIGINT)
        start = time.monotonic()
        output, errors = process.communicate(timeout=60)
        took.append(time.monotonic() - start)
        assert alive(made.running()) == []
        assert 'execute.py", line' not in errors  # a traceback of what is ours
        # make that runs nothing yet is ended by the signal itself, and says nothing.
        assert process.returncode in (0, -signal.SIGINT) or "nterrupt" in errors
        assert not project.html.exists() or made.pages() == pages
        assert not list((project.folder / "_build").glob(".source.*"))
    process = made.start()
    output, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, ""), output
    assert made.pages() == pages
    assert outputs(project.executed / "figures" / "two.ipynb") == "again 9"
    assert "again 9" in (project.html / "book" / "figures" / "two.html").read_text()
    assert not project.html.with_name("html.old").exists()
    print(f"a run {whole:.1f} s, ends after {[round(t, 2) for t in took]} s")
