-- Sets tags and mailing lists of customers whose rows the transaction has locked; `given` has the bits of what differs.
UPDATE customers_customer t
   SET tags = e.tags,
       mailing_lists = e.mailing_lists,
       given = t.given | e.given,
       updated_at = %(now)s
  FROM json_to_recordset(%(edits)s::json) AS e(id bigint, given int, tags text[], mailing_lists text[])
 WHERE t.tenant_id = %(tenant_id)s
   AND t.id = e.id
RETURNING t.id
