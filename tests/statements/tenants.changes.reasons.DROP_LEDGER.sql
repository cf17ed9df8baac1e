\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM tenants_consentchange
 WHERE tenant_id = :'tenant_id' AND customer = ANY (:'ids'::bigint[])
RETURNING customer
;
