\set by '1'
\set details '{email}'
\set hour '2026-01-31T12:00:00Z'
\set kind 'login_failed'
\set now '2026-01-31T12:00:00Z'
\set tenants '{00000000-0000-4000-8000-000000000001}'
\set trace_id '0af7651916cd43dd8448eb211c80319c'
\set user_id '1'

INSERT INTO tenants_accountevent AS e
       (kind, user_id, by_id, tenants, details, hour, times, trace_id, created_at, last_at)
VALUES (:'kind', :'user_id'::int, :'by'::int, :'tenants'::uuid[], :'details'::text[], :'hour'::timestamptz, 1,
        :'trace_id', :'now'::timestamptz, :'now'::timestamptz)
    ON CONFLICT (kind, user_id, hour) WHERE hour IS NOT NULL DO UPDATE
   SET times = e.times + 1,
       trace_id = excluded.trace_id,
       last_at = excluded.last_at
RETURNING id
;
