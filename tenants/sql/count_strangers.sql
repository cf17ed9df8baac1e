-- Adds calls without a tenant to the counts of their hours. An hour has at most so many rows: what would be one more is
-- counted as the network "others", so that whoever has millions of addresses does not fill the table.
INSERT INTO tenants_strangercount AS c (hour, network, status, requests)
SELECT s.hour, n.network, s.status, sum(s.requests)
  FROM json_to_recordset(%(counts)s::json) AS s(hour timestamptz, network text, status smallint, requests bigint)
 CROSS JOIN LATERAL (
           SELECT CASE WHEN EXISTS (SELECT 1
                                      FROM tenants_strangercount k
                                     WHERE k.hour = s.hour AND k.network = s.network AND k.status = s.status)
                         OR row_number() OVER () + (SELECT count(*) FROM tenants_strangercount k WHERE k.hour = s.hour)
                            <= %(most)s::bigint
                       THEN s.network
                       ELSE 'others'
                  END AS network
       ) n
 GROUP BY s.hour, n.network, s.status
 ORDER BY s.hour, n.network, s.status
    ON CONFLICT (hour, network, status) DO UPDATE SET requests = c.requests + excluded.requests
