-- Customers by hub id with what they are searched by, and the words that are stored for them, each customer locked
-- against who deletes or erases it until the words are stored: an erasure waits, then takes them along, and none come
-- after it. Partners' upserts do not wait: they take no key away. Whom somebody else holds so is left out and not waited
-- for, so there is no deadlock. LATERAL … OFFSET 0, for the planner knows nothing of a tenant that has just come.
WITH held AS MATERIALIZED (
    SELECT id, name, surname, email, phone, username, customer_id, tags, mailing_lists
      FROM customers_customer
     WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
     ORDER BY id
       FOR KEY SHARE SKIP LOCKED
)
SELECT h.id, w.words, h.name, h.surname, h.email, h.phone, h.username, h.customer_id, h.tags, h.mailing_lists
  FROM held h
  LEFT JOIN LATERAL (
       SELECT s.words
         FROM customers_searchedwords s
        WHERE s.tenant_id = %(tenant_id)s AND s.id = h.id
       OFFSET 0) w ON true
