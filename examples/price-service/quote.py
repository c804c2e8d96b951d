"""Asks genai-cost what a call would cost, before it is made.

    pip install grpcio protobuf grpcio-tools
    python -m grpc_tools.protoc -I ../../proto_gen --python_out=. price_service.proto
    python quote.py localhost:4317 gpt-4o input=1420 output=380

Prints the cost and its parts, or why there is none (exit 1), or why nobody answered (exit 2).
"""

from __future__ import annotations

import sys

import grpc
import price_service_pb2 as v1

QUOTE = "/genai_cost.v1.PriceService/Quote"


def main(address: str, model: str, *counts: str) -> int:
    """Ask once, and wait for the answer no longer than the call itself is worth: 200 ms."""
    usage = {name: float(count) for name, _, count in (each.partition("=") for each in counts)}
    with grpc.insecure_channel(address) as channel:
        quote = channel.unary_unary(
            QUOTE,
            request_serializer=v1.QuoteRequest.SerializeToString,
            response_deserializer=v1.QuoteResponse.FromString,
        )
        try:
            answer = quote(
                v1.QuoteRequest(model=model, usage=usage), timeout=0.2, wait_for_ready=False
            )
        except (
            grpc.RpcError
        ) as refused:  # a busy or absent price service must not stop the call
            print(f"{refused.code().name}: {refused.details()}", file=sys.stderr)
            return 2
    if not answer.HasField("cost"):
        print(f"{model} has no price: {answer.status}: {answer.detail}")
        return 1
    print(f"${answer.cost_usd}  {answer.status}  {answer.row}")
    for part in answer.parts:
        print(f"  {part.usage_class}  ${part.cost_usd}")
    return 0


def usage() -> int:
    """Say how this is called."""
    print("usage: python quote.py HOST:PORT MODEL CLASS=COUNT...", file=sys.stderr)
    print("like:  python quote.py localhost:4317 gpt-4o input=1420 output=380", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 2 else usage())
