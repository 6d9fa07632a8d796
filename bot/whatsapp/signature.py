"""Proves that a webhook body comes from Meta, before anything of it is parsed."""

import hmac
from typing import Final

_PREFIX: Final = "sha256="


def is_signed(secret: str, raw: bytes, header: str | None) -> bool:
    """Compare `X-Hub-Signature-256` with the HMAC-SHA256 of the raw bytes, in constant time.

    Source: Meta, "Create a webhook endpoint" (read 2026-04-21). A missing or misshapen header is simply wrong.
    """
    expected = _PREFIX + hmac.digest(secret.encode(), raw, "sha256").hex()
    return hmac.compare_digest(expected.encode(), (header or "").encode("utf-8", "replace"))
