-- Records what happened to an account; `tenants` are those whose admins may see it.
-- With an `hour`, what happens again in it to the account (or to nobody known) is counted in the row that is there.
INSERT INTO tenants_accountevent AS e
       (kind, user_id, by_id, tenants, details, hour, times, trace_id, created_at, last_at)
VALUES (%(kind)s, %(user_id)s::int, %(by)s::int, %(tenants)s::uuid[], %(details)s::text[], %(hour)s::timestamptz, 1,
        %(trace_id)s, %(now)s::timestamptz, %(now)s::timestamptz)
    ON CONFLICT (kind, user_id, hour) WHERE hour IS NOT NULL DO UPDATE
   SET times = e.times + 1,
       trace_id = excluded.trace_id,
       last_at = excluded.last_at
RETURNING id
