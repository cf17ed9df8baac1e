-- The tenants that have written, and the number of each one's last write: one row of two arrays, as texts, which
-- tenants/sql/feed_replayed.sql takes.
SELECT coalesce(array_agg(tenant_id), '{{}}')::text, coalesce(array_agg(number), '{{}}')::text
  FROM tenants_feed
 {whose}
