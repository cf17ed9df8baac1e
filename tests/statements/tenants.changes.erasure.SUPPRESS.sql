\set digests '{ab,cd}'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_forgotten (tenant_id, source, digest)
SELECT :'tenant_id', :'source', v.digest
  FROM unnest(:'digests'::text[]) AS v(digest)
 ORDER BY v.digest
    ON CONFLICT DO NOTHING
;
