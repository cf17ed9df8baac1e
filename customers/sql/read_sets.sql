-- Tags and mailing lists of customers, by hub id.
SELECT id, tags, mailing_lists
  FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
