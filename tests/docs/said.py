"""Every warning, error and refusal that the code can say, read off its source.

What differs from one to the next stands as `...`. Words that are made elsewhere (a next hop's, a
setting's) are not ours to list and are left out.
"""

from __future__ import annotations

import ast
import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import processor

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(processor.__file__).parent
ELSEWHERE = {"cli", "settings", "stored"}
"""Commands and the check of the configuration: their words are told with file and line."""
LEVELS = {"warning", "error", "exception"}
PLACES = re.compile(r"%(?:\.\d+)?[sdgf]|%\(\w+\)s")


def logged() -> set[str]:
    """Words of warnings and errors."""
    return {
        words for tree in _trees() for fn in _functions(tree) for words in _calls(fn, log=True)
    }


def refused() -> set[str]:
    """Words of refusals."""
    return {
        words for tree in _trees() for fn in _functions(tree) for words in _calls(fn, log=False)
    }


def _trees() -> Iterator[ast.Module]:
    for path in sorted(ROOT.rglob("*.py")):
        if not ELSEWHERE & set(path.relative_to(ROOT).parts):
            yield ast.parse(path.read_text())


def _functions(tree: ast.Module) -> Iterator[ast.AST]:
    return (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _calls(function: ast.AST, *, log: bool) -> Iterator[str]:
    named = {
        node.lineno: (node.targets[0].id, words)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and (words := _text(node.value))
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _is_log(node.func) is log and node.args:
            if not (log or _is_refusal(node.func)):
                continue
            said = node.args[0] if log else node.args[-1]
            found = _text(said)
            if found is None and isinstance(said, ast.Name):
                before = [
                    words
                    for line, (name, words) in sorted(named.items())
                    if name == said.id and line < node.lineno
                ]
                found = before[-1] if before else None
            if found and found.replace("...", "").strip(" ;:,"):
                yield found


def _is_log(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id == "logger"
    )


def _is_refusal(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in {"Refusal", "Mismatch"}


def _text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str() as words):
            return PLACES.sub("...", words)
        case ast.JoinedStr(values=values):
            return "".join(chain.from_iterable(_text(value) or "..." for value in values))
        case _:
            return None
