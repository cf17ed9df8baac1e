\set digests '{ab,cd}'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH noted AS (
    INSERT INTO tenants_feed AS f (tenant_id, number, forgotten_by)
    VALUES (:'tenant_id', 0, ARRAY[:'source']::text[])
        ON CONFLICT (tenant_id) DO UPDATE
       SET forgotten_by = f.forgotten_by || excluded.forgotten_by
     WHERE f.forgotten_by @> excluded.forgotten_by IS NOT TRUE
)
INSERT INTO tenants_forgotten (tenant_id, source, digest)
SELECT :'tenant_id', :'source', v.digest
  FROM unnest(:'digests'::text[]) AS v(digest)
 ORDER BY v.digest
    ON CONFLICT DO NOTHING
RETURNING id
;
