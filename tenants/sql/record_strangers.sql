-- Keeps calls without a tenant, whole.
INSERT INTO tenants_strangerrequest
       (network, method, route, status, code, milliseconds, size, trace_id, created_at)
SELECT s.network, s.method, s.route, s.status, s.code, s.milliseconds, s.size, s.trace_id, s.created_at
  FROM json_to_recordset(%(strangers)s::json)
       AS s(network text, method text, route text, status smallint, code text, milliseconds float8, size bigint,
            trace_id text, created_at timestamptz)
