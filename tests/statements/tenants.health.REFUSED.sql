\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT count(*) FILTER (WHERE created_at >= now() - interval '7 days'),
       count(*) FILTER (WHERE created_at < now() - interval '7 days')
  FROM tenants_refusedrequest
 WHERE tenant_id = ANY (:'tenants')
   AND created_at >= now() - interval '14 days'
;
