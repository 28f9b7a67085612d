"""
Where the API is and with which key: read from the environment, kept out of everything printed.

``OPENALEX_API_KEY`` holds the key, or ``OPENALEX_API_KEY_FILE`` names a file that does; else the
file ``~/.config/bibliometrics/openalex-key`` is read if it is there. ``OPENALEX_API_URL`` names
another server: a mirror, a test server. A key goes to a foreign ``http://`` address only where
``OPENALEX_ALLOW_HTTP=1`` says so.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from bibliometrics.errors import InputError
from bibliometrics.files import read_regular, user_path

API_URL: Final = "https://api.openalex.org"
KEY_FILE: Final = Path("~/.config/bibliometrics/openalex-key")
ALLOW_HTTP: Final = "OPENALEX_ALLOW_HTTP"
MASK: Final = "***"
LARGEST_KEY_FILE: Final = 10_000
SHORTEST_SECRET: Final = 6


@dataclass(frozen=True)
class Address:
    """
    Base address of an API.

    ``url`` holds scheme, host, port and path prefix, with no slash at the end and no user name or
    password; those are in ``userinfo``, which never shows.
    """

    url: str = API_URL
    userinfo: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """Host, and port if it is named: what may be printed of an address."""
        return urlsplit(self.url).netloc

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent: https, or this computer itself."""
        parts = urlsplit(self.url)
        if parts.scheme == "https" or parts.hostname == "localhost":
            return True
        try:
            return ipaddress.ip_address(parts.hostname or "").is_loopback
        except ValueError:
            return False


def parse_address(text: str) -> Address:
    """
    Read the base address of an API.

    >>> parse_address("https://user:word@mirror.example/openalex/")
    Address(url='https://mirror.example/openalex')
    """
    try:
        parts = urlsplit(text.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    odd = re.search(r"[\s\x00-\x1f\x7f]", text.strip()) or parts.query or parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or odd:
        msg = "the API address is not an http or https address without query and blanks."
        raise InputError(msg, f"set OPENALEX_API_URL to one such as {API_URL}, or unset it")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    userinfo = parts.netloc.rpartition("@")[0]
    return Address(f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}", userinfo)


def read_address(environment: Mapping[str, str] | None = None) -> Address:
    """Return the address in ``OPENALEX_API_URL``, or that of OpenAlex; InputError if it is none."""
    environment = os.environ if environment is None else environment
    return parse_address(environment.get("OPENALEX_API_URL") or API_URL)


def check_key(text: str, where: str = "the API key") -> str:
    """Return an API key without the blanks around it."""
    key = text.strip().removeprefix("\ufeff").strip()
    named = re.match(r"(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=", key)
    if named or key[:1] in {'"', "'"}:
        said = "is of the form NAME=value" if named else "stands in quotation marks"
        msg = f"{where} {said}; an API key is one word, by itself."
        raise InputError(msg, "leave the value alone there, nothing before or around it")
    if not re.fullmatch(r"[!-~]+", key):
        said = "holds blanks, control characters or letters outside ASCII" if key else "is empty"
        msg = f"{where} {said}; an API key is one word of printable ASCII."
        raise InputError(msg, "copy it again from openalex.org/settings/api")
    return key


def read_key(environment: Mapping[str, str] | None = None) -> str | None:
    """Return the API key of this user, or None."""
    environment = os.environ if environment is None else environment
    if environment.get("OPENALEX_API_KEY", "").strip():
        return check_key(environment["OPENALEX_API_KEY"], "OPENALEX_API_KEY")
    named = environment.get("OPENALEX_API_KEY_FILE", "")
    try:
        path = user_path(named, "OPENALEX_API_KEY_FILE") if named else KEY_FILE.expanduser()
        text = read_regular(path, LARGEST_KEY_FILE).decode("utf-8-sig", errors="replace")
    except (FileNotFoundError, NotADirectoryError, RuntimeError) as error:
        if not named:
            return None
        msg = f"there is no file {named}, which OPENALEX_API_KEY_FILE names."
        raise InputError(msg, "correct the path or unset the variable") from error
    except OSError as error:
        msg = f"can't read the key file {path}: {error.strerror or type(error).__name__}."
        raise InputError(
            msg, "check its permissions; it must hold the key and nothing else"
        ) from error
    return check_key(text, f"the key in {path}")


def check_secrecy(
    key: str | None, address: Address, environment: Mapping[str, str] | None = None
) -> None:
    """Refuse to send a key or password where others can read it, unless it is allowed by name."""
    environment = os.environ if environment is None else environment
    if not (key or address.userinfo) or address.is_private or environment.get(ALLOW_HTTP) == "1":
        return
    what = "API key" if key else "password in the API address"
    msg = f"the {what} would go to {address.host} in clear text (http)."
    step = (
        f"use an https address in OPENALEX_API_URL, or unset the {what}; if you trust the network"
    )
    raise InputError(msg, f"{step}, set {ALLOW_HTTP}=1")


def secrets_of(key: str | None, address: Address) -> tuple[str, ...]:
    """Return every text that must never be saved or printed: key, password, their encoded forms."""
    password = address.userinfo.partition(":")[2]
    plain = [text for text in (key, password, unquote(password)) if text]
    if address.userinfo:
        plain.append(basic_credentials(address))
    every = {form for text in plain for form in (text, quote(text, safe=""))}
    return tuple(sorted((text for text in every if len(text) >= SHORTEST_SECRET), key=len)[::-1])


def basic_credentials(address: Address) -> str:
    """Return user name and password of an address as HTTP basic authentication wants them."""
    return base64.b64encode(unquote(address.userinfo).encode()).decode()


def mask(text: str, secrets: Iterable[str]) -> str:
    """
    Return the text with every secret replaced by three stars.

    >>> mask("key=abcdef123", ["abcdef123"])
    'key=***'
    """
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def mask_bytes(body: bytes, secrets: Iterable[str]) -> bytes:
    """Return the bytes with every secret replaced by three stars."""
    for secret in secrets:
        body = body.replace(secret.encode(), MASK.encode())
    return body
