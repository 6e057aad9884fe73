"""The real worker with a classifier that misbehaves on certain words; everything else is as in production.

A text with 【RAISE】 makes it raise, 【DIE】 ends the process as a crash of the interpreter would, 【HANG】 never returns.
"""

import os
import time
from datetime import datetime

from dispatcher import settings as settings_module
from dispatcher.domain.triage import Answer, Classify
from dispatcher.observe import logging
from dispatcher.stream import app


def misbehave(classify: Classify) -> Classify:
    """`classify` with the three faults."""

    def faulty(text: str, address: str | None, received_at: datetime | None) -> Answer:
        if "【RAISE】" in text:
            raise ZeroDivisionError("a bug in the classifier")
        if "【DIE】" in text:
            os._exit(139)
        while "【HANG】" in text:
            time.sleep(1)
        return classify(text, address, received_at)

    return faulty


if __name__ == "__main__":
    settings = settings_module.load()
    logging.configure(level=settings.log_level)
    built = app.build(settings, wrap=misbehave)
    built.Worker(
        loglevel=settings.log_level, redirect_stdouts=False, quiet=True, override_logging=False, console_port=0
    ).execute_from_commandline()
