\set digests '{ab,cd}'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT v.digest
  FROM unnest(:'digests'::text[]) AS v(digest)
 CROSS JOIN LATERAL (
       SELECT FROM tenants_forgotten f
        WHERE f.tenant_id = :'tenant_id' AND f.source IN ('', :'source') AND f.digest = v.digest
        LIMIT 1) x
;
