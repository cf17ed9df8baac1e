\set counts '[{"tenant_id": "00000000-0000-4000-8000-000000000001", "day": "2026-01-31", "status": 400, "requests": 1, "warned": 0, "hour": "2026-01-31T12:00:00Z", "network": "192.0.2.1"}]'

INSERT INTO tenants_requestcount AS c (tenant_id, day, status, requests, warned)
SELECT s.tenant_id, s.day, s.status, s.requests, s.warned
  FROM json_to_recordset(:'counts'::json) AS s(tenant_id uuid, day date, status smallint, requests bigint,
                                                warned bigint)
 ORDER BY s.tenant_id, s.day, s.status
    ON CONFLICT (tenant_id, day, status) DO UPDATE
   SET requests = c.requests + excluded.requests,
       warned = c.warned + excluded.warned
;
