"""A stand-in for OpenAI that keeps its own books: what each call was asked for and what it used.

Chat, responses and embeddings, whole or streamed, on a free port of loopback. A call says by the
`x-drive` header which one of the list it is; that decides what is used. It knows no prices.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

Json = dict[str, Any]

LABEL: Final = "x-drive"
# An alias is served by a dated snapshot, whose name is in the answer.
SNAPSHOTS: Final = {"gpt-4o": "gpt-4o-2024-08-06", "gpt-5-mini": "gpt-5-mini-2025-08-07"}
ANSWER: Final = "It was shipped on Monday."


@dataclass(frozen=True)
class Answered:
    """A call that was answered, and so billed: tokens as this provider counts them."""

    label: str
    model: str
    prompt: int
    output: int
    cached: int = 0
    """Inside `prompt`."""
    reasoning: int = 0
    """Inside `output`."""


@dataclass
class Books:
    """What a provider knows: every call that it answered, and how many it refused."""

    base_url: str = ""
    answered: list[Answered] = field(default_factory=list[Answered])
    refused: Counter[str] = field(default_factory=Counter[str])
    serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def use(self, label: str, model: str, *, output: bool = True) -> Answered:
        """Notes a call. No two use the same, so that one can't be mistaken for another."""
        n = next(self.serial)
        used = Answered(
            label,
            SNAPSHOTS.get(model, model),
            prompt=1200 + 17 * n,
            output=150 + 13 * n if output else 0,
            cached=1024 if "cached" in label else 0,
            reasoning=128 if "reasoning" in label else 0,
        )
        self.answered.append(used)
        return used


@contextmanager
def stand_in() -> Generator[Books]:
    """Serves until the block is left."""
    books = Books()
    handler = type("Handler", (_Handler,), {"books": books})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    books.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield books
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One call: `refused` ones get a 429 always, `retried` ones the first time."""

    protocol_version = "HTTP/1.1"
    books: Books

    def do_POST(self) -> None:
        """Answers, streams or refuses."""
        asked: Json = json.loads(self.rfile.read(int(self.headers["content-length"])))
        label = self.headers.get(LABEL, "unlabelled")
        answer = _APIS.get(self.path)
        if answer is None:
            self._send(404, {"error": {"message": f"no such path here: {self.path}"}})
        elif label == "refused" or (label == "retried" and not self.books.refused[label]):
            self.books.refused[label] += 1
            self._send(429, {"error": {"message": "too many requests", "type": "rate_limit"}})
        elif asked.get("stream"):
            self._stream(_EVENTS[self.path](answer(asked, label, self.books), asked))
        else:
            self._send(200, answer(asked, label, self.books))

    def _send(self, status: int, body: Json) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("retry-after-ms", "1")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _stream(self, events: Iterator[str]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in events:
            self.wfile.write(event.encode() + b"\n\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Keeps a test's output for the test."""


def _chat(asked: Json, label: str, books: Books) -> Json:
    used = books.use(label, asked["model"])
    message: Json = {"role": "assistant", "content": ANSWER}
    wants_tool = bool(asked.get("tools")) and asked["messages"][-1]["role"] != "tool"
    if wants_tool:
        call = {"name": "order_status", "arguments": '{"order": 48213}'}
        message["content"] = None
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
    return {
        "id": f"chatcmpl-drive-{len(books.answered):04d}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": used.model,
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls" if wants_tool else "stop",
                "message": message,
            }
        ],
        "usage": {
            "prompt_tokens": used.prompt,
            "completion_tokens": used.output,
            "total_tokens": used.prompt + used.output,
            "prompt_tokens_details": {"cached_tokens": used.cached},
            "completion_tokens_details": {"reasoning_tokens": used.reasoning},
        },
    }


def _chunks(whole: Json, asked: Json) -> Iterator[str]:
    """Usage comes in a last chunk without choices, and only if it was asked for."""
    frame = {key: whole[key] for key in ("id", "created", "model")}
    frame["object"] = "chat.completion.chunk"
    for word in ANSWER.split():
        delta = {"role": "assistant", "content": word + " "}
        yield _data(frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _data(frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    options: Json = asked.get("stream_options") or {}
    if options.get("include_usage"):
        yield _data(frame | {"choices": [], "usage": whole["usage"]})
    yield "data: [DONE]"


def _responses(asked: Json, label: str, books: Books) -> Json:
    used = books.use(label, asked["model"])
    text: Json = {"type": "output_text", "text": ANSWER, "annotations": [], "logprobs": []}
    message: Json = {
        "id": f"msg_drive_{len(books.answered):04d}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }
    return {
        "id": f"resp_drive_{len(books.answered):04d}",
        "object": "response",
        "created_at": 1_760_000_000,
        "status": "completed",
        "model": used.model,
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": used.prompt,
            "input_tokens_details": {"cached_tokens": used.cached},
            "output_tokens": used.output,
            "output_tokens_details": {"reasoning_tokens": used.reasoning},
            "total_tokens": used.prompt + used.output,
        },
    }


def _response_events(whole: Json, _: Json) -> Iterator[str]:
    """A response always says at its end what it used."""
    (message,) = whole["output"]
    begun: Json = whole | {"status": "in_progress", "output": [], "usage": None}
    part: Json = {"item_id": message["id"], "output_index": 0, "content_index": 0}
    item: Json = {"output_index": 0, "item": message}
    events: dict[str, Json] = {
        "response.created": {"response": begun},
        "response.output_item.added": item,
        "response.output_text.delta": part | {"delta": ANSWER, "logprobs": []},
        "response.output_item.done": item,
        "response.completed": {"response": whole},
    }
    for n, (kind, event) in enumerate(events.items()):
        yield f"event: {kind}\n" + _data({"type": kind, "sequence_number": n} | event)


def _embeddings(asked: Json, label: str, books: Books) -> Json:
    used = books.use(label, asked["model"], output=False)
    said: list[str] | str = asked["input"]
    texts = [said] if isinstance(said, str) else said
    return {
        "object": "list",
        "model": used.model,
        "data": [
            {"object": "embedding", "index": i, "embedding": [0.25, -0.5]}
            for i in range(len(texts))
        ],
        "usage": {"prompt_tokens": used.prompt, "total_tokens": used.prompt},
    }


def _data(event: Json) -> str:
    return "data: " + json.dumps(event)


_APIS: Final[dict[str, Callable[[Json, str, Books], Json]]] = {
    "/v1/chat/completions": _chat,
    "/v1/responses": _responses,
    "/v1/embeddings": _embeddings,
}
_EVENTS: Final[dict[str, Callable[[Json, Json], Iterator[str]]]] = {
    "/v1/chat/completions": _chunks,
    "/v1/responses": _response_events,
}
