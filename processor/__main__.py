"""`python -m processor`, and what the command `genai-cost` starts."""

from __future__ import annotations

from processor.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
