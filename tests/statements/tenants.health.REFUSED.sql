\set tenants '{00000000-0000-4000-8000-000000000001}'
\set today '2026-01-31'

SELECT coalesce(sum(requests) FILTER (WHERE day > :'today'::date - 7), 0)::bigint,
       coalesce(sum(requests) FILTER (WHERE day <= :'today'::date - 7), 0)::bigint
  FROM tenants_requestcount
 WHERE tenant_id = ANY (:'tenants')
   AND day > :'today'::date - 14
   AND (status IN (400, 413, 415, 422) OR status >= 500)
;
