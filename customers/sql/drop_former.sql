-- Takes what erased persons were known by out of what the customers that are left were known by before: an address that
-- several had, one after the other. Nothing that a reader sees changes. Two look-ups in an ARRAY: with OR, a plan made
-- for any values read all who were ever renamed, 52 ms for 30,000 of them.
UPDATE customers_customer c
   SET former_ids = NULLIF(ARRAY(
           SELECT v.value FROM unnest(c.former_ids) WITH ORDINALITY AS v(value, place)
            WHERE v.value <> ALL (%(customer_ids)s::text[]) ORDER BY v.place), '{}'),
       former_emails = NULLIF(ARRAY(
           SELECT v.value FROM unnest(c.former_emails) WITH ORDINALITY AS v(value, place)
            WHERE v.value <> ALL (%(emails)s::text[]) ORDER BY v.place), '{}')
 WHERE c.tenant_id = %(tenant_id)s
   AND c.id = ANY (ARRAY(
       SELECT f.id FROM customers_customer f
        WHERE f.tenant_id = %(tenant_id)s AND f.former_ids && %(customer_ids)s::text[]
        UNION ALL
       SELECT f.id FROM customers_customer f
        WHERE f.tenant_id = %(tenant_id)s AND f.former_emails && %(emails)s::text[]))
RETURNING c.id
