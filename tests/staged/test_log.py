"""The log in SQLite: what is written is read again, in the order of time, whole or not at all."""

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.retrieval import Hit
from utils.settings import SetupError
from utils.staged import Log, Record

RECORD = Record(
    "i001", "2026-05-04T08:10", "elmgate", "Where?", "In B12.", ("a",), (Hit("a", "a#0", "A. B12.", 0.0),), 1, 0.4
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
RECORDS = st.builds(
    Record,
    st.just("i001"),
    st.just("2026-05-04T08:10"),
    TEXT,
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=3).map(tuple),
    st.lists(st.builds(Hit, TEXT, TEXT, TEXT, st.just(0.0)), max_size=3).map(tuple),
    st.sampled_from([1, -1, None]),
    st.floats(0, 100),
)


@given(RECORDS)
def test_a_record_comes_back_as_it_was_written_whatever_was_typed(record):
    with Log() as log:
        log.write([record])
        assert log.read() == [record]


def test_records_come_in_the_order_of_time():
    later = replace(RECORD, id="i000", asked_at="2026-05-04T09:00")
    with Log() as log:
        log.write([later, RECORD])
        assert log.read() == [RECORD, later]


def test_a_log_in_a_file_is_there_when_it_is_opened_again(tmp_path):
    with Log(tmp_path / "log.sqlite") as log:
        log.write([RECORD])
    with Log(tmp_path / "log.sqlite") as log:
        assert log.read() == [RECORD]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        log.read()


@pytest.mark.parametrize(
    "refused", [RECORD, replace(RECORD, id="i002", thumbs=2), replace(RECORD, id="i002", thumbs=0)]
)
def test_of_records_of_which_one_is_refused_none_is_written(refused):
    with Log() as log:
        log.write([RECORD])
        with pytest.raises(sqlite3.IntegrityError):
            log.write([replace(RECORD, id="i009"), refused])
        assert log.read() == [RECORD]


def test_sql_in_a_question_is_text():
    sly = replace(RECORD, question="'); DROP TABLE interactions; --")
    with Log() as log:
        log.write([sly])
        assert log.read() == [sly]


@pytest.mark.parametrize("content", [b"no database, but a text that is long enough to be read as its header" * 4, None])
def test_a_file_that_is_no_log_is_told_and_left_alone(tmp_path, content):
    path = tmp_path / "log.sqlite"
    if content is None:
        path = tmp_path / "no folder" / "log.sqlite"
    else:
        path.write_bytes(content)
    with pytest.raises(SetupError, match=r"The log .*log\.sqlite cannot be opened \(.+\): name another file"):
        Log(path)
    assert not path.exists() or path.read_bytes() == content


def test_a_log_that_was_cut_off_is_told(tmp_path):
    path = tmp_path / "log.sqlite"
    with Log(path) as log:
        log.write([RECORD])
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(SetupError, match="cannot be opened"):
        Log(path)
