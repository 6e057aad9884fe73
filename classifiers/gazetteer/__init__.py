"""Where a matter is: districts, streets, landmarks and metro of the model city, and names of other cities."""

from classifiers.gazetteer.places import Place, locate
from classifiers.gazetteer.tables import Gazetteer, load_gazetteer

__all__ = ["Gazetteer", "Place", "load_gazetteer", "locate"]
