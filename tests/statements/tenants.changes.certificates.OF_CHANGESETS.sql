\set numbers '{1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT changeset_number, number, hub_id, legal_basis, reference
  FROM tenants_erasurecertificate
 WHERE tenant_id = :'tenant_id' AND changeset_number = ANY (:'numbers'::bigint[])
 ORDER BY hub_id, id
;
