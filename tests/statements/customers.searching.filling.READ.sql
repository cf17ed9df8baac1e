\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH held AS MATERIALIZED (
    SELECT id, name, surname, email, phone, username, customer_id, tags, mailing_lists
      FROM customers_customer
     WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[])
     ORDER BY id
       FOR KEY SHARE SKIP LOCKED
)
SELECT h.id, w.words, h.name, h.surname, h.email, h.phone, h.username, h.customer_id, h.tags, h.mailing_lists
  FROM held h
  LEFT JOIN LATERAL (
       SELECT s.words
         FROM customers_searchedwords s
        WHERE s.tenant_id = :'tenant_id' AND s.id = h.id
       OFFSET 0) w ON true
;
