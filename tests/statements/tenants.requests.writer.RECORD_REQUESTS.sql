\set entries '[{"tenant_id": "00000000-0000-4000-8000-000000000001", "api_key_id": 1, "source": "api", "method": "POST", "route": "/customers/{tenantId}", "status": 400, "milliseconds": 9.5, "size": 512, "trace_id": "0af7651916cd43dd8448eb211c80319c", "created_at": "2026-01-31T12:00:00Z", "faults": 1, "codes": ["too_long"], "errors": [{"code": "too_long", "field": "Language", "text": "Too long.", "is_warning": false, "times": 1}]}]'
\set now '2026-01-31T12:00:00Z'

INSERT INTO tenants_loggedrequest
       (tenant_id, api_key_id, source, method, route, status, milliseconds, size, received, created, updated, unchanged,
        removed, changeset, trace_id, created_at, logged_at, faults, codes, errors)
SELECT r.tenant_id, r.api_key_id, r.source, r.method, r.route, r.status, r.milliseconds, r.size, r.received, r.created,
       r.updated, r.unchanged, r.removed, r.changeset, r.trace_id, r.created_at, :'now'::timestamptz, r.faults,
       r.codes, r.errors
  FROM json_to_recordset(:'entries'::json)
       AS r(tenant_id uuid, api_key_id bigint, source text, method text, route text, status smallint,
            milliseconds float8, size bigint, received int, created int, updated int, unchanged int, removed int,
            changeset bigint, trace_id text, created_at timestamptz, faults int, codes text[], errors jsonb)
;
