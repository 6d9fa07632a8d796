"""The schema, one module for each part, readable from top to bottom; a later step adds a tuple of its own.

Instants are INTEGER milliseconds, booleans 0 or 1, structured values JSON text. Every table is STRICT. An index says
which question it answers; a CHECK says which promise it keeps.
"""

from storage.sqlite.schema.campaigns import CAMPAIGNS, TEMPLATES
from storage.sqlite.schema.cells import CELLS, COUNT_PEOPLE
from storage.sqlite.schema.chat_troubles import CHAT_TROUBLES
from storage.sqlite.schema.digest_figures import DIGEST_FIGURES
from storage.sqlite.schema.lean_people import LEAN_CONSENTS, LEAN_PEOPLE
from storage.sqlite.schema.messages import RECIPIENTS
from storage.sqlite.schema.open_messages import OPEN_MESSAGES
from storage.sqlite.schema.people import CONSENTS, PEOPLE
from storage.sqlite.schema.posts_under_way import POSTS_UNDER_WAY
from storage.sqlite.schema.records import RECORDS
from storage.sqlite.schema.sealed_rows import SEALED_ROWS

#: In the order of what refers to what.
V1 = (PEOPLE, CONSENTS, TEMPLATES, CAMPAIGNS, RECIPIENTS, RECORDS)
V2 = (CELLS, COUNT_PEOPLE)
V3 = (OPEN_MESSAGES,)
V4 = (LEAN_PEOPLE, LEAN_CONSENTS)
V5 = (CHAT_TROUBLES,)
V6 = (DIGEST_FIGURES,)
V7 = (POSTS_UNDER_WAY,)
V8 = (SEALED_ROWS,)
#: One for each of `storage.schema.STEP_NAMES`.
STEPS = (V1, V2, V3, V4, V5, V6, V7, V8)
