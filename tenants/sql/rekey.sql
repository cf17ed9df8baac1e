-- Gives customers of a tenant the key their identifiers make by its new priority; returns whom it moved.
-- Run twice: for those with an identifier's key first, then (`by_phone`) for those who were known by phone alone.
-- The unique constraint holds row by row, not at the end of a statement, so nobody may take a key that its holder has
-- yet to give up. Where no two customers want one key, that needs no more than this order: a key names an identifier
-- its holder carries, so whoever wants a key that is held by its identifier's carrier either is the holder, or both
-- want the same key (a collision, refused before), or was known by phone and has since got the holder's other
-- identifier; and that holder has moved on when the second run comes.
-- Known by neither identifier, a customer keeps the phone's key. Nothing a reader sees changes: updated_at stays.
UPDATE customers_customer c
   SET match_key = coalesce({key})
 WHERE c.tenant_id = %(tenant_id)s
   AND c.match_key LIKE '{phone}:%' = %(by_phone)s
   AND c.match_key <> coalesce({key})
RETURNING c.id
