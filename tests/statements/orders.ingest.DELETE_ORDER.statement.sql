\set order_id 'O-1'
\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM orders_order WHERE tenant_id = :'tenant_id' AND order_id = :'order_id' RETURNING id
;
