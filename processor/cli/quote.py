"""`genai-cost quote MODEL`: one calculation, with its parts, the row used and how it matched.

Asks the same tables as the service does, built-in and configured. Money is printed exactly.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from pricing import NotPriced, PriceBook, PriceSource, Question, Quote, Reason
from pricing.providers import canonical
from pricing.usage import CLASSES, Unit
from processor.cli.output import print_json, print_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pricing import PriceTable

EXAMPLES: Final = """\b
Examples:
  genai-cost quote gpt-4o --input 1420 --output 380
  genai-cost quote claude-sonnet-4-5 --input 200 --cache-read 9000 --output 400 --json
  genai-cost quote gpt-4o --batch --input 1000000 --at 2025-03-01
  genai-cost quote dall-e-3 --images 2 --attribute quality=hd --attribute size=1024x1024
  genai-cost quote our-model --provider openai --prices pricing.yaml --input 1000
"""
_ATTO: Final = 10**18


def moment(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """Return an ISO 8601 date or instant (UTC where it has no zone) as nanoseconds since 1970."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        words = f"{value!r} is no time; write 2025-03-01 or 2025-03-01T12:00:00Z"
        raise click.BadParameter(words) from None
    return unix_ns(at if at.tzinfo else at.replace(tzinfo=UTC))


def unix_ns(at: datetime) -> int:
    """Return a time as nanoseconds since 1970, exactly."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86400 + since.seconds) * 10**6 + since.microseconds) * 1000


def _amount(
    _: click.Context, parameter: click.Parameter, value: str | None
) -> int | Decimal | None:
    """Return a quantity from 0 up: whole where it is counted, decimal where it is measured."""
    if value is None:
        return None
    whole = CLASSES[str(parameter.name)].unit is not Unit.SECOND
    plain = value.isascii() and value.replace(".", "", 1).isdigit() and len(value) <= 18
    if not plain or (whole and "." in value):
        raise click.BadParameter(f"{value!r} is no {'whole ' if whole else ''}number from 0 up")
    return int(value) if whole else Decimal(value)


def _usage_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for every class of usage: `--cache-read N` and so on."""
    for name in reversed(list(CLASSES)):
        unit = CLASSES[name].unit
        words = f"{name.replace('_', ' ')}, in {unit.value}s"
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, callback=_amount, metavar="N", help=words)(command)
    return command


def price_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--prices FILE` and `--config FILE`."""
    config = click.option(
        "--config", metavar="FILE", help="Take the price sources and aliases of this file."
    )
    files = click.option(
        "--prices",
        "files",
        multiple=True,
        metavar="FILE",
        help="A price file over the built-in table.",
    )
    return files(config(command))


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.option(
    "--provider",
    default="",
    metavar="P",
    help="Who sells it; told from MODEL or by the price files if left out.",
)
@_usage_options
@click.option("--operation", default="chat", help="As gen_ai.operation.name has it.")
@click.option("--service-tier", default="", metavar="T", help="flex, priority, scale, ...")
@click.option("--batch", is_flag=True, help="Through the provider's batch API.")
@click.option(
    "--region", default="", metavar="R", help="Where it ran, as the provider names it."
)
@click.option("--endpoint", default="", metavar="HOST", help="The server's address.")
@click.option("--service", default="", metavar="S", help="service.name, for adjustments.")
@click.option("--environment", default="", metavar="E", help="For adjustments, too.")
@click.option(
    "--attribute",
    "attributes",
    multiple=True,
    metavar="NAME=VALUE",
    help="size, quality, steps, ...; repeat it for several.",
)
@click.option(
    "--at",
    "at_unix_ns",
    callback=moment,
    metavar="TIME",
    help="When the call ended; now if left out.",
)
@price_options
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def quote(  # noqa: PLR0913 - a command's options are its arguments
    *,
    model: str,
    provider: str,
    operation: str,
    service_tier: str,
    batch: bool,
    region: str,
    endpoint: str,
    service: str,
    environment: str,
    attributes: tuple[str, ...],
    at_unix_ns: int | None,
    files: tuple[str, ...],
    config: str | None,
    as_json: bool,
    **counts: int | Decimal | None,
) -> None:
    """Say what one call to MODEL costs, its parts, and the price row that says so."""
    usage = {name: count for name in CLASSES if (count := counts[name]) is not None}
    question = Question(
        model=model,
        provider=canonical(provider) if provider else "",
        operation=operation,
        endpoint=endpoint,
        service_tier=service_tier,
        batch=batch,
        region=region,
        attributes=_pairs(attributes),
        service=service,
        environment=environment,
    )
    table = table_for(files, config)
    at = unix_ns(datetime.now(UTC)) if at_unix_ns is None else at_unix_ns
    if not provider and isinstance(table.find(question), NotPriced):
        from pricing import suggest  # noqa: PLC0415 - only for a name that tells no seller

        question = question._replace(provider=suggest.seller(table, model))
    answer = table.quote(question, usage, at) if usage else table.find(question)
    if isinstance(answer, NotPriced):
        _refuse(model, answer, table, as_json=as_json)
    if not isinstance(answer, Quote):
        raise click.UsageError("give at least one count, such as --input 1000 --output 200")
    if as_json:
        print_json(_as_json(model, answer, usage, table))
    else:
        click.echo(_as_text(answer, usage, table))


def _pairs(attributes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    for attribute in attributes:
        if "=" not in attribute:
            raise click.UsageError(f"--attribute {attribute} has no value; write NAME=VALUE")
    return tuple((name, value) for name, _, value in (a.partition("=") for a in attributes))


def table_for(files: tuple[str, ...], config: str | None) -> PriceTable:
    """Return the prices: built in, then those of the configuration, then those of the files."""
    book = _book(files, config)
    outcome = book.reload(datetime.now(UTC).timestamp())
    if outcome.problems:
        print_problems(outcome.problems)
        sys.exit(1)
    return book.current


def _book(files: tuple[str, ...], config: str | None) -> PriceBook:
    extra = [PriceSource(file) for file in files]
    if config is None:
        return PriceBook(extra)
    from processor.settings import ConfigError, load  # noqa: PLC0415 - YAML, if there is a file

    try:
        pricing = load(config).pricing
    except ConfigError as bad:
        print_problems(bad.problems)
        sys.exit(1)
    from processor.sources import price_sources, restore  # noqa: PLC0415 - only with a configuration

    named = price_sources(pricing)
    book = PriceBook(
        [*named, *extra],
        builtin=pricing.builtin,
        aliases=pricing.aliases,
        terms=pricing.terms,
    )
    print_problems(restore(pricing, named, book), "warning")
    return book


def _refuse(model: str, answer: NotPriced, table: PriceTable, *, as_json: bool) -> NoReturn:
    if as_json:
        print_json(
            {
                "model": model,
                "provider": answer.provider,
                "status": str(answer.reason),
                "detail": answer.detail,
                **_second(answer),
                "did_you_mean": _near(model, answer, table),
                "version": table.version,
            }
        )
    detail = f": {answer.detail}" if answer.detail else ""
    near = _near(model, answer, table)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    if not answer.provider:
        hint = _hint(model, table) or hint
    print_problems([f"{model} is not priced: {answer.reason}{detail}{hint}"])
    sys.exit(1)


def _near(model: str, answer: NotPriced, table: PriceTable) -> list[str]:
    """Names like the model's or the provider's, where nobody lists what was asked for."""
    from pricing import suggest  # noqa: PLC0415 - only for an error

    if answer.reason is not Reason.UNKNOWN_MODEL:
        return []
    sellers = suggest.providers(table, answer.provider)
    return [f"--provider {each}" for each in sellers] or suggest.models(
        table, model, answer.provider
    )


def _second(answer: Quote | NotPriced) -> dict[str, str]:
    """The amount in another currency, where there is one."""
    return (
        {"amount": answer.amount, "amount_currency": answer.currency} if answer.currency else {}
    )


def _hint(model: str, table: PriceTable) -> str:
    """Return who has a model of that name, where the name alone does not say."""
    name = model.strip().lower()
    found = sorted({provider for provider, known in table.models() if known.lower() == name})
    return f"; add --provider {' or '.join(found[:5])}" if found else ""


def _as_json(
    model: str, answer: Quote, usage: Mapping[str, int | Decimal], table: PriceTable
) -> dict[str, Any]:
    return {
        "model": model,
        "provider": answer.provider,
        "cost": answer.atto_usd / _ATTO,
        "cost_usd": exact(answer.atto_usd),
        "list_cost_usd": exact(answer.list_atto_usd),
        "currency": "USD",
        **_second(answer),
        "parts": {
            name: {"quantity": _number(usage.get(name)), "cost_usd": exact(atto)}
            for name, atto in answer.parts
        },
        "status": str(answer.status),
        "row": answer.row,
        "match": answer.match,
        "version": table.version,
    }


def _as_text(answer: Quote, usage: Mapping[str, int | Decimal], table: PriceTable) -> str:
    total = f"${exact(answer.atto_usd)}"
    width = max((len(exact(atto)) for _, atto in answer.parts), default=0)
    parts = [
        f"  {name:<22} {usage.get(name, ''):>12}  ${exact(atto):<{width}}".rstrip()
        for name, atto in answer.parts
    ]
    return "\n".join(
        [
            f"{click.style(total, bold=True)}  {answer.status}",
            *parts,
            *_beside(answer),
            f"  row      {answer.row}",
            f"  match    {answer.match}",
            f"  provider {answer.provider or '-'}",
            f"  prices   {table.version}",
        ]
    )


def _beside(answer: Quote) -> list[str]:
    """The list's amount and the second currency's, where they say something else."""
    lines: list[str] = []
    if answer.list_atto_usd != answer.atto_usd:
        lines.append(f"  list     ${exact(answer.list_atto_usd)}")
    if answer.currency:
        lines.append(f"  amount   {answer.amount} {answer.currency}")
    return lines


def _number(quantity: int | Decimal | None) -> int | float | None:
    return float(quantity) if isinstance(quantity, Decimal) else quantity


def exact(atto_usd: int) -> str:
    """Return atto-dollars as decimal text, nothing rounded and nothing padded."""
    sign, atto = ("-" if atto_usd < 0 else ""), abs(atto_usd)
    fraction = f"{atto % _ATTO:018d}".rstrip("0")
    return f"{sign}{atto // _ATTO}" + (f".{fraction}" if fraction else "")
