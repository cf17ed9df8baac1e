\set kept '1'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set undoes '1'

SELECT i.id AS image_id, i.image::text AS image, i.grants AS grants, to_jsonb(t)::text AS row
  FROM tenants_beforeimage i
  JOIN customers_customer t ON t.tenant_id = :'tenant_id' AND t.id = i.record
 WHERE i.tenant_id = :'tenant_id' AND i.entity = 'customers' AND i.record = :'kept'
   AND i.changeset_number = :'undoes' AND i.kept_until > :'now'
;
