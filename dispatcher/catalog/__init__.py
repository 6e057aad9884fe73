"""The YAML that a city edits, read by strict models and cross-checked: topics, units, policies, taxonomy."""

from dispatcher.catalog.load import Catalog, load_catalog

__all__ = ["Catalog", "load_catalog"]
