-- What taking a merge back would meet: one row, none where its image is gone. Returns (the image's id, the image, the
-- consents that it may give back, the kept customer as it is now).
SELECT i.id AS image_id, i.image::text AS image, i.grants AS grants, to_jsonb(t)::text AS row
  FROM tenants_beforeimage i
  JOIN customers_customer t ON t.tenant_id = %(tenant_id)s AND t.id = i.record
 WHERE i.tenant_id = %(tenant_id)s AND i.entity = 'customers' AND i.record = %(kept)s
   AND i.changeset_number = %(undoes)s AND i.kept_until > %(now)s
