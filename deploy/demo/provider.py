"""A stand-in for two LLM providers: enough of their HTTP APIs for the real client libraries.

Answers OpenAI's chat, responses and embeddings and Anthropic's messages with plausible text and a
usage block; listens on a free port of the loopback interface and nowhere else. It knows no prices.
"""

from __future__ import annotations

import itertools
import json
import secrets
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

Json = dict[str, Any]

# What the provider calls the model that it answers with: an alias is served by a dated snapshot.
SNAPSHOTS = {
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
}
ANSWER = "It was shipped on Monday and should be with you by Thursday."

# A response id names a call for ever: those of one run must not come again in the next.
RUN = secrets.token_hex(4)
_serial = itertools.count(1)


@contextmanager
def stand_in() -> Generator[str]:
    """Serves until the block is left; gives its base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One request: refuses the first of a kind when asked to, answers or streams the rest."""

    protocol_version = "HTTP/1.1"
    refused: set[str] = set()  # noqa: RUF012  # on purpose one for all connections

    def do_POST(self) -> None:
        """Answers one call to a model."""
        asked: Json = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = _APIS.get(self.path.partition("?")[0])
        if answer is None:
            self._send(404, {"error": {"message": f"no such path here: {self.path}"}})
        elif self._is_to_be_refused():
            limited = {"message": "too many requests", "type": "rate_limit_error"}
            self._send(429, {"error": limited})
        elif asked.get("stream"):
            self._stream(answer(asked), asked)
        else:
            self._send(200, answer(asked))

    def _is_to_be_refused(self) -> bool:
        """Whether this is the first request with its `x-demo-refuse-once` label."""
        label = self.headers.get("x-demo-refuse-once")
        if label is None or label in self.refused:
            return False
        self.refused.add(label)
        return True

    def _send(self, status: int, body: Json) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _stream(self, whole: Json, asked: Json) -> None:
        """A chat completion as server-sent events, its usage in the last one if it was asked for."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        options: Json = asked.get("stream_options") or {}
        for chunk in _chunks(whole, with_usage=bool(options.get("include_usage"))):
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Keeps the terminal for the demo's own words."""


def _prompt_tokens(asked: Json) -> int:
    """About four characters a token, as English text goes."""
    said = (
        asked.get("system"),
        asked.get("instructions"),
        asked.get("messages"),
        asked.get("input"),
    )
    return sum(len(json.dumps(part)) for part in said if part) // 4


def _cached(prompt: int, *, block: int = 128, least: int = 1024) -> int:
    """OpenAI caches long prompts in blocks of 128 tokens from 1,024 on."""
    return prompt // block * block if prompt >= least else 0


def _chat(asked: Json) -> Json:
    prompt, output = _prompt_tokens(asked), 120 + 7 * (next(_serial) % 9)
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": ANSWER},
    }
    return {
        "id": f"chatcmpl-demo-{RUN}-{next(_serial):05d}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": SNAPSHOTS.get(asked["model"], asked["model"]),
        "choices": [choice],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": output,
            "total_tokens": prompt + output,
            "prompt_tokens_details": {"cached_tokens": _cached(prompt)},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def _chunks(whole: Json, *, with_usage: bool) -> Iterator[Json]:
    frame = {key: whole[key] for key in ("id", "created", "model")} | {
        "object": "chat.completion.chunk"
    }
    for word in ANSWER.split():
        yield frame | {
            "choices": [{"index": 0, "delta": {"content": word + " "}, "finish_reason": None}]
        }
    yield frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    if with_usage:
        yield frame | {"choices": [], "usage": whole["usage"]}


def _responses(asked: Json) -> Json:
    prompt, output = _prompt_tokens(asked), 700 + 90 * (next(_serial) % 5)
    text: Json = {"type": "output_text", "text": ANSWER, "annotations": []}
    return {
        "id": f"resp_demo_{RUN}_{next(_serial):05d}",
        "object": "response",
        "created_at": 1_760_000_000,
        "status": "completed",
        "model": SNAPSHOTS.get(asked["model"], asked["model"]),
        "output": [
            {
                "id": "msg_demo",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [text],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": _cached(prompt)},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": output * 3 // 4},
            "total_tokens": prompt + output,
        },
    }


def _embeddings(asked: Json) -> Json:
    texts: list[str] = asked["input"]
    tokens = _prompt_tokens(asked)
    data = [
        {"object": "embedding", "index": i, "embedding": [0.25, -0.5, 0.125]}
        for i in range(len(texts))
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": asked["model"], "data": data, "usage": usage}


def _messages(asked: Json) -> Json:
    """Anthropic counts what it read from and wrote to its cache beside `input_tokens`, not inside."""
    prompt, serial = _prompt_tokens(asked), next(_serial)
    kept = prompt * 4 // 5 if prompt >= 1024 else 0
    first = kept > 0 and serial % 3 == 0
    return {
        "id": f"msg_demo_{RUN}_{serial:05d}",
        "type": "message",
        "role": "assistant",
        "model": SNAPSHOTS.get(asked["model"], asked["model"]),
        "content": [{"type": "text", "text": ANSWER}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": prompt - kept,
            "cache_creation_input_tokens": kept if first else 0,
            "cache_read_input_tokens": 0 if first else kept,
            "output_tokens": 150 + 11 * (serial % 7),
            "service_tier": "standard",
        },
    }


_APIS: dict[str, Callable[[Json], Json]] = {
    "/v1/chat/completions": _chat,
    "/v1/responses": _responses,
    "/v1/embeddings": _embeddings,
    "/v1/messages": _messages,
}
