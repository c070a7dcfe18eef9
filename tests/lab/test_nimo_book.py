"""The book of a NIMO robot: batches keep their numbers, whoever wrote them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from matloop.lab.nimo_book import Batch, Book

BATCH = Batch(1, ["c/s0001/1"], ["d1"], [0], "00", "260101120000.csv", 1, "accepted", [["1.5"]])


def closed(book: Book, number: int) -> Batch:
    """A batch of that number, done."""
    with book.locked():
        batch = book.write(replace(BATCH, number=number, tokens=[f"c/s{number:04d}/1"]))
        book.close(batch)
    return batch


def test_done_batches_come_in_their_order(tmp_path: Path) -> None:
    made = [closed(Book(tmp_path, {}), number) for number in (1, 2, 3)]
    assert Book(tmp_path, {}).done() == made


def test_a_batch_that_another_process_closed_is_seen(tmp_path: Path) -> None:
    known: dict[str, Batch] = {}
    ours = Book(tmp_path, known)
    first = closed(ours, 1)
    assert ours.done() == [first]
    theirs = [closed(Book(tmp_path, {}), number) for number in (2, 3)]
    assert Book(tmp_path, known).done() == [first, *theirs]


def test_the_first_batch_is_number_1(tmp_path: Path) -> None:
    book = Book(tmp_path, {})
    with book.locked():
        assert book.next_number() == 1


def test_a_batch_that_somebody_took_away_gives_its_number_to_no_other(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        closed(Book(tmp_path, {}), number)
    (tmp_path / "done" / "000002.json").unlink()
    assert Book(tmp_path, {}).next_number() == 4


def test_a_done_batch_is_read_once(tmp_path: Path) -> None:
    known: dict[str, Batch] = {}
    closed(Book(tmp_path, known), 1)
    before = Book(tmp_path, known).done()
    (tmp_path / "done" / "000001.json").write_text("{}")
    assert Book(tmp_path, known).done() == before
