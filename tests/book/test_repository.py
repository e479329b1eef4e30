"""What stands in two places outside the code: pins, Pythons, the paper's data, who runs what."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from pybtex.database import parse_file

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: All that could be asked for.
PYTHONS = [f"3.{minor}" for minor in range(6, 30)]


def load(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def supported():
    allowed = SpecifierSet(PROJECT["requires-python"])
    return [version for version in PYTHONS if f"{version}.0" in allowed]


# ---------------------------------------------------------------- the workflow


@pytest.fixture(scope="module")
def workflow():
    return load(".github/workflows/ci.yml")


def steps(job):
    return {step.get("uses", step.get("run", "")).partition("@")[0]: step for step in job["steps"]}


def test_the_workflow_runs_what_must_hold_on_every_python_and_system(workflow):
    job = workflow["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == supported()
    assert matrix["system"] == ["ubuntu-latest"]
    assert {(each["system"], each["python"]) for each in matrix["include"]} >= {
        ("macos-latest", supported()[-1])
    }
    # YAML reads the key "on" as a truth value.
    assert {"push", "pull_request"} <= set(workflow[True])
    run = steps(job)[".ci/run"]
    assert run["env"]["PYTHON"] == "python${{ matrix.python }}"
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_make_takes_the_pythons_of_the_project():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lowest, highest = supported()[0], supported()[-1]
    bounds = [f"({version.replace('.', ', ')})" for version in (lowest, highest)]
    assert f"{bounds[0]} <= sys.version_info[:2] <= {bounds[1]}" in makefile
    named = re.search(r"for python in \$\(PYTHON\) (.*?) python3 python;", makefile)[1].split()
    assert named == [f"python{version}" for version in reversed(supported())]


def test_only_publishing_may_write_and_nothing_runs_for_ever(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    assert {name for name, job in jobs.items() if "permissions" in job} == {"publish"}
    assert jobs["publish"]["needs"] == "test"
    assert all(job["timeout-minutes"] <= 60 for job in jobs.values())


def test_the_book_is_published_from_the_default_branch_alone(workflow):
    upload = steps(workflow["jobs"]["test"])["actions/upload-pages-artifact"]
    assert upload["with"]["path"] == "_build/html"
    for condition in (upload["if"], workflow["jobs"]["publish"]["if"]):
        assert "github.ref_name == github.event.repository.default_branch" in condition
        assert "github.event_name != 'pull_request'" in condition
    system, python = re.search(
        r"system == '(.*?)' && matrix.python == '(.*?)'", upload["if"]
    ).groups()
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert (system in matrix["system"], python in matrix["python"]) == (True, True)


def test_actions_are_pinned(workflow):
    used = [s["uses"] for job in workflow["jobs"].values() for s in job["steps"] if "uses" in s]
    assert len(used) == 4
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", name) for name in used)


# ---------------------------------------------------------------- pins


def pinned():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.split(" ;")[0] for line in lines if re.match(r"[\w-]+==", line)]


def test_a_commit_is_checked_by_the_ruff_of_the_project():
    hooks = [h for repo in load(".pre-commit-config.yaml")["repos"] for h in repo["hooks"]]
    needed = {name for hook in hooks for name in hook.get("additional_dependencies", ())}
    assert needed == {line for line in pinned() if line.startswith("ruff==")} != set()


def test_the_guard_of_a_commit_is_a_test_that_exists():
    hooks = [h for repo in load(".pre-commit-config.yaml")["repos"] for h in repo["hooks"]]
    (entry,) = [hook["entry"] for hook in hooks if hook["id"] == "executed-references"]
    file, name = re.search(r"(tests/\S+\.py) -k (\w+)$", entry).groups()
    assert f"def test_{name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_binder_installs_what_the_project_does():
    folder = ROOT / ".binder"
    (line,) = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    option, _, name = line.partition(" ")
    assert option == "-r"
    assert (folder / name).resolve() == ROOT / "requirements.txt"
    runtime = (folder / "runtime.txt").read_text(encoding="utf-8").strip()
    assert runtime.removeprefix("python-") in supported()


def test_what_is_pinned_is_what_is_asked_for():
    asked = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    needed = [Requirement(line) for line in asked if line[:1] not in ("#", "-", "")]
    versions = dict(line.split("==") for line in pinned())
    assert [r.name for r in needed if versions.get(r.name.lower()) not in r.specifier] == []


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize("name", ["claim", "machine"])
def test_a_form_asks_what_it_needs(name):
    form = load(f".github/ISSUE_TEMPLATE/{name}.yml")
    assert {"name", "description", "body"} <= form.keys()
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)
    assert sum(field.get("validations", {}).get("required", False) for field in fields) >= 4


# ---------------------------------------------------------------- the paper


@pytest.fixture(scope="module")
def citation():
    return load("CITATION.cff")


def test_the_paper_is_cited_as_in_the_references(citation):
    entry = parse_file(ROOT / "book" / "references.bib").entries["rongala2021"]
    paper = citation["preferred-citation"]
    assert citation["references"] == [paper]
    for name in ("doi", "title", "journal", "volume", "year"):
        assert str(paper[name]) == entry.fields[name]
    assert paper["start"] == entry.fields["pages"]
    authors = [" ".join(person.last_names) for person in entry.persons["author"]]
    assert [author["family-names"] for author in paper["authors"]] == authors


def test_the_project_is_cited_as_it_is_packaged(citation):
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["version"] == PROJECT["version"]
    assert citation["authors"] == PROJECT["authors"]
    assert citation["license"][0] == PROJECT["license"]
    assert {"message", "title", "abstract", "keywords"} <= citation.keys()
