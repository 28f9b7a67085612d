"""Keys and addresses: read from the environment, never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bibliometrics.errors import InputError
from bibliometrics.openalex import credentials as access


def test_the_key_comes_from_its_variable_without_blanks() -> None:
    assert access.read_key({"OPENALEX_API_KEY": " abcdef \n"}) == "abcdef"


def test_the_key_comes_from_a_named_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("abcdef\n")
    assert access.read_key({"OPENALEX_API_KEY_FILE": str(tmp_path / "key")}) == "abcdef"


def test_the_key_comes_from_the_default_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "KEY_FILE", tmp_path / "key")
    assert access.read_key({}) is None
    (tmp_path / "key").write_text("abcdef")
    assert access.read_key({}) == "abcdef"


def test_a_named_key_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="OPENALEX_API_KEY_FILE"):
        access.read_key({"OPENALEX_API_KEY_FILE": str(tmp_path / "none")})


def test_a_key_file_that_is_a_folder_or_binary_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"abcdefgh\xff\xfe")
    with pytest.raises(InputError, match="can't read the key file"):
        access.read_key({"OPENALEX_API_KEY_FILE": str(tmp_path)})
    with pytest.raises(InputError, match="one word of printable ASCII") as caught:
        access.read_key({"OPENALEX_API_KEY_FILE": str(tmp_path / "binary")})
    assert "abcdefgh" not in str(caught.value)


@pytest.mark.parametrize("key", ["ab\x00cdef", "abc def", "schlüssel", "abc\ndef"])
def test_an_odd_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InputError) as caught:
        access.check_key(key)
    assert key not in str(caught.value)


def test_an_address_loses_its_slash_and_its_user() -> None:
    address = access.parse_address("http://user:sesame@127.0.0.1:8080/openalex/")
    assert address.url == "http://127.0.0.1:8080/openalex"
    assert address.host == "127.0.0.1:8080"
    assert "sesame" not in repr(address) + str(address)


@pytest.mark.parametrize(
    "text",
    ["ftp://a.example", "api.openalex.org", "http://", "http://a/?b=c", "http://a b", "http://a:x"],
)
def test_an_address_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="OPENALEX_API_URL"):
        access.parse_address(text)


def test_the_default_address_is_openalex() -> None:
    assert access.read_address({}).url == "https://api.openalex.org"
    assert access.read_address({"OPENALEX_API_URL": "http://[::1]:1"}).url == "http://[::1]:1"


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("https://mirror.example", True),
        ("http://localhost:1", True),
        ("http://127.0.0.1", True),
        ("http://mirror.example", False),
    ],
)
def test_only_https_and_this_computer_are_private(text: str, private: bool) -> None:
    assert access.parse_address(text).is_private is private


def test_every_form_of_a_secret_is_masked() -> None:
    address = access.parse_address("http://user:open%2Fsesame@host")
    secrets = access.secrets_of("key/of+mine", address)
    text = f"key/of+mine key%2Fof%2Bmine open/sesame {access.basic_credentials(address)}"
    assert access.mask(text, secrets) == "*** *** *** ***"
    assert access.mask_bytes(text.encode(), secrets) == b"*** *** *** ***"


def test_this_process_is_asked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "OPENALEX_API_KEY", "abcdef")
    monkeypatch.setitem(os.environ, "OPENALEX_API_URL", "http://127.0.0.1:9")
    assert (access.read_key(), access.read_address().host) == ("abcdef", "127.0.0.1:9")


@pytest.mark.parametrize(
    "text", ["OPENALEX_API_KEY=abcdef123", "export K = abcdef123", '"abcdef123"', "'abcdef123'"]
)
def test_a_key_with_something_around_it_is_told_and_not_shown(text: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text)
    named = {"OPENALEX_API_KEY_FILE": str(tmp_path / "key")}
    for environment in ({"OPENALEX_API_KEY": text}, named):
        with pytest.raises(InputError, match=r"NAME=value|quotation marks") as caught:
            access.read_key(environment)
        assert "abcdef123" not in str(caught.value)


def test_a_byte_order_mark_before_a_key_is_taken_off(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\ufeffabcdef123\r\n", encoding="utf-8")
    assert access.read_key({"OPENALEX_API_KEY_FILE": str(tmp_path / "key")}) == "abcdef123"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_a_key_file_that_is_no_file_is_an_error_and_hangs_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")
    for path in (tmp_path / "key", Path("/dev/zero"), tmp_path):
        with pytest.raises(InputError, match=r"not a file|can't read"):
            access.read_key({"OPENALEX_API_KEY_FILE": str(path)})
    with pytest.raises(InputError, match=r"OPENALEX_API_KEY_FILE names '~nosuchuser/key', but no"):
        access.read_key({"OPENALEX_API_KEY_FILE": "~nosuchuser/key"})
