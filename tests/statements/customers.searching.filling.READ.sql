\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH held AS MATERIALIZED (
    SELECT id, name, surname, email, phone, username, customer_id, tags, mailing_lists
      FROM customers_customer
     WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[])
     ORDER BY id
       FOR KEY SHARE SKIP LOCKED
)
SELECT c.id, h.id IS NOT NULL AS is_held, h.name, h.surname, h.email, h.phone, h.username, h.customer_id,
       h.tags, h.mailing_lists
  FROM customers_customer c
  LEFT JOIN held h ON h.id = c.id
 WHERE c.tenant_id = :'tenant_id' AND c.id = ANY (:'ids'::bigint[])
;
