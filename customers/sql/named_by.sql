-- Whom the lines of a list name: (line, rank, hub id), at most {most} of each value. Of a line's values those of the
-- lowest rank that find somebody count. LATERAL … LIMIT keeps each value on its index, however many share it.
SELECT v.line, v.rank, c.id
  FROM unnest(%(id_lines)s::int[], %(id_ranks)s::int[], %(id_values)s::text[]) AS v(line, rank, value)
 CROSS JOIN LATERAL (
       SELECT r.id FROM customers_customer r
        WHERE r.tenant_id = %(tenant_id)s AND r.customer_id = v.value
        LIMIT {most}) c
 UNION ALL
SELECT v.line, v.rank, c.id
  FROM unnest(%(email_lines)s::int[], %(email_ranks)s::int[], %(email_values)s::text[]) AS v(line, rank, value)
 CROSS JOIN LATERAL (
       SELECT r.id FROM customers_customer r
        WHERE r.tenant_id = %(tenant_id)s AND r.email = v.value
        LIMIT {most}) c
 UNION ALL
SELECT v.line, v.rank, c.id
  FROM unnest(%(phone_lines)s::int[], %(phone_ranks)s::int[], %(phone_values)s::text[]) AS v(line, rank, value)
 CROSS JOIN LATERAL (
       SELECT r.id FROM customers_customer r
        WHERE r.tenant_id = %(tenant_id)s AND r.phone = v.value
        LIMIT {most}) c
 UNION ALL
SELECT v.line, v.rank, c.id
  FROM unnest(%(hub_lines)s::int[], %(hub_ranks)s::int[], %(hub_values)s::bigint[]) AS v(line, rank, value)
 CROSS JOIN LATERAL (
       SELECT r.id FROM customers_customer r
        WHERE r.tenant_id = %(tenant_id)s AND r.id = v.value
        LIMIT 1) c
