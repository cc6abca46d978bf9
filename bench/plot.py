# SPDX-License-Identifier: GPL-2.0
"""The added cost against the number of flows, as an SVG. For bench.py."""

import math

SIZE = 760, 460
MARGIN = 70, 40, 30, 50     # left, right, top, bottom
COLOURS = {"conntrack": "#c0392b", "flowtable": "#7f8c8d", "alias": "#2471a3"}
DASHES = {"established-out": "", "established-in": "5 4"}
TICKS = {1: "1", 4096: "4 k", 102400: "100 k", 409600: "400 k", 1048576: "1 M", 4194304: "4 M"}


def series(cases):
    """(variant, case) -> [(flows, added ns)], of UDP in one instance on one CPU"""
    lines = {}
    for case in cases:
        if (case["case"] not in DASHES or case["proto"] != "udp" or case["cpus"] != 1 or
                case["instances"] != 1 or "select" in case or "plain_ns" not in case):
            continue
        for variant in COLOURS:
            if f"{variant}_ns" in case:
                lines.setdefault((variant, case["case"]), []).append(
                    (case["flows"], case[f"{variant}_ns"] - case["plain_ns"]))
    return {key: sorted(points) for key, points in lines.items()}


def text(x, y, words, **more):
    attributes = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{words}</text>'


def svg(cases):
    lines = series(cases)
    left, right, top, bottom = MARGIN
    width, height = SIZE[0] - left - right, SIZE[1] - top - bottom
    values = [y for points in lines.values() for _, y in points] or [1]
    high = math.ceil(max(values) / 100 + 0.2) * 100
    low = min(0, math.floor(min(values) / 100) * 100)

    def place(flows, added):
        return (left + width * math.log2(flows) / 22,
                top + height * (high - added) / (high - low))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE[0]}" height="{SIZE[1]}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{SIZE[0]}" height="{SIZE[1]}" fill="white"/>',
           text(left, 18, "ns added to plain forwarding, by established UDP flows "
                "(solid: outward, dashed: inward)", font_size=13)]
    step = max(100, round((high - low) / 8 / 100) * 100)
    for added in range(low, high + 1, step):
        _, y = place(1, added)
        out.append(f'<path d="M{left} {y:.1f}h{width}" stroke="#ddd"/>')
        out.append(text(left - 8, y + 4, added, text_anchor="end"))
    for flows, name in TICKS.items():
        x, _ = place(flows, 0)
        out.append(f'<path d="M{x:.1f} {top}v{height}" stroke="#eee"/>')
        out.append(text(x, SIZE[1] - bottom + 18, name, text_anchor="middle"))
    out.append(text(left + width / 2, SIZE[1] - 10, "flows", text_anchor="middle"))
    for n, (variant, colour) in enumerate(COLOURS.items()):
        out.append(f'<rect x="{left + 12}" y="{top + 10 + 18 * n}" width="18" height="4" '
                   f'fill="{colour}"/>')
        out.append(text(left + 38, top + 16 + 18 * n, variant))
    for (variant, case), points in lines.items():
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        out.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[variant]}" '
                   f'stroke-width="2" stroke-dasharray="{DASHES[case]}"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[variant]}"/>'
                for x, y in (place(*point) for point in points)]
    out.append("</svg>\n")
    return "\n".join(out)
