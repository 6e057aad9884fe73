"""A city's databases in small, made up from one seed: what the demo's desks ask. Nobody in it exists.

`python -m dispatcher.desks.sample FOLDER` writes them; `channels.yaml` beside this file connects them.
"""

from dispatcher.desks.sample.make import CHANNELS, make
from dispatcher.desks.sample.responder import answer_for
from dispatcher.desks.sample.server import serve

__all__ = ["CHANNELS", "answer_for", "make", "serve"]
