-- How many requests of tenants were refused on the last seven days (UTC) and on the seven before: for a mistake in them,
-- or because the hub failed.
SELECT coalesce(sum(requests) FILTER (WHERE day > %(today)s::date - 7), 0)::bigint,
       coalesce(sum(requests) FILTER (WHERE day <= %(today)s::date - 7), 0)::bigint
  FROM tenants_requestcount
 WHERE tenant_id = ANY (%(tenants)s)
   AND day > %(today)s::date - 14
   AND (status IN (400, 413, 415, 422) OR status >= 500)
