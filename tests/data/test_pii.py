"""Masking: what is an address and what is not, twice the same, and time in proportion to the text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyllm.data.pii import EMAILS, IPV4_ADDRESSES, Masked, mask_and_count, mask_pii


@pytest.mark.parametrize(
    "address",
    [
        "john@example.net",
        "john.doe+news@mail.some-site.co.uk",
        "o'neill_99@a1.io",
        "x@y.z",
        "jörg.müller@bücher.de",
        "_me@here.com",
        "12345@6789.com",
        "me@[8.8.4.4]",
        "root@8.8.4.4",
        "a" * 5000 + "@long.com",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "Write to {}.", "<{}>", "mailto:{}?subject=x", "({})", "“{}”, or", "\n{}\n", "...{}", "--{}--"]
)
def test_email_addresses(address: str, around: str) -> None:
    assert mask_and_count(around.format(address)) == Masked(around.format("email@example.com"), emails=1)


@pytest.mark.parametrize(
    "text",
    [
        "@",
        "@@",
        "a@",
        "@b.com",
        "a@b",
        "a @b.com",
        "a@ b.com",
        "a.@b.com",
        "a@.com",
        "a@b..c",
        "a@-b.com",
        "@media.print",
        "a@[x]",
    ],
)
def test_what_is_no_email_address(text: str) -> None:
    assert mask_pii(text) == text


def test_several_addresses_take_turns() -> None:
    text = "a@b.cc, d@e.ff; g@h.ii 8.8.8.8 " + " ".join(f"9.9.9.{number}" for number in range(6))
    first, second = EMAILS
    numbers = " ".join([*IPV4_ADDRESSES, IPV4_ADDRESSES[0]])
    assert mask_and_count(text) == Masked(f"{first}, {second}; {first} {numbers}", 3, 7)
    assert mask_pii("a@b.cc@d.com") == "email@example.com@d.com", (
        "what follows an address is none without its beginning"
    )


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "192.169.1.1", "223.255.255.255", "99.0.0.0"]
)
@pytest.mark.parametrize("around", ["{}", "at {}, port", "http://{}:80/x", "({}).", "v{}", "[{}]", "{}/24", "۹{}"])
def test_public_ipv4_addresses(address: str, around: str) -> None:
    assert mask_and_count(around.format(address)) == Masked(around.format(IPV4_ADDRESSES[0]), ip_addresses=1)


NOT_PUBLIC = """
0.1.2.3 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 169.254.1.1 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1
192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 240.0.0.1 255.255.255.255
"""
NO_ADDRESS = "1.2.3 1.2.3.4.5 1.2.3.4.5.6.7.8 256.1.1.1 1.2.3.256 01.2.3.4 1.2.3.04 1234.1.1.1 1.1.1.1234 1..2.3.4"


@pytest.mark.parametrize("address", [*NOT_PUBLIC.split(), *NO_ADDRESS.split()])
def test_what_stays(address: str) -> None:
    assert mask_pii(address) == address
    assert mask_pii(f"see {address}.") == f"see {address}."


def test_ipv6_addresses() -> None:
    public = ["2606:4700:4700::1111", "2a00:1450:4001:082b:0000:0000:0000:200e", "2A00:1450::5"]
    for address in public:
        assert mask_and_count(f"at {address}, or") == Masked("at 2001:db8::1, or", ip_addresses=1)
    for text in [
        "2001:db8::5",
        "fe80::1",
        "::1",
        "12:30:45",
        "2024:05:01",
        "3fff::1",
        "2000:1:2",
        "std::vector",
        "aa:bb:cc:dd:ee:ff",
    ]:
        assert mask_pii(f"at {text}, or") == f"at {text}, or"


PIECES = [
    "a",
    "Ab9",
    "@",
    ".",
    "..",
    "-",
    "_",
    "x@y.zz",
    "8.8.8.8",
    "1.",
    "2606:4700::1",
    "2",
    ":",
    "[",
    "]",
    " ",
    "é",
    "'",
    "é@ü.de",
    "/",
]
ANY_TEXT = st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


@settings(max_examples=1000, deadline=None)
@given(ANY_TEXT)
def test_masking_twice_changes_nothing(text: str) -> None:
    masked = mask_and_count(text)
    assert mask_pii(masked.text) == masked.text
    if not masked.emails and not masked.ip_addresses:
        assert masked.text == text


@settings(max_examples=300, deadline=None)
@given(st.lists(st.from_regex(r"[a-z][a-z0-9.]{0,9}[a-z]@([a-z]{1,8}\.){1,3}[a-z]{2,4}", fullmatch=True), max_size=8))
def test_no_plain_address_is_left(addresses: list[str]) -> None:
    addresses = [address for address in addresses if ".." not in address]
    text = mask_pii(" and ".join(addresses))
    assert re.findall(r"\S+@\S+", text) == [EMAILS[number % 2] for number in range(len(addresses))]


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a@",
        "a@a",
        "@",
        "1.",
        "1.1.1.1.",
        "8.8.8.8 ",
        "!",
        "-",
        "a-",
        "a.",
        "..",
        "a@b.c-",
        "a@[1.2]-",
        "2001:",
        "2",
        "2:",
        "é@",
    ],
)
def test_long_texts_take_time_in_proportion(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    for content in (text, text + "@x.com", "a@" + text):
        mask_pii(content)  # each takes a fraction of a second; quadratic time would be hours
