\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set touched '{0}'

UPDATE tenants_changeset c
   SET reason = ''
 WHERE c.tenant_id = :'tenant_id'
   AND c.entity = 'customers'
   AND c.reason <> ''
   AND id_blocks(c.created_ids || c.updated_ids || c.deleted_ids) && :'touched'::bigint[]
   AND NOT EXISTS (SELECT 1
                     FROM unnest(c.created_ids || c.updated_ids || c.deleted_ids) AS touched(id)
                    WHERE touched.id NOT IN (SELECT unnest(:'ids'::bigint[])))
RETURNING c.id
;
