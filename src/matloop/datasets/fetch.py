"""Download a table, never unasked: by pooch, held to the SHA-256 of the registry before it appears in its place."""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matloop.datasets.derive import derived
from matloop.datasets.places import CACHE, MIRROR, cache_folder, lock, record
from matloop.datasets.registry import RAW, Table, TableFile
from matloop.errors import InputError, WorkError, extra, fail
from matloop.store.atomic import write_whole

Report = Callable[[int, int | None, str], None]
_SECONDS = 60
"""Without a byte for so long a download is given up; shorter, and a slow line fails."""
_AGAIN = 1  # tries after a first failure


@dataclass(frozen=True, slots=True)
class Download:
    """What a download left behind.

    path: the file. sha256: its own. warning: what to know of it; "" where it is what the registry knows.
    """

    path: Path
    sha256: str
    warning: str = ""


def library() -> Any:
    """Pooch, which does the downloading.

    Raises:
        InputError: without it, naming the extra.
    """
    try:
        return importlib.import_module("pooch")
    except ImportError:
        cure = extra("data", "put the files into a folder of your own and name it with --data-dir")
        fail(InputError, "matloop.datasets", "downloads need pooch", cure)


def wanted(table: Table) -> tuple[TableFile, ...]:
    """The files of a table that have an original to download."""
    return tuple(file for file in table.files if file.path)


def download(table: Table, file: TableFile, *, trust: bool = False) -> Download:
    """Download the original of a file into the cache, and make the file of it.

    Args:
        table: whose it is.
        file: one of `wanted(table)`.
        trust: whether bytes that differ from the registry's are taken, and recorded in the user's own lock.

    Raises:
        InputError: without pooch, or when the cache may not be written.
        WorkError: when the address cannot be reached, the download breaks off, or the bytes are others.
    """
    pooch = library()
    cache = _writable(cache_folder() or Path(pooch.os_cache("matloop")) / "data")
    address = str(table.address(file, os.environ.get(MIRROR) or RAW))
    target = cache / table.name / file.original
    content = derived(file, _bytes(pooch, cache, address, target), address)
    own = hashlib.sha256(content).hexdigest()
    key = f"{table.name}/{file.original}"
    warning = _judged(file, own, lock(cache).get(key, {}).get("sha256"), address, trust=trust)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, content)
    if warning:
        record(cache, key, {"sha256": own, "bytes": len(content), "address": address})
    return Download(target, own, warning)


def _judged(file: TableFile, own: str, recorded: str | None, address: str, *, trust: bool) -> str:
    """Nothing where the bytes are those of the registry; else what to warn of.

    Raises:
        WorkError: where they are neither those of the registry nor of the first download, and are not trusted.
    """
    if file.origin != "made" and own == file.sha256:
        return ""
    if recorded == own:
        return f"{file.original}: not a file that the registry knows, but the one that was recorded (SHA-256 {own})"
    if not trust and (file.origin != "made" or recorded is not None):
        known = file.sha256 if file.origin != "made" else recorded
        whose = "the registry" if file.origin != "made" else "your first download"
        found = f"what came has the SHA-256 {own}, {whose} knows {known}; it was thrown away"
        cure = "Try again: a network's gate may have answered. `--trust` takes these bytes, and records them as yours."
        fail(WorkError, address, found, cure)
    if file.origin == "made":
        made = f"The table's own file {file.name} is made from it by hand ({file.how})"
        return (
            f"{file.original}: the registry holds no SHA-256 of it; {own} was recorded on this first download. {made}"
        )
    return f"{file.original}: taken on trust; its SHA-256 {own} is not that of the registry, and was recorded"


def _bytes(pooch: Any, cache: Path, address: str, target: Path) -> bytes:
    """What lies at an address.

    Raises:
        WorkError: when it cannot be had whole.
    """
    pooch.get_logger().setLevel(logging.WARNING)  # what it would say is said by us
    with tempfile.TemporaryDirectory(dir=cache, prefix=".incoming-") as folder:
        basket = pooch.create(
            path=folder, base_url="", registry={"file": None}, urls={"file": address}, retry_if_failed=_AGAIN
        )
        downloader = pooch.HTTPDownloader(progressbar=False, timeout=_SECONDS)
        try:
            return Path(basket.fetch("file", downloader=downloader)).read_bytes()
        except (OSError, ValueError) as error:  # every error of requests is an OSError
            reason = _reason(error)
            cure = (
                f"Look at the network and do it again, or download it yourself, put it to {target}, and run "
                "`matloop data verify`."
            )
            fail(WorkError, address, f"the download failed ({reason}); nothing of it was kept", cure)


def _reason(error: Exception) -> str:
    """An error of the network in one line."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    words = " ".join(str(error).split())
    for mark, said in (
        ("Name or service not known", "the name is not known here: no network?"),
        ("name resolution", "the name is not known here: no network?"),
        ("Connection refused", "the connection was refused"),
        ("timed out", "no answer in time"),
        ("IncompleteRead", "it broke off in the middle"),
    ):
        if mark in words:
            return said
    return words[:120] or type(error).__name__


def _writable(cache: Path) -> Path:
    """The cache, made if it is not there.

    Raises:
        InputError: when it may not be written.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            pass
    except OSError as error:
        fail(
            InputError,
            str(cache),
            f"downloads cannot be kept there ({error.strerror})",
            f"Set {CACHE} to a folder of yours.",
        )
    return cache
