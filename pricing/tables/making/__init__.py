"""How the price tables are made from public data.

Tools for people, run by `python -m pricing.tables.build` and `... .check`; the service never
imports them. One invariant: the same sources always give the same files.
"""
