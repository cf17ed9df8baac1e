\set entity 'customers'
\set ids '{1,2}'
\set number '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT DISTINCT x.id
  FROM tenants_changeset c
 CROSS JOIN LATERAL unnest(c.updated_ids || c.deleted_ids || c.created_ids) AS x(id)
 WHERE c.tenant_id = :'tenant_id' AND c.entity = :'entity' AND c.number >= :'number'
   AND x.id = ANY (:'ids'::bigint[])
;
