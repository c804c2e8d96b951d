"""Each billed call once, however many spans describe it and however often they are sent."""

from __future__ import annotations

from processor.calls.candidate import Candidate, Verdict
from processor.calls.memory import Memory, Remembered, Settled
from processor.calls.settle import settle

__all__ = ["Candidate", "Memory", "Remembered", "Settled", "Verdict", "settle"]
