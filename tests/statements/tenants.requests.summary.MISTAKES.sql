\set least '0'
\set moment '2026-01-31T12:00:00Z'
\set most '20'
\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT m.route, e.error->>'code', e.error->>'field', (e.error->>'is_warning')::boolean,
       (array_agg(e.error->>'text' ORDER BY m.id DESC))[1], sum((e.error->>'times')::bigint)::bigint, count(*),
       max(m.created_at), max(m.id), count(DISTINCT m.tenant_id)
  FROM (SELECT id, tenant_id, route, errors, created_at
          FROM tenants_loggedrequest
         WHERE tenant_id = ANY (:'tenants')
           AND faults > 0
           AND id >= :'least'::bigint
           AND created_at >= :'moment'
         ORDER BY id DESC
         LIMIT 2000) m
 CROSS JOIN LATERAL jsonb_array_elements(m.errors) AS e(error)
 GROUP BY 1, 2, 3, 4
 ORDER BY 6 DESC, 9 DESC
 LIMIT :'most'::bigint
;
