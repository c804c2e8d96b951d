"""`genai-cost quote MODEL`: one calculation, with its parts, the row used and how it matched.

Asks the same tables as the service does, built-in and configured. Money is printed exactly.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from pricing import NotPriced, Question, Quote, Reason
from pricing.providers import canonical
from pricing.reasons import lacking
from pricing.usage import CLASSES
from processor.cli.priced import table_for
from processor.cli.quote_options import moment, price_options, unix_ns, usage_options
from processor.cli.quote_told import Why, refuse, tell

if TYPE_CHECKING:
    from decimal import Decimal

EXAMPLES: Final = """\b
Examples:
  genai-cost quote gpt-4o --input 1420 --output 380
  genai-cost quote claude-sonnet-4-5 --input 200 --cache-read 9000 --output 400 --json
  genai-cost quote gpt-4o --batch --input 1000000 --at 2025-03-01
  genai-cost quote dall-e-3 --images 2 --attribute quality=hd --attribute size=1024x1024
  genai-cost quote our-model --provider openai --prices pricing.yaml --input 1000
"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.option(
    "--provider",
    default="",
    metavar="P",
    help="Who sells it; told from MODEL or by the price files if left out.",
)
@usage_options
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
        offer = table.find(question)
        if answer.reason is Reason.UNSUPPORTED_UNIT and not isinstance(offer, NotPriced):
            needs = lacking(offer.basis.entry.rows, dict(question.attributes), usage)
            words = f"{answer.detail}; rows that do ask for {needs}" if needs else answer.detail
            answer = answer._replace(detail=words)
        refuse(model, answer, table, as_json=as_json)
    if not isinstance(answer, Quote):
        raise click.UsageError("give at least one count, such as --input 1000 --output 200")
    tell(model, answer, usage, table, Why.of(table, question, usage, at), as_json=as_json)


def _pairs(attributes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    for attribute in attributes:
        if "=" not in attribute:
            raise click.UsageError(f"--attribute {attribute} has no value; write NAME=VALUE")
    return tuple((name, value) for name, _, value in (a.partition("=") for a in attributes))
