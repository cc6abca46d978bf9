# SPDX-License-Identifier: GPL-2.0
"""What the figures should be, and whether they are. For bench.py."""


class Figures:
    """What was measured, None where it was not."""

    def __init__(self, cases, values, memory):
        self.cases = {case["name"]: case for case in cases}
        self.values = values
        self.memory = memory

    def of(self, name, key):
        return self.cases.get(name, {}).get(key)

    def added(self, name):
        alias, plain = self.of(name, "alias_ns"), self.of(name, "plain_ns")
        return None if None in (alias, plain) else alias - plain

    def scaling(self, name):
        return (self.of(name, "scaling") or {}).get("alias")

    def worst(self, name, key):
        return max(self.values.get((name, "alias"), {}).get(key, ()), default=None)


def quotient(one, other):
    return None if None in (one, other) else one / other


def goals(figures):
    """(what, figure, '<=' or '>=', goal)"""
    for way in ("established-out", "established-in"):
        for proto in ("udp", "tcp"):
            for flows, most in ((4096, 0.28), (409600, 0.45), (4194304, 0.45)):
                name = f"{way}/{proto}/{flows}"
                yield f"ratio {name}", figures.of(name, "added_ratio"), "<=", most
        yield (f"added by alias, {way}/udp: 4 M to 4 k flows",
               quotient(figures.added(f"{way}/udp/4194304"), figures.added(f"{way}/udp/4096")),
               "<=", 2)
    for name in ("new/udp/102400", "new/tcp/102400", "new/udp/1048576"):
        yield f"ratio {name}", figures.of(name, "added_ratio"), "<=", 0.25
    for name in ("exhausted/udp/65536", "exhausted/udp/65536/a33"):
        yield (f"ns of a refusal to an established packet, {name}",
               quotient(figures.of(name, "alias_ns"),
                        figures.of("established-out/udp/4096", "alias_ns")), "<=", 1)
    yield "bytes per TCP link", figures.memory.get("alias"), "<=", 128
    for name, least in (("established-out/udp/4096/c2", 1.9), ("established-in/udp/4096/c2", 1.9),
                        ("new/udp/102400/c2", 1.3)):
        yield f"two CPUs to one, {name}", figures.scaling(name), ">=", least
    for name in ("established-out/udp/102400", "established-in/udp/102400", "new/udp/102400"):
        yield (f"ns of 1000 instances to 1, {name}",
               quotient(figures.of(f"{name}/i1000", "alias_ns"),
                        figures.of(f"{name}/m", "alias_ns")), "<=", 1.05)
        yield (f"ns of 1000 instances to 1 of as many addresses, {name}",
               quotient(figures.of(f"{name}/i1000", "alias_ns"),
                        figures.of(f"{name}/m/a1000", "alias_ns")), "<=", 1.05)
    yield ("us the lock is held at most, flush",
           quotient(figures.worst("flush/udp/1048576", "longest_hold_ns"), 1000), "<=", 100)


def report(cases, values, memory):
    """A dictionary for each goal of which something is known."""
    found = []
    for what, figure, relation, goal in goals(Figures(cases, values, memory)):
        if figure is None:
            continue
        met = figure <= goal if relation == "<=" else figure >= goal
        found.append({"what": what, "figure": round(figure, 3), "goal": f"{relation} {goal}",
                      "met": met})
    return found
