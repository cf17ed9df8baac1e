-- Clears the reasons of changesets that touched none but customers that are erased: whatever they say is about them.
UPDATE tenants_changeset c
   SET reason = ''
 WHERE c.tenant_id = %(tenant_id)s
   AND c.entity = 'customers'
   AND c.reason <> ''
   AND id_blocks(c.created_ids || c.updated_ids || c.deleted_ids) && %(touched)s::bigint[]
   AND NOT EXISTS (SELECT 1
                     FROM unnest(c.created_ids || c.updated_ids || c.deleted_ids) AS touched(id)
                    WHERE touched.id NOT IN (SELECT unnest(%(ids)s::bigint[])))
RETURNING c.id
