\set names '{C-1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM tenants_rejectedrow
 WHERE tenant_id = :'tenant_id' AND names && :'names'::text[]
RETURNING id
;
