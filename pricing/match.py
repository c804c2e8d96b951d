"""From the model id of a call to the ids a table may know it by: most specific first.

Only rewrites that keep the model the same model: wrappers, spellings, a calendar date. Never a
prefix of a name: `gpt-4o-mini` is not a kind of `gpt-4o`, nor a fine-tune priced as its base.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.layer import ANY
from pricing.patterns import Pattern
from pricing.providers import BEDROCK_GEOS, BEDROCK_VENDORS, canonical, from_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BEDROCK: Final = "aws.bedrock"
_VERTEX: Final = "gcp.vertex_ai"
_FIREWORKS: Final = "accounts/fireworks/models/"

_ARN: Final = Pattern(
    r"arn:[a-z-]+:bedrock:[a-z0-9-]*:\d*:(?:inference-profile|foundation-model)/(.+)"
)
_PATH: Final = Pattern(r"(?:projects/.+/)?(?:publishers/[^/]+/)?models/([^/]+)(?::[a-zA-Z]+)?")
_ROUTE: Final = Pattern(r"(?:converse|invoke|converse_like|[a-z]{2}(?:-gov)?-[a-z]+-\d)/(.+)")
_GEO: Final = Pattern(rf"(?!global)(?:{BEDROCK_GEOS})\.((?:{BEDROCK_VENDORS})\..+)")
_THROUGHPUT: Final = Pattern(r"(.+:\d+):(?:\d+k|mm)")
_REVISION: Final = Pattern(r"(.+-v\d+):0")
_UNREVISED: Final = Pattern(r"(.+-v\d+)")
_DATE: Final = Pattern(r"(.+)(?:-(\d{4})-(\d\d)-(\d\d)|[-@](\d{4})(\d\d)(\d\d))")
# What a vendor adds to the name of one model: dates, revisions, release stages. A number of one or two
# digits is a version of its own (`gpt-5` and `gpt-5.2`), so it is not among them.
_SNAPSHOT: Final = Pattern(
    r"[-@:_.](?:\d{4}-\d\d-\d\d|\d\d-\d{4}|\d{3,8}|v\d+(?::\d+)?|latest|default|stable"
    r"|(?:preview|exp|experimental)(?:-\d\d-\d\d)?)$"
)
_VENDOR: Final = Pattern(rf"^(?:(?:{BEDROCK_GEOS})\.)?(?:{BEDROCK_VENDORS})\.(?=[a-z])")
_BETWEEN: Final = Pattern(r"[^a-z0-9]+")
_FINE_TUNE: Final = Pattern(r"(ft:[^:]+):.*")
_AZURE_TUNE: Final = Pattern(r"(.+)\.ft-.+")


class Candidate(NamedTuple):
    """An id to look up, and the rewrites that led to it (empty: as it was written)."""

    model: str
    how: tuple[str, ...] = ()


@lru_cache(4096)
def candidates(model: str, provider: str) -> tuple[Candidate, ...]:
    """Every id under which `provider` may list `model`, most specific first, without repeats."""
    found: dict[str, Candidate] = {}
    for wrapped in _unwrapped(Candidate(model.strip().lower()), provider):
        found.setdefault(wrapped.model, wrapped)
    for candidate in list(found.values()):
        for respelled in _respelled(candidate, provider):
            found.setdefault(respelled.model, respelled)
    return tuple(found.values())


def refines(request: str, response: str) -> bool:
    """Whether a request's id says more of the price than the response's: a variant or a geography."""
    asked, answered = request.strip().lower(), response.strip().lower()
    if not answered or asked == answered:
        return False
    variant = asked.startswith(f"{answered}:") and not asked.startswith("arn:")
    geography = re.fullmatch(rf"(?:{BEDROCK_GEOS})\.{re.escape(answered)}", asked)
    return variant or geography is not None


def speaks_for(request: str, response: str, provider: str) -> bool:
    """Whether a request's id may stand for an answer's that nobody lists: both are one model.

    That is so where they share an id, or the same words in any order, release stages and numbers of
    snapshots aside: vendors answer an alias with a snapshot of it. Any other word makes another
    model of it, and then the answer's name is what was charged (traps 6 and 40).
    """
    if not response.strip():
        return True
    answered = {_words(candidate.model) for candidate in candidates(response, provider)}
    return any(_words(each.model) in answered for each in candidates(request, provider))


def _words(model: str) -> tuple[str, ...]:
    """The words of an id that tell the model, sorted."""
    text = _VENDOR.sub("", model.rpartition("/")[2])
    shorter = _SNAPSHOT.sub("", text)
    while shorter != text:
        text, shorter = shorter, _SNAPSHOT.sub("", shorter)
    return tuple(sorted(filter(None, _BETWEEN.split(text))))


def split_date(model: str) -> tuple[str, str] | None:
    """An id without its trailing calendar date, and that date; None where there is none."""
    match = _DATE.fullmatch(model)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups()[1:] if part is not None)
    try:
        when = date(year, month, day)
    except ValueError:
        return None
    return (match[1], when.isoformat()) if 2020 <= year < 2100 else None


def _unwrapped(start: Candidate, provider: str) -> Iterator[Candidate]:
    """The id itself, then each thing it is a wrapper of."""
    yield start
    text, how = start
    for _ in range(4):  # openai/models/..., bedrock/converse/us-east-1/...: never deeper
        inner = _inner(text, provider)
        if inner is None:
            return
        text, step = inner
        how = (*how, step) if step not in how else how
        yield Candidate(text, how)


def _inner(text: str, provider: str) -> tuple[str, str] | None:
    arn = _ARN.fullmatch(text)
    if arn is not None:
        return arn[1], "arn"
    path = _PATH.fullmatch(text)
    if path is not None:
        return path[1], "path"
    if provider == "fireworks_ai" and text.startswith(_FIREWORKS):
        return text.removeprefix(_FIREWORKS), "path"
    route = _ROUTE.fullmatch(text) if provider == _BEDROCK else None
    if route is not None:
        return route[1], "prefix"
    prefix, slash, rest = text.partition("/")
    if (
        slash
        and rest
        and (canonical(prefix) == provider or (provider == ANY and from_prefix(text)[0]))
    ):
        return rest, "prefix"
    return None


def _respelled(candidate: Candidate, provider: str) -> Iterator[Candidate]:
    """The same model in its provider's other spellings, then without its calendar date."""
    text, how = candidate
    if text.startswith("ft:"):
        yield from _tuned(candidate)
        return
    tune = _AZURE_TUNE.fullmatch(text)
    if tune is not None:
        yield from _tuned(Candidate(f"ft:{tune[1]}:", how))
        return
    for rule in _RULES.get(provider, ()):
        yield from rule(candidate)
    yield from _undated(candidate)


def _undated(candidate: Candidate) -> Iterator[Candidate]:
    text, how = candidate
    dated = split_date(text)
    if dated is None:
        return
    base, day = dated
    yield Candidate(f"{base}-{day}", (*how, "date_respelled"))
    yield Candidate(f"{base}-{day.replace('-', '')}", (*how, "date_respelled"))
    yield Candidate(base, (*how, "date_stripped"))


def _tuned(candidate: Candidate) -> Iterator[Candidate]:
    """`ft:base:org:suffix:id` is listed as `ft:base`; its base has another price (trap 18)."""
    match = _FINE_TUNE.fullmatch(candidate.model)
    base = (
        Candidate(match[1], (*candidate.how, "fine_tune")) if match is not None else candidate
    )
    yield base
    yield from _undated(base)


def _bedrock(candidate: Candidate) -> Iterator[Candidate]:
    text, how = candidate
    throughput = _THROUGHPUT.fullmatch(text)
    if throughput is not None:
        text, how = throughput[1], (*how, "version_stripped")
        yield Candidate(text, how)
    revision = _REVISION.fullmatch(text)
    if revision is not None:
        yield Candidate(revision[1], (*how, "version_stripped"))
    elif _UNREVISED.fullmatch(text):
        yield Candidate(f"{text}:0", (*how, "version_added"))
    # Geographic profiles and bare ids are both in-region prices; `global.` is not (trap 12).
    geo = _GEO.fullmatch(text)
    if geo is not None:
        inner = Candidate(geo[1], (*how, "geo_stripped"))
        yield inner
        yield from _bedrock(inner)


def _vertex(candidate: Candidate) -> Iterator[Candidate]:
    text, how = candidate
    dated = split_date(text)
    if dated is not None:
        base, day = dated
        yield Candidate(f"{base}@{day.replace('-', '')}", (*how, "date_respelled"))
    base, at, version = text.partition("@")
    if at and version in {"latest", "default"}:
        yield Candidate(base, (*how, "tag_stripped"))
    elif at and dated is None:
        yield Candidate(f"{base}-{version}", (*how, "version_respelled"))


def _ollama(candidate: Candidate) -> Iterator[Candidate]:
    text, how = candidate
    if text.endswith(":latest"):
        yield Candidate(text.removesuffix(":latest"), (*how, "tag_stripped"))


def _fireworks(candidate: Candidate) -> Iterator[Candidate]:
    text, how = candidate
    if "/" not in text:
        yield Candidate(f"{_FIREWORKS}{text}", (*how, "path"))


_RULES: Final[dict[str, tuple[Callable[[Candidate], Iterator[Candidate]], ...]]] = {
    _BEDROCK: (_bedrock,),
    _VERTEX: (_vertex,),
    "ollama": (_ollama,),
    "fireworks_ai": (_fireworks,),
}
