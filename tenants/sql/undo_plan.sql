-- What taking back a changeset would meet: a row for each record it names. Returns (id, kind, whether a later changeset
-- names it, its image's id, the consents it would be given back and those of them that it may be, whether anything else
-- that anybody is shown would change, the key it would have, who has that key now).
-- Later changesets are found by the blocks of 64 ids that they touched (changeset_by_record).
WITH undone AS MATERIALIZED (
    SELECT created_ids, updated_ids, deleted_ids
      FROM tenants_changeset
     WHERE tenant_id = %(tenant_id)s AND number = %(undoes)s
), named AS MATERIALIZED (
    SELECT unnest(created_ids) AS id, 'created' AS kind FROM undone
     UNION ALL
    SELECT unnest(updated_ids), 'updated' FROM undone
     UNION ALL
    SELECT unnest(deleted_ids), 'deleted' FROM undone
), touched AS MATERIALIZED (
    SELECT DISTINCT x.id
      FROM tenants_changeset c
     CROSS JOIN LATERAL unnest(c.created_ids || c.updated_ids || c.deleted_ids) AS x(id)
     WHERE c.tenant_id = %(tenant_id)s AND c.entity = %(entity)s AND c.number > %(undoes)s
       AND id_blocks(c.created_ids || c.updated_ids || c.deleted_ids)
           && (SELECT id_blocks(created_ids || updated_ids || deleted_ids) FROM undone)
)
SELECT n.id, n.kind, n.id IN (SELECT x.id FROM touched x) AS touched, i.id AS image, w.bits AS bits,
       CASE WHEN t.id IS NULL THEN 0 ELSE w.bits & coalesce(i.grants, 0) END AS gives,
       {differs} AS differs, r.target->>'{key}' AS key, k.id AS holder
  FROM named n
{images}
  LEFT JOIN LATERAL (
       SELECT o.id
         FROM {table} o
        WHERE o.tenant_id = %(tenant_id)s AND o.{key} = r.target->>'{key}'
       OFFSET 0) k ON true
