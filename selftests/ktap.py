# SPDX-License-Identifier: GPL-2.0
"""Cases and their results in KTAP."""
import sys
import traceback

_cases = []


class Failure(Exception):
    """What a case saw instead of what it claims."""


def case(name):
    """Makes a function a case; they run in the order written."""
    def add(function):
        _cases.append((name, function))
        return function
    return add


def _short(value):
    text = repr(value)
    return text if len(text) < 2000 else text[:1900] + " … %d characters" % len(text)


def check(condition, what):
    if not condition:
        raise Failure(what)


def equal(got, want, what):
    if got == want:
        return
    if isinstance(got, set) and isinstance(want, set) and len(got | want) > 8:
        got, want, what = got - want, want - got, what + ", where they differ"
    raise Failure("%s\ngot  %s\nwant %s" % (what, _short(got), _short(want)))


def run(*arguments):
    """Runs all cases with the same arguments. Returns an exit status."""
    failed = 0
    print("1..%d" % len(_cases), flush=True)
    for number, (name, function) in enumerate(_cases, 1):
        try:
            function(*arguments)
            print("ok %d %s" % (number, name), flush=True)
        except Exception as error:  # a test that breaks has not passed
            failed += 1
            text = str(error) if isinstance(error, Failure) else traceback.format_exc()
            where = traceback.extract_tb(error.__traceback__)
            lines = ["line %d" % frame.lineno for frame in where
                     if frame.filename == function.__code__.co_filename]
            print("not ok %d %s" % (number, name))
            for line in [", ".join(lines)] + text.splitlines():
                print("# " + line)
            sys.stdout.flush()
    return 1 if failed else 0
