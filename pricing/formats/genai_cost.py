"""Our own price file, `genai-cost: 1`: strict, because a misspelled price key is a wrong bill.

An unknown key is an error that names the nearest known one. The same words are written by
`pricing.compact`; `pricing/RATIONALE.md` says what rows mean together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pricing import hours, rates
from pricing.decimals import bounded
from pricing.formats.document import is_list, is_mapping
from pricing.formats.loaded import Gathering, Loaded
from pricing.layer import ANY
from pricing.problems import nearest
from pricing.providers import canonical, near
from pricing.rows import (
    ALWAYS,
    BASES,
    FACTS,
    Conditions,
    Fact,
    Multiplier,
    Row,
    instant,
    value,
)
from pricing.usage import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing.formats.document import Document, Path
    from pricing.hours import Hours
    from pricing.rates import Rate

NAME: Final = "genai-cost"
MODES: Final = (
    "chat",
    "completion",
    "responses",
    "realtime",
    "embedding",
    "image",
    "speech",
    "transcription",
    "rerank",
    "ocr",
    "moderation",
    "video",
    "search",
    "other",
)
_TOP: Final = ("genai-cost", "version", "checked", "providers")
_PROVIDER: Final = ("name", "endpoints", "currency", "models")
_MODEL: Final = (
    "name",
    "mode",
    "aliases",
    "currency",
    "prices",
    "rows",
    "multipliers",
    "whole",
    "graded",
)
_ROW: Final = ("from", "to", "when", "currency", "prices", "source", "checked")
_ALIAS: Final = ("name", "from", "to")
_MULTIPLIER: Final = ("times", "when", "from", "to")
_SHADOWS: Final = 8
"""So many models that leave out classes are told each, the rest by number."""
_WHEN: Final = (*FACTS, "context_over", "context_from", "context_basis", "hours")


def read(document: Document) -> Loaded:
    """The prices in a document of this form; raises `PriceError`."""
    return _Reader(document).read()


class _Reader:
    """One reading; every method notes its problems and gives what could be understood."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found = Gathering(document)
        self._currency = ""
        self._checked = ""
        self._shadows: list[tuple[Path, str]] = []
        self._more_shadows = 0
        self._named: list[tuple[Path, str, str]] = []

    def read(self) -> Loaded:
        top = self._mapping((), self._document.value, _TOP)
        if "genai-cost" not in top:
            self._problem(
                (), "its first line is missing; write `genai-cost: 1`, the form it is in"
            )
        elif top["genai-cost"] != 1:
            self._problem(
                ("genai-cost",), f"version {top['genai-cost']} is not understood; write 1"
            )
        self._checked = str(top.get("checked") or "")
        for name, provider in self._mapping(("providers",), top.get("providers", {})).items():
            self._provider(("providers", name), name, provider)
        self._tell()
        return self._found.finish(NAME, str(top.get("version") or ""))

    def _provider(self, path: Path, name: str, content: Any) -> None:
        fields = self._mapping(path, content, _PROVIDER)
        provider = ANY if name == ANY else canonical(name)
        self._currency = self._money(path, fields, "")
        endpoints = self._list((*path, "endpoints"), fields.get("endpoints", []))
        for i, endpoint in enumerate(endpoints):
            self._endpoint((*path, "endpoints", i), provider, endpoint)
        if near(name):
            words = f"no provider is known as {name!r}; did you mean {near(name)!r}?"
            self._found.warn(path, f"{words} Nothing else is priced by these rows")
        models = self._mapping((*path, "models"), fields.get("models", {}))
        for model, body in models.items():
            self._model((*path, "models", model), provider, model, body)
            self._named.append(((*path, "models", model), provider, model))

    def _tell(self) -> None:
        """What is likely not meant; nothing of it stops the file."""
        for path, provider, model in self._named:
            if not self._found.may_warn:
                break
            self._check_name(path, provider, model)
        for path, words in self._shadows:
            self._found.warn(path, words)
        if self._more_shadows:
            words = f"and {self._more_shadows:,} more models leave out classes"
            self._found.warn(("providers",), words)

    def _check_name(self, path: Path, provider: str, model: str) -> None:
        """An id that is all but one which is known is likely a slip."""
        limits = self._document.limits
        meant = limits.near(provider, model) if limits is not None else ""
        if meant and not self._found.has(provider, meant):
            self._found.warn(
                path,
                f"is priced for this very id alone; did you mean {meant!r}, which is known?",
            )

    def _check_left_out(self, path: Path, provider: str, model: str, rows: list[Row]) -> None:
        """Classes that the built-in row prices and the one in its place does not."""
        limits = self._document.limits
        words = limits.dropped(provider, model, rows) if limits is not None else ""
        if words and len(self._shadows) < _SHADOWS:
            advice = "name their prices, too"
            self._shadows.append(
                (path, f"takes the place of a row that has more: {words}; {advice}")
            )
        elif words:
            self._more_shadows += 1

    def _endpoint(self, path: Path, provider: str, content: Any) -> None:
        if provider == ANY or not isinstance(content, str) or not content.strip(" *"):
            self._problem(path, "is the address of a named provider, such as `*.example.com`")
        else:
            self._found.endpoint(value("endpoint", content), provider)

    def _money(self, path: Path, fields: dict[str, Any], outer: str) -> str:
        """The currency of the amounts below that name none; empty is US dollars."""
        code = fields.get("currency", outer or "USD")
        if not (isinstance(code, str) and len(code) == 3 and code.isalpha() and code.isupper()):
            self._problem((*path, "currency"), f"{code!r} is not a currency such as EUR")
            return outer
        return "" if code == "USD" else code

    def _model(self, path: Path, provider: str, model: str, content: Any) -> None:
        fields = self._mapping(path, content, _MODEL)
        outer, self._currency = self._currency, self._money(path, fields, self._currency)
        self._priced(path, provider, model, fields)
        self._currency = outer

    def _priced(self, path: Path, provider: str, model: str, fields: dict[str, Any]) -> None:
        if ("prices" in fields) is ("rows" in fields):
            self._problem(
                path, "needs `prices` (always the same) or `rows` (dated or conditional)"
            )
            return
        if "prices" in fields:
            prices = self._prices((*path, "prices"), fields["prices"])
            rows = [Row(prices, checked=self._checked)]
        else:
            listed = self._list((*path, "rows"), fields["rows"])
            rows = [self._row((*path, "rows", i), row) for i, row in enumerate(listed)]
        if not rows:
            self._problem(path, "has no row")
        self._check_twice(path, rows)
        if not fields.get("whole"):
            self._check_left_out(path, provider, model, rows)
        multipliers = self._list((*path, "multipliers"), fields.get("multipliers", []))
        self._found.entry(
            provider,
            model,
            rows,
            path=path,
            mode=self._choice((*path, "mode"), fields.get("mode", ""), MODES),
            name=str(fields.get("name") or ""),
            whole=self._yes((*path, "whole"), fields.get("whole", False)),
            graded=self._yes((*path, "graded"), fields.get("graded", False)),
            multipliers=[
                self._multiplier((*path, "multipliers", i), m)
                for i, m in enumerate(multipliers)
            ],
        )
        for i, alias in enumerate(self._list((*path, "aliases"), fields.get("aliases", []))):
            self._alias((*path, "aliases", i), provider, model, alias)

    def _alias(self, path: Path, provider: str, model: str, content: Any) -> None:
        """An id that always means this model, or one that does for a time: `{name, from, to}`."""
        if isinstance(content, str):
            self._found.alias(provider, content, model, path)
            return
        if not is_mapping(content) or not isinstance(content.get("name"), str):
            self._problem(path, "an alias is an id, as text, or {name, from, to}")
            return
        fields = self._mapping(path, content, _ALIAS)
        since, until = self._period(path, fields)
        self._found.dated_alias(provider, fields["name"], model, (since, until), path)

    def _yes(self, path: Path, content: Any) -> bool:
        if not isinstance(content, bool):
            self._problem(path, "is true or false: whether this is all there is of the model")
        return content is True

    def _check_twice(self, path: Path, rows: list[Row]) -> None:
        """No price stands twice for the same calls from the same moment: one of them is a mistake."""
        first: dict[tuple[Conditions, int | None, str], int] = {}
        for i, row in enumerate(rows):
            for name in row.rates:
                other = first.setdefault((row.when, row.since, name), i)
                if other != i:
                    words = f"has {name} for the same calls from the same time as rows.{other}"
                    self._problem((*path, "rows", i), f"{words}; keep one, or date one `from`")
                    break

    def _row(self, path: Path, content: Any) -> Row:
        fields = self._mapping(path, content, _ROW)
        since, until = self._period(path, fields)
        if "prices" not in fields:
            self._problem(path, "has no `prices`")
        outer, self._currency = self._currency, self._money(path, fields, self._currency)
        prices = self._prices((*path, "prices"), fields.get("prices", {}))
        self._currency = outer
        return Row(
            prices,
            since,
            until,
            self._when((*path, "when"), fields.get("when", {})),
            str(fields.get("source") or ""),
            str(fields.get("checked") or self._checked),
        )

    def _multiplier(self, path: Path, content: Any) -> Multiplier:
        fields = self._mapping(path, content, _MULTIPLIER)
        since, until = self._period(path, fields)
        when = self._when((*path, "when"), fields.get("when", {}))
        if when.context >= 0 or when.hours is not None or not when.facts:
            self._problem(path, "a multiplier is for facts of the call, such as a region")
        numerator, denominator = self._times((*path, "times"), fields.get("times"))
        return Multiplier(when.facts, numerator, denominator, since, until)

    def _times(self, path: Path, content: Any) -> tuple[int, int]:
        number = bounded(content)
        if number is None or not 0 < number <= 100:
            self._problem(path, f"{content!r} is not a factor between 0 and 100")
            return 1, 1
        return number.as_integer_ratio()

    def _period(self, path: Path, fields: dict[str, Any]) -> tuple[int | None, int | None]:
        since = self._instant((*path, "from"), fields.get("from"))
        until = self._instant((*path, "to"), fields.get("to"))
        if since is not None and until is not None and until <= since:
            self._problem(path, "ends before it begins")
        return since, until

    def _instant(self, path: Path, content: Any) -> int | None:
        if content is None:
            return None
        try:
            return instant(str(content))
        except ValueError as problem:
            self._problem(path, f"not a date or an instant ({problem})")
            return None

    def _prices(self, path: Path, content: Any) -> dict[str, Rate]:
        fields = self._mapping(path, content, CLASSES)
        if not fields:
            self._problem(path, "names no price")
        made: dict[str, Rate] = {}
        for name, text in fields.items():
            if name in CLASSES:
                try:
                    made[name] = rates.parse(name, text, self._currency)
                except rates.RateError as bad:
                    self._problem((*path, name), str(bad))
        return made

    def _when(self, path: Path, content: Any) -> Conditions:
        fields = self._mapping(path, content, _WHEN)
        if not fields:
            return ALWAYS
        facts = [
            self._fact((*path, name), name, fields[name]) for name in FACTS if name in fields
        ]
        basis = self._choice(
            (*path, "context_basis"), fields.get("context_basis", "prompt"), BASES
        )
        return Conditions(
            tuple(facts), self._context(path, fields), self._hours(path, fields), basis
        )

    def _fact(self, path: Path, name: str, content: Any) -> Fact:
        if isinstance(content, bool):
            return Fact(name, frozenset({"true" if content else "false"}))
        texts = [str(text) for text in (content if is_list(content) else [content])]
        negated = [text.startswith("!") for text in texts]
        if (
            not texts
            or any(negated) is not all(negated)
            or not all(text.lstrip("!") for text in texts)
        ):
            self._problem(path, "needs values, all of them or none with a `!` before")
        if name == "batch":
            self._problem(path, "is true or false")
        return Fact(
            name, frozenset(value(name, text.lstrip("!")) for text in texts), any(negated)
        )

    def _context(self, path: Path, fields: dict[str, Any]) -> int:
        if "context_over" in fields and "context_from" in fields:
            self._problem(path, "has context_over and context_from; a threshold is one of them")
        for name, shift in (("context_over", 0), ("context_from", -1)):
            number = bounded(fields.get(name))
            if number is not None and number == int(number) and number > 0:
                return int(number) + shift
            if name in fields:
                self._problem((*path, name), f"{fields[name]!r} is not a count of tokens")
        return -1

    def _hours(self, path: Path, fields: dict[str, Any]) -> Hours | None:
        if "hours" not in fields:
            return None
        try:
            return hours.parse(str(fields["hours"]))
        except ValueError as problem:
            self._problem((*path, "hours"), str(problem))
            return None

    def _choice(self, path: Path, content: Any, known: Iterable[str]) -> str:
        if content and content not in known:
            self._problem(path, f"{content!r} is not one of them{nearest(str(content), known)}")
        return str(content or "")

    def _list(self, path: Path, content: Any) -> list[Any]:
        if is_list(content):
            return content
        self._problem(path, "needs to be a list")
        return []

    def _mapping(
        self, path: Path, content: Any, known: Iterable[str] | None = None
    ) -> dict[str, Any]:
        if not is_mapping(content):
            self._problem(path, "needs to be a mapping")
            return {}
        fields: dict[str, Any] = content
        for key in fields if known is not None else ():
            if known is not None and key not in known:
                hint = nearest(key, known)
                if key.isdigit() and fields[key] is None:  # what YAML makes of `input: 2,5`
                    hint = "; a decimal comma? write a point, as in 2.5"
                self._problem((*path, key), f"unknown key {key!r}{hint}")
        return fields

    def _problem(self, path: Path, message: str) -> None:
        self._found.problem(path, message)
