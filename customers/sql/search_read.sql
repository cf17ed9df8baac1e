-- Customers by hub id with what they are searched by, each locked against who deletes or erases it until the words are
-- stored: an erasure waits, then takes them along, and none come after it. Partners' upserts do not wait: they take no
-- key away. Whom somebody else holds so is not waited for, so there is no deadlock; `is_held` is false, come again.
WITH held AS MATERIALIZED (
    SELECT id, name, surname, email, phone, username, customer_id, tags, mailing_lists
      FROM customers_customer
     WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
     ORDER BY id
       FOR KEY SHARE SKIP LOCKED
)
SELECT c.id, h.id IS NOT NULL AS is_held, h.name, h.surname, h.email, h.phone, h.username, h.customer_id,
       h.tags, h.mailing_lists
  FROM customers_customer c
  LEFT JOIN held h ON h.id = c.id
 WHERE c.tenant_id = %(tenant_id)s AND c.id = ANY (%(ids)s::bigint[])
