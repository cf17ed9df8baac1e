\set now '2026-01-31T12:00:00Z'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT coalesce('' = ANY (forgotten_by) OR :'source' = ANY (forgotten_by), false) AS suppresses,
       coalesce(heard_until > :'now', false) AS hears,
       coalesce(heard_until > :'now'::timestamptz + interval '7 days', false) AS hears_on
  FROM tenants_feed
 WHERE tenant_id = :'tenant_id'
;
