#!/usr/bin/env python3
"""spam_curves.py MAILCTL TASKS EVALUATE: docs/spam_curves.svg, 1-ROCA % after N ham and N spam messages. TASKS and EVALUATE
are the benchmark's tasks.py and evaluate.py; the other filters' points are those of docs/performance.md."""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

PEERS = {"bogofilter": {20: 2.32, 200: 0.267}, "SpamAssassin": {20: 2.44, 200: 0.258}, "spamprobe": {20: 3.97, 200: 0.760},
         "rspamd": {20: 20.4, 200: 1.27}}
COLOURS = {"libmail": "#c0392b", "bogofilter": "#2471a3", "SpamAssassin": "#1e8449", "spamprobe": "#7d3c98", "rspamd": "#7f8c8d"}
WIDTH, HEIGHT, EDGE = 560, 320, 50


def x(count):
    return EDGE + (math.log10(count) - 1) / 2 * (WIDTH - 3 * EDGE)


def y(area):
    return EDGE / 2 + (1.5 - math.log10(area)) / 3 * (HEIGHT - 1.5 * EDGE)


def measure(mailctl, tasks, evaluate, count):
    lines = subprocess.run([sys.executable, "-B", tasks, f"curve{count}", "spamassassin", "--side", "dev"], check=True,
                           capture_output=True).stdout
    scores = subprocess.run([mailctl, "spam", "replay"], input=lines, check=True, capture_output=True).stdout
    with tempfile.NamedTemporaryFile() as results:
        results.write(scores)
        results.flush()
        told = subprocess.run([sys.executable, "-B", evaluate, "--no-boot", "--json", results.name], check=True,
                              capture_output=True, text=True).stdout
    return json.loads(told)


def main():
    mailctl, tasks, evaluate = sys.argv[1:4]
    curves = {"libmail": {}}
    for count in (10, 20, 50, 100, 200, 400, 800):
        told = measure(mailctl, tasks, evaluate, count)
        curves["libmail"][count] = next(value for key, value in told.items() if "roca" in key.lower())
    curves.update(PEERS)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<text x="{EDGE}" y="14">1-ROCA %, after N ham and N spam messages</text>']
    for area in (30, 10, 3, 1, 0.3, 0.1, 0.04):
        out.append(f'<path d="M{EDGE} {y(area):.0f}H{WIDTH - 2 * EDGE}" stroke="#ddd"/><text x="8" y="{y(area) + 4:.0f}">{area}</text>')
    for count in (10, 20, 50, 100, 200, 400, 800):
        out.append(f'<text x="{x(count) - 8:.0f}" y="{HEIGHT - 8}">{count}</text>')
    for name, points in curves.items():
        path = "L".join(f"{x(n):.0f} {y(max(area, 0.035)):.0f}" for n, area in points.items())
        last = list(points)[-1]
        out.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
        out.append(f'<text x="{x(last) + 6:.0f}" y="{y(max(points[last], 0.035)) + 4 + 6 * (name == "bogofilter") - 6 * (name == "SpamAssassin"):.0f}" fill="{COLOURS[name]}">{name}</text>')
    out.append("</svg>")
    (pathlib.Path(__file__).parents[2] / "docs/spam_curves.svg").write_text("\n".join(out) + "\n")
    print(curves["libmail"])


if __name__ == "__main__":
    main()
