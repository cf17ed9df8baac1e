-- Moves customers out of the way whose present key another customer is about to take while they get another one
-- themselves: the unique constraint holds row by row, not at the end of a statement. Hardly ever any: who stands in the
-- way mostly wants that same key and is a collision, refused before.
UPDATE customers_customer holder
   SET match_key = 'rekeyed:' || holder.id
  FROM customers_customer c
 WHERE c.tenant_id = %(tenant_id)s
   AND c.match_key <> coalesce({key})
   AND holder.tenant_id = c.tenant_id
   AND holder.match_key = coalesce({key})
