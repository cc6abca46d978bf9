#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""rfc.py TABLE LOG...

Holds the table of RFC requirements (RFC.md) against the logs of the tests: each
requirement must have a row, and each row tests that ran and passed, or a written
reason. First the same is done with tables that are wrong, which must be noticed.
Last line `N passed, N failed`.
"""
import re
import sys

# Every requirement there is: a row that vanished from the table is missed.
REQUIREMENTS = {
    "4787": "1 2 3 3a 4 5 5a 5b 5c 6 6a 7 8 8a 9 9a 10 10a 11 12 12a 12b 13 13a 14 14a",
    "5382": "1 2 2a 3 3a 3b 4 4a 5 5a 6 7 8 8a 9 10",
    "5508": "1 1a 2 2a 3 3a 3b 3c 3d 4 4a 4b 4c 5 5a 5b 5c 6 7 7a 8 9 10a 10b 10c 11",
    "5597": "1 2 3 3a 3b 4 5 5a 6 7 8 8a 9 10 11 12 13",
    "6888": "1 2 3 4 4A 4B 4C 5 5A 5B 6 7 8 8A 8B 8C 9 10 11A 11B 11C 11D 12 13 14 15",
    "7857": "2.1 2.2 2.3 3 4 5 6 7 7.1 8 9 10 11 12",
    "7422": "2",
    "8158": "5",
}
LEVELS = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "RECOMMENDED", "MAY", "–"}


def ran(lines):
    """{(suite, case): passed} of selftests and of KUnit."""
    cases, suite = {}, None
    for line in lines:
        line = line.rstrip("\r\n")
        found = re.match(r"(    )?# Subtest: (\S+)$", line)
        if found:
            suite = found[2]
            continue
        found = re.match(r"    (not )?ok \d+ (?!- )(.*?)( # SKIP.*)?$", line)
        if found and suite and not found[3]:
            key = (suite, found[2])
            cases[key] = cases.get(key, True) and not found[1]
    return cases


def rows(lines):
    """(rfc, id, level, how) of each row of the table."""
    rfc = None
    for line in lines:
        found = re.match(r"## RFC (\d+)", line)
        if found:
            rfc = found[1]
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and not re.match(r"-|number$", cells[0]):
            yield rfc, cells[0], cells[1], cells[3]


def fault(how, cases):
    """What is wrong with the last cell of a row, or None."""
    if re.match(r"(not|later|by design): \S", how):
        return None
    named = re.findall(r"`([^`:]+): ([^`]+)`", how)
    if not named:
        return "neither a test nor a reason"
    for suite, name in named:
        hits = [passed for (s, n), passed in cases.items() if s == suite and n.startswith(name)]
        if not hits:
            return "no test `%s: %s` ran" % (suite, name)
        if not all(hits):
            return "`%s: %s` did not pass" % (suite, name)
    return None


def judge(table, cases, wanted):
    """(requirement, fault or None) for each requirement."""
    seen = set()
    for rfc, number, level, how in rows(table):
        name = "RFC %s %s" % (rfc, number)
        if (rfc, number) in seen:
            yield name, "has two rows"
        elif number not in wanted.get(rfc, "").split():
            yield name, "is no requirement"
        elif level not in LEVELS:
            yield name, "unknown level %r" % level
        else:
            yield name, fault(how, cases)
        seen.add((rfc, number))
    for rfc, numbers in wanted.items():
        for number in numbers.split():
            if (rfc, number) not in seen:
                yield "RFC %s %s" % (rfc, number), "has no row"


LOG = ["# Subtest: udp", "    ok 1 goes out (RFC 1 REQ-1)", "    not ok 2 comes in",
       "    ok 3 skipped # SKIP"]
GOOD = ["## RFC 1", "| 1 | MUST | x | `udp: goes out` |", "| 2 | MAY | x | not: a reason |"]


def controls():
    """Tables that are wrong, each in one way."""
    wanted, cases = {"1": "1 2"}, ran(LOG)
    wrong = {
        "a missing row": GOOD[:2],
        "a row twice": GOOD + GOOD[1:2],
        "an unknown requirement": GOOD + ["| 3 | MAY | x | not: a reason |"],
        "neither test nor reason": GOOD[:2] + ["| 2 | MAY | x | tested well |"],
        "an empty reason": GOOD[:2] + ["| 2 | MAY | x | not: |"],
        "a test that did not run": GOOD[:2] + ["| 2 | MAY | x | `udp: goes away` |"],
        "a test that failed": GOOD[:2] + ["| 2 | MAY | x | `udp: comes in` |"],
        "a test that was skipped": GOOD[:2] + ["| 2 | MAY | x | `udp: skipped` |"],
        "a test of another suite": GOOD[:2] + ["| 2 | MAY | x | `tcp: goes out` |"],
        "an unknown level": GOOD[:2] + ["| 2 | PERHAPS | x | not: a reason |"],
    }
    yield "a good table is good", not any(f for _, f in judge(GOOD, cases, wanted))
    for name, table in wrong.items():
        yield "%s is noticed" % name, any(f for _, f in judge(table, cases, wanted))


def main():
    results = [("control: " + name, None if good else "is not")
               for name, good in controls()]
    cases = {}
    for path in sys.argv[2:]:
        with open(path, errors="replace") as log:
            for key, passed in ran(log).items():
                cases[key] = cases.get(key, True) and passed
    with open(sys.argv[1]) as table:
        results += judge(table, cases, REQUIREMENTS)
    for name, wrong in results:
        print("%s - %s%s" % ("not ok" if wrong else "ok", name, ": " + wrong if wrong else ""))
    failed = sum(1 for _, wrong in results if wrong)
    print("%d passed, %d failed" % (len(results) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
