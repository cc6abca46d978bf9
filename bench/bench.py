#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""bench.py [--all] RESULTS [JSON [SVG]]: what the lines that guest.sh wrote amount to.

A run's time is the median of its slices; a case's is the median of its runs, and
its spread the distance between their quartiles. Prints a table; JSON and SVG are
written if they are named. With --all there must be a figure for each goal.
"""

import json
import statistics
import sys

import goals
import plot

VARIANTS = ("plain", "conntrack", "flowtable", "alias", "rules", "chains", "one")
METHOD = (
    "user-mode Linux, native speed, one boot; packets handed to netif_receive_skb on a "
    "dummy device in batches of 64 with bottom halves off, forwarded to a second one; "
    "ns a CPU spends on a packet: median of runs, in turn, of medians of slices"
)


def fields(words):
    return dict(word.split("=", 1) for word in words if "=" in word)


def number(text):
    return int(text) if text.isdigit() else float(text)


def run_ns(run, kind="ns"):
    """Per packet and CPU: CPUs at work at once count as their rates add up."""
    times = [number(run[f"{kind}{n}"]) for n in range(8) if f"{kind}{n}" in run]
    return len(times) / sum(1 / time for time in times if time)


def spread(values):
    if len(values) < 2:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return high - low


class Results:
    def __init__(self, path):
        self.kernel = ""
        self.runs = {}
        self.asked = []
        self.failed = []
        self.values = {}
        self.others = 0
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                self.take(line.split())
        self.find_missing()

    def find_missing(self):
        """A case that was asked for leaves figures, or says why it has none."""
        known = {line["case"] for line in self.failed} | set(self.runs)
        known |= {name for name, _ in self.values}
        for name in self.asked:
            if name not in known:
                self.failed.append({"case": name, "variant": "-", "reason": "no figures"})

    def take(self, words):
        if words[0] == "kernel":
            self.kernel = " ".join(words[1:])
            return
        line = fields(words[1:])
        if words[0] == "host":
            self.others = number(line["others"])
        elif words[0] == "run":
            self.runs.setdefault(line["case"], {}).setdefault(line["variant"], []).append(line)
        elif words[0] == "asked":
            self.asked.append(line["case"])
        elif words[0] == "failed":
            self.failed.append(line | {"reason": line["reason"].replace("_", " ")})
        elif words[0] == "value":
            name = line.pop("case"), line.pop("variant")
            for key, value in line.items():
                self.values.setdefault(name, {}).setdefault(key, []).append(number(value))


def parse_case(text):
    what, proto, flows, *options = text.split("/")
    case = {"case": what, "proto": proto, "flows": int(flows), "cpus": 1, "instances": 1}
    for option in options:
        if option[0] == "c":
            case["cpus"] = int(option[1:])
        elif option[0] == "i":
            case["instances"] = int(option[1:])
        elif option[0] == "v":
            case["build"] = option[1:]
        elif option[0] == "a":
            case["addresses"] = int(option[1:])
        elif option == "s":
            case["same_ports"] = True
        else:
            case["select"] = {"m": "map", "r": "rules"}[option]
    return case


def ratio(plain, conntrack, alias):
    return (alias - plain) / (conntrack - plain) if conntrack != plain else 0.0


def added_ratio(case):
    try:
        return round(ratio(case["plain_ns"], case["conntrack_ns"], case["alias_ns"]), 3)
    except KeyError:
        return None


def ratio_spread(runs):
    """Of the ratios of the single rounds: what the machine does to one does it to all three."""
    rounds = [{line["round"]: run_ns(line) for line in runs.get(variant, ())}
              for variant in ("plain", "conntrack", "alias")]
    common = set(rounds[0]) & set(rounds[1]) & set(rounds[2])
    return round(spread([ratio(*(times[n] for times in rounds)) for n in common]), 3)


def summarise(text, runs):
    case = parse_case(text) | {"name": text}
    for variant, lines in runs.items():
        times = [run_ns(line) for line in lines]
        case[f"{variant}_ns"] = round(statistics.median(times), 1)
        case[f"{variant}_spread"] = round(spread(times), 1)
        case[f"{variant}_mean_ns"] = round(statistics.median(run_ns(line, "mean")
                                                             for line in lines), 1)
        case["rounds"] = len(lines)
    case["added_ratio"] = added_ratio(case)
    case["added_ratio_spread"] = ratio_spread(runs)
    return case


def alone(case):
    """What one CPU does alone: as many established flows as each has here, or all new ones."""
    name = case["name"].replace(f"/c{case['cpus']}", "")
    if not case["case"].startswith("established"):
        return name
    return name.replace(f"/{case['flows']}", f"/{case['flows'] // case['cpus']}", 1)


def add_scaling(cases):
    """How many times one CPU's rate several have."""
    known = {case["name"]: case for case in cases}
    for case in cases:
        if case["cpus"] == 1:
            continue
        one = known.get(alone(case))
        if one:
            case["scaling"] = {
                variant: round(case["cpus"] * one[f"{variant}_ns"] / case[f"{variant}_ns"], 2)
                for variant in VARIANTS
                if f"{variant}_ns" in case and f"{variant}_ns" in one}


def print_case(case):
    cells = [f"{case['name']:<34}"]
    for variant in VARIANTS[:4]:
        if f"{variant}_ns" not in case:
            cells.append(f"{'-':>13}")
            continue
        cells.append(f"{case[f'{variant}_ns']:>7.0f} ±{case[f'{variant}_spread'] / 2:<4.0f}")
    for variant in VARIANTS[1:]:
        added = case.get(f"{variant}_ns", 0) - case.get("plain_ns", 0)
        cells.append(f"{added:>+7.0f}" if f"{variant}_ns" in case and "plain_ns" in case
                     else f"{'-':>7}")
    share = case["added_ratio"]
    cells.append(f"{share:>6.2f} ±{case['added_ratio_spread'] / 2:<4.2f}" if share is not None
                 else f"{'-':>6}")
    if "scaling" in case:
        cells.append("x" + "/".join(str(case["scaling"].get(variant, "-"))
                                    for variant in VARIANTS))
    if case["failed"]:
        cells.append("FAILED, see below")
    print(" ".join(cells))


def print_table(results, cases):
    print(f"kernel {results.kernel}")
    print(METHOD + "; ± half the distance of the runs' quartiles")
    print()
    print(f"{'case':<34} " + " ".join(f"{variant:>12}" for variant in VARIANTS[:4]) +
          f"  {'added: ct':>9} {'ft':>6} {'alias':>7} {'rules':>7} {'chains':>7} {'one':>7}  ratio")
    for case in cases:
        print_case(case)
    print()
    for (name, variant), values in results.values.items():
        print(f"{name:<26} {variant:<10} " + ", ".join(
            f"{key} {statistics.median(value):.10g}" for key, value in values.items()
            if not key.startswith("below_")))
    print()
    if results.others >= 10:
        print(f"Others used {results.others} % of this machine meanwhile: not to be relied on, "
              "with two CPUs least.")
    for line in results.failed:
        print(f"FAILED {line['case']} {line['variant']}: {line['reason']}")


def bytes_per_link(results):
    """Of the case with the most links, as the others' addresses are nearly empty."""
    memory = {}
    for (name, variant), values in sorted(
            results.values.items(), key=lambda item: parse_case(item[0][0])["flows"]):
        if name.startswith("memory/") and "bytes_per_link" in values:
            proto = name.split("/")[1]
            # The figure is that of TCP links.
            key = variant if proto == "tcp" else f"{variant}_{proto}"
            memory[key] = round(statistics.median(values["bytes_per_link"]), 1)
    return memory


def print_goals(found):
    print()
    for goal in found:
        if goal["figure"] is None:
            print(f"UNKNOWN {goal['what']} ({goal['goal']})")
            continue
        around = f" ± {goal['spread'] / 2:.2f}" if goal.get("spread") else ""
        print(f"{'met   ' if goal['met'] else 'MISSED'} {goal['what']}: {goal['figure']:g}{around} "
              f"({goal['goal']})")


def as_json(results, cases, found):
    other = [{"case": name, "variant": variant} |
             {key: statistics.median(value) for key, value in values.items()}
             for (name, variant), values in results.values.items()]
    return {"kernel": results.kernel, "method": METHOD, "cases": cases,
            "bytes_per_link": bytes_per_link(results), "other": other,
            "goals": found, "unsupported": results.failed, "others_percent": results.others}


def main():
    whole = "--all" in sys.argv
    if whole:
        sys.argv.remove("--all")
    results = Results(sys.argv[1])
    cases = [summarise(text, runs) for text, runs in results.runs.items()]
    failed = {line["case"] for line in results.failed}
    for case in cases:
        case["failed"] = case["name"] in failed
    add_scaling(cases)
    print_table(results, cases)
    found = goals.report(cases, results.values, whole)
    print_goals(found)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w", encoding="utf-8") as out:
            json.dump(as_json(results, cases, found), out, indent=1)
            out.write("\n")
    if len(sys.argv) > 3:
        with open(sys.argv[3], "w", encoding="utf-8") as out:
            out.write(plot.svg(cases))
    return 1 if results.failed or any(goal["figure"] is None for goal in found) else 0


if __name__ == "__main__":
    sys.exit(main())
