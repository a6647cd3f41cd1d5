"""The errors of Ascend tools, in every form that CANN wrote them in: the code, and the cause."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import atc
from harness.tools.parsers.ascend import errors

STAMP = "[PID: 2211] 2026-05-02-10:11:12.345.678"
CODES = st.from_regex(re.compile(r"E[A-Z]?\d{4,5}", re.ASCII), fullmatch=True)
FORMS = [
    "{code}: {text}",
    "{code}  {text}",
    "{code}: {stamp} {text}",
    "{code}[PID: 7] 2026-05-02-10:11:12 ({code}):  {text}",
    "{code}{stamp} AclNN_Inner_Error({code}):  {text}",
    "{stamp} Invalid_Argument({code}): {text}",
    "AclNN_Inner_Error({code}): {text}",
    "{stamp} Communication_Error_Get_Socket({code}): {text}",
]
SAID = "Value [Ascend999] for parameter [--soc_version] is invalid."


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_code_and_text_alone(form: str):
    """No process, no date, and the code once."""
    log = parsers.read(
        f"ATC run failed\n{form.format(code='E10001', stamp=STAMP, text=SAID)}\n        Solution: try again\n"
    )
    (error,) = errors(log)
    assert (error.code, error.message, error.line) == ("E10001", SAID, 2)
    assert str(error) == f"E10001: {SAID}"


@pytest.mark.parametrize("form", FORMS)
@given(CODES)
def test_a_code_of_no_table_is_told_too(form: str, code: str):
    log = parsers.read(form.format(code=code, stamp=STAMP, text="Something new happened"))
    assert [(error.code, error.message) for error in errors(log)] == [(code, "Something new happened")]


@pytest.mark.parametrize("form", [form for form in FORMS if form != "{code}  {text}"])
def test_such_a_line_alone_is_an_ascend_tools_failure(form: str):
    """Without `ATC run failed` around it; a bare code and a text may be anybody's."""
    text = form.format(code="EZ9999", stamp=STAMP, text="The error from device(chipId:0, dieId:0)")
    assert parsers.recognise(text) == "atc"
    assert atc.parse(parsers.read(text)).succeeded is False
    with pytest.raises(
        ParseError, match=r"the Ascend tool failed: EZ9999: The error from device\(chipId:0, die"
    ):
        parsers.parse(text)
    assert parsers.recognise("E9999 items were read") is None


def test_the_known_cause_is_told_where_the_rest_of_the_log_has_it():
    """Three lines below the code; the first line of it says only that it is an inner error."""
    text = (
        "[INFO] acl init success\n[ERROR] aclrtSynchronizeStream failed: 507015\nEZ9999: Inner Error!\n"
        f"EZ9999{STAMP} (EZ9999):  The error from device(chipId:1, dieId:0), serial number is 3\n"
        "    The extend info: errcode:(95) The DDR address of the MTE instruction is out of range.\n"
    )
    said = "failed: EZ9999: The error from device(chipId:1, dieId:0), serial number is 3 (an operator read"
    with pytest.raises(ParseError, match=re.escape(said)) as raised:
        parsers.parse(text, name="a.log")
    assert str(raised.value).startswith("a.log:4: ")
    assert "PID" not in str(raised.value)


def test_a_failure_of_which_nothing_is_known_stands_alone():
    with pytest.raises(ParseError, match=r"failed: E20099: Failed to compile Op \[a/b\]$"):
        parsers.parse(f"ATC run failed, see the log\nE20099: {STAMP} Failed to compile Op [a/b]\n")
