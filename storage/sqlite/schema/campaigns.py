"""Tables of templates and campaigns with their counters."""

TEMPLATES = """
-- What Meta lists; a template that is no longer listed stays, as DELETED, because campaigns name it.
CREATE TABLE templates (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  status TEXT NOT NULL,
  category TEXT NOT NULL,
  components TEXT NOT NULL CHECK (json_valid(components)),
  parameter_format TEXT NOT NULL,
  ttl_seconds INTEGER,
  quality TEXT NOT NULL,
  has_bid INTEGER NOT NULL CHECK (has_bid IN (0, 1)),
  last_updated_at INTEGER,
  last_used_at INTEGER,
  changed_at INTEGER NOT NULL
) STRICT;

-- Which templates to offer, by name?
CREATE INDEX templates_by_name ON templates (name, language);

-- When was Meta's list last read? One row.
CREATE TABLE template_sync (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

-- Our own edits of a template's lifetime, for Meta's quota of edits.
CREATE TABLE template_edits (
  id INTEGER PRIMARY KEY,
  template_id TEXT NOT NULL REFERENCES templates (id),
  ttl_seconds INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- How many edits of this template since then?
CREATE INDEX template_edits_by_template ON template_edits (template_id, at);
"""

CAMPAIGNS = """
CREATE TABLE campaigns (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE CHECK (token <> ''),
  name TEXT NOT NULL CHECK (name <> ''),
  template_id TEXT NOT NULL REFERENCES templates (id),
  audience_id INTEGER NOT NULL REFERENCES audiences (id),
  channel TEXT NOT NULL,
  phone_number_id TEXT NOT NULL,
  ttl_seconds INTEGER CHECK (ttl_seconds > 0),
  scheduled_at INTEGER,
  offer_ends_at INTEGER,
  policy TEXT NOT NULL CHECK (policy IN ('STRICT', 'CLOUD_API_FALLBACK')),
  activity_sharing INTEGER CHECK (activity_sharing IN (0, 1)),
  bindings TEXT NOT NULL CHECK (json_valid(bindings)),
  state TEXT NOT NULL CHECK (state IN (
    'draft', 'planning', 'in_review', 'approved', 'scheduled', 'sending', 'paused', 'sent', 'closed',
    'rejected', 'changes_requested', 'cancelled', 'failed'
  )),
  version INTEGER NOT NULL CHECK (version >= 0),
  revision INTEGER NOT NULL CHECK (revision >= 0),
  created_by TEXT NOT NULL,
  team TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  template TEXT CHECK (template IS NULL OR json_valid(template)),
  "plan" TEXT CHECK ("plan" IS NULL OR json_valid("plan")),
  digest TEXT,
  submitted_at INTEGER,
  approved_by TEXT,
  approved_at INTEGER,
  approval_expires_at INTEGER,
  started_at INTEGER,
  sent_at INTEGER,
  reason TEXT,
  hold_until INTEGER,
  CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
  CHECK (approved_by <> created_by)
) STRICT;

-- Which campaigns bear this name?
CREATE INDEX campaigns_by_name ON campaigns (name);

-- Which campaigns are in these states (what to send, close, show)?
CREATE INDEX campaigns_by_state ON campaigns (state, id);

-- Which campaigns use this template?
CREATE INDEX campaigns_by_template ON campaigns (template_id, id);

-- Which campaigns did this person make?
CREATE INDEX campaigns_by_author ON campaigns (created_by, id);

-- The figures of a card, moved in the same transaction as the message that moves them.
CREATE TABLE tallies (
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  fact TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (campaign_id, fact)
) STRICT, WITHOUT ROWID;

-- Meta's own click events, each counted once wherever it was counted.
CREATE TABLE meta_clicks (
  click_key TEXT PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  component TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many of Meta's clicks has this campaign?
CREATE INDEX meta_clicks_by_campaign ON meta_clicks (campaign_id);
"""
