"""A matter or a district, however a person names it."""

import difflib
from collections.abc import Mapping

from dispatcher.domain.errors import NotFound


def find_code(named: str, names: Mapping[str, str], *, what: str) -> str:
    """The code in `names` (code -> Chinese name) that is, or whose name is, `named`; raises `NotFound` with near ones."""
    wanted = named.strip().casefold()
    by_name = {name.casefold(): code for code, chinese in names.items() for name in (chinese, code)}
    if wanted in by_name:
        return by_name[wanted]
    within = [name for name in by_name if wanted and wanted in name]
    near = within or difflib.get_close_matches(wanted, by_name, n=6, cutoff=0.5)
    codes = dict.fromkeys(f"{by_name[name]} ({names[by_name[name]]})" for name in near[:6])
    raise NotFound(f"no {what} is called {named}", hint=f"Did you mean {', '.join(codes)}?" if codes else "")
