"""E-mail and public IP addresses, replaced as FineWeb does (Penedo et al. 2024, section 3.8).

E-mail addresses become by turns email@example.com and firstname.lastname@example.org. Public IPv4 addresses become by
turns the six that FineWeb's description lists, none of which answered when that list was made. Private and reserved
addresses identify nobody and stay. FineWeb leaves IPv6 addresses alone; here public ones become one out of the range
that is set aside for documentation.

The turns start anew with each text, so that what becomes of a text depends on it alone, and masking once more changes
nothing. Time grows with the length of the text whatever stands in it: no part is looked at again for each sign.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

EMAILS = ("email@example.com", "firstname.lastname@example.org")
IPV4_ADDRESSES = (
    "22.214.171.124",
    "126.96.36.199",
    "188.8.131.52",
    "184.108.40.206",
    "220.127.116.11",
    "18.104.22.168",
)
IPV6_ADDRESS = "2001:db8::1"

# Read backwards from the @: what an address may have before it, in letters of any script. It begins with none of the
# signs: they are quotes, slashes and the like of the text before it.
SIGNS = "!#$%&'*+/=?^`{|}~.-"
LOCAL_BACKWARDS = re.compile(rf"[\w{re.escape(SIGNS)}]+")
LABEL = r"[^\W_]+(?:-+[^\W_]+)*"
DOMAIN = re.compile(rf"(?:{LABEL}\.)+{LABEL}|\[[0-9A-Fa-f:.]{{2,45}}\](?!-*[^\W_]|\.[^\W_])")

# These patterns begin with a sign and look behind it, not before it: they are then tried where that sign stands alone.
# Four numbers that are part of more, such as a version 1.2.3.4.5, are no address.
IPV4 = re.compile(r"[0-9](?<![0-9]{2})(?<![0-9]\.[0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])")

# Global unicast addresses alone, 2000::/3: their first group has four digits, which keeps times, ratios and the names
# of programming languages out.
IPV6 = re.compile(r"[23](?<![\w:.][23])[0-9A-Fa-f]{3}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{1,4}(?![\w:]|\.[0-9])")

# IANA's IPv4 and IPv6 Special-Purpose Address Registries: what cannot be reached from anywhere in the internet. Stated
# here because Python's own table differs from version to version.
NOT_PUBLIC_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "240.0.0.0/4",
        ),
    )
)
NOT_PUBLIC_IPV6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without personal addresses, and how many of each kind were replaced in it."""

    text: str
    emails: int = 0
    ip_addresses: int = 0


def mask_pii(text: str) -> str:
    """The text with e-mail addresses and public IP addresses replaced."""
    return mask_and_count(text).text


def mask_and_count(text: str) -> Masked:
    """The text with e-mail addresses and public IP addresses replaced, and how many there were."""
    emails = addresses = 0
    if "@" in text:
        text, emails = mask_emails(text)
    if "." in text:
        text, addresses = mask_ipv4(text)
    if ":" in text:
        text, more = mask_ipv6(text)
        addresses += more
    return Masked(text, emails, addresses)


def mask_emails(text: str) -> tuple[str, int]:
    """The text with e-mail addresses replaced, and how many there were."""
    parts: list[str] = []
    end = number = 0  # what is before `end` has been copied or replaced
    at = text.find("@")
    searched = 0  # no @ between here and the next one: each stretch of the text is read backwards once
    while at >= 0:
        start = local_start(text[max(end, searched) : at], at)
        domain = DOMAIN.match(text, at + 1) if start < at else None
        # What only dots and dashes part from an address before it would become a part of that one's domain.
        if domain and (end == 0 or text[end:start].strip(".-")):
            # Behind an @ the one without dots: with what is before, the other would make an address.
            turn = 0 if text.startswith("@", start - 1) else number % len(EMAILS)
            parts += text[end:start], EMAILS[turn]
            end = domain.end()
            number += 1
        searched = at + 1
        at = text.find("@", searched)
    return "".join((*parts, text[end:])), number


def local_start(before: str, at: int) -> int:
    """Where the local part of an address begins that ends at `at`, behind `before`; `at` where there is none."""
    if not before or before[-1] == ".":
        return at
    match = LOCAL_BACKWARDS.match(before[::-1])
    if not match:
        return at
    return at - len(before[len(before) - match.end() :].rpartition("..")[2].lstrip(SIGNS))


def mask_ipv4(text: str) -> tuple[str, int]:
    """The text with public IPv4 addresses replaced, and how many there were."""
    number = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal number
        try:
            address = ipaddress.IPv4Address(match[0])
        except ValueError:  # a number above 255, or with a zero before it
            return match[0]
        if any(address in network for network in NOT_PUBLIC_IPV4):
            return match[0]
        number += 1
        return IPV4_ADDRESSES[(number - 1) % len(IPV4_ADDRESSES)]

    return IPV4.sub(replacement, text), number


def mask_ipv6(text: str) -> tuple[str, int]:
    """The text with public IPv6 addresses replaced, and how many there were."""
    number = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal number
        try:
            address = ipaddress.IPv6Address(match[0])
        except ValueError:
            return match[0]
        if any(address in network for network in NOT_PUBLIC_IPV6):
            return match[0]
        number += 1
        return IPV6_ADDRESS

    return IPV6.sub(replacement, text), number
