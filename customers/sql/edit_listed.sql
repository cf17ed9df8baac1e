-- The beginning of record_changeset that edits customers of a list, all who get the same by one row of `edits`: flags as
-- bits, which are `said` and their values `wanted`; tags and mailing lists that come and go. `listed` has each as it was.
-- Nobody is edited to whom nothing happens, and everybody is once.
listed AS MATERIALIZED (
    SELECT e.said, e.wanted, e.given, e.tags, e.not_tags, e.lists, e.not_lists, t.id, {image} AS image
      FROM json_to_recordset(%(edits)s::json) AS e(ids bigint[], said int, wanted int, given int, tags text[],
                                                   not_tags text[], lists text[], not_lists text[])
     CROSS JOIN LATERAL unnest(e.ids) AS n(id)
     CROSS JOIN LATERAL (
           SELECT *
             FROM customers_customer r
            WHERE r.tenant_id = %(tenant_id)s AND r.id = n.id
           OFFSET 0) t
), edited(id, before, after) AS (
    UPDATE customers_customer t
       SET {assignments},
           given = t.given | e.given,
           tags = {tags},
           mailing_lists = {lists},
           previous_flags = {flags},
           overridden = t.overridden # ((({flags}) # e.wanted) & e.said),
           withdrawn_by_staff = (t.withdrawn_by_staff | e.said) & ~(e.said & {granted}),
           updated_at = %(now)s
      FROM listed e
     WHERE t.tenant_id = %(tenant_id)s AND t.id = e.id
    RETURNING t.id, t.previous_flags, {flags}
)
