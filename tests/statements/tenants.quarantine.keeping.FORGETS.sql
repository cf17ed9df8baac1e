\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT coalesce(array_length(forgotten_by, 1), 0) > 0 AS forgets
  FROM tenants_feed
 WHERE tenant_id = :'tenant_id'
;
