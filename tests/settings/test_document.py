"""YAML as a tree: types, lines, variables, and texts that mean harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from processor.settings import ConfigError, load
from processor.settings.document import parse
from processor.settings.problems import Report

if TYPE_CHECKING:
    from pathlib import Path


def tree(text: str, **environ: str) -> dict[str, Any]:
    report = Report("f")
    root = parse(text, environ, report)
    assert root is not None
    assert report.problems == []
    plain: dict[str, Any] = root.plain
    return plain


def trouble(text: str, **environ: str) -> str:
    report = Report("f")
    parse(text, environ, report)
    (problem,) = report.problems
    return problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: 1", 1, id="int"),
        pytest.param("a: -0x1F", -31, id="hexadecimal"),
        pytest.param("a: 007", 7, id="leading-zeros"),
        pytest.param("a: 1.5", 1.5, id="float"),
        pytest.param("a: 1e3", 1000.0, id="exponent"),
        pytest.param("a: true", True, id="bool"),
        pytest.param("a: on", "on", id="on-is-a-word"),
        pytest.param("a: no", "no", id="norway"),
        pytest.param("a: 1:30", "1:30", id="no-sexagesimals"),
        pytest.param("a: 2025-01-01", "2025-01-01", id="no-dates"),
        pytest.param("a:", None, id="nothing"),
        pytest.param("a: ~", None, id="tilde"),
        pytest.param('a: "1"', "1", id="quoted"),
        pytest.param("a: !!str 1", "1", id="tagged"),
        pytest.param("x: &x {b: 1}\na: *x", {"b": 1}, id="alias"),
        pytest.param("x: &x {b: 1, c: 2}\na: {<<: *x, b: 3}", {"b": 3, "c": 2}, id="merge"),
        pytest.param("x: &x {b: 1}\na: {<<: [*x]}", {"b": 1}, id="merge-list"),
        pytest.param('{"a": [1, {"b": null}]}', [1, {"b": None}], id="json"),
    ],
)
def test_scalars_are_typed_by_the_core_schema(text: str, value: object) -> None:
    assert repr(tree(text)["a"]) == repr(value)


ENVIRON = {
    "NUMBER": "42",
    "WORD": "x",
    "LIST": "[a, b]",
    "EMPTY": "",
    "ODD": "{",
    "REF": "${WORD}",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("${env:WORD}", "x", id="env"),
        pytest.param("${WORD}", "x", id="short-form"),
        pytest.param("${env:NUMBER}", 42, id="typed-after"),
        pytest.param('"${env:NUMBER}"', 42, id="typed-after-though-quoted"),
        pytest.param("a${env:NUMBER}", "a42", id="within"),
        pytest.param("4${env:NUMBER}", "442", id="pieced-together-is-text"),
        pytest.param("${env:LIST}", ["a", "b"], id="a-list"),
        pytest.param("${env:ODD}", "{", id="looks-like-a-mapping"),
        pytest.param("${env:NO:-d}", "d", id="default"),
        pytest.param("${env:EMPTY:-d}", "d", id="default-where-empty"),
        pytest.param("${env:NO:-}", None, id="empty-default"),
        pytest.param("${env:NO:-${env:WORD}}", "x", id="default-is-a-reference"),
        pytest.param("${env:NO:-http://h:1}", "http://h:1", id="default-with-colons"),
        pytest.param("${env:REF}", "${WORD}", id="values-are-not-expanded"),
        pytest.param("$${env:WORD}", "${env:WORD}", id="escaped"),
        pytest.param("$$", "$", id="dollar"),
        pytest.param("a$b", "a$b", id="lone-dollar"),
        pytest.param("ends in $", "ends in $", id="dollar-at-the-end"),
    ],
)
def test_variables(text: str, value: object) -> None:
    read = tree(f"a: {text}", **ENVIRON)
    assert read == {"a": value}


def test_a_variable_that_is_not_set_is_empty_and_a_warning() -> None:
    report = Report("f")
    root = parse("k: 1\na: ${env:NOPE}", {}, report)
    assert root is not None
    assert root.plain == {"k": 1, "a": None}
    assert report.warnings == (
        "f:2: a: NOPE is not set, so it is empty; write `${env:NOPE:-default}`",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "a: 1\nb: 2\na: 3",
            "f:3: a: stands here and on line 1; keep one of them",
            id="twice",
        ),
        pytest.param("a:\n\tb: 1", "f:2: a tab cannot indent; use spaces", id="tab"),
        pytest.param(
            "a: 1\n---\nb: 2", "f:2: is a second document; keep one", id="two-documents"
        ),
        pytest.param("? [a]\n: 1", "f:1: a key has to be a word", id="complex-key"),
        pytest.param("a: *x", "f:1: a: alias *x names nothing before it", id="unknown-alias"),
        pytest.param(
            "a: !!python/name:os.system 1",
            "f:1: a: the tag tag:yaml.org,2002:python/name:os.system is not read here; leave it out",
            id="python-tag",
        ),
        pytest.param("a: {<<: 1}", "f:1: a: `<<` takes a mapping", id="merge-of-a-word"),
        pytest.param(
            "a: ${file:x}",
            "f:1: a: `${file:...}` is not read here; only `${env:NAME}` is",
            id="file-reference",
        ),
        pytest.param(
            "a: ${env:A-B}",
            "f:1: a: `${env:A-B}` names no variable; write `${env:NAME}`",
            id="no-name",
        ),
        pytest.param(
            "a: ${env:A",
            "f:1: a: has `${` without `}`; close it, or write `$${` for the characters themselves",
            id="not-closed",
        ),
    ],
)
def test_what_cannot_be_read_is_one_line(text: str, problem: str) -> None:
    assert trouble(text) == problem


def test_an_alias_bomb_is_refused_early() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "too many values" in trouble("\n".join(lines))


@pytest.mark.parametrize("text", ["[" * 500 + "]" * 500, "a: &a [*a]"], ids=["deep", "endless"])
def test_deep_nesting_is_refused(text: str) -> None:
    assert "nested too deeply" in trouble(text)


def test_what_the_parser_says_is_told_with_its_line() -> None:
    assert trouble("a: 1\nb: }").startswith("f:2: is not YAML: ")


def refused(path: object) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(str(path), {})
    return error.value.problems


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    assert refused(file) == [f"{file}: cannot be read: No such file or directory"]
    assert refused(tmp_path) == [f"{tmp_path}: cannot be read: Is a directory"]
    file.write_bytes(b"a: 1\nb: \xff")
    assert refused(file) == [f"{file}:2: is not UTF-8 text; save it as UTF-8"]
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    assert refused(file) == [f"{file}: is larger than 1 MiB; a configuration never is"]
    file.write_text("# nothing\n")
    assert refused(file) == [
        f"{file}:1: is empty; leave --config out for the embedded defaults"
    ]
    file.write_text("[1, 2]")
    assert refused(file)[0] == f"{file}:1: is not a mapping; write `key: value` lines under it"


def test_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(b"\xef\xbb\xbfnope: 1\n")
    assert any(": nope: is not a known key" in line for line in refused(file))
