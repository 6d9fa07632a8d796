"""Meta's error codes: the one table of what each means, what to do about it and how a marketer is told.

Source of every row unless it says otherwise: Meta, "Error codes" (B/support/error-codes, read 2026-09-11; the keys are
explained in docs/meta-api.md). Codes branch, HTTP status does not: throttling comes as HTTP 400.
"""

from typing import Final, NamedTuple

from bot.ports.meta import ErrorClass, Failure

PAIR_RATE: Final = 131056
PER_USER_LIMIT: Final = 131049
INVALID_CURSOR: Final = 131059
INVALID_PARAMETER: Final = 100
TRACKER_FIELD: Final = "biz_opaque_callback_data"

_DAY: Final = 86_400.0
_C, _P, _T = ErrorClass.CONFIG, ErrorClass.PERMANENT, ErrorClass.TRANSIENT
_L, _D, _S = ErrorClass.RATE, ErrorClass.DELAYED, ErrorClass.STOPPED


class _Row(NamedTuple):
    kind: ErrorClass
    what: str
    mend: str
    #: Seconds before the first repetition; 0 where repeating is no use.
    wait: float = 0.0


_ASK_ADMIN = "Ask the administrator of the Meta app"
_NOTHING = "Nothing to do: this person gets no message, the others do"
_SOON = "Nothing to do: it is tried again"
_SLOWER = "Nothing to do: sending slows down by itself"
_MEDIA = "Replace the header's file or link, then send a new version for approval"
_BINDING = "Check the variables against the template in WhatsApp Manager, then submit a new version"
_REGISTER = "Register the number again in WhatsApp Manager"

TABLE: Final[dict[int, _Row]] = {
    0: _Row(_C, "Meta did not accept the access token", f"{_ASK_ADMIN} for a new META_ACCESS_TOKEN"),
    1: _Row(_T, "Meta did not understand the call or had a fault of its own", _SOON, 1),
    2: _Row(_T, "Meta's service is down for a moment", _SOON, 1),
    3: _Row(_C, "The Meta app lacks a capability", f"{_ASK_ADMIN} to grant whatsapp_business_messaging"),
    4: _Row(_L, "The Meta app made too many calls", _SLOWER, 60),
    10: _Row(_C, "A permission of the Meta app is missing", f"{_ASK_ADMIN} to grant it again"),
    33: _Row(_C, "The sender number does not exist at Meta any more", "Correct META_PHONE_NUMBER_IDS"),
    100: _Row(_C, "Meta refused a parameter of the request", _BINDING),
    190: _Row(_C, "The access token has expired or was revoked", f"{_ASK_ADMIN} for a new META_ACCESS_TOKEN"),
    368: _Row(_C, "The WhatsApp account is restricted for a policy violation", "Open Account Quality in Meta's suite"),
    80007: _Row(_L, "The WhatsApp account reached its call limit", _SLOWER, 60),
    130403: _Row(_P, "This person has blocked the business", _NOTHING),
    130429: _Row(_L, "The number sends faster than Meta allows", _SLOWER, 1),
    # B/support/experiments, 2026-06-17: about 1 % of people are held out; repeating the same message never helps.
    130472: _Row(_P, "Meta holds this person out as part of an experiment", _NOTHING),
    130497: _Row(_P, "The business may not write to people in this country", _NOTHING),
    131000: _Row(_T, "Meta failed for an unknown reason", _SOON, 1),
    131005: _Row(_C, "Meta denied access", f"{_ASK_ADMIN} to grant the token's permissions again"),
    131008: _Row(_C, "A required value is missing", _BINDING),
    131009: _Row(_C, "A value is not valid, or the template is not ready yet", _BINDING),
    131016: _Row(_T, "Meta's service is overloaded", _SOON, 1),
    131021: _Row(_P, "The recipient is the sender number itself", _NOTHING),
    131026: _Row(_P, "WhatsApp cannot deliver to this person (no account, old app, terms not accepted)", _NOTHING),
    131030: _Row(
        _P, "A test number may write to its listed recipients only", "Add the phone to the test number's list"
    ),
    131031: _Row(_C, "The WhatsApp account is locked", "Open Account Quality in Meta's suite"),
    131037: _Row(_C, "The number's display name is not approved", "Have the display name approved in WhatsApp Manager"),
    131042: _Row(_C, "There is a problem with the payment method", "Ask finance to mend it in Meta's billing settings"),
    131045: _Row(_C, "The sender number is not registered properly", _REGISTER),
    131047: _Row(_P, "The 24-hour window for free-form replies is over", "Only a template can be sent now"),
    131048: _Row(_C, "The number is restricted because too many people reported it", "Wait, and write to fewer people"),
    # B/templates/marketing-templates/per-user-limits, 2026-04-29: wait at least 24 h, earlier repetitions are blocked.
    131049: _Row(
        _D, "WhatsApp limits how much marketing this person gets", "Tried once more after a day at most", _DAY
    ),
    131050: _Row(_S, "This person stopped marketing from this business", "Nothing to do: the stop is remembered"),
    131051: _Row(_C, "Meta does not support this kind of message", _BINDING),
    131052: _Row(_C, "Meta could not download the header's file", _MEDIA),
    131053: _Row(_C, "Meta could not use the header's file", _MEDIA),
    131055: _Row(_C, "Only marketing templates can be sent here", "Choose a marketing template"),
    # B/about-the-platform: 4^x seconds for x = 0, 1, 2; see `Failure.growth`.
    131056: _Row(_T, "Too many messages went to this person in a short time", _SOON, 1),
    # B/throughput, 2026-09-11: about a minute during a throughput upgrade.
    131057: _Row(_T, "The number is being upgraded by Meta", _SOON, 60),
    131059: _Row(_T, "Meta no longer knows the position in the list", "The list is read from its beginning again"),
    131061: _Row(_C, "A template with a max-price bid cannot take this route", "Choose a template without a bid"),
    131062: _Row(_P, "This template needs the person's phone number", _NOTHING),
    131063: _Row(_C, "Marketing over the Cloud API is switched off", "Finish the Marketing Messages onboarding"),
    131064: _Row(
        _C, "Meta limits sending because templates were in the wrong category", "Wait, then resume the campaign"
    ),
    131065: _Row(_P, "Max-price sending is not available in this country", _NOTHING),
    132000: _Row(_C, "The number of variables differs from the template", _BINDING),
    132001: _Row(_C, "The template does not exist in this language or is not approved", "Choose an approved template"),
    132005: _Row(_P, "The text is too long once filled in", "Shorten this person's values"),
    132007: _Row(_C, "The content violates WhatsApp's policy", "Change the template in WhatsApp Manager"),
    132008: _Row(_C, "A variable has the wrong format", _BINDING),
    132012: _Row(_C, "A variable is of the wrong kind", _BINDING),
    # B/templates/template-pausing and template-pacing, 2025: also the fate of messages dropped by pacing.
    132015: _Row(_C, "Meta has paused the template for its quality", "Wait until Meta lifts the pause, then resume"),
    132016: _Row(_C, "Meta has disabled the template for good", "Use another template"),
    132018: _Row(_C, "The variables do not fit the template", _BINDING),
    132068: _Row(_C, "The flow behind a button is blocked", "Use a template without a flow"),
    132069: _Row(_C, "The flow behind a button is throttled", "Use a template without a flow"),
    133000: _Row(_C, "The number was not deregistered completely", _REGISTER),
    133004: _Row(_T, "Meta's server is not available", _SOON, 1),
    133005: _Row(_C, "The number's PIN is wrong", _REGISTER),
    133006: _Row(_C, "The number must be verified again", _REGISTER),
    133008: _Row(_C, "The number's PIN was wrong too often", "Wait as long as Meta says, then register again"),
    133009: _Row(_C, "The number's PIN was entered too fast", "Wait as long as Meta says, then register again"),
    133010: _Row(_C, "The sender number is not registered", _REGISTER),
    133015: _Row(_D, "The number was deleted a moment ago", _SOON, 300),
    133016: _Row(_D, "The number was registered too often", "Wait 72 hours", 3 * _DAY),
    134011: _Row(_C, "Meta's payment terms are not accepted", "Accept them in WhatsApp Manager"),
    134100: _Row(_C, "Only marketing templates can be sent here", "Choose a marketing template"),
    # B/marketing-messages/send-marketing-messages, 2026-03-20: up to ten minutes after approval or a dormant week.
    134101: _Row(_D, "The template is still being synchronised with Meta's ad system", _SOON, 600),
    134102: _Row(
        _C, "The template cannot be used with Marketing Messages", "Use another template, or allow the fallback"
    ),
    # B/marketing-messages/changelog, May 2025; absent from the error page.
    134103: _Row(_C, "Marketing Messages refused the template", "Use another template, or allow the fallback"),
    135000: _Row(_C, "Meta refused the message, or dropped it while pacing", "Look at the template's quality first"),
    137000: _Row(_P, "The person behind this number has changed", _NOTHING),
    200005: _Row(_C, "Template insights are not switched on", "Switch them on in WhatsApp Manager"),
    200006: _Row(_C, "Template insights are not available", "Nothing to do: webhooks still count"),
    200007: _Row(_C, "Template insights are not available", "Nothing to do: webhooks still count"),
    1752041: _Row(_C, "The onboarding was already asked for", "Wait for it to finish"),
}

#: B/support/error-codes: every code of 200-299 is a permission missing for one object.
_PERMISSION = _Row(_C, "The token has no permission for this object", f"{_ASK_ADMIN} to assign it to the token")
#: B/templates/template-management: 2388xxx come from creating and editing templates only.
_TEMPLATE_EDIT = _Row(_C, "Meta refused the template's content", "Change the template in WhatsApp Manager")
_UNKNOWN = _Row(_P, "Meta gave a reason Arauto does not know", "Look the code up in Meta's list before going on")


def is_known(code: int) -> bool:
    """Tell whether the table explains a code. Repeated unknown refusals should pause a campaign."""
    return _row(code) is not _UNKNOWN


def plain_words(code: int) -> tuple[str, str]:
    """Say what a code means and what to do about it, for cards; codes from webhooks included."""
    row = _row(code)
    return row.what, row.mend


def failure(code: int, detail: str = "", trace_id: str = "", *, is_transient: bool = False) -> Failure:
    """Turn a code into what it asks of us.

    Meta's `is_transient` makes a refusal worth repeating, but never weakens a stop, a rate limit or a longer wait.
    """
    row = _row(code)
    kind, wait = row.kind, row.wait
    if is_transient and kind in (_C, _P):
        kind, wait = _T, 1.0
    # Meta's pages do not list our tracker for this endpoint: a refusal of it alone proves nothing about the message.
    is_about_tracker = code == INVALID_PARAMETER and TRACKER_FIELD in detail
    return Failure(
        code,
        kind,
        row.what,
        row.mend,
        wait,
        detail,
        trace_id,
        is_about_tracker,
        is_known=is_known(code),
        growth=4.0 if code == PAIR_RATE else 2.0,
        is_about_template=kind in (_C, _P) and _is_about_template(code),
    )


def _is_about_template(code: int) -> bool:
    """Tell whether a code is about one template, its variables or its file; 100 is about what was asked of it."""
    family = code // 1000 in (132, 2388) or code // 100 == 1341  # noqa: PLR2004 - see the table
    return family or code in (INVALID_PARAMETER, 131052, 131053, 131055, 131061, 135000)


def _row(code: int) -> _Row:
    row = TABLE.get(code)
    if row is not None:
        return row
    if 200 <= code <= 299:  # noqa: PLR2004 - Meta's range, see _PERMISSION
        return _PERMISSION
    return _TEMPLATE_EDIT if code // 1000 == 2388 else _UNKNOWN  # noqa: PLR2004 - see _TEMPLATE_EDIT
