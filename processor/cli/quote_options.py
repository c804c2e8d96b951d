"""Options that commands about prices share: quantities of usage, a time, where prices come from."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from pricing.usage import CLASSES, Unit

if TYPE_CHECKING:
    from collections.abc import Callable


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


def usage_options(command: Callable[..., None]) -> Callable[..., None]:
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
