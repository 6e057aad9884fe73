"""``dispatcher case story``: stories of a city, played through the service's own pure functions."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from dispatcher import settings as settings_module
from dispatcher.cli import options
from dispatcher.domain.errors import CatalogError, DispatcherError

if TYPE_CHECKING:
    from dispatcher.catalog import Catalog
    from dispatcher.domain.triage import Classify
    from dispatcher.simulate.story import Difference, Story

#: Some story went otherwise than expected.
_DIFFERS = 3


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.JSON
@click.pass_context
def story(context: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Run stories with a simulated clock and show what differs from what they expect. Needs no Kafka.

    docs/stories.md describes the format. The classifier is asked only where a call names no category. Status 0 when
    nothing differs, 3 when something does, 2 for a file that is no story.

    \b
      dispatcher case story tests/stories/*.yaml tests/stories/desks/*.yaml
    """
    from dispatcher.catalog import load_catalog
    from dispatcher.simulate.story import read_stories

    settings = settings_module.load()
    catalog = load_catalog(settings.home, policy_dir=settings.policy)
    told = [(file, one) for file in files for one in read_stories(file)]  # all files are read before any is run
    classify = _Classifier()
    screen = options.out()
    differing = differences = 0
    for file, one in told:
        found = _tell(file, one, catalog, classify)
        differing += bool(found)
        differences += len(found)
        if as_json:
            options.line(_facts(file, one, found))
        elif found:
            screen.print(Text.assemble((f"{file}", "cyan"), "  ", options.plain(one.name)))
            for each in found:
                screen.print(Text("  ").append_text(options.plain(str(each))))
    summary = f"{len(told)} stories, {differing} differ, {differences} differences"
    if as_json:
        options.line({"stories": len(told), "differ": differing, "differences": differences})
    else:
        screen.print(summary, style="red" if differing else "green")
    if differing:
        context.exit(_DIFFERS)


class _Classifier:
    """The city's classifier, loaded when the first story needs it."""

    def __init__(self) -> None:
        from classifiers import Classifier

        self._load: Callable[[], Classifier] = lru_cache(Classifier.load)

    def for_story(self, one: "Story", catalog: "Catalog") -> "Classify | None":
        """What decides the calls of a story that name no category; None where all do."""
        if not one.needs_classifier:
            return None
        from dispatcher.simulate.story import with_changes
        from dispatcher.stream.classify import classify_with

        return classify_with(self._load(), with_changes(catalog.policy, one.policy).triage)


def _tell(file: Path, one: "Story", catalog: "Catalog", classifier: _Classifier) -> "list[Difference]":
    """What differs; raises `CatalogError` that names file and story where it cannot be played."""
    from dispatcher.simulate.story import tell

    try:
        return tell(one, catalog, classifier.for_story(one, catalog))
    except DispatcherError as error:
        raise CatalogError(f"{file.name}: {one.name}: {error.message}", hint=error.hint) from None
    except LookupError as error:
        raise CatalogError(f"{file.name}: {one.name}: there is no {error}", hint="Correct the name") from None
    except ValueError as error:  # pydantic's among them
        raise CatalogError(f"{file.name}: {one.name}: {error}", hint="See docs/stories.md") from None


def _facts(file: Path, one: "Story", found: "list[Difference]") -> dict[str, object]:
    return {
        "file": str(file),
        "story": one.name,
        "rule": list(one.rule),
        "differences": [{"step": each.step, "at": each.at.isoformat(), "what": each.what} for each in found],
    }
