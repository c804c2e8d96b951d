"""Readers of price sources as they are published: each a file, all with one answer.

A reader turns a parsed document into a layer or one `PriceError` with every problem in it.
"""

from __future__ import annotations
