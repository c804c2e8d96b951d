"""The growth curves as SVG, the same bytes from the same results: text stays text, no date, no random ids."""

# matplotlib is in an environment of its own (`make bench-page`), unknown where types are checked.
# mypy: disable-error-code="import-not-found"
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownLambdaType=false
from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.report import Row

# What grows, and the ends of the axis of costs where it is not to start at 0.
ABOUT: Final = {
    "size": "spans in a request",
    "rows": "price rows of the operator's own",
    "series": "series",
    "calls": "calls since the start; 65,536 are remembered",
    "idle": "idle exporters",
    "past": "requests since the start",
}
_STYLE: Final = {
    "svg.hashsalt": "genai-cost",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(rows: list[Row], folder: Path) -> None:
    """A file for each curve."""
    with mpl.rc_context(_STYLE):
        for curve in dict.fromkeys(row["curve"] for row in rows):
            one = [row for row in rows if row["curve"] == curve]
            file = folder / f"{curve}.svg"
            _figure(curve, one).savefig(file, metadata={"Date": None, "Creator": None})
            lines = (line.rstrip() for line in file.read_text().splitlines())
            file.write_text("\n".join(lines) + "\n")


def _figure(curve: str, rows: list[Row]) -> Figure:
    figure = Figure(figsize=(5.2, 2.6), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(row["hop"] for row in rows):
        points = [row for row in rows if row["hop"] == name]
        middle = [median(row["us"]) for row in points]
        low = [m - min(row["us"]) for m, row in zip(middle, points, strict=True)]
        high = [max(row["us"]) - m for m, row in zip(middle, points, strict=True)]
        x = [row["x"] for row in points]
        axes.errorbar(x, middle, [low, high], marker="o", markersize=3, capsize=2, label=name)
    axes.set_xscale("symlog" if curve == "idle" else "log")
    most = max(max(row["us"]) for row in rows)
    if curve == "size":
        axes.set_yscale("log")
        axes.set_yticks([1, 2, 5, 10, 20, 50, 100])
        axes.set_ylim(1, 1.2 * most)
        axes.legend(frameon=False)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    else:
        axes.set_ylim(0, 1.2 * most)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.minorticks_off()
    if curve == "idle":
        axes.set_xticks([row["x"] for row in rows])
    axes.set_xlabel(ABOUT[curve])
    axes.set_ylabel("µs of CPU a span")
    return figure
