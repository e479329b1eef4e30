"""What keeps pages short and packages apart: numbers of lines and parameters, and imports."""

import ast
import json
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
BOOK = PROJECT / "book"
PAGES = sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
ENGINE = sorted((PROJECT / "lsm").rglob("*.py"))
STUDY = sorted((BOOK / "rongala2021").rglob("*.py"))

#: Lines of code of a page that is no figure of the paper.
N_LINES = {"appendix": 200}
#: Decorators that compile: numba's, and the one of the engine.
COMPILERS = {"njit", "jit", "vectorize", "_compiled"}
#: What the engine must run without.
OF_THE_STUDY = {"matplotlib", "yaml", "pandas", "xarray", "rongala2021"}

each_page = pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(BOOK)) for p in PAGES])
each_module = pytest.mark.parametrize("path", ENGINE, ids=[p.stem for p in ENGINE])


def cells(page, kind):
    for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == kind:
            yield "".join(cell["source"])


def lines_of_code(text):
    """Number of lines that are neither empty nor a comment alone."""
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines()
    )


def is_compiled(function):
    names = (ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list)
    return any(name.rpartition(".")[2] in COMPILERS for name in names)


def n_parameters(function):
    """Number of parameters, not counting the object of a method."""
    given = function.args
    each = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return sum(arg is not None and arg.arg not in ("self", "cls") for arg in each)


def imported(tree):
    """Top-level packages that a module imports, anywhere in its text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


@each_page
def test_a_page_has_few_lines_of_code(page):
    figure = page.parent.name in ("figures", "supplement")
    limit = N_LINES.get(page.stem, 120 if figure else 130)
    assert sum(map(lines_of_code, cells(page, "code"))) <= limit


@each_page
def test_a_page_starts_from_defaults_checks_what_it_is_given_and_tells_what_it_ran(page):
    source = list(cells(page, "code"))
    assert "plots.use_style()" in source[0]
    assert sum(text.count("given = pages.parameters()") for text in source) == 1
    assert source[-1] == "pages.provenance(given)"


@each_page
def test_a_page_shows_results_and_prints_nothing(page):
    """What is printed is noise: of a library, or of the machine."""
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert [output for output in outputs if output["output_type"] == "stream"] == []


@each_page
def test_no_page_keeps_widgets(page):
    """They have random names, and no use without their kernel."""
    notebook = json.loads(page.read_text(encoding="utf-8"))
    kinds = [
        kind
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        for kind in output.get("data", ())
        if "widget" in kind
    ]
    assert kinds == []
    assert "widgets" not in notebook["metadata"]


@each_page
def test_lines_of_prose_can_be_read_in_an_editor(page):
    long = [
        line for text in cells(page, "markdown") for line in text.splitlines() if len(line) > 160
    ]
    assert long == []


@pytest.mark.parametrize("path", [*ENGINE, *STUDY], ids=[p.stem for p in (*ENGINE, *STUDY)])
def test_no_function_takes_many_parameters(path):
    many = {
        node.name: n_parameters(node)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not is_compiled(node)
        and n_parameters(node) > 8
    }
    assert many == {}


@each_module
def test_no_module_of_the_engine_is_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@each_module
def test_the_engine_runs_without_what_only_the_study_needs(path):
    found = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
    assert found & OF_THE_STUDY == set()


@pytest.mark.parametrize("path", STUDY, ids=[p.stem for p in STUDY])
def test_the_study_runs_without_computer_algebra(path):
    assert "sympy" not in set(imported(ast.parse(path.read_text(encoding="utf-8"))))


def test_there_is_something_to_check():
    assert len(PAGES) > 20
    assert {"store", "sweeps"} <= {path.stem for path in ENGINE}
    assert {"pages", "curves"} <= {path.stem for path in STUDY}  # in its packages, too


@pytest.mark.parametrize(
    ("text", "n"), [("", 0), ("x = 1\n\n# a\n  # b\ny = 2  # c\n", 2), ("f(\n    1,\n)", 3)]
)
def test_lines_of_code_are_counted_without_comments(text, n):
    assert lines_of_code(text) == n


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("def f(): ...", 0),
        ("def f(a, /, b, *c, d, **e): ...", 5),
        ("def f(self, a, *, b=1): ...", 2),
    ],
)
def test_parameters_of_every_kind_are_counted(text, n):
    assert n_parameters(ast.parse(text).body[0]) == n


@pytest.mark.parametrize(
    ("decorator", "compiled"),
    [("@njit", True), ("@numba.njit(cache=True)", True), ("@cache", False), ("", False)],
)
def test_compiled_functions_are_told_from_others(decorator, compiled):
    (function,) = ast.parse(f"{decorator}\ndef f(): ...").body
    assert is_compiled(function) == compiled


def test_imports_are_found_in_every_form_and_place():
    text = "import a.b as c, d\nfrom e.f import g\nfrom . import h\ndef f():\n    import i"
    assert set(imported(ast.parse(text))) == {"a", "d", "e", "i"}
