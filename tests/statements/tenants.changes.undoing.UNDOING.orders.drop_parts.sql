\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH dropped AS (
    DELETE FROM orders_orderitem
     WHERE tenant_id = :'tenant_id' AND order_id = ANY (:'ids'::bigint[])
    RETURNING id
)
SELECT count(*) AS parts FROM dropped
;
