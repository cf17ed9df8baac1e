-- Appends calls to the request log, in the order in which they were answered.
INSERT INTO tenants_loggedrequest
       (tenant_id, api_key_id, source, method, route, status, milliseconds, size, received, created, updated, unchanged,
        removed, changeset, trace_id, created_at, logged_at, faults, codes, errors)
SELECT r.tenant_id, r.api_key_id, r.source, r.method, r.route, r.status, r.milliseconds, r.size, r.received, r.created,
       r.updated, r.unchanged, r.removed, r.changeset, r.trace_id, r.created_at, %(now)s::timestamptz, r.faults,
       r.codes, r.errors
  FROM json_to_recordset(%(entries)s::json)
       AS r(tenant_id uuid, api_key_id bigint, source text, method text, route text, status smallint,
            milliseconds float8, size bigint, received int, created int, updated int, unchanged int, removed int,
            changeset bigint, trace_id text, created_at timestamptz, faults int, codes text[], errors jsonb)
