\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO customers_searchposition AS p (tenant_id, number, filled_to)
SELECT f.tenant_id, f.number, 0
  FROM tenants_feed f
 WHERE f.tenant_id = :'tenant_id' AND NOT f.is_emptying
    ON CONFLICT (tenant_id) DO UPDATE
   SET number = excluded.number, filled_to = 0
RETURNING number
;
