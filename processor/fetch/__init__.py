"""Prices from web addresses: one bounded request, the last good copy on disk, when to ask again.

Nothing here knows prices or the event loop; `processor.prices` hands what came to the book.
Imported only where a configuration names a `url`. Invariant: no secret leaves in words.
"""

from __future__ import annotations
