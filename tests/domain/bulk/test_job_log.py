"""What a log leaves of the people in a file."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.bulk.import_job import JobError, JobState
from upa_core.domain.bulk.job_log import MOST_TEXTS, LogLine, decode_log, decode_pieces, judge, parse_log
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.domain.people.verdict import PersonVerdict

PEOPLE = {"p1": {}, "p2": {}}
DONE = (JobState.ERROR, JobError.IMPORT_COMPLETE_WITH_ERROR)


def test_the_people_named_fail_and_the_rest_is_confirmed() -> None:
    """Partial success is success, and escrow for those named."""
    verdict = judge(*DONE, parse_log("IdentityNotResolvable\tP1\tUser identity cannot be resolved\r\n"), PEOPLE)
    assert verdict.confirmed
    assert verdict.failed == {"p1": PersonVerdict({WHOLE: (EscrowReason.PROFILE_NOT_CREATED, "IdentityNotResolvable")})}


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1e"])
def test_what_a_message_quotes_ends_no_line(mark: str) -> None:
    """A value that SharePoint echoes may hold what Unicode calls the end of a line."""
    assert len(parse_log(f"GenericError\tp1\tbad value: a{mark}b\tc\td")) == 1


def test_another_kind_of_line_is_another_reason() -> None:
    """Unknown kinds that name a person cost that person."""
    verdict = judge(*DONE, parse_log("Whatever\tp2\tsomething new"), PEOPLE)
    assert verdict.failed == {
        "p2": PersonVerdict({WHOLE: (EscrowReason.REFUSED_BY_SHAREPOINT, "Whatever: something new")})
    }


@pytest.mark.parametrize(
    "log",
    [
        "",
        "MissingIdentity\t\tThe identity is missing for the user object",
        "IdentityNotResolvable\tstranger\tUser identity cannot be resolved",
        "IdentityNotResolvable\tp1\tx\nsomething else entirely\t\ty",
        "DataFileNotJson\t\tBad JSON escape sequence",
        "GenericError\tp1\tInput data contains multiple instances of the same single-value property for RecordId [1]",
        "InvalidProperty\tp1\tProperty 'X' is not mapped to any property in the user profile application.",
    ],
)
def test_a_log_that_could_mean_everyone_confirms_nobody(log: str) -> None:
    """No log, a line without an identity, a stranger's, and what aborts the import leave everything unknown."""
    assert not judge(*DONE, parse_log(log), PEOPLE).confirmed


@pytest.mark.parametrize(
    "error", [JobError.INTERNAL_ERROR, JobError.INVALID_DATA_FILE, JobError.DATA_FILE_NOT_EXIST, 99]
)
def test_any_other_error_confirms_nobody_whatever_its_log_says(error: int) -> None:
    """Only ImportCompleteWithError tells who was imported."""
    verdict = judge(JobState.ERROR, error, parse_log("IdentityNotResolvable\tp1\tx"), PEOPLE)
    assert not verdict.confirmed


def test_an_error_without_a_log_may_be_the_target_being_down() -> None:
    """Opaque is what nothing explains; a log that gives a kind explains."""
    assert judge(JobState.ERROR, JobError.INTERNAL_ERROR, [], PEOPLE).opaque
    assert not judge(JobState.ERROR, JobError.INVALID_DATA_FILE, parse_log("DataFileNotJson\t\tx"), PEOPLE).opaque


def test_in_a_file_of_one_a_line_without_identity_means_that_one() -> None:
    """The halving of files after unexplained failures comes to an end."""
    verdict = judge(*DONE, parse_log("MissingIdentity\t\tx"), {"p1": {}})
    assert list(verdict.failed) == ["p1"]


def test_succeeded_confirms_everybody() -> None:
    """Success has no log."""
    assert judge(JobState.SUCCEEDED, 0, [], PEOPLE) == judge(JobState.SUCCEEDED, 0, [], {})


def test_lines_are_kept_whatever_they_look_like() -> None:
    """Continuation lines belong to the line above; a first line of another shape is kept as it is."""
    lines = parse_log("\ufeffGenericError\tp1\tfirst\r\n   at System.Data\r\n\r\nMissingIdentity - The identity\nhello")
    assert [(line.kind, line.identity) for line in lines] == [("GenericError", "p1"), ("MissingIdentity", "")]
    assert lines[0].message == "first\n   at System.Data"
    assert parse_log("hello")[0].message == "hello"


def test_a_log_of_one_long_message_is_parsed_in_one_go() -> None:
    """A line for each person of a large file, all of a kind that nobody knows, without tabs."""
    lines = [f"SomethingNew - person {number} - the value could not be written" for number in range(60_000)]
    began = process_time()
    (parsed,) = parse_log("\n".join(lines))

    assert parsed.message == "\n".join(lines)
    assert process_time() - began < 2


def test_a_value_that_a_message_quotes_over_several_lines_is_no_kind() -> None:
    """Kinds are told to people: a value among them would be, too."""
    verdict = judge(5, 30, parse_log("GenericError\tp1\tbad value: A\nHans Geheim\tp9\tx"), {"p1": {}, "p2": {}})

    assert "Geheim" not in verdict.why


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbfZ\xc3\xbcrich", "\ufeffZürich".encode("utf-16-le"), "\ufeffZürich".encode("utf-16-be")]
)
def test_a_log_is_decoded_by_its_mark(data: bytes) -> None:
    """UTF-8 is only assumed."""
    assert decode_log(data).removeprefix("\ufeff") == "Zürich"


@pytest.mark.parametrize("data", [b"Z\xfcrich", b"\xff\xfeZ"])
def test_a_log_that_isnt_well_encoded_is_read_all_the_same(data: bytes) -> None:
    """What can't be decoded is replaced."""
    assert "\ufffd" in decode_log(data)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("GenericError\tp1\ta\tb\tc", [LogLine("GenericError", "p1", "a\tb\tc")]),
        (" GenericError \t p1 \t text \r\nmore", [LogLine("GenericError", "p1", "text\nmore")]),
        ("DataFileNotJson - at line 3", [LogLine("DataFileNotJson", "", "at line 3")]),
        ("  DataFileNotJson: x  ", [LogLine("DataFileNotJson", "", "x")]),
        ("DataFileNotJson", [LogLine("DataFileNotJson", "", "")]),
        ("  something else \n and more", [LogLine("", "", "  something else\n and more")]),
        ("\ufeffGenericError\tp\tx\n\n \n", [LogLine("GenericError", "p", "x")]),
        ("not a kind\tp\tx", [LogLine("", "p", "x")]),
    ],
)
def test_a_line_has_a_kind_an_identity_and_a_message(text: str, lines: list[LogLine]) -> None:
    """Tabs part them, and may stand in the message; a kind alone needs none; the rest continues the line before."""
    assert parse_log(text) == lines


def test_a_stranger_in_the_log_confirms_nobody_even_in_a_file_of_one() -> None:
    """Only a line without any identity can mean the one person of a file; a foreign identity can't."""
    stranger = [LogLine("GenericError", "somebody-else", "x")]
    verdict = judge(JobState.ERROR, JobError.IMPORT_COMPLETE_WITH_ERROR, stranger, ["p"])

    assert verdict.confirmed is False
    assert verdict.why == "GenericError without an identity of the file"


def test_an_error_without_a_log_is_opaque_and_one_with_a_log_is_not() -> None:
    """Opaque means that the target may be down: the log says nothing about why."""
    silent = judge(JobState.ERROR, JobError.INTERNAL_ERROR, [], ["p"])
    partial = judge(JobState.ERROR, JobError.IMPORT_COMPLETE_WITH_ERROR, [], ["p"])
    told = judge(JobState.ERROR, JobError.INVALID_DATA_FILE, [LogLine("DataFileNotJson", "", "x")], ["p"])

    assert (silent.confirmed, silent.opaque, silent.why) == (False, True, "InternalError, no log")
    assert (partial.confirmed, partial.opaque, partial.why) == (False, True, "ImportCompleteWithError, no log")
    assert (told.confirmed, told.opaque, told.why) == (False, False, "DataFileNotJson")


@given(st.text("aK\t\r\n\u2028\ufeff", max_size=30), st.integers(1, 5), st.sampled_from(["utf-8", "utf-16"]))
def test_a_log_read_in_pieces_says_the_same(text: str, size: int, encoding: str) -> None:
    """Wherever it is cut, within a character or between the two that end a line."""
    data = text.encode(encoding)
    pieces = [data[:3], *(data[at : at + size] for at in range(3, len(data), size))]

    assert parse_log(decode_pieces(pieces)) == parse_log(data.decode(encoding))


def test_sharepoints_own_words_are_kept_without_the_value() -> None:
    """People with one cause are told together, whatever their values were."""
    people = {"p1": {"Badge": "4711"}, "p2": {"Badge": "Ada"}}
    log = "".join(
        f"GenericError\t{person}\tInvalid date for property 'Badge': {values['Badge']}\n"
        for person, values in people.items()
    )
    verdict = judge(*DONE, parse_log(log), people, lambda person: people[person])

    assert {refusal.detail for one in verdict.failed.values() for refusal in one.refused.values()} == {
        "GenericError: Invalid date for property 'Badge': …"
    }


def test_a_log_of_ever_other_words_keeps_few_texts() -> None:
    """What became of a run's people is stored once for each cause: a cause for each person would be a large table."""
    people = {f"p{at}": {} for at in range(50)}
    words = ["a" * at + "bc" for at in range(1, 51)]
    log = "".join(f"GenericError\t{person}\t{text}\n" for person, text in zip(people, words, strict=True))
    verdict = judge(*DONE, parse_log(log), people)
    details = {refusal.detail for one in verdict.failed.values() for refusal in one.refused.values()}

    assert len(details) == MOST_TEXTS + 1
    assert "GenericError" in details


@pytest.mark.parametrize(
    "message",
    [
        "Invalid date for property 'Loc'",
        'The length of the value of property "Loc" exceeds 25 characters.',
        "Ungültiges Datum für die Eigenschaft „Loc“.",
        "Date non valide pour la propriété « Loc ».",
        "Date non valide pour la propriété «\u00a0loc\u00a0»",
        "Virheellinen päivämäärä: ”LOC”",
        "プロパティ「Loc」の日付が無効です。",
        "Property ‘Loc’ has a bad value",
        "Property Names [Loc] are refused",
        "Invalid date for property &quot;Loc&quot;",
    ],
)
def test_a_property_is_found_in_the_quotes_of_any_language(message: str) -> None:
    """The refused property waits, whatever marks the log puts around its name, and the person's others don't."""
    lines = parse_log(f"GenericError\tp1\t{message}\n")
    verdict = judge(*DONE, lines, {"p1": {}, "p2": {}}, lambda _: {"Loc": "x", "Title": "y"})

    assert list(verdict.failed["p1"].refused) == ["Loc"]


def test_a_message_that_names_two_properties_blames_none() -> None:
    """Which of the two it means can't be told: the retries find out."""
    lines = parse_log("GenericError\tp1\t„Loc“ oder „Title“ ist ungültig\n")
    verdict = judge(*DONE, lines, {"p1": {}}, lambda _: {"Loc": "x", "Title": "y"})

    assert list(verdict.failed["p1"].refused) == [WHOLE]


def test_a_file_that_was_no_file_refuses_nobody_in_particular() -> None:
    """In a file of one person too: the import was aborted, and says nothing of them."""
    verdict = judge(*DONE, parse_log("DataFileNotJson\t\tno JSON\n"), {"p1": {}}, lambda _: {"Loc": "x"})

    assert (verdict.confirmed, verdict.failed, verdict.why) == (False, {}, "DataFileNotJson: the import was aborted")


def test_a_line_without_a_kind_goes_on_with_the_message_above_it() -> None:
    """A value with tabs and line breaks in a message names nobody else."""
    (line,) = parse_log("GenericError\tp1\tvalue 'a\n\tb\tc' is bad\n")

    assert (line.identity, line.message) == ("p1", "value 'a\n\tb\tc' is bad")
