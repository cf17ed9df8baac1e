\set masks '{"i:C-1": 1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT note_withdrawn('tenants_beforeimage', 'customers_customer', :'tenant_id', :'masks'::jsonb) AS noted
;
