import os
import signal
import subprocess
import sys
import time

import pytest

from matloop.errors import InputError, WorkError
from matloop.store import atomic
from matloop.store.atomic import write_whole


def test_a_text_is_written_as_utf_8_with_its_line_ends(tmp_path):
    write_whole(tmp_path / "a.txt", "µ\r\nb\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc2\xb5\r\nb\n"


def test_bytes_are_written_as_they_are(tmp_path):
    write_whole(tmp_path / "a.bin", b"\x00\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff"


def test_what_stood_there_is_replaced(tmp_path):
    (tmp_path / "a.txt").write_text("long before")
    write_whole(tmp_path / "a.txt", "now")
    assert (tmp_path / "a.txt").read_text() == "now"


def test_nothing_else_is_left_behind(tmp_path):
    write_whole(tmp_path / "a.txt", "now")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_rights_are_kept(tmp_path):
    (tmp_path / "a.txt").touch()
    (tmp_path / "a.txt").chmod(0o640)
    write_whole(tmp_path / "a.txt", "now")
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    write_whole(tmp_path / "link", "now")
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "a.txt").read_text()) == (True, "now")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        write_whole(tmp_path / "nowhere" / "a.txt", "now")


def test_a_folder_is_not_overwritten(tmp_path):
    with pytest.raises(InputError, match="it is a folder"):
        write_whole(tmp_path, "now")


@pytest.fixture
def failing_sync(monkeypatch):
    def fail(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", fail)


def test_a_full_disk_leaves_the_old_file(tmp_path, failing_sync):
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(WorkError, match="No space left"):
        write_whole(tmp_path / "a.txt", "now")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal there")
def test_a_killed_writer_leaves_a_whole_file(tmp_path):
    code = """
import sys
from matloop.store.atomic import write_whole
for digit in range(10**6):
    write_whole(sys.argv[1], str(digit % 10) * 3_000_000)
    print(digit, flush=True)
"""
    path = tmp_path / "a.txt"
    writer = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    writer.stdout.readline()
    time.sleep(0.05)
    os.kill(writer.pid, signal.SIGKILL)
    writer.stdout.close()
    writer.wait()
    text = path.read_text()
    assert (len(text), len(set(text))) == (3_000_000, 1)
