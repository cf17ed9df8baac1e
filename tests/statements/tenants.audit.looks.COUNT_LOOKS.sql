\set looks '[{"tenant_id": "00000000-0000-4000-8000-000000000001", "entity": "customers", "way": "page", "user_id": 1, "record": 1, "requests": 1, "records": 1, "at": "2026-01-31T12:00:00Z"}]'

INSERT INTO tenants_look AS l
       (tenant_id, day, entity, way, user_id, api_key_id, record, requests, records, created_at, last_at)
SELECT s.tenant_id, (s.at AT TIME ZONE 'UTC')::date, s.entity, s.way, s.user_id, s.api_key_id, s.record,
       s.requests, s.records, s.at, s.at
  FROM json_to_recordset(:'looks'::json) AS s(tenant_id uuid, entity text, way text, user_id int, api_key_id bigint,
                                               record bigint, requests bigint, records bigint, at timestamptz)
 ORDER BY s.tenant_id, s.record, s.entity, s.way, s.user_id, s.api_key_id
    ON CONFLICT (tenant_id, record, entity, day, way, user_id, api_key_id) DO UPDATE
   SET requests = l.requests + excluded.requests,
       records = l.records + excluded.records,
       last_at = greatest(l.last_at, excluded.last_at)
RETURNING id
;
