"""Builders of webhook bodies as Meta writes them, and what the tests ask of a reading."""

import json
from typing import Any

from bot.domain.inbound import WebhookBatch
from bot.whatsapp.webhooks import read

WABA, NUMBER = "102290129340398", "106540352242922"
METADATA = {"display_phone_number": "12025550100", "phone_number_id": NUMBER}
AT = 1_790_000_012_000

Json = dict[str, Any]


def body(*changes: Json, waba: object = WABA, **entry: Any) -> Json:
    return {"object": "whatsapp_business_account", "entry": [{"id": waba, **entry, "changes": list(changes)}]}


def change(field: str = "messages", **value: Any) -> Json:
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": METADATA, **value}}


def account_change(field: str, **value: Any) -> Json:
    return {"field": field, "value": value}


def status(**more: Any) -> Json:
    return {"id": "wamid.A", "status": "delivered", "timestamp": "1790000012", "recipient_id": "12025550123", **more}


def taken(content: Json | bytes) -> WebhookBatch:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read(raw, waba_id=WABA, numbers=[NUMBER])


def items(batch: WebhookBatch) -> int:
    understood = (batch.statuses, batch.clicks, batch.preferences, batch.inbound, batch.identity_changes)
    events = (batch.template_events, batch.account_events, batch.number_events, batch.noted)
    return sum(map(len, understood)) + sum(map(len, events)) + len(batch.quarantined)


def reasons(batch: WebhookBatch) -> list[str]:
    return [reason for reason, _ in batch.quarantined]
