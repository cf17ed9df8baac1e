-- Keeps erased persons' orders as anonymous sales: no e-mail, a keyed hash in place of CustomerId.
UPDATE orders_order o
   SET customer_id = x.pseudonym, email = NULL, updated_at = %(now)s
  FROM unnest(%(ids)s::bigint[], %(pseudonyms)s::text[]) AS x(id, pseudonym)
 WHERE o.tenant_id = %(tenant_id)s AND o.id = x.id
RETURNING o.id
