\set key '1'
\set priority 'customerid'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT lock_tenant('tenants_feed', :'tenant_id', :'priority', :'source', :'key', true)
;
