"""A unit, however a person names it."""

import difflib
from collections.abc import Sequence

from dispatcher.catalog.agencies import Agency
from dispatcher.domain.errors import NotFound


def find_unit(named: str, units: Sequence[Agency]) -> Agency:
    """The unit whose code, Chinese name or alias is `named`; raises `NotFound` that names near ones."""
    wanted = named.strip().casefold()
    by_name = {name.casefold(): unit for unit in units for name in (unit.code, unit.name, *unit.aliases)}
    if wanted in by_name:
        return by_name[wanted]
    within = [name for name in by_name if wanted and wanted in name]
    near = within or difflib.get_close_matches(wanted, by_name, n=6, cutoff=0.5)
    codes = dict.fromkeys(f"{by_name[name].code} ({by_name[name].name})" for name in near[:6])
    hint = f"Did you mean {', '.join(codes)}?" if codes else "agencies.yaml lists the codes, names and aliases"
    raise NotFound(f"no unit is called {named}", hint=hint)
