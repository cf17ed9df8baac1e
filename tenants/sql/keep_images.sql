-- The end of record_changeset where before-images are kept: what `images` selects (record, image) of the records that
-- the write changed or deleted. What a person is named by in it goes beside, for erasures to find.
), kept AS (
    INSERT INTO tenants_beforeimage (tenant_id, changeset_number, entity, record, image, names, grants, {column}created_at)
    SELECT %(tenant_id)s, number, %(entity)s, k.record, k.image, {names}, {grants}, {until}%(now)s
      FROM next
     CROSS JOIN (
           {images}) AS k(record, image)
