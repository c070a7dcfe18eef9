import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from matloop.domain import canonical, events
from matloop.errors import BusyError, LedgerError, WorkError
from matloop.store import opening, schema
from matloop.store.sqlite import SqliteLedger, verify_file
from matloop.testing.ledgers import measured, opened, put, readings

N_EVENTS = 41
FLIPS = 60


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def filled(path):
    put(SqliteLedger(path, campaign="k1"), opened(), *readings(1, N_EVENTS - 1))
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The bytes of a sound ledger, and its events."""
    path = tmp_path_factory.mktemp("sound") / "ledger.db"
    put(SqliteLedger(path, campaign="k1"), opened(), *readings(1, N_EVENTS - 1))
    return path.read_bytes(), SqliteLedger(path).events()


def change(path, statement, *values):
    """Look into the file, or alter it, behind matloop's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement, values).fetchall()


def script(code, path, stdout=None):
    """Start another Python that appends."""
    head = "import sys\nfrom pathlib import Path\nfrom matloop.store.sqlite import SqliteLedger\n"
    head += "from matloop.testing.ledgers import measured, opened\n"
    return subprocess.Popen([sys.executable, "-c", head + code, str(path)], stdout=stdout, text=True)


def fault(path):
    with pytest.raises(LedgerError) as caught:
        SqliteLedger(path).events()
    return str(caught.value)


# What is on the disk, and when


@pytest.mark.parametrize("read", [lambda ledger: ledger.events(), lambda ledger: ledger.verify()])
def test_reading_a_missing_ledger_creates_nothing(path, read):
    read(SqliteLedger(path))
    assert list(path.parent.iterdir()) == []


def test_a_first_append_that_is_refused_creates_nothing(path):
    with pytest.raises(ZeroDivisionError):
        SqliteLedger(path).append(lambda newer: 1 / 0, 0)
    assert list(path.parent.iterdir()) == []


def test_a_first_append_of_nothing_creates_nothing(path):
    put(SqliteLedger(path))
    assert list(path.parent.iterdir()) == []


def test_between_two_verbs_a_ledger_is_one_file(filled):
    SqliteLedger(filled).events()
    assert [file.name for file in filled.parent.iterdir()] == ["ledger.db"]


def test_an_append_that_is_refused_leaves_the_rows_as_they_were(filled):
    before = change(filled, "SELECT * FROM events")
    with pytest.raises(ZeroDivisionError):
        SqliteLedger(filled).append(lambda newer: 1 / 0, 0)
    assert change(filled, "SELECT * FROM events") == before


def test_another_ledger_object_sees_what_was_appended(filled, sound):
    assert [event.data for event in SqliteLedger(filled).events()] == [event.data for event in sound[1]]


def test_the_text_is_stored_exactly_as_hashed(filled):
    rows = change(filled, "SELECT text, hash FROM events")
    assert all(canonical.sha256(text) == hash_ for text, hash_ in rows)


def test_the_ledger_is_in_write_ahead_mode(filled):
    assert change(filled, "PRAGMA journal_mode")[0] == ("wal",)


def test_an_append_is_synced_against_power_loss(filled):
    with opening.writing(filled) as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


def test_odd_characters_in_the_name_are_no_trouble(tmp_path):
    path = tmp_path / "a ?mode=memory#%41'ü.db"
    put(SqliteLedger(path), opened())
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_ledger_is_created_where_there_are_no_hard_links(path, monkeypatch):
    def refuse(*names):
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    put(SqliteLedger(path), opened())
    assert len(SqliteLedger(path).events()) == 1


def test_who_creates_second_appends_behind_the_first(path):
    other = SqliteLedger(path, campaign="first")

    def decide(newer):
        if not newer:
            put(other, opened())
        return [measured(1)]

    SqliteLedger(path, campaign="second").append(decide, 0)
    assert [(event.type, event.campaign) for event in SqliteLedger(path).events()] == [
        ("opened", "first"),
        ("measured", "first"),
    ]


# What is refused


def test_a_missing_folder_is_named(tmp_path):
    assert "there is no folder" in fault(tmp_path / "nowhere" / "ledger.db")


def test_a_missing_folder_is_not_created(tmp_path):
    with pytest.raises(LedgerError):
        put(SqliteLedger(tmp_path / "nowhere" / "ledger.db"), opened())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_ledger(tmp_path):
    assert "it is a folder" in fault(tmp_path)


def test_an_empty_file_is_no_ledger(path):
    path.touch()
    assert "it is empty" in fault(path)


def test_a_text_file_is_no_ledger(path):
    path.write_text("seq,text,hash\n" * 100)
    assert "no ledger" in fault(path)


@pytest.fixture
def foreign(path):
    change(path, "CREATE TABLE events (seq INTEGER PRIMARY KEY, text TEXT, hash TEXT)")
    return path


def test_another_programs_file_is_refused(foreign):
    assert "another program" in fault(foreign)


def test_another_programs_file_is_never_written(foreign):
    before = foreign.read_bytes()
    with pytest.raises(LedgerError):
        put(SqliteLedger(foreign), opened())
    assert foreign.read_bytes() == before


def test_a_newer_layout_is_refused(filled):
    change(filled, "UPDATE meta SET value = '99' WHERE name = 'version'")
    assert "newer matloop" in fault(filled)


def test_a_ledger_that_disappears_is_missed(filled):
    ledger = SqliteLedger(filled)
    filled.unlink()
    with pytest.raises(LedgerError, match="disappeared"):
        ledger.events(after=3)


def test_a_held_lock_is_reported_as_busy(filled):
    holder = sqlite3.connect(filled, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="somebody else"):
        put(SqliteLedger(filled, busy_seconds=0.05), opened())
    holder.close()


def test_reading_does_not_wait_for_the_one_who_appends(filled):
    holder = sqlite3.connect(filled, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert len(SqliteLedger(filled, busy_seconds=0.05).events()) == N_EVENTS
    holder.close()


def test_a_full_disk_is_no_damage(filled, monkeypatch):
    def full(connection, events):
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.exec_driver_sql("CREATE TABLE large AS SELECT zeroblob(100000000)")

    monkeypatch.setattr(schema, "insert", full)
    with pytest.raises(WorkError, match="Make room"):
        put(SqliteLedger(filled), opened())


def test_an_sqlite_error_of_the_callers_own_passes_as_it_is(filled):
    def decide(newer):
        raise sqlite3.OperationalError("from another file")

    with pytest.raises(sqlite3.OperationalError, match="from another file"):
        SqliteLedger(filled).append(decide, 0)


# What was damaged or altered


def test_an_altered_reading_is_found_with_its_file_and_number(filled):
    change(filled, "UPDATE events SET text = replace(text, '303', '313') WHERE seq = 4")
    assert f"{filled}, event 4: its text does not match its hash" in fault(filled)


@pytest.mark.parametrize("number", [1, 7, N_EVENTS])
def test_a_missing_event_is_found(filled, number):
    change(filled, "DELETE FROM events WHERE seq = ?", number)
    assert f"event {number}: it is missing" in fault(filled)


def test_a_rewritten_hash_breaks_the_chain(filled):
    change(filled, "UPDATE events SET text = replace(text, '303', '313') WHERE seq = 4")
    text = change(filled, "SELECT text FROM events WHERE seq = 4")[0][0]
    change(filled, "UPDATE events SET hash = ? WHERE seq = 4", canonical.sha256(text))
    assert "event 5: it does not follow" in fault(filled)


def test_exchanged_events_are_found(filled):
    for old, new in ((4, 1000), (5, 4), (1000, 5)):
        change(filled, "UPDATE events SET seq = ? WHERE seq = ?", new, old)
    assert "event 4: it calls itself number 5" in fault(filled)


@pytest.mark.parametrize("text", ["no json", "[]", "3", '{"v":1}', '"text"', "null"])
def test_a_well_hashed_text_that_is_no_event_is_refused(filled, text):
    change(filled, "UPDATE events SET text = ?, hash = ? WHERE seq = 4", text, canonical.sha256(text))
    assert f"{filled}, event 4" in fault(filled)


@pytest.mark.parametrize(("name", "value"), [("v", 0), ("v", 99), ("v", "1"), ("type", "invented"), ("type", [])])
def test_a_well_hashed_event_of_unknown_type_or_version_is_refused(filled, name, value):
    text = change(filled, "SELECT text FROM events WHERE seq = 4")[0][0]
    text = canonical.text({**json.loads(text), name: value})
    change(filled, "UPDATE events SET text = ?, hash = ? WHERE seq = 4", text, canonical.sha256(text))
    assert f"{filled}, event 4" in fault(filled)


def test_an_event_that_nobody_noted_is_found(filled):
    change(filled, "UPDATE meta SET value = ? WHERE name = 'head'", f"{N_EVENTS - 1} {'0' * 64}")
    assert f"event {N_EVENTS}: nobody noted" in fault(filled)


def test_a_row_that_is_no_text_is_refused(filled):
    change(filled, "UPDATE events SET text = x'ff00', hash = 5 WHERE seq = 2")
    assert "event 2: its text does not match" in fault(filled)


def test_a_lost_table_is_damage(filled):
    change(filled, "DROP TABLE events")
    assert "it is damaged" in fault(filled)


def test_a_shortened_ledger_is_noticed_by_who_read_more(filled, sound):
    ledger = SqliteLedger(filled)
    last = ledger.events()[-1].seq
    filled.unlink()
    put(SqliteLedger(filled), opened(), *readings(1, 3))
    with pytest.raises(LedgerError, match="ends with event 4"):
        ledger.append(lambda newer: [measured(1)], last)


def test_appending_to_a_damaged_ledger_is_refused(filled):
    change(filled, "UPDATE events SET text = 'x' WHERE seq = ?", N_EVENTS)
    with pytest.raises(LedgerError):
        put(SqliteLedger(filled), measured(1), after=N_EVENTS)


def test_all_altered_events_are_listed_at_once(filled):
    for number in (3, 5, 9):
        change(filled, "UPDATE events SET text = replace(text, 'DMF', 'THF') WHERE seq = ?", number)
    assert [fault.place for fault in verify_file(filled)] == [f"{filled}, event {n}" for n in (3, 5, 9)]


def test_verifying_lists_the_break_that_a_missing_event_leaves(filled):
    change(filled, "DELETE FROM events WHERE seq = 7")
    assert verify_file(filled)[0].place == f"{filled}, event 7"


def test_verifying_finds_events_missing_at_the_end(filled):
    change(filled, "DELETE FROM events WHERE seq > 30")
    assert [fault.place for fault in verify_file(filled)] == [f"{filled}, event 31"]


def test_verifying_writes_nothing(filled):
    before = filled.read_bytes()
    verify_file(filled)
    assert filled.read_bytes() == before


@pytest.mark.parametrize("kept", [1, 99, 100, 4096, 5000, 8192, 0.5, 0.9])
def test_a_truncated_file_is_refused(path, sound, kept):
    data = sound[0]
    path.write_bytes(data[: kept if isinstance(kept, int) else int(kept * len(data))])
    assert fault(path)


def flipped(path, sound, offset, change):
    """Write the ledger with one byte changed; what reading it answers, None when it is refused."""
    data = bytearray(sound[0])
    data[offset] ^= int(change)
    path.write_bytes(data)
    try:
        return SqliteLedger(path, busy_seconds=0.05).events()
    except LedgerError:
        return None


@pytest.mark.parametrize("seed", range(FLIPS))
def test_a_flipped_byte_is_refused_or_alters_no_event(path, sound, seed):
    draw = np.random.default_rng(seed)
    assert flipped(path, sound, draw.integers(len(sound[0])), draw.integers(1, 256)) in (None, sound[1])


@pytest.mark.parametrize("bit", [0x01, 0x20, 0x80])
def test_a_flipped_byte_of_the_header_is_refused_or_alters_no_event(path, sound, bit):
    assert all(flipped(path, sound, offset, bit) in (None, sound[1]) for offset in range(100))


@pytest.mark.parametrize("seed", range(FLIPS, FLIPS + 20))
def test_what_is_refused_when_read_is_a_fault_when_verified(path, sound, seed):
    draw = np.random.default_rng(seed)
    read = flipped(path, sound, draw.integers(len(sound[0])), draw.integers(1, 256))
    assert verify_file(path) or read is not None


# Other processes, and sudden death


def test_two_processes_appending_at_once_lose_nothing(path):
    code = """
ledger, known = SqliteLedger(sys.argv[1]), 0
for number in range(200):
    known = ledger.append(lambda newer: [measured(number)], known)[-1].seq
"""
    writers = [script(code, path) for _ in range(2)]
    assert ([writer.wait() for writer in writers], len(SqliteLedger(path).events())) == ([0, 0], 400)


def test_what_two_processes_interleaved_verifies(path):
    code = """
for number in range(40):
    SqliteLedger(sys.argv[1]).append(lambda newer: [measured(number)], 0)
"""
    for writer in [script(code, path) for _ in range(2)]:
        writer.wait()
    assert verify_file(path) == []


def killed(code, path, seconds):
    """Start a writer, kill it a moment after its first word, return the words it said."""
    writer = script(code, path, subprocess.PIPE)
    first = writer.stdout.readline()
    time.sleep(seconds)
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read()
    writer.wait()
    writer.stdout.close()
    return (first + rest).splitlines()


@pytest.mark.parametrize("seconds", [0.0, 0.013, 0.05, 0.11, 0.2])
def test_a_killed_writer_loses_nothing_that_was_acknowledged(path, seconds):
    code = """
ledger, known = SqliteLedger(sys.argv[1]), 0
while True:
    known = ledger.append(lambda newer: [measured(known + k) for k in range(20)], known)[-1].seq
    print(known, flush=True)
"""
    said = killed(code, path, seconds)
    assert (len(SqliteLedger(path).events()) >= int(said[-1]), verify_file(path)) == (True, [])


@pytest.mark.parametrize("seconds", [0.0, 0.03, 0.08])
def test_a_ledger_killed_while_being_created_is_whole_or_not_there(tmp_path, seconds):
    code = """
number = 0
while number := number + 1:
    SqliteLedger(Path(sys.argv[1]) / f"{number}.db").append(lambda newer: [opened()], 0)
    print(number, flush=True)
"""
    killed(code, tmp_path, seconds)
    ledgers = [file for file in tmp_path.glob("*.db") if not file.name.startswith(".")]
    assert all(len(SqliteLedger(file).events()) == 1 for file in ledgers)


# Media that cannot be written

WITHOUT_RIGHTS = """
import os, sys, tempfile
from matloop.errors import LedgerError
from matloop.store.sqlite import SqliteLedger, verify_file
from matloop.testing.ledgers import opened, put

with tempfile.TemporaryDirectory() as folder:
    put(SqliteLedger(folder + "/ledger.db"), opened())
    verify_file(folder + "/ledger.db")  # everything is imported before the rights are given up
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
"""


@pytest.fixture
def protected(sound):
    """A folder that the child process may read and not write, holding a ledger."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ledger.db").write_bytes(sound[0])
        (folder / "ledger.db").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def without_rights(code, path):
    """Run in a process that may not write the protected folder; what it prints."""
    command = [sys.executable, "-c", WITHOUT_RIGHTS + code, str(path)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="rights work otherwise there")
def test_a_ledger_on_read_only_media_can_be_read(protected):
    code = "print(len(SqliteLedger(sys.argv[1]).events()), verify_file(sys.argv[1]))"
    assert without_rights(code, protected / "ledger.db") == f"{N_EVENTS} []"


@pytest.mark.skipif(sys.platform == "win32", reason="rights work otherwise there")
def test_appending_on_read_only_media_is_refused_plainly(protected):
    code = """
try:
    put(SqliteLedger(sys.argv[1]), opened())
except LedgerError as error:
    print(error)
"""
    assert "Look at the rights" in without_rights(code, protected / "ledger.db")


@pytest.mark.skipif(sys.platform == "win32", reason="rights work otherwise there")
def test_creating_on_read_only_media_is_refused_plainly(protected):
    code = """
try:
    put(SqliteLedger(sys.argv[1]), opened())
except LedgerError as error:
    print(error)
"""
    assert "Look at the rights" in without_rights(code, protected / "new.db")


@pytest.mark.skipif(sys.platform == "win32", reason="rights work otherwise there")
def test_events_that_are_still_in_the_log_are_never_left_out(protected, sound):
    protected.chmod(0o755)
    (protected / "ledger.db").chmod(0o644)
    with closing(sqlite3.connect(protected / "ledger.db", isolation_level=None)) as holder:
        holder.execute("SELECT 1 FROM meta").fetchall()  # while it is open, the log is not folded back
        put(SqliteLedger(protected / "ledger.db"), measured(99))
        shutil.copytree(protected, protected / "copy", ignore=shutil.ignore_patterns("*-shm"))
    (protected / "copy").chmod(0o555)
    code = """
try:
    print(len(SqliteLedger(sys.argv[1]).events()))
except LedgerError as error:
    print(error)
"""
    answer = without_rights(code, protected / "copy" / "ledger.db")
    (protected / "copy").chmod(0o755)
    assert answer == str(N_EVENTS + 1) or "copy both to a place you may write" in answer


# Layouts and versions


@pytest.fixture
def newer_layout(filled, monkeypatch):
    """A matloop that knows one layout more than the one that wrote `filled`."""

    def step(connection):
        connection.exec_driver_sql("ALTER TABLE events ADD COLUMN content TEXT")

    monkeypatch.setattr(schema, "STEPS", [*schema.STEPS, step])
    return filled


def test_an_older_layout_is_read(newer_layout, sound):
    assert [event.data for event in SqliteLedger(newer_layout).events()] == [event.data for event in sound[1]]


def test_reading_an_older_layout_leaves_the_file_as_it_is(newer_layout):
    before = newer_layout.read_bytes()
    SqliteLedger(newer_layout).events()
    assert newer_layout.read_bytes() == before


def test_appending_leads_an_older_layout_to_the_newest(newer_layout):
    put(SqliteLedger(newer_layout), measured(1))
    version = change(newer_layout, "SELECT value FROM meta WHERE name = 'version'")[0]
    assert version == ("2",)


def test_a_refused_append_leaves_an_older_layout_as_it_is(newer_layout):
    before = newer_layout.read_bytes()
    with pytest.raises(ZeroDivisionError):
        SqliteLedger(newer_layout).append(lambda newer: 1 / 0, 0)
    assert newer_layout.read_bytes() == before


def test_events_of_an_older_version_are_read_as_the_present_one(filled, monkeypatch):
    def upcast(data):
        return {**data, "origin": "before"}

    monkeypatch.setattr(events, "VERSION", 2)
    monkeypatch.setattr(events, "_UPCASTS", {("opened", 1): upcast, ("measured", 1): upcast})
    assert {(event.v, event.data["origin"]) for event in SqliteLedger(filled).events()} == {(2, "before")}


def test_a_chain_across_versions_holds(filled, monkeypatch):
    monkeypatch.setattr(events, "VERSION", 2)
    monkeypatch.setattr(events, "_UPCASTS", {("opened", 1): dict, ("measured", 1): dict})
    put(SqliteLedger(filled), measured(99))
    assert verify_file(filled) == []


def test_a_copy_of_the_file_is_the_same_ledger(filled, tmp_path):
    shutil.copy(filled, tmp_path / "copy.db")
    assert SqliteLedger(tmp_path / "copy.db").events() == SqliteLedger(filled).events()
