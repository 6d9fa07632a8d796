"""Only Meta's own bytes get past the door."""

import pytest

from bot.whatsapp.signature import is_signed

#: HMAC-SHA256 test case 2 of RFC 4231.
KEY, DATA = "Jefe", b"what do ya want for nothing?"
MAC = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_the_right_signature_is_taken():
    assert is_signed(KEY, DATA, f"sha256={MAC}")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        MAC,
        f"sha1={MAC}",
        f"sha256={MAC.upper()}",
        f"sha256={MAC[:-1]}4",
        f"sha256={MAC} ",
        "sha256=é",
    ],
)
def test_any_other_header_is_refused(header: str | None):
    assert not is_signed(KEY, DATA, header)


def test_one_changed_byte_or_another_secret_is_refused():
    assert not is_signed(KEY, DATA + b" ", f"sha256={MAC}")
    assert not is_signed("Jeff", DATA, f"sha256={MAC}")
