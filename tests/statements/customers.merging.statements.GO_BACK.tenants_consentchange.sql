\set ids '{1,2}'
\set kept '1'
\set lost '2'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_consentchange
   SET customer = :'lost', merged_from = NULLIF(merged_from, :'lost')
 WHERE tenant_id = :'tenant_id' AND customer = :'kept' AND id = ANY (:'ids'::bigint[])
RETURNING id
;
