-- Who calls, and may they: key digest → tenant, and the request counted, in one round trip (0.27 ms).
-- A key that is bound to networks is none where the request comes from elsewhere. What it may do stands in `scopes`.
-- Promises one row. Without a live key of the tenant that `tenant` names (GUID or slug; null: the key's own) the
-- request counts for its address; only then all tenants are asked whether one has that name. Counting is atomic across processes and, the table being unlogged, waits for no disk.
-- A request over the minute's limit does not count against the hour; `counted` is 0 for one that counted before it
-- waited, else 1. Whether the gate is open is tried beside it
-- (tenants.changes.gate).
WITH live AS MATERIALIZED (
    SELECT k.id AS key_id, k.label, k.prefix, k.last_used_at, k.scopes, t.*
      FROM tenants_apikey k
      JOIN tenants_tenant t ON t.id = k.tenant_id
     WHERE k.digest = %(digest)s
       AND k.revoked_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > now())
       AND (cardinality(k.networks) = 0 OR %(host)s::inet <<= ANY (k.networks))
), caller AS MATERIALIZED (
    SELECT *
      FROM live
     WHERE %(tenant)s::text IS NULL OR id::text = lower(%(tenant)s) OR slug = %(tenant)s
), bucket AS MATERIALIZED (
    SELECT coalesce((SELECT 'tenant ' || id FROM caller), 'address ' || %(address)s) AS name,
           coalesce((SELECT per_minute FROM caller), %(per_minute)s::int) AS per_minute,
           coalesce((SELECT per_hour FROM caller), %(per_hour)s::int) AS per_hour
), counted AS (
    INSERT INTO tenants_ratecounter AS r (bucket, minute, in_minute, hour, in_hour)
    SELECT name, date_trunc('minute', now()), %(counted)s::int, date_trunc('hour', now()), %(counted)s::int
      FROM bucket
        ON CONFLICT (bucket) DO UPDATE
       SET minute = excluded.minute,
           in_minute = CASE WHEN r.minute = excluded.minute THEN r.in_minute ELSE 0 END + %(counted)s::int,
           hour = excluded.hour,
           in_hour = CASE WHEN r.hour <> excluded.hour THEN %(counted)s::int
                          WHEN r.minute = excluded.minute
                               AND r.in_minute >= (SELECT per_minute FROM bucket) THEN r.in_hour
                          ELSE r.in_hour + %(counted)s::int END
    RETURNING in_minute, in_hour, minute, hour
), used AS (
    UPDATE tenants_apikey
       SET last_used_at = now(), last_used_address = %(host)s::inet, last_used_route = %(route)s
     WHERE id = (SELECT key_id FROM caller
                  WHERE last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
)
SELECT b.per_minute, n.in_minute, extract(epoch FROM n.minute)::bigint + 60,
       b.per_hour, n.in_hour, extract(epoch FROM n.hour)::bigint + 3600,
       extract(epoch FROM now())::float8,
       (SELECT key_id FROM live),
       CASE WHEN c.key_id IS NULL
            THEN EXISTS (SELECT 1 FROM tenants_tenant t WHERE t.id::text = lower(%(tenant)s) OR t.slug = %(tenant)s) END,
       pg_try_advisory_xact_lock_shared(%(gate)s),
       c.key_id, c.label, c.prefix, c.scopes,
       c.id, c.name, c.slug, c.priority, c.required_fields, c.time_zone, c.default_country, c.is_enabled,
       c.consent_policy, c.keeps_images, c.sandbox_of_id
  FROM bucket b
 CROSS JOIN counted n
  LEFT JOIN caller c ON true
