"""`genai-cost validate FILE...`: every problem of configuration and price files, before they go live.

Which of the two a file is, its content says. Nothing is opened but the files, and with `--fetch`
what a configuration fetches.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

from processor.cli.output import print_json, print_problems

if TYPE_CHECKING:
    from pricing import PriceSource
    from pricing.plausible import Limits
    from processor.fetch.followed import Followed
    from processor.settings import PricingSettings

USER_AGENT: Final = "genai-cost-processor/validate"
EXAMPLES: Final = """\b
Examples:
  genai-cost validate config.yaml pricing.yaml
  genai-cost validate --fetch config.yaml
  genai-cost validate --json /etc/genai-cost/*.yaml
"""
# A section of the Collector's shape, as a key at the left edge or the first one of a JSON object.
_SECTION: Final = (
    r"[\"']?(?:receivers|processors|exporters|extensions|connectors|service)[\"']?\s*:"
)
_CONFIG: Final = re.compile(rf"^{_SECTION}|\A\s*\{{\s*{_SECTION}", re.MULTILINE)


class Checked(NamedTuple):
    """What was found in one file."""

    file: str
    kind: Literal["config", "prices", "unknown"]
    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@click.command(epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--fetch",
    is_flag=True,
    help="Ask the `url:` sources of a configuration, too; without it they are only named.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def validate(*, files: tuple[str, ...], fetch: bool, as_json: bool) -> None:
    """Check configuration and price files; all problems at once, exit 1 if there are any."""
    found = [check(file, fetch=fetch) for file in files]
    if as_json:
        ok = not any(one.problems for one in found)
        print_json({"ok": ok, "files": [_as_json(one) for one in found]})
    for one in found:
        print_problems(one.problems)
        if not as_json:
            _print(one)
    sys.exit(int(any(one.problems for one in found)))


def check(file: str, *, fetch: bool = False) -> Checked:
    """Return what is wrong with one file."""
    from pricing.book import limits_of_builtin, read_file, told  # noqa: PLC0415 - only for a file

    try:
        data = read_file(file)
    except OSError as error:
        return Checked(file, "unknown", (told(file, error),))
    if _CONFIG.search(data.decode("utf-8-sig", "replace")):
        return _config(file, fetch=fetch)
    from pricing import PriceSource  # noqa: PLC0415

    return _prices(PriceSource(file), data, limits_of_builtin())


def _config(file: str, *, fetch: bool) -> Checked:
    from processor.settings import ConfigError, load  # noqa: PLC0415 - not for a price file

    problems: list[str] = []
    try:
        settings = load(file)
    except ConfigError as bad:
        if bad.understood is None:
            return Checked(file, "config", tuple(bad.problems))
        problems, settings = bad.problems, bad.understood
    found = _sources(settings.pricing, fetch=fetch)
    return Checked(
        file,
        "config",
        (*problems, *(problem for one in found for problem in one.problems)),
        (
            *settings.warnings,
            *(warning for one in found for warning in one.warnings),
            *_misgivings(settings.pricing),
        ),
    )


def _misgivings(pricing: PricingSettings) -> list[str]:
    """What of the terms cannot be meant so beside the prices they are for, as the service would say."""
    from datetime import UTC, datetime  # noqa: PLC0415 - for a configuration alone

    from pricing.misgivings import misgivings  # noqa: PLC0415
    from processor.sources import price_book, price_sources, restore  # noqa: PLC0415

    sources = price_sources(pricing)
    book = price_book(pricing)
    restore(pricing, sources, book)
    now = datetime.now(UTC).timestamp()
    book.reload(now)
    return misgivings(book.current, int(now * 10**9))


def _sources(pricing: PricingSettings, *, fetch: bool) -> list[Checked]:
    """Check every price source of a configuration; URLs only if they are to be fetched."""
    from processor.sources import followed, price_sources  # noqa: PLC0415

    sources = price_sources(pricing)
    files = [one for one in sources if not one.fetched]
    found = [_file(source, builtin=pricing.builtin) for source in files]
    if fetch:
        urls = followed(pricing, sources, USER_AGENT)
        return found + [_fetched(one, builtin=pricing.builtin) for one in urls]
    names = [one.path for one in sources if one.fetched]
    words = "is not fetched; `--fetch` does"
    return found + [Checked(name, "prices", (), (f"{name} {words}",)) for name in names]


def _file(source: PriceSource, *, builtin: bool) -> Checked:
    """Check a price file that a configuration names."""
    from pricing.book import limits_of_builtin, read_file, told  # noqa: PLC0415

    try:
        data = read_file(source.path)
    except OSError as error:
        return Checked(source.path, "prices", (told(source.path, error),))
    return _prices(source, data, limits_of_builtin(source.guards) if builtin else None)


def _fetched(one: Followed, *, builtin: bool) -> Checked:
    """Ask a URL as the service would, and check what it answers."""
    from pricing.book import limits_of_builtin  # noqa: PLC0415

    looked, source = one.look(), one.source
    if looked.fresh is None:
        return Checked(source.path, "prices", (f"{source.path} {looked.words}",))
    limits = limits_of_builtin(source.guards) if builtin else None
    return _prices(source, looked.fresh.body, limits)


def _prices(source: PriceSource, data: bytes, limits: Limits | None) -> Checked:
    from pricing import PriceError  # noqa: PLC0415
    from pricing.book import judged  # noqa: PLC0415

    try:
        _, warnings = judged(source, data, limits)
    except PriceError as bad:
        return Checked(source.path, "prices", bad.problems)
    return Checked(source.path, "prices", (), warnings)


def _print(one: Checked) -> None:
    print_problems(one.warnings, "warning")
    if not one.problems:
        click.echo(f"{one.file}: good ({one.kind})")


def _as_json(one: Checked) -> dict[str, Any]:
    return {
        "file": one.file,
        "kind": one.kind,
        "problems": list(one.problems),
        "warnings": list(one.warnings),
    }
