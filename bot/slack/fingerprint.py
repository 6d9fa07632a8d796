"""Tells whether a card says anything new, so that an unchanged one is not drawn again."""

import hashlib
import json

from bot.ports.chat import ChatMessage
from bot.slack import ids


def content_hash(message: ChatMessage) -> str:
    """Hash what a card says (SHA-256, hex), without the line that only tells when it was drawn."""
    blocks = [block for block in message.blocks if block.get("block_id") != ids.BLOCK_UPDATED]
    content = json.dumps([message.text, blocks], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
