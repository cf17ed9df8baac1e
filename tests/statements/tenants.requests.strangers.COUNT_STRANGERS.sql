\set counts '[{"tenant_id": "00000000-0000-4000-8000-000000000001", "day": "2026-01-31", "status": 400, "requests": 1, "warned": 0, "hour": "2026-01-31T12:00:00Z", "network": "192.0.2.1"}]'
\set most '20'

INSERT INTO tenants_strangercount AS c (hour, network, status, requests)
SELECT s.hour, n.network, s.status, sum(s.requests)
  FROM json_to_recordset(:'counts'::json) AS s(hour timestamptz, network text, status smallint, requests bigint)
 CROSS JOIN LATERAL (
           SELECT CASE WHEN EXISTS (SELECT 1
                                      FROM tenants_strangercount k
                                     WHERE k.hour = s.hour AND k.network = s.network AND k.status = s.status)
                         OR row_number() OVER () + (SELECT count(*) FROM tenants_strangercount k WHERE k.hour = s.hour)
                            <= :'most'::bigint
                       THEN s.network
                       ELSE 'others'
                  END AS network
       ) n
 GROUP BY s.hour, n.network, s.status
 ORDER BY s.hour, n.network, s.status
    ON CONFLICT (hour, network, status) DO UPDATE SET requests = c.requests + excluded.requests
;
