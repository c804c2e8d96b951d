"""`genai-cost replay`: every encoding in, the same out, priced as the service prices the same bytes."""

from __future__ import annotations

import gzip
import io
import json
import struct
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from processor.assembly import enricher
from processor.calls import Memory
from processor.cli import main
from processor.settings import Settings
from processor.stored import reading
from processor.stored.encoding import MAX_MESSAGE_BYTES, NotOtlp
from processor.stored.reading import Message, Stored
from processor.stored.repricing import protobuf_of
from tests.cli.stored import (
    FORMS,
    REQUESTS,
    as_json,
    lines,
    merged,
    request,
    spans,
    stream,
    zstd,
)
from tests.cli.texts import BROKEN_PRICES, CONFIG, PRICES
from tests.golden.corpus import NOW_NS, frozen_prices
from tests.walk.test_otlp_json import EXAM

if TYPE_CHECKING:
    from click.testing import Result

    from tests.cli.stored import Form

COST = "gen_ai.usage.cost"


def call(*arguments: str | Path, **given: Any) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, arguments)], **given)


def answer(*arguments: str | Path, code: int = 0) -> Any:
    ran = call(*arguments, "--json")
    assert ran.exit_code == code, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Prices of its own, so that costs are known."""
    (tmp_path / "prices.yaml").write_text(PRICES)
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG % (tmp_path / "prices.yaml"))
    return file


def stored(data: bytes) -> Stored:
    """Bytes as a file."""
    return Stored(io.BufferedReader(io.BytesIO(data)), "x")


def bodies(path: Path) -> list[bytes]:
    """What a file holds, as protobuf."""
    with path.open("rb") as file:
        found = list(Stored(file, path.name))
    assert all(isinstance(each, Message) for each in found), found
    return [protobuf_of(each)[1] for each in found if isinstance(each, Message)]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_encoding_is_priced_and_written_as_it_came(
    form: Form, tmp_path: Path, config: Path
) -> None:
    came, left = tmp_path / "came", tmp_path / "left"
    came.write_bytes(form.write(REQUESTS))
    told = answer(came, "-o", left, "--config", config)
    assert told["totals"]["spans"] == told["totals"]["priced"] == 3
    assert told["totals"]["cost_usd"] == "0.0078"  # 3 x (1000 x 2.50 + 10 x 10) / 1M
    with came.open("rb") as one, left.open("rb") as other:
        before, after = Stored(one, ""), Stored(other, "")
        assert before.encoding == after.encoding
        for was, now in zip(before, after, strict=True):
            assert isinstance(was, Message)
            assert isinstance(now, Message)
            assert (was.is_json, was.packed) == (now.is_json, now.packed)
    stamps = [stamp for body in bodies(left) for stamp in spans(body)]
    assert [stamp[COST] for stamp in stamps] == [0.0026] * 3
    again = answer(left, "--config", config)
    assert again["totals"]["calls"] == 0  # a hop before us settled them


@pytest.mark.parametrize("wanted", ["jsonl", "proto"])
@pytest.mark.parametrize("packed", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("form", FORMS[::3], ids=str)
def test_another_encoding_holds_the_same(
    form: Form, wanted: str, packed: str, tmp_path: Path, config: Path
) -> None:
    came, left, other = (tmp_path / name for name in ("came", "left", "other"))
    came.write_bytes(form.write(REQUESTS))
    call(came, "-o", left, "--config", config)
    ran = call(
        came, "-o", other, "--encoding", wanted, "--compress", packed, "--config", config
    )
    assert ran.exit_code == 0, ran.stderr
    assert merged(bodies(other)) == merged(bodies(left))
    with other.open("rb") as file:
        encoding = Stored(file, "").encoding
    assert encoding == ({"jsonl": "lines", "proto": "stream"}[wanted], packed)


def recorded() -> list[bytes]:
    return [path.read_bytes() for path in sorted(EXAM.glob("*/traces-*.pb"))]


@pytest.mark.skipif(not EXAM.exists(), reason=f"NOT HELD: there is no exam corpus at {EXAM}")
@pytest.mark.parametrize("write", [lines, stream], ids=["json", "protobuf"])
def test_what_is_written_is_what_the_service_forwards(write: Any, tmp_path: Path) -> None:
    """Bit for bit over the whole corpus, with the memory of calls that goes on between requests."""
    came, left, config = (tmp_path / name for name in ("came", "left", "config.yaml"))
    prices = Path(frozen_prices.__code__.co_filename).with_name("prices.json")
    config.write_text(CONFIG % prices)
    came.write_bytes(write(recorded()))
    told = answer(came, "-o", left, "--config", config)
    sent = bodies(came)
    service, table = enricher(Settings(), Memory()), frozen_prices()
    total = 0
    for body, found in zip(sent, bodies(left), strict=True):
        enriched = service.enrich(body, table, NOW_NS)
        total += sum(charge.atto_usd for charge in enriched.charges)
        enriched.counted()
        assert spans(found) == spans(enriched.body)
        if write is stream:
            assert found == enriched.body
    assert told["totals"]["cost"] == total / 10**18 > 0


def test_a_retry_counts_once_over_all_files(tmp_path: Path, config: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(lines(REQUESTS))
    told = answer(tmp_path / "a", tmp_path / "b", "--config", config)
    assert (told["totals"]["spans"], told["totals"]["calls"]) == (6, 3)


def test_the_table_for_people(tmp_path: Path, config: Path) -> None:
    made = [request(1), request(2, "nobody-knows", service="[red]desk\x1b[2J")]
    (tmp_path / "a").write_bytes(lines(made))
    ran = call(tmp_path / "a", "--config", config)
    assert ran.exit_code == 0
    head, first, second, _, total = ran.stdout.splitlines()
    assert head.split() == ["model", "provider", "service", "status", "calls", "tokens", "USD"]
    assert first.split() == ["gpt-4o", "openai", "shop", "priced", "1", "1,010", "0.0026"]
    assert "[red]desk?[2J" in second
    assert second.split()[-4:] == ["unknown_model", "1", "1,010", "-"]
    assert total == "2 requests, 2 spans, 2 calls, 1 of them priced: $0.0026"
    assert ran.stderr == ""


BAD_LINES = [
    pytest.param(b"{nonsense", "2: is no JSON", id="no-json"),
    pytest.param(b"[]", "2: is no OTLP: an object with `resourceSpans`", id="list"),
    pytest.param(b"[{}]", "2: is no OTLP but a list; `jq -c '.[]'`", id="list-of-requests"),
    pytest.param(b'{}{"a":1}', "2: is no JSON: Extra data", id="several"),
    pytest.param(b'{"spans": []}', "2: is no OTLP: it has neither resourceSpans", id="other"),
    pytest.param(b'{"resourceSpans": 5}', "2: resourceSpans: is no list", id="shape"),
    pytest.param(b"\xff\xfe", "2: is no", id="no-text"),
]


@pytest.mark.parametrize(("line", "words"), BAD_LINES)
def test_a_broken_line_is_told_and_left_out(
    line: bytes, words: str, tmp_path: Path, config: Path
) -> None:
    came, left = tmp_path / "came", tmp_path / "left"
    first, second, _ = lines(REQUESTS).splitlines()
    came.write_bytes(b"\n".join([first, line, second, b""]))
    ran = call(came, "-o", left, "--config", config)
    assert ran.exit_code == 1
    assert f"{came}:{words}" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert "2 requests, 2 spans" in ran.stdout
    assert len(bodies(left)) == 2


@pytest.mark.parametrize(("line", "words"), BAD_LINES)
def test_strict_ends_there_and_writes_nothing(
    line: bytes, words: str, tmp_path: Path, config: Path
) -> None:
    came, left = tmp_path / "came", tmp_path / "left"
    first, second, _ = lines(REQUESTS).splitlines()
    came.write_bytes(b"\n".join([first, line, second, b""]))
    ran = call(came, "-o", left, "--strict", "--config", config)
    assert ran.exit_code == 1
    assert words in ran.stderr
    assert "1 requests, 1 spans" in ran.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"came", "config.yaml", "prices.yaml"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(
            b"hello\n", "is no stored OTLP that we know: it begins with b'hello", id="no"
        ),
        pytest.param(b"\x0a\x05abc", "is no ExportTraceServiceRequest", id="cut-message"),
        pytest.param(stream(REQUESTS)[:-5], "message 3 at byte", id="cut-stream"),
        pytest.param(stream(REQUESTS) + b"\x00\x00", "ends in its middle", id="cut-size"),
        pytest.param(
            stream(REQUESTS) + b"\x70\0\0\0",
            "its size of 1879048192 bytes is longer",
            id="size",
        ),
        pytest.param(
            stream([b"\x28\xb5\x2f\xfdnothing"]), "cannot be unpacked (zstd)", id="bad-frame"
        ),
        pytest.param(
            gzip.compress(lines(REQUESTS))[:-20],
            "its gzip ends at byte ",
            id="gz",
        ),
        pytest.param(b"\x1f\x8bnothing at all", "is no whole gzip file", id="no-gzip"),
        pytest.param(b"\x28\xb5\x2f\xfdnothing", "is no whole zstd file", id="no-zstd"),
        pytest.param(b'{\n  "resourceSpans": [\n', "is no JSON", id="cut-document"),
    ],
)
def test_a_broken_file_says_what_and_where(
    data: bytes, words: str, tmp_path: Path, config: Path
) -> None:
    came = tmp_path / "came"
    came.write_bytes(data)
    ran = call(came, "--config", config)
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"error: {came}: ")
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_good_ones_of_several_files_are_done(tmp_path: Path, config: Path) -> None:
    (tmp_path / "good").write_bytes(lines(REQUESTS))
    (tmp_path / "bad").write_bytes(b"no")
    told = answer(
        tmp_path / "bad", tmp_path / "missing", tmp_path, tmp_path / "good",
        "--config", config, code=1,
    )  # fmt: skip
    assert [one["broken"] for one in told["files"]] == [1, 1, 1, 0]
    assert told["totals"]["priced"] == 3
    assert "name the files in it" in told["files"][2]["problems"][0]


@pytest.mark.parametrize("write", [lines, stream], ids=["lines", "stream"])
def test_what_is_too_long_is_refused_without_being_held(
    write: Any, tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_MESSAGE_BYTES", 2000)
    came = tmp_path / "came"
    came.write_bytes(write([request(1), request(2, "m" * 5000), request(3)]))
    told = answer(came, "--config", config, code=1)
    assert told["totals"]["requests"] == (2 if write is lines else 1)
    assert "is longer than" in told["files"][0]["problems"][0]


def test_an_endless_line_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """1 GiB of one line passes in pieces: a source that counts what is asked of it."""

    class Endless(io.RawIOBase):
        left = 1 << 30
        largest = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.largest = max(self.largest, len(buffer))
            size = min(len(buffer), self.left)
            self.left -= size
            buffer[:size] = b"{" * size
            return size

    monkeypatch.setattr(reading, "MAX_MESSAGE_BYTES", 1 << 20)
    source = Endless()
    (broken,) = Stored(io.BufferedReader(source), "endless")
    assert "is longer than" in str(broken)
    assert source.left == 0
    assert source.largest <= 1 << 20


def test_other_signals_pass_as_they_are(tmp_path: Path, config: Path) -> None:
    came, left = tmp_path / "came", tmp_path / "left"
    metrics = b'{"resourceMetrics":[{"scopeMetrics":[]}], "keep": 1}'
    came.write_bytes(metrics + b"\n" + lines(REQUESTS[:1]) + b"{}\n\n")
    told = answer(came, "-o", left, "--config", config)
    assert told["totals"]["requests"] == 3
    assert left.read_bytes().splitlines()[0] == metrics
    assert left.read_bytes().splitlines()[2] == b"{}"


def test_what_nobody_priced_stays_the_very_bytes(tmp_path: Path, config: Path) -> None:
    came, left = tmp_path / "came", tmp_path / "left"
    line = b'{ "resourceSpans": [ { "scopeSpans": [{"spans":[{"name":"x"}]}] } ], "own": {} }\n'
    came.write_bytes(line)
    answer(came, "-o", left, "--config", config)
    assert left.read_bytes() == line


def test_stdin(config: Path) -> None:
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "processor", "replay", "-", "--config", str(config)],
        input=zstd(lines(REQUESTS)),
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert b"3 of them priced: $0.0078" in ran.stdout


def test_a_progress_bar_is_for_terminals(tmp_path: Path, config: Path) -> None:
    (tmp_path / "a").write_bytes(lines(REQUESTS))
    assert call(tmp_path / "a", "--config", config).stderr == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param((), "Missing argument 'FILE", id="no-file"),
        pytest.param(("a", "b", "-o", "c"), "write -o c/ for several", id="several"),
        pytest.param(("a", "x/a", "-o", "out/"), "two inputs of one name", id="twins"),
        pytest.param(("a", "-o", "x/y"), "there is no folder x; make it first", id="no-folder"),
        pytest.param(("a", "-o", "a"), "is the input itself", id="itself"),
        pytest.param(("-", "-o", "out/"), "stdin has no name", id="stdin"),
        pytest.param(("a", "--encoding", "xml"), "'xml' is not one of", id="encoding"),
    ],
)
def test_called_wrongly(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(lines(REQUESTS))
    before = Path("a").read_bytes()
    ran = call(*arguments)
    assert ran.exit_code == 2
    assert words in ran.stderr
    assert Path("a").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_bad_prices_and_settings_are_told(tmp_path: Path, config: Path) -> None:
    (tmp_path / "a").write_bytes(lines(REQUESTS))
    (tmp_path / "prices.yaml").write_text(BROKEN_PRICES)
    ran = call(tmp_path / "a", "--config", config)
    assert ran.exit_code == 1
    assert len(ran.stderr.splitlines()) == 2
    config.write_text(config.read_text().replace("processors: [genai_cost], ", ""))
    ran = call(tmp_path / "a", "--config", config)
    assert ran.exit_code == 1
    assert "error: " in ran.stderr


@pytest.mark.parametrize("head", [bytes([n]) for n in range(256)], ids=lambda head: head.hex())
def test_any_first_byte_is_a_form_or_a_named_refusal(head: bytes) -> None:
    known = head[0] <= 4 or head in {b"\n", b"{", b"[", b"\t", b"\r", b" "}
    if known and head[0] <= 0x0A and head != b"\t":
        assert stored(head + b"\x12\x34\x56").encoding.framing in {"stream", "message"}
    else:
        with pytest.raises((NotOtlp, OSError), match=r"begins with|is no whole"):
            stored(head + b"\x12\x34\x56")


@pytest.mark.parametrize("blank", [b"\n", b"\xef\xbb\xbf", b" \r\n\t"], ids=repr)
def test_json_may_begin_with_blanks(blank: bytes) -> None:
    for text in (as_json(REQUESTS[0]) + b"\n" + as_json(REQUESTS[1]), as_json(REQUESTS[0])):
        messages = list(stored(blank + text))
        assert [m.raw for m in messages if isinstance(m, Message)] == text.splitlines()


def test_a_message_of_the_length_of_a_brace_is_protobuf() -> None:
    """0x0a 0x7b is a line feed and a brace, too."""
    found = {
        stored(body).encoding.framing
        for size in range(1, 200)
        if (body := request(1, "m" * size)) and body[1] in b"{["
    }
    assert found <= {"message"}
    small = b"\x0a\x7b\x12\x79\x12\x77\x2a\x75" + b"n" * 117
    assert stored(small).encoding.framing == "message"


def test_places_count_bytes_and_messages() -> None:
    data = stream(REQUESTS)
    found = list(stored(data))
    offsets = [int(each.place.rpartition(" ")[2]) for each in found]
    sizes = [struct.unpack(">I", data[at : at + 4])[0] + 4 for at in offsets]
    assert offsets[0] == 0
    assert [b - a for a, b in pairwise(offsets)] == sizes[:-1]
    assert MAX_MESSAGE_BYTES == 64 * 1024 * 1024


PEAK = """\
import resource, sys
from processor.cli import main
try: main(sys.argv[1:])
except SystemExit as ended: assert not ended.code
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def peak_kib(file: Path, config: Path) -> int:
    """The most memory that a replay of a file ever had."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    out = file.with_name("out")
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", PEAK, "replay", file, "-o", out, "--config", config],
        capture_output=True,
        check=True,
    )
    peak = int(ran.stderr)
    return peak // 1024 if sys.platform == "darwin" else peak


@pytest.mark.parametrize("write", [lines, stream], ids=["json", "protobuf"])
def test_memory_does_not_grow_with_the_file(write: Any, tmp_path: Path, config: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    once = write([request(n, service="s" * 2000) for n in range(200)])
    small.write_bytes(once * 4)
    large.write_bytes(once * 64)
    assert large.stat().st_size > 25_000_000
    assert peak_kib(large, config) < peak_kib(small, config) + 4096


@pytest.mark.parametrize(
    "rubbish",
    [b'{"a": "\0"}', '{"resourceSpans": []}'.encode("utf-16-le")],
    ids=["nul", "utf-16"],
)
def test_a_line_of_rubbish_costs_itself(rubbish: bytes) -> None:
    from processor.stored.encoding import framing_of  # noqa: PLC0415

    assert framing_of(b'{"resourceSpans": []}\n' + rubbish + b"\n") == "lines"
