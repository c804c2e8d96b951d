"""Builds the hot modules with mypyc where a C compiler is found; everything else is in pyproject.toml.

GENAI_COST_COMPILE=auto (the default) falls back to the interpreted module on a machine that cannot
compile, `require` fails instead (wheels, CI), `never` does not try (development: no stale .so).
A shim without its library would install and then fail at import, so one failed part drops all.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.dist import Distribution

# The walk over the bytes and what runs once for every span that describes a call.
HOT = [
    "pricing/charge.py",
    "pricing/deal.py",
    "pricing/plan.py",
    "pricing/tariff.py",
    "processor/billing.py",
    "processor/calls/awaited.py",
    "processor/calls/candidate.py",
    "processor/calls/kin.py",
    "processor/calls/links.py",
    "processor/calls/memory.py",
    "processor/calls/same_call.py",
    "processor/calls/settle.py",
    "processor/calls/sieve.py",
    "processor/calls/subtree.py",
    "processor/calls/window.py",
    "processor/dialects/hear.py",
    "processor/dialects/reading.py",
    "processor/dialects/recipe.py",
    "processor/dialects/recognise.py",
    "processor/dialects/said.py",
    "processor/dialects/shapes.py",
    "processor/dialects/speaker.py",
    "processor/dialects/subject.py",
    "processor/dialects/texts.py",
    "processor/dialects/usage.py",
    "processor/enrich.py",
    "processor/metrics/account.py",
    "processor/metrics/ledger.py",
    "processor/model.py",
    "processor/stamp.py",
    "processor/wire/count.py",
    "processor/wire/everyone.py",
    "processor/wire/fields.py",
    "processor/wire/head.py",
    "processor/wire/keys.py",
    "processor/wire/lookout.py",
    "processor/wire/splice.py",
    "processor/wire/walk.py",
]
# Nobody replaces a function of a module from outside: small ones are inlined, others called without a detour.
CALLED_DIRECTLY = ["-fno-semantic-interposition"]
MODE = os.environ.get("GENAI_COST_COMPILE", "auto")


class AllOrNothing(build_ext):
    """Compiles every extension, or leaves none of them behind."""

    def run(self) -> None:
        try:
            super().run()
        except Exception as problem:
            if MODE == "require":
                raise
            print(f"not compiled, will run interpreted: {problem}", file=sys.stderr)
            for output in self.get_outputs():
                Path(output).unlink(missing_ok=True)
            self.extensions = self.distribution.ext_modules = []


def can_compile() -> bool:
    """Whether a one-line extension that includes Python.h builds here."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        source = Path(folder, "probe.c")
        source.write_text("#include <Python.h>\nPyObject *PyInit_probe(void) { return 0; }\n")
        probe = Distribution(
            {"name": "probe", "ext_modules": [Extension("probe", [str(source)])]}
        )
        command = build_ext(probe)
        command.build_lib = command.build_temp = folder
        try:
            command.ensure_finalized()
            command.run()
        except Exception:
            return False
        return True


def extensions() -> list[Any]:
    """The compiled form of the hot modules, or nothing."""
    if MODE == "never" or (MODE == "auto" and not can_compile()):
        return []
    try:
        from mypyc.build import mypycify

        options = ["--strict", "--follow-imports=silent"]
        made = list(mypycify([*HOT, *options], opt_level="3", debug_level="0"))
    except (Exception, SystemExit) as problem:
        if MODE == "require":
            raise
        print(f"not compiled, will run interpreted: {problem}", file=sys.stderr)
        return []
    for each in made:
        each.extra_compile_args += CALLED_DIRECTLY
    return made


setup(ext_modules=extensions(), cmdclass={"build_ext": AllOrNothing})
