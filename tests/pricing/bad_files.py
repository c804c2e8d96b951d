"""Every kind of bad price file we could think of: what is in it, and what has to be said of it.

`text` kinds are contents; `WAYS` are things that happen to the file itself. `{f}` in what is said is
the file's name.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Bad(NamedTuple):
    """A file's content, and how the first problem begins and what it has to name."""

    content: bytes
    begins: str
    names: str = ""
    format: str = "auto"


def ours(model: str, head: str = "genai-cost: 1\n") -> bytes:
    """A file of our own form; `model` stands from line 6 on, six spaces in."""
    return (
        f"{head}version: v\nproviders:\n  openai:\n    models:\n"
        + _in(6, f"gpt-4o:\n{_in(2, model)}")
    ).encode()


def _in(spaces: int, text: str) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


def row(text: str) -> bytes:
    """A row of it; its first line is line 8."""
    return ours("rows:\n  - " + text.replace("\n", "\n    "))


def chat(entry: object) -> bytes:
    return json.dumps({"chat": {"gpt-4o": entry}}).encode()


def litellm(**fields: object) -> bytes:
    entry = {"litellm_provider": "openai", "mode": "chat"} | fields
    return json.dumps({"gpt-4o": entry}, indent=1).encode()


def genai_prices(prices: object) -> bytes:
    return json.dumps(
        [
            {
                "id": "openai",
                "name": "OpenAI",
                "api_pattern": "x",
                "models": [{"id": "gpt-4o", "match": {"equals": "gpt-4o"}, "prices": prices}],
            }
        ]
    ).encode()


MODEL: Final = "providers.openai.models.gpt-4o"
BOMB: Final = (
    "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n"
        for i in range(10)
    )
).encode()

CONTENTS: Final[Mapping[str, Bad]] = {
    # bytes
    "empty": Bad(b"", "{f}: empty"),
    "blank": Bad(b" \n\t\n", "{f}: empty"),
    "only-a-bom": Bad(b"\xef\xbb\xbf", "{f}: empty"),
    "utf-16": Bad("genai-cost: 1\n".encode("utf-16"), "{f}: not UTF-8 text (byte 0)"),
    "invalid-utf-8": Bad(b"genai-cost: 1\n# \xff\n", "{f}: not UTF-8 text (byte 16)"),
    "cut-in-a-letter": Bad("# ä".encode()[:-1], "{f}: not UTF-8 text"),
    "a-nul": Bad(b"genai-cost: 1\n\0", "{f}: not YAML"),
    "nuls": Bad(b"\0" * 1000, "{f}: not YAML"),
    "a-picture": Bad(b"\x89PNG\r\n\x1a\n" + bytes(100), "{f}: not UTF-8 text (byte 0)"),
    "gzip": Bad(b"\x1f\x8b\x08\0\0\0\0\0", "{f}: not UTF-8 text (byte 1)"),
    "control": Bad(b"genai-cost: \x01", "{f}: not YAML"),
    "web-page": Bad(b"<!doctype html><title>404</title>", "{f}: no known price format"),
    "one-word": Bad(b"hello", "{f}: no known price format"),
    "a-number": Bad(b"42", "{f}: no known price format"),
    "null": Bad(b"null", "{f}: no known price format"),
    "empty-mapping": Bad(b"{}", "{f}: no known price format"),
    "empty-list": Bad(b"[]", "{f}: no known price format"),
    "list-of-lists": Bad(b"[[], []]", "{f}: no known price format"),
    # YAML
    "tab": Bad(b"genai-cost: 1\nproviders:\n\tx: 1\n", "{f}:3: not YAML"),
    "open-bracket": Bad(b"genai-cost: 1\nproviders: [", "{f}:", "not YAML"),
    "half-a-string": Bad(b'genai-cost: 1\nversion: "v', "{f}:", "not YAML"),
    "bad-indent": Bad(b"genai-cost: 1\n version: v\n", "{f}:2: not YAML"),
    "two-documents": Bad(b"genai-cost: 1\n---\ngenai-cost: 1\n", "{f}:2: a second document"),
    "merge-conflict": Bad(b"<<<<<<< HEAD\ngenai-cost: 1\n=======\n", "{f}:", "not YAML"),
    "tag": Bad(b"genai-cost: !!int 1\n", "{f}:1: tag"),
    "python-tag": Bad(b"a: !!python/object/apply:os.system [x]\n", "{f}:1: tag"),
    "alias-of-nothing": Bad(b"genai-cost: 1\nproviders: *x\n", "{f}:2: *x is not defined"),
    "alias-of-itself": Bad(
        b"genai-cost: 1\nproviders: &x {a: *x}\n", "{f}:2: *x is not defined"
    ),
    "alias-bomb": Bad(b"genai-cost: 1\n" + BOMB, "{f}:", "more than 2,000,000 values"),
    "deep-yaml": Bad(b"a: " + b"[" * 100, "{f}:1: nested deeper than 64"),
    "deep-blocks": Bad(
        "".join(f"{' ' * i}a:\n" for i in range(100)).encode(), "{f}:", "nested deeper than 64"
    ),
    "a-list-as-key": Bad(b"? [a, b]\n: 1\n", "{f}:1: a key must be text"),
    "null-as-key": Bad(b"genai-cost: 1\n~: 2\n", "{f}:2: a key must be text"),
    "key-twice": Bad(
        ours("prices:\n  input: 1\n  input: 2"), "{f}:9: key 'input' stands twice"
    ),
    "model-twice": Bad(
        ours("prices: {input: 1}") + b"      gpt-4o: {prices: {input: 2}}\n",
        "{f}:8: key 'gpt-4o' stands twice",
    ),
    "large-yaml": Bad(b"# " + b"x" * (17 << 20), "{f}: YAML larger than 16 MiB"),
    # JSON
    "cut-json": Bad(chat({"input": 1})[:-4], "{f}:", "not YAML"),
    "json-nan": Bad(b'{"chat": {"a": {"input": NaN}}}', "{f}: NaN is not a price"),
    "json-infinity": Bad(b'{"chat": {"a": {"input": -Infinity}}}', "{f}: -Infinity is not"),
    "json-twice": Bad(
        b'{"chat": {\n"a": {"input": 1},\n"a": {"input": 2}}}', "{f}:3: key 'a' stands twice"
    ),
    "deep-json": Bad(b"[" * 100 + b"]" * 100, "{f}: nested deeper than 64"),
    "very-deep-json": Bad(b"[" * 100_000 + b"]" * 100_000, "{f}: nested deeper than 64"),
    "json-of-ones": Bad(
        b'{"providers": [' + b"1," * (31 << 20) + b"1]}",
        "{f}: more than 2,000,000 values",
        "split it",
    ),
    "endless-number": Bad(b'{"chat": {"a": {"input": 1' + b"0" * 5000 + b"}}}", "{f}:"),
    "long-fraction": Bad(
        b'{"chat": {"a": {"input": 0.' + b"1" * 5000 + b"}}}", "{f}:1: chat.a.input"
    ),
    # our own form
    "no-version": Bad(ours("prices: {input: 1}", ""), "{f}:", "genai-cost"),
    "other-version": Bad(
        ours("prices: {input: 1}", "genai-cost: 2\n"), "{f}:1: genai-cost", "write 1"
    ),
    "unknown-top": Bad(
        b"provider: 1\n" + ours("prices: {input: 1}"), "{f}:1: provider", "'providers'"
    ),
    "no-providers": Bad(b"genai-cost: 1\n", "{f}: top level: no priced model"),
    "providers-a-list": Bad(
        b"genai-cost: 1\nproviders: []\n", "{f}:2: providers: needs to be a mapping"
    ),
    "provider-a-word": Bad(
        b"genai-cost: 1\nproviders:\n  openai: x\n", "{f}:3: providers.openai"
    ),
    "unknown-provider-key": Bad(
        b"genai-cost: 1\nproviders:\n  openai:\n    model: {}\n",
        "{f}:4: providers.openai.model",
        "'models'",
    ),
    "models-a-list": Bad(
        b"genai-cost: 1\nproviders: {openai: {models: [a]}}\n", "{f}:2:", "mapping"
    ),
    "model-a-price": Bad(
        b"genai-cost: 1\nproviders: {openai: {models: {a: 2.5}}}\n", "{f}:2:", "mapping"
    ),
    "model-empty": Bad(ours("mode: chat"), f"{{f}}:6: {MODEL}: needs `prices`"),
    "prices-and-rows": Bad(
        ours("prices: {input: 1}\nrows: []"), f"{{f}}:6: {MODEL}: needs `prices`"
    ),
    "unknown-model-key": Bad(ours("price: {input: 1}"), f"{{f}}:7: {MODEL}.price", "'prices'"),
    "unknown-mode": Bad(
        ours("mode: chatt\nprices: {input: 1}"), f"{{f}}:7: {MODEL}.mode", "'chat'"
    ),
    "unknown-class": Bad(
        ours("prices:\n  inptu: 1"), f"{{f}}:8: {MODEL}.prices.inptu", "'input'"
    ),
    "others-class": Bad(
        ours("prices: {cached_input: 1}"), f"{{f}}:7: {MODEL}.prices.cached_input"
    ),
    "no-price": Bad(ours("prices: {}"), f"{{f}}:7: {MODEL}.prices: names no price"),
    "prices-a-list": Bad(
        ours("prices: [1, 2]"), f"{{f}}:7: {MODEL}.prices: needs to be a mapping"
    ),
    "negative": Bad(
        ours("prices:\n  output: 1\n  input: -2.5"),
        f"{{f}}:9: {MODEL}.prices.input: -2.5 is negative",
    ),
    "minus-zero-point": Bad(
        ours("prices: {input: -0.0000001}"), f"{{f}}:7: {MODEL}.prices.input", "negative"
    ),
    "nan": Bad(ours("prices: {input: .nan}"), "{f}:7: .nan is not a price"),
    "inf": Bad(ours("prices: {input: .inf}"), "{f}:7: .inf is not a price"),
    "minus-inf": Bad(ours("prices: {input: -.inf}"), "{f}:7: -.inf is not a price"),
    "nan-as-text": Bad(ours("prices: {input: 'nan'}"), f"{{f}}:7: {MODEL}.prices.input"),
    "infinity-as-text": Bad(
        ours("prices: {input: Infinity}"), f"{{f}}:7: {MODEL}.prices.input"
    ),
    "1e400": Bad(
        ours("prices: {input: 1e400}"),
        f"{{f}}:7: {MODEL}.prices.input",
        "out of all proportion",
    ),
    "1e-400": Bad(
        ours("prices: {input: 1e-400}"),
        f"{{f}}:7: {MODEL}.prices.input",
        "out of all proportion",
    ),
    "1e999999999": Bad(ours("prices: {input: 1e999999999}"), f"{{f}}:7: {MODEL}.prices.input"),
    "per-token-thousandfold": Bad(
        ours("prices: {input: 25000}"), f"{{f}}:7: {MODEL}.prices.input", "is the unit right"
    ),
    "a-boolean": Bad(
        ours("prices: {input: true}"), f"{{f}}:7: {MODEL}.prices.input: True is not a price"
    ),
    "a-word": Bad(
        ours("prices: {input: cheap}"), f"{{f}}:7: {MODEL}.prices.input", "not a decimal number"
    ),
    "a-date": Bad(ours("prices: {input: 2026-01-01}"), f"{{f}}:7: {MODEL}.prices.input"),
    "comma": Bad(ours("prices: {input: '2,5'}"), f"{{f}}:7: {MODEL}.prices.input"),
    "dollar-sign": Bad(ours("prices: {input: $2.5}"), f"{{f}}:7: {MODEL}.prices.input"),
    "nothing": Bad(
        ours("prices: {input: }"), f"{{f}}:7: {MODEL}.prices.input: None is not a price"
    ),
    "a-mapping": Bad(ours("prices: {input: {usd: 1}}"), f"{{f}}:7: {MODEL}.prices.input"),
    "a-list": Bad(ours("prices: {input: [1]}"), f"{{f}}:7: {MODEL}.prices.input"),
    "no-unit": Bad(
        ours("prices: {images: 0.04}"), f"{{f}}:7: {MODEL}.prices.images: needs its unit"
    ),
    "unknown-unit": Bad(
        ours("prices: {images: 0.04 per picture}"), f"{{f}}:7: {MODEL}.prices.images", "image"
    ),
    "units-mixed": Bad(
        ours("prices: {images: 0.04 per second}"), f"{{f}}:7: {MODEL}.prices.images", "image"
    ),
    "per-zero": Bad(
        ours("prices: {images: 1 per 0 images}"), f"{{f}}:7: {MODEL}.prices.images"
    ),
    "many-digits": Bad(
        ours(f"prices: {{images: 1 per {'9' * 5000} images}}"),
        f"{{f}}:7: {MODEL}.prices.images",
        "5000 digits",
    ),
    "rows-a-mapping": Bad(
        ours("rows: {prices: {input: 1}}"), f"{{f}}:7: {MODEL}.rows: needs to be a list"
    ),
    "no-rows": Bad(ours("rows: []"), f"{{f}}:6: {MODEL}: has no row"),
    "row-a-word": Bad(ours("rows: [x]"), f"{{f}}:7: {MODEL}.rows.0: needs to be a mapping"),
    "row-without-prices": Bad(
        row("from: 2026-01-01"), f"{{f}}:8: {MODEL}.rows.0: has no `prices`"
    ),
    "unknown-row-key": Bad(
        row("form: 2026-01-01\nprices: {input: 1}"), f"{{f}}:8: {MODEL}.rows.0.form", "'from'"
    ),
    "no-such-day": Bad(
        row("prices: {input: 1}\nfrom: 2026-02-30"), f"{{f}}:9: {MODEL}.rows.0.from: not a date"
    ),
    "no-date": Bad(
        row("from: soon\nprices: {input: 1}"), f"{{f}}:8: {MODEL}.rows.0.from: not a date"
    ),
    "no-zone": Bad(
        row("from: 2026-01-01T00:00:00\nprices: {input: 1}"), f"{{f}}:8: {MODEL}.rows.0.from"
    ),
    "dates-reversed": Bad(
        row("from: 2026-02-01\nto: 2026-01-01\nprices: {input: 1}"),
        f"{{f}}:8: {MODEL}.rows.0: ends before it begins",
    ),
    "dates-equal": Bad(
        row("from: 2026-02-01\nto: 2026-02-01\nprices: {input: 1}"),
        f"{{f}}:8: {MODEL}.rows.0: ends before it begins",
    ),
    "overlap": Bad(
        ours(
            "rows:\n  - {from: 2026-01-01, to: 2026-03-01, prices: {input: 1}}\n"
            "  - {from: 2026-01-01, to: 2026-02-01, prices: {input: 2}}"
        ),
        f"{{f}}:9: {MODEL}.rows.1",
        "rows.0",
    ),
    "same-row-twice": Bad(
        ours("rows:\n  - {prices: {input: 1}}\n  - {prices: {input: 2}}"),
        f"{{f}}:9: {MODEL}.rows.1",
        "rows.0",
    ),
    "unknown-condition": Bad(
        row("when: {servce_tier: flex}\nprices: {input: 1}"),
        f"{{f}}:8: {MODEL}.rows.0.when.servce_tier",
        "'service_tier'",
    ),
    "when-a-word": Bad(row("when: batch\nprices: {input: 1}"), f"{{f}}:8: {MODEL}.rows.0.when"),
    "two-thresholds": Bad(
        row("when: {context_over: 1, context_from: 2}\nprices: {input: 1}"),
        f"{{f}}:8: {MODEL}.rows.0.when",
        "one of them",
    ),
    "threshold-a-word": Bad(
        row("when: {context_over: 200k}\nprices: {input: 1}"),
        f"{{f}}:8: {MODEL}.rows.0.when.context_over",
    ),
    "threshold-negative": Bad(
        row("when: {context_over: -1}\nprices: {input: 1}"),
        f"{{f}}:8: {MODEL}.rows.0.when.context_over",
    ),
    "hours-of-no-day": Bad(
        row("when: {hours: Caturday 9-17}\nprices: {input: 1}"),
        f"{{f}}:8: {MODEL}.rows.0.when.hours",
    ),
    "batch-maybe": Bad(
        row("when: {batch: maybe}\nprices: {input: 1}"), f"{{f}}:8: {MODEL}.rows.0.when.batch"
    ),
    "factor-0": Bad(
        ours("prices: {input: 1}\nmultipliers: [{times: 0, when: {region: us}}]"),
        f"{{f}}:8: {MODEL}.multipliers.0.times",
    ),
    "factor-a-word": Bad(
        ours("prices: {input: 1}\nmultipliers: [{times: double, when: {region: us}}]"),
        f"{{f}}:8: {MODEL}.multipliers.0.times",
    ),
    "factor-of-nothing": Bad(
        ours("prices: {input: 1}\nmultipliers: [{times: 2}]"), f"{{f}}:8: {MODEL}.multipliers.0"
    ),
    "alias-a-list": Bad(
        ours("prices: {input: 1}\naliases: [[a]]"),
        f"{{f}}:8: {MODEL}.aliases.0: an alias is an id",
    ),
    "alias-of-two": Bad(
        ours("prices: {input: 1}\naliases: [x]")
        + b"      other:\n        prices: {input: 2}\n        aliases: [x]\n",
        "{f}:11: providers.openai.models.other.aliases.0: 'x' is an alias of 'gpt-4o' already",
    ),
    "alias-is-a-model": Bad(
        ours("prices: {input: 1}\naliases: [other]") + b"      other: {prices: {input: 2}}\n",
        f"{{f}}:8: {MODEL}.aliases.0: 'other' is a model of its own",
    ),
    "factor-of-many-digits": Bad(
        ours(
            f"prices: {{input: 1}}\nmultipliers: [{{times: 0.{'1' * 900}, when: {{region: us}}}}]"
        ),
        f"{{f}}:8: {MODEL}.multipliers.0.times",
    ),
    "factor-tiny": Bad(
        ours("prices: {input: 1}\nmultipliers: [{times: 1e-999999999, when: {region: us}}]"),
        f"{{f}}:8: {MODEL}.multipliers.0.times",
    ),
    "underscores": Bad(
        ours("prices: {images: 2_5 per image}"), f"{{f}}:7: {MODEL}.prices.images", "write 25"
    ),
    "underscores-plain": Bad(
        ours("prices: {input: 2_5}"), f"{{f}}:7: {MODEL}.prices.input", "write 25"
    ),
    "arabic-digits": Bad(
        ours("prices: {input: \u0663}"),
        f"{{f}}:7: {MODEL}.prices.input",
        "write its digits as 0",
    ),
    "decimal-comma": Bad(
        ours("prices: {input: 2,5}"), f"{{f}}:7: {MODEL}.prices", "decimal comma"
    ),
    "rows-without-end": Bad(
        ours(
            "rows:\n"
            + "".join(
                f"  - {{from: 2026-01-01, when: {{steps: {i}}}, prices: {{input: 1}}}}\n"
                for i in range(1001)
            )
        ),
        f"{{f}}:6: {MODEL}: has more than 1,000 rows",
        "leave out",
    ),
    "windows-without-end": Bad(
        row(f"when: {{hours: '{', '.join(['01:00-02:00'] * 65)}'}}\nprices: {{input: 1}}"),
        f"{{f}}:8: {MODEL}.rows.0.when.hours: has more than 64 windows",
    ),
    # OpenLIT's form
    "openlit-key": Bad(
        chat({"promtPrice": 1}), "{f}:1: chat.gpt-4o.promtPrice", "'promptPrice'"
    ),
    "openlit-negative": Bad(chat({"input": -1}), "{f}:1: chat.gpt-4o.input: -1 is negative"),
    "openlit-per-million": Bad(
        chat({"input": 250}), "{f}:1: chat.gpt-4o.input", "is the unit right"
    ),
    "openlit-word": Bad(
        chat({"input": "free"}), "{f}:1: chat.gpt-4o.input: 'free' is not a price"
    ),
    "openlit-empty": Bad(chat({}), "{f}:1: chat.gpt-4o: names no price"),
    "openlit-list": Bad(chat([1]), "{f}:1: chat.gpt-4o: needs prices"),
    "openlit-map": Bad(b'{"chat": {}, "chats": {}}', "{f}:1: chats", "'chat'"),
    "openlit-image": Bad(
        b'{"images": {"d": {"hd": 0.04}}}', "{f}:1: images.d.hd: needs prices by size"
    ),
    "openlit-audio": Bad(b'{"audio": {"whisper-1": {}}}', "{f}:1: audio.whisper-1"),
    # LiteLLM's form
    "litellm-negative": Bad(litellm(input_cost_per_token=-1e-6), "{f}:", "negative"),
    "litellm-per-million": Bad(litellm(input_cost_per_token=2.5), "{f}:", "is the unit right"),
    "litellm-word": Bad(
        litellm(output_cost_per_character="free"), "{f}:", "output_cost_per_character"
    ),
    "litellm-list": Bad(litellm(input_cost_per_token=[1]), "{f}:", "input_cost_per_token"),
    "litellm-factor-tiny": Bad(
        (
            b'{"m": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, '
            b'"regional_processing_uplift_multiplier_eu": 1e-999999999}}'
        ),
        "{f}:1: m.regional_processing_uplift_multiplier_eu",
        "is not a factor",
    ),
    "litellm-no-exponent-at-all": Bad(
        b'{"m": {"litellm_provider": "openai", "input_cost_per_token": 1e99999999999999999999}}',
        "{f}:1: m.input_cost_per_token",
        "is not a price",
    ),
    "litellm-tier-tiny": Bad(
        litellm(
            tiered_pricing=[{"range": ["1e-999999999", 5], "input_cost_per_token": "1e-6"}]
        ),
        "{f}:",
    ),
    # genai-prices' form
    "genai-prices-key": Bad(genai_prices({"inptu_mtok": 1}), "{f}:1:", "inptu_mtok"),
    "genai-prices-negative": Bad(genai_prices({"input_mtok": -1}), "{f}:1:", "negative"),
    "genai-prices-word": Bad(genai_prices({"input_mtok": "x"}), "{f}:1:", "input_mtok"),
    "genai-prices-tiny": Bad(
        genai_prices({"input_mtok": "1e-999999999"}), "{f}:1:", "input_mtok"
    ),
    "genai-prices-dates-without-end": Bad(
        genai_prices([{"prices": {"input_mtok": 1}}] * 1001),
        "{f}:1: 0.models.0.prices: needs to be a list of at most 1,000",
    ),
    "genai-prices-a-number": Bad(genai_prices([1]), "{f}:1: 0.models.0.prices.0: needs to be"),
    "genai-prices-tiers-a-word": Bad(
        genai_prices({"input_mtok": {"base": 1, "tiers": "x"}}), "{f}:1:", "needs to be a list"
    ),
    "genai-prices-tier-a-word": Bad(
        genai_prices({"input_mtok": {"base": 1, "tiers": ["x"]}}), "{f}:1:", "{start:"
    ),
    "genai-prices-prices-a-number": Bad(genai_prices([{"prices": 1}]), "{f}:1:", "a mapping"),
    "genai-prices-constraint-a-number": Bad(
        genai_prices([{"constraint": 1, "prices": {"input_mtok": 1}}]), "{f}:1:", "start_date"
    ),
    # said to be what it is not
    "said-openlit": Bad(ours("prices: {input: 1}"), "{f}:", "genai-cost", format="openlit"),
    "said-litellm": Bad(b"[1]", "{f}: needs to be a mapping", format="litellm"),
    "said-genai-prices": Bad(b'"x"', "{f}", format="genai-prices"),
    "said-ours": Bad(chat({"input": 1}), "{f}:", "genai-cost", format="genai-cost"),
    "said-something": Bad(
        b"a: 1", "{f}: unknown format 'open-lit'", "'openlit'", format="open-lit"
    ),
}


def _gone(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _long_loop(path: Path) -> None:
    path.unlink()
    other = path.with_name("other")
    path.symlink_to(other)
    other.symlink_to(path)


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 20)


def _folder_gone(path: Path) -> None:
    path.unlink()
    path.parent.rename(path.parent.with_name("moved"))


def _folder_a_file(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("")


def _unreadable(path: Path) -> None:
    path.chmod(0)


def _100_mib(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * (1 << 20))


WAYS: Final[Mapping[str, tuple[Callable[[Path], None], str]]] = {
    "gone": (_gone, "No such file or directory; write it"),
    "folder": (_folder, "Is a directory; name a file"),
    "fifo": (_fifo, "not a regular file"),
    "loop": (_loop, "Too many levels of symbolic links"),
    "long-loop": (_long_loop, "Too many levels of symbolic links"),
    "dangling": (_dangling, "No such file or directory"),
    "device": (_device, "not a regular file"),
    "sparse": (_sparse, "larger than 64 MiB"),
    "100-mib": (_100_mib, "larger than 64 MiB"),
    "folder-gone": (_folder_gone, "No such file or directory"),
    "folder-a-file": (_folder_a_file, "Not a directory"),
    "unreadable": (_unreadable, "Permission denied; let the service's user read it"),
}
