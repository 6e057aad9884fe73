"""Charts of a run as SVG, drawn by pygal: no script, no address, the same bytes for the same numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import pygal
from pygal.style import CleanStyle

_COLOURS = ("#1565c0", "#2e7d32", "#f9a825", "#c62828", "#6a1b9a", "#00838f")


def _bare(root: Any) -> Any:
    """Without scripts, and without the library's greetings."""
    for parent in root.iter():
        for child in [one for one in parent if callable(one.tag) or one.tag.endswith("script")]:
            parent.remove(child)
    return root


def _draw(chart: Any, name_on_page: str, series: Mapping[str, Sequence[float | None]]) -> str:
    # The library draws a random name, by which each chart's colours are kept to itself.
    chart.uuid = name_on_page
    for name, values in series.items():
        chart.add(name, list(values))
    chart.add_xml_filter(_bare)
    drawn: str = chart.render(is_unicode=True, disable_xml_declaration=True)
    return drawn


def _look(colours: Sequence[str], **more: Any) -> dict[str, Any]:
    return {
        "style": CleanStyle(colors=tuple(colours)),
        "js": [],
        "legend_at_bottom": True,
        "truncate_label": -1,
        **more,
    }


def over_days(
    name: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    *,
    y_title: str,
    colours: Sequence[str] = _COLOURS,
) -> str:
    """Lines over days or hours, some of them labelled. `name`: the chart's own on its page."""
    chart = pygal.Line(
        **_look(
            colours,
            width=640,
            height=360,
            y_title=y_title,
            range=(0, max((v or 0 for values in series.values() for v in values), default=0) or 1),
            show_dots=False,
            show_minor_x_labels=False,
            x_labels_major_every=max(1, len(labels) // 6),
        )
    )
    chart.x_labels = list(labels)
    return _draw(chart, name, series)


def by_unit(
    name: str,
    names: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    *,
    title: str,
    stacked: bool = False,
    colours: Sequence[str] = _COLOURS,
) -> str:
    """Bars, one row a unit, the first on top. `name`: the chart's own on its page."""
    kind = pygal.HorizontalStackedBar if stacked else pygal.HorizontalBar
    chart = kind(**_look(colours, width=640, height=90 + 17 * len(names), title=title, y_labels_major_count=5))
    chart.x_labels = list(reversed(names))
    return _draw(chart, name, {title: list(reversed(values)) for title, values in series.items()})
