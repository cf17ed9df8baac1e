\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH named AS (
    SELECT u.id, min(c.created_at) AS first, max(c.created_at) AS last
      FROM tenants_changeset c
     CROSS JOIN LATERAL unnest(c.created_ids || c.updated_ids) AS u(id)
     WHERE c.tenant_id = :'tenant_id' AND c.entity = 'customers'
     GROUP BY u.id
)
UPDATE customers_customer r
   SET created_at = named.first, updated_at = named.last
  FROM named
 WHERE r.tenant_id = :'tenant_id' AND r.id = named.id
RETURNING r.id
;
