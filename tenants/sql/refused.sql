-- How many requests of tenants were refused in the last seven days and in the seven before.
SELECT count(*) FILTER (WHERE created_at >= now() - interval '7 days'),
       count(*) FILTER (WHERE created_at < now() - interval '7 days')
  FROM tenants_refusedrequest
 WHERE tenant_id = ANY (%(tenants)s)
   AND created_at >= now() - interval '14 days'
