"""The schema in PostgreSQL's words: the tables, columns and indexes are SQLite's, and so are the names.

Instants are BIGINT milliseconds, structured values JSON text (its order and spelling are hashed, so no JSONB). What we
sort or lower by has collation "C", so that the order is Python's and SQLite's whatever the database's locale is.
"""

from storage.postgres.schema.campaigns import CAMPAIGNS, TEMPLATES
from storage.postgres.schema.cells import CELLS, COUNT_PEOPLE
from storage.postgres.schema.chat_troubles import CHAT_TROUBLES
from storage.postgres.schema.digest_figures import DIGEST_FIGURES
from storage.postgres.schema.lean_people import LEAN_CONSENTS, LEAN_PEOPLE
from storage.postgres.schema.messages import RECIPIENTS
from storage.postgres.schema.open_messages import OPEN_MESSAGES
from storage.postgres.schema.people import CONSENTS, PEOPLE
from storage.postgres.schema.posts_under_way import POSTS_UNDER_WAY
from storage.postgres.schema.records import RECORDS
from storage.postgres.schema.sealed_rows import SEALED_ROWS

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
