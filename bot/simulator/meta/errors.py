"""Graph's error bodies: which code carries which HTTP status and title."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

# Meta, "Error codes", read 2026-09-11; the HTTP column from the copy of December 2025. Codes without a published
# status answer 400, as every throttle does: clients must branch on the code.
CATALOGUE: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    2200: (400, "Callback verification failed"),
    2500: (400, "Unknown path components"),
    80007: (400, "Rate limit issues"),
    130403: (400, "Business has blocked this user"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "Display name approval needed"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "Not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped receiving marketing messages from this business"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131055: (400, "Only marketing templates are allowed here"),
    131056: (400, "Business and consumer pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131059: (400, "Invalid paging cursor"),
    131061: (400, "Max-price template not supported on this endpoint"),
    131062: (400, "Business-scoped user id not supported for this message"),
    131063: (400, "Marketing templates are disabled on Cloud API"),
    131064: (400, "Messaging limited for template misclassification"),
    131065: (400, "Max price not available in this country"),
    132000: (400, "Template parameter count mismatch"),
    132001: (404, "Template does not exist"),
    132005: (400, "Template hydrated text too long"),
    132007: (400, "Template format character policy violated"),
    132008: (400, "Template parameter format mismatch"),
    132012: (400, "Template parameter format mismatch"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132018: (400, "Template parameter validation failed"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    133000: (500, "Incomplete deregistration"),
    133004: (503, "Server temporarily unavailable"),
    133005: (400, "Two-step verification PIN mismatch"),
    133006: (400, "Phone number re-verification needed"),
    133008: (400, "Too many PIN guesses"),
    133009: (400, "PIN guessed too fast"),
    133010: (400, "Phone number not registered"),
    133015: (400, "Wait before registering this number again"),
    133016: (400, "Too many registrations"),
    134011: (400, "Payment terms not accepted"),
    134100: (400, "Only marketing templates are supported"),
    134101: (400, "Template is syncing"),
    134102: (500, "Template unavailable for Marketing Messages"),
    134103: (400, "Marketing message not supported"),
    135000: (400, "Generic user error"),
    137000: (400, "Recipient identity key hash mismatch"),
    200005: (400, "Template insights unavailable"),
    200006: (400, "Template insights not enabled"),
    200007: (400, "Template insights cannot be disabled"),
    1752041: (400, "Duplicate onboarding request"),
    2388019: (400, "Template limit exceeded"),
    2388024: (400, "Template already exists in this language"),
    2388040: (400, "Template field too long"),
    2388047: (400, "Template header format is incorrect"),
    2388072: (400, "Template body format is incorrect"),
    2388073: (400, "Template footer format is incorrect"),
    2388293: (400, "Too many variables for the template's length"),
    2388299: (400, "Variables cannot be at the start or end of the template"),
}


def title(code: int) -> str:
    """Meta's short name of a code; an unlisted one gets a neutral title."""
    return CATALOGUE.get(code, (HTTPStatus.BAD_REQUEST, "Unknown error"))[1]


class GraphError(Exception):
    """A refusal in Graph's shape. `details` names the thing that was wrong."""

    def __init__(self, code: int, details: str, *, status: int | None = None) -> None:
        super().__init__(f"(#{code}) {details}")
        self.code = code
        self.details = details
        self.status = status or CATALOGUE.get(code, (HTTPStatus.BAD_REQUEST, ""))[0]

    def body(self) -> dict[str, Any]:
        """Build the JSON body; `error_subcode` is gone since v16."""
        return {
            "error": {
                "message": f"(#{self.code}) {title(self.code)}: {self.details}",
                "type": "OAuthException",
                "code": self.code,
                "error_data": {"messaging_product": "whatsapp", "details": self.details},
                "fbtrace_id": "A" + secrets.token_urlsafe(15),
            }
        }


def status_error(code: int, details: str | None = None) -> dict[str, Any]:
    """Build one element of a failed status' `errors` list."""
    name = title(code)
    return {
        "code": code,
        "title": name,
        "message": name,
        "error_data": {"details": details or name},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
