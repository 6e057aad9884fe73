"""A register that people keep as a file: CSV, or an Excel sheet. Read again when the file has changed."""

import asyncio
import csv
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
import structlog
from openpyxl.utils.exceptions import InvalidFileException

from dispatcher.desks.channels.conditions import all_wanted
from dispatcher.desks.channels.interface import ChannelDown, ChannelLied, Reply
from dispatcher.desks.channels.mapping import fill, named_in, reply_of, said
from dispatcher.desks.channels.rows import Row, chosen
from dispatcher.desks.channels.settings import RegisterSettings
from dispatcher.domain.lookups.messages import MOST_HITS, LookupAsked

log = structlog.get_logger(__name__)

_Stamp = tuple[int, int]


class RegisterAdapter:
    """One file. `broken`: rows of the last reading that were left out, for want of cells or of a name of their own."""

    def __init__(self, settings: RegisterSettings, folder: Path) -> None:
        self._settings = settings
        self._path = folder / settings.path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="register-channel")
        self._stamp: _Stamp | None = None
        self._rows: tuple[Row, ...] = ()
        self.broken = 0

    async def ask(self, question: LookupAsked) -> Reply:
        """Look the rows through. Raises ChannelDown, ChannelLied."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, question)

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ask(self, question: LookupAsked) -> Reply:
        settings = self._settings
        rows, more = chosen(
            self._current(),
            all_wanted(settings.where, question),
            all_wanted(settings.prefer, question),
            settings.newest,
            MOST_HITS,
        )
        return reply_of(rows, settings.hit, question, more)

    def _current(self) -> tuple[Row, ...]:
        try:
            stat = self._path.stat()
        except OSError as error:
            raise ChannelDown(f"登记册打不开（{type(error).__name__}）") from error
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            if stat.st_size > self._settings.most_bytes:
                raise ChannelLied(f"登记册超过{self._settings.most_bytes}字节")
            self._rows, self.broken = self._read()
            self._stamp = stamp
            if self.broken:
                log.warning("register_rows_left_out", file=self._path.name, rows=self.broken, kept=len(self._rows))
        return self._rows

    def _read(self) -> tuple[tuple[Row, ...], int]:
        lines = _sheet(self._path, self._settings.sheet) if self._path.suffix.lower() == ".xlsx" else self._csv()
        try:
            return self._table(lines)
        except UnicodeDecodeError as error:
            raise ChannelLied(f"登记册不是{self._settings.encoding}编码") from error
        except OSError as error:
            raise ChannelDown(f"登记册读不出（{type(error).__name__}）") from error

    def _csv(self) -> Iterator[list[Any] | None]:
        with self._path.open(encoding=self._settings.encoding, newline="") as file:
            reader = csv.reader(file, strict=True)
            while True:
                try:
                    yield next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    yield None

    def _table(self, lines: Iterable[list[Any] | None]) -> tuple[tuple[Row, ...], int]:
        found = iter(lines)
        header = [said(cell) for cell in next(found, None) or ()]
        lost = sorted(self._settings.columns() - set(header))
        if lost:
            raise ChannelLied(f"登记册没有这一列：{'、'.join(lost)}")
        rows: list[Row] = []
        broken = 0
        for line in found:
            if line is not None and not any(said(cell) for cell in line):
                continue
            if line is None or len(line) != len(header):
                broken += 1
                continue
            row = dict(zip(header, line, strict=True))
            named = any(said(row[column]) for column in named_in(self._settings.hit.ref))
            if not named or len(fill(self._settings.hit.ref, row)) > 200:
                broken += 1
                continue
            rows.append(row)
            if len(rows) > self._settings.most_rows:
                raise ChannelLied(f"登记册超过{self._settings.most_rows}行")
        return tuple(rows), broken


def _sheet(path: Path, name: str | None) -> Iterator[list[Any]]:
    """The rows of a sheet: values, not formulas."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except OSError as error:
        raise ChannelDown(f"登记册读不出（{type(error).__name__}）") from error
    except (BadZipFile, InvalidFileException, KeyError, ValueError, EOFError, SyntaxError) as error:
        raise ChannelLied("登记册不是Excel文件") from error
    try:
        if name is not None and name not in book.sheetnames:
            raise ChannelLied(f"登记册没有工作表“{name}”")
        sheet: Any = book[name] if name is not None else book.worksheets[0]
        width = 0
        for cells in sheet.iter_rows(values_only=True):
            row = list(cells)
            width = width or len(row)
            # Excel cuts a row after its last cell that is filled.
            yield row + [None] * (width - len(row))
    except (BadZipFile, KeyError, ValueError, EOFError, SyntaxError, IndexError) as error:
        raise ChannelLied("登记册不是完整的Excel文件") from error
    finally:
        book.close()
