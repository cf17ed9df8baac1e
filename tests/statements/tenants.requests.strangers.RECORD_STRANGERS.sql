\set strangers '[{"network": "192.0.2.1", "method": "GET", "route": "/customers/{tenantId}", "status": 401, "code": "unauthorised", "milliseconds": 1.5, "size": 0, "trace_id": "0af7651916cd43dd8448eb211c80319c", "created_at": "2026-01-31T12:00:00Z"}]'

INSERT INTO tenants_strangerrequest
       (network, method, route, status, code, milliseconds, size, trace_id, created_at)
SELECT s.network, s.method, s.route, s.status, s.code, s.milliseconds, s.size, s.trace_id, s.created_at
  FROM json_to_recordset(:'strangers'::json)
       AS s(network text, method text, route text, status smallint, code text, milliseconds float8, size bigint,
            trace_id text, created_at timestamptz)
;
