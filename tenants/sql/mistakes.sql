-- The mistakes of tenants since a request, of the last 2,000 that had any: those of one route, code and field are one.
-- How often, in how many requests, the last when and in which request, the most frequent first.
SELECT m.route, e.error->>'code', e.error->>'field', (e.error->>'is_warning')::boolean,
       (array_agg(e.error->>'text' ORDER BY m.id DESC))[1], sum((e.error->>'times')::bigint)::bigint, count(*),
       max(m.created_at), max(m.id), count(DISTINCT m.tenant_id)
  FROM (SELECT id, tenant_id, route, errors, created_at
          FROM tenants_loggedrequest
         WHERE tenant_id = ANY (%(tenants)s)
           AND faults > 0
           AND id >= %(least)s::bigint
           AND created_at >= %(moment)s
         ORDER BY id DESC
         LIMIT 2000) m
 CROSS JOIN LATERAL jsonb_array_elements(m.errors) AS e(error)
 GROUP BY 1, 2, 3, 4
 ORDER BY 6 DESC, 9 DESC
 LIMIT %(most)s::bigint
