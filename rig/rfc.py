#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""rfc.py TABLE LOG...

Holds the table of RFC requirements (RFC.md) against the logs of the tests: each
requirement must have a row, and each row tests that ran and passed, or a written
reason; and each of these tests must say itself which requirement it shows (see
rfc_sources.py; kunit/ and selftests/ stand beside TABLE). First the same is done with
tables and tests that are wrong, which must be noticed. Last line `N passed, N failed`.
"""
import os
import re
import sys

from rfc_sources import Sources, of_c, of_python, of_shell, requirements

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


def fault(requirement, how, cases, said):
    """What is wrong with the last cell of a row, or None."""
    named = re.findall(r"`([^`:]+): ([^`]+)`", how)
    if not named and not re.match(r"(not|later|by design): \S", how):
        return "neither a test nor a reason"
    for suite, name in named:
        hits = [case for case in cases if case[0] == suite and case[1].startswith(name)]
        if not hits:
            return "no test `%s: %s` ran" % (suite, name)
        if not all(cases[case] for case in hits):
            return "`%s: %s` did not pass" % (suite, name)
        for case in hits:
            if requirement not in (said(*case) or ()):
                return "`%s: %s` does not say that it shows this" % case
    return None


def judge(table, cases, wanted, said):
    """(requirement, fault or None) for each requirement; said(suite, case) is what a test says."""
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
            yield name, fault((rfc, number), how, cases, said)
        seen.add((rfc, number))
    for rfc, numbers in wanted.items():
        for number in numbers.split():
            if (rfc, number) not in seen:
                yield "RFC %s %s" % (rfc, number), "has no row"


LOG = ["# Subtest: udp", "    ok 1 goes out (RFC 1000 REQ-1)", "    not ok 2 comes in",
       "    ok 3 skipped # SKIP", "    ok 4 says nothing", "    ok 5 goes"]
GOOD = ["## RFC 1000", "| 1 | MUST | x | `udp: goes out` |", "| 2 | MAY | x | not: a reason |"]


def wrong_tables():
    """Each is wrong in one way."""
    return {
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
        "a test that names no requirement": GOOD[:2] + ["| 2 | MAY | x | `udp: says nothing` |"],
        "a test that names another requirement": GOOD[:2] + ["| 2 | MAY | x | `udp: goes out` |"],
        "one of two tests that names none": [GOOD[0], "| 1 | MUST | x | `udp: goes` |", GOOD[2]],
        "a reason with a test that did not run":
            GOOD[:2] + ["| 2 | MAY | x | not: a reason, `udp: goes away` |"],
    }


# A test whose source names RFC 1000 REQ-1, 2a and RFC 2000 section 2.1, in three
# languages; beside it one that names nothing.
SOURCES = {
    "C": (of_c, """\
/* RFC 1000 REQ-1,
 * REQ-2a: why
 */
static void shows(struct kunit *test)
{
	/* RFC 2000 section 2.1 */
}

/* RFC 3000 REQ-3 */

static void silent(struct kunit *test)
{
}

/* RFC 4000 REQ-4 */
"""),
    "Python": (of_python, """\
# RFC 1000 REQ-1, 2a
def factory(name):
    @case("%s" % name)
    def run(lab):
        # RFC 2000 section 2.1
        pass

# RFC 3000 REQ-3

@case("silent")
def silent(lab):
    pass
# RFC 4000 REQ-4
""".replace('"%s"', '"sho%s"')),
    "shell": (of_shell, """\
# RFC 1000 REQ-1
shows()
{
	# REQ-1, and RFC 1000 REQ-2a, RFC 2000 section 2.1
	check "sho$1" true
}
# RFC 3000 REQ-3

check "silent" true
# RFC 4000 REQ-4
"""),
}


def source_controls():
    """What tests say is read where it stands and nowhere else."""
    wanted = {("1000", "1"), ("1000", "2a"), ("2000", "2.1")}
    for language, (reader, text) in SOURCES.items():
        find = reader(text)
        yield "%s: a test's comments are read" % language, requirements(find("shows")) == wanted
        yield "%s: those of others are not" % language, not requirements(find("silent"))
        yield "%s: a test without source is noticed" % language, find("missing") is None
    yield "a number in other words is none", not requirements("RFC 1000, 3 times REQ-4, RFC 2000")


def controls():
    """What must be noticed is, and what is good is not."""
    wanted, cases = {"1000": "1 2"}, ran(LOG)

    def said(_, case):
        return requirements(case) if case != "goes" else None

    yield "a good table is good", not any(f for _, f in judge(GOOD, cases, wanted, said))
    for name, table in wrong_tables().items():
        yield "%s is noticed" % name, any(f for _, f in judge(table, cases, wanted, said))
    yield from source_controls()


def main():
    results = [("control: " + name, None if good else "is not")
               for name, good in controls()]
    cases = {}
    for path in sys.argv[2:]:
        with open(path, errors="replace") as log:
            for key, passed in ran(log).items():
                cases[key] = cases.get(key, True) and passed
    said = Sources(os.path.dirname(os.path.abspath(sys.argv[1]))).said
    with open(sys.argv[1]) as table:
        results += judge(table, cases, REQUIREMENTS, said)
    for name, wrong in results:
        print("%s - %s%s" % ("not ok" if wrong else "ok", name, ": " + wrong if wrong else ""))
    failed = sum(1 for _, wrong in results if wrong)
    print("%d passed, %d failed" % (len(results) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
