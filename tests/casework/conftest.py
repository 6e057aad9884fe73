"""The laws are asserted outside of test modules; their failures should show values all the same."""

import pytest

pytest.register_assert_rewrite("casework_laws", "casework_lookup_laws", "casework_pairs")
