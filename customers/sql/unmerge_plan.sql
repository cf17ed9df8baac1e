-- What taking a merge back would meet: one row, none where its image is gone. Returns (the image's id, the image, the
-- consents that it may give back, the kept customer as it is now, whether a later changeset names it).
SELECT i.id AS image_id, i.image::text AS image, i.grants AS grants, to_jsonb(t)::text AS row,
       EXISTS (SELECT 1
                 FROM tenants_changeset c
                WHERE c.tenant_id = %(tenant_id)s AND c.entity = 'customers' AND c.number > %(undoes)s
                  AND id_blocks(c.created_ids || c.updated_ids || c.deleted_ids) && ARRAY[%(kept)s::bigint >> 6]
                  AND %(kept)s::bigint = ANY (c.created_ids || c.updated_ids || c.deleted_ids)) AS touched
  FROM tenants_beforeimage i
  JOIN customers_customer t ON t.tenant_id = %(tenant_id)s AND t.id = i.record
 WHERE i.tenant_id = %(tenant_id)s AND i.entity = 'customers' AND i.record = %(kept)s
   AND i.changeset_number = %(undoes)s AND i.kept_until > %(now)s
