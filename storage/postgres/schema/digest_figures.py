"""What each digest has shown, so that the next one tells what is new."""

DIGEST_FIGURES = """
-- A campaign's counter as a digest showed it last; missing is zero.
CREATE TABLE digest_shown (
  digest_id BIGINT NOT NULL REFERENCES digests (id) ON DELETE CASCADE,
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  fact TEXT NOT NULL,
  n BIGINT NOT NULL CHECK (n >= 0),
  PRIMARY KEY (digest_id, campaign_id, fact)
);

-- Digests posted so far counted by Meta's times until the end of their last period.
WITH known AS (
  SELECT d.id AS digest_id, r.campaign_id, r.dispatch, r.delivery, r.market, r.free, r.accepted_at, r.sending_at,
    r.read_at, r.failed_at, r.clicked_at,
    CASE WHEN r.read_at < r.delivered_at THEN r.read_at ELSE coalesce(r.delivered_at, r.read_at) END AS arrived_at,
    coalesce((SELECT max(p.period_end) FROM digest_periods AS p WHERE p.digest_id = d.id), d.created_at) AS until
  FROM digests AS d JOIN campaigns AS c ON c.channel = d.channel JOIN recipients AS r ON r.campaign_id = c.id
),
counted AS (
  SELECT digest_id, campaign_id, until, 'sent' AS fact, accepted_at AS at FROM known WHERE dispatch = 'accepted'
  UNION ALL SELECT digest_id, campaign_id, until, 'delivered', arrived_at FROM known WHERE dispatch = 'accepted'
  UNION ALL SELECT digest_id, campaign_id, until, 'billed:' || market, arrived_at FROM known
    WHERE dispatch = 'accepted' AND NOT free
  UNION ALL SELECT digest_id, campaign_id, until, 'read', read_at FROM known WHERE dispatch = 'accepted'
  UNION ALL SELECT digest_id, campaign_id, until, 'clicked', clicked_at FROM known
  UNION ALL SELECT digest_id, campaign_id, until, 'failed', failed_at FROM known
    WHERE dispatch = 'accepted' AND delivery = 'failed'
  UNION ALL SELECT digest_id, campaign_id, until, 'refused', sending_at FROM known WHERE dispatch = 'refused'
)
INSERT INTO digest_shown (digest_id, campaign_id, fact, n)
SELECT digest_id, campaign_id, fact, count(*) FROM counted WHERE at < until GROUP BY digest_id, campaign_id, fact;
"""
