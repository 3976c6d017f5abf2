"""How time and memory grow with the passages: one small SVG, both axes by powers of ten."""

import math
from pathlib import Path
from typing import Any

__all__ = ["draw"]

# What is drawn: name, unit, where it stands among the figures of a size.
CURVES = (
    ("vector search, p50", "CPU ms", lambda own: own["vectors"]["CPU p50 ms"]),
    ("hybrid question, p50", "CPU ms", lambda own: own["hybrid"]["CPU p50 ms"]),
    ("hybrid question, p99", "CPU ms", lambda own: own["hybrid"]["CPU p99 ms"]),
    ("open and first answer", "ms", lambda own: own["open and first answer s"] * 1e3),
    ("resident memory", "MB", lambda own: own["memory MB"]["resident"]),
)
COLOURS = ("#0b6e4f", "#1f5fa8", "#7aa6d8", "#b25d00", "#8a3ffc")
WIDTH, HEIGHT, LEFT, BELOW, LEGEND = 680, 360, 60, 40, 230


def draw(figures: dict[str, Any], file: Path) -> None:
    """Write the plot, and what it shows beside it as CSV."""
    sizes = sorted(map(int, figures))
    rows = [[value(figures[str(size)]["bertrieve"]) for size in sizes] for _, _, value in CURVES]
    table = ["figure,unit," + ",".join(map(str, sizes))]
    for (name, unit, _), row in zip(CURVES, rows, strict=True):
        table.append(f'"{name}",{unit},' + ",".join(f"{value:.4g}" for value in row))
    file.with_suffix(".csv").write_text("\n".join(table) + "\n")
    file.write_text(svg(sizes, rows))


def svg(sizes: list[int], rows: list[list[float]]) -> str:
    """The drawing."""
    low = math.floor(math.log10(min(map(min, rows))))
    high = math.ceil(math.log10(max(map(max, rows))))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])
    right = WIDTH - LEGEND

    def across(size: float) -> float:
        return LEFT + (math.log10(size) - first) / ((last - first) or 1) * (right - LEFT - 10)

    def up(value: float) -> float:
        return HEIGHT - BELOW - (math.log10(value) - low) / ((high - low) or 1) * (HEIGHT - BELOW - 20)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="11" role="img"><title>Time and memory by the number of passages</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low, high + 1):
        at = up(10.0**power)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    below = HEIGHT - BELOW + 16
    parts += [f'<text x="{across(at):.1f}" y="{below}" text-anchor="middle">{at:,}</text>' for at in sizes]
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 6}" text-anchor="middle">passages</text>')
    for row, colour in zip(rows, COLOURS, strict=True):
        points = [(across(size), up(value)) for size, value in zip(sizes, row, strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    for at, ((name, unit, _), colour) in enumerate(zip(CURVES, COLOURS, strict=True)):
        y = 30 + 18 * at
        parts.append(f'<path d="M{right + 14} {y - 4}h16" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{right + 36}" y="{y}">{name} ({unit})</text>')
    return "\n".join([*parts, "</svg>", ""])
