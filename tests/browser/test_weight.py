"""The compiled book can be carried: sizes in bytes."""

LIMIT = 30e6
LIMIT_OF_A_PAGE = 3e6


def sizes(folder, pattern="*"):
    return {path: path.stat().st_size for path in folder.rglob(pattern) if path.is_file()}


def test_the_book_is_light(html):
    found = sizes(html)
    largest = sorted(found.items(), key=lambda each: -each[1])[:10]
    assert sum(found.values()) < LIMIT, [f"{size} {path}" for path, size in largest]


def test_each_page_is_light(html):
    found = sizes(html, "*.html")
    assert len(found) > 20
    assert {path: size for path, size in found.items() if size >= LIMIT_OF_A_PAGE} == {}


def test_nothing_is_there_that_no_reader_opens(html):
    assert [*html.rglob("*.map"), *html.rglob("*.po"), *html.rglob("*.mo")] == []
