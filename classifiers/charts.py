"""Charts as SVG, drawn by pygal: no script, no address, the same bytes for the same numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import pygal
from pygal.style import CleanStyle


def _bare(root: Any) -> Any:
    """Without scripts, which serve tool tips that a page without scripts has not, and without the library's greetings."""
    for parent in root.iter():
        for child in [one for one in parent if callable(one.tag) or one.tag.endswith("script")]:
            parent.remove(child)
    return root


def lines(
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x_title: str,
    y_title: str,
    lower: float = 0.0,
    upper: float | None = None,
    left: float | None = None,
    right: float | None = None,
) -> str:
    """Each series' (x, y) points joined by a line. The bounds are those of the axes; None: as the points are."""
    chart = pygal.XY(
        style=CleanStyle,
        js=[],
        width=640,
        height=420,
        dots_size=2,
        legend_at_bottom=True,
        x_title=x_title,
        y_title=y_title,
        no_prefix=True,
        **({"range": (lower, upper)} if upper is not None else {}),
        **({"xrange": (left, right)} if right is not None else {}),
    )
    for name, points in series.items():
        chart.add(name, list(points))
    chart.add_xml_filter(_bare)
    drawn: str = chart.render(is_unicode=True, disable_xml_declaration=True)
    return drawn
