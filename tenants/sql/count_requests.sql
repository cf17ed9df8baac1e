-- Adds calls to the counts of their days, by tenant and status: one row each. In the order of the key, as count_looks.
INSERT INTO tenants_requestcount AS c (tenant_id, day, status, requests, warned)
SELECT s.tenant_id, s.day, s.status, s.requests, s.warned
  FROM json_to_recordset(%(counts)s::json) AS s(tenant_id uuid, day date, status smallint, requests bigint,
                                                warned bigint)
 ORDER BY s.tenant_id, s.day, s.status
    ON CONFLICT (tenant_id, day, status) DO UPDATE
   SET requests = c.requests + excluded.requests,
       warned = c.warned + excluded.warned
