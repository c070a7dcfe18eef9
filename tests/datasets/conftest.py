"""A registry of three small tables, and a server on this machine that holds their originals."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from matloop.datasets import registry

PLAIN = b"formula,T\nNaN,300\nBi2Te3,400\n"
BODY = b"1,2\n3,4\n"
ALL = b"formula,database,id\nNaCl,COD,17\nSi,ICSD,18\nNaN,COD,19\n"
SHEET = b"PK not really a workbook"
HEADED = b"a,b\n" + BODY
COD = b"formula,cod_id\nNaCl,17\nNaN,19\n"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entry(name: str, licensed: str, files: str) -> str:
    return f'''
[[table]]
name = "{name}"
about = "a table of the tests"
repository = "https://github.com/somebody/things"
commit = "c0ffee"
licence = "{"MIT" if licensed == "true" else "no licence file in the repository"}"
licensed = {licensed}
redistribution = "yes"
citation = ["Somebody (2020)"]
{files}'''


REGISTRY = (
    entry("plain", "true", f'[[table.file]]\nname = "plain.csv"\npath = "data/plain file.csv"\norigin = "copy"\n'
          f'sha256 = "{sha(PLAIN)}"\nbytes = {len(PLAIN)}\n')
    + entry("derived", "true", f'[[table.file]]\nname = "sub/headed.csv"\npath = "body.csv"\norigin = "header"\n'
            f'header = "a,b"\nhow = "a header was added"\nsha256 = "{sha(HEADED)}"\nbytes = {len(HEADED)}\n'
            f'[[table.file]]\nname = "cod.csv"\npath = "all.csv"\norigin = "rows"\ncolumn = "database"\n'
            f'equals = "COD"\nkeep = {{ formula = "formula", id = "cod_id" }}\nhow = "rows of COD"\n'
            f'sha256 = "{sha(COD)}"\nbytes = {len(COD)}\n')
    + entry("made", "false", f'[[table.file]]\nname = "made.csv"\npath = "sheet.xlsx"\norigin = "made"\n'
            f'how = "by hand"\nsha256 = "{sha(PLAIN)}"\nbytes = {len(PLAIN)}\n')
)  # fmt: skip


@dataclass
class Mirror:
    """A server on this machine.

    files: path -> content. short: paths that break off after half of what was announced. asked: paths, in order.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    short: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """The mirror of the addresses, with the originals of the small registry."""
    base = "/somebody/things/c0ffee"
    held = Mirror(
        files={
            f"{base}/data/plain%20file.csv": PLAIN,
            f"{base}/body.csv": BODY,
            f"{base}/all.csv": ALL,
            f"{base}/sheet.xlsx": SHEET,
        }
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.asked.append(self.path)
            content = held.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if self.path in held.short else content)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    held.address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("MATLOOP_DATA_MIRROR", held.address)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The small registry, and an empty cache, whose folder it gives."""
    monkeypatch.setattr(registry, "_text", lambda: REGISTRY)
    monkeypatch.setenv("MATLOOP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MATLOOP_DATA", raising=False)
    registry.tables.cache_clear()
    yield tmp_path / "cache"
    registry.tables.cache_clear()


Put = Callable[[str, bytes], Path]


@pytest.fixture
def own(tmp_path: Path) -> Put:
    """Puts a file into a folder of one's own, tmp_path / "own"."""

    def put(name: str, content: bytes) -> Path:
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return put
