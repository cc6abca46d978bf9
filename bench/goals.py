# SPDX-License-Identifier: GPL-2.0
"""What the figures should be, and whether they are. For bench.py."""


class Figures:
    """What was measured, None where it was not."""

    def __init__(self, cases, values):
        self.cases = {case["name"]: case for case in cases}
        self.values = values

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
            yield (f"added by alias, {way}/{proto}: 4 M to 4 k flows",
                   quotient(figures.added(f"{way}/{proto}/4194304"),
                            figures.added(f"{way}/{proto}/4096")), "<=", 2)
    for flows in (4096, 102400, 1048576):
        for proto in ("udp", "tcp"):
            name = f"new/{proto}/{flows}"
            yield f"ratio {name}", figures.of(name, "added_ratio"), "<=", 0.25
    yield "ratio new/udp/102400/s", figures.of("new/udp/102400/s", "added_ratio"), "<=", 0.25
    for name in ("exhausted/udp/65536", "exhausted/udp/65536/a33", "exhausted/udp/65536/a33/s"):
        yield (f"ns of a refusal to an established packet, {name}",
               quotient(figures.of(name, "alias_ns"),
                        figures.of("established-out/udp/4096", "alias_ns")), "<=", 1)
    for name in ("memory/tcp/1048576", "memory/tcp/102400/a32", "memory/tcp/102400/a1000"):
        yield f"bytes of a link, {name}", figures.worst(name, "bytes_per_link"), "<=", 128
    for name in ("established-out/udp/8192/c2", "established-in/udp/8192/c2",
                 "established-out/tcp/8192/c2", "established-in/tcp/8192/c2"):
        yield f"two CPUs to one, {name}", figures.scaling(name), ">=", 1.9
    yield "two CPUs to one, new/udp/102400/c2", figures.scaling("new/udp/102400/c2"), ">=", 1.3
    for name in ("established-out/udp/102400", "established-in/udp/102400", "new/udp/102400"):
        yield (f"ns of 1000 instances to 1, {name}",
               quotient(figures.of(f"{name}/i1000", "alias_ns"),
                        figures.of(f"{name}/m", "alias_ns")), "<=", 1.05)
        yield (f"ns of 1000 instances to 1 of as many addresses, {name}",
               quotient(figures.of(f"{name}/i1000", "alias_ns"),
                        figures.of(f"{name}/m/a1000", "alias_ns")), "<=", 1.05)
    yield ("us the lock is held at most, flush",
           quotient(figures.worst("hold/udp/1048576", "longest_hold_ns"), 1000), "<=", 100)


def report(cases, values, whole):
    """A dictionary for each goal of which something is known; of the whole run for all."""
    figures, found = Figures(cases, values), []
    for what, figure, relation, goal in goals(figures):
        if figure is None and not whole:
            continue
        entry = {"what": what, "figure": figure, "goal": f"{relation} {goal}", "met": None}
        if figure is not None:
            entry["figure"] = round(figure, 3)
            entry["met"] = figure <= goal if relation == "<=" else figure >= goal
        if what.startswith("ratio "):
            entry["spread"] = figures.of(what.split()[1], "added_ratio_spread")
        found.append(entry)
    return found
