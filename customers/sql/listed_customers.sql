-- How customers of a list stand: (id, flags, given, tags, lists, members), of tags and mailing lists how many there are,
-- and of the `items` of those `columns`, as bits in their order, which it has.
SELECT t.id,
       {flags} AS flags,
       t.given,
       cardinality(t.tags) AS tags,
       cardinality(t.mailing_lists) AS lists,
       (SELECT coalesce(bit_or(1 << m.place::int - 1), 0)
          FROM unnest(%(columns)s::text[], %(items)s::text[]) WITH ORDINALITY AS m(name, item, place)
         WHERE m.item = ANY (CASE m.name WHEN 'tags' THEN t.tags ELSE t.mailing_lists END)) AS members
  FROM customers_customer t
 WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY (%(ids)s::bigint[])
