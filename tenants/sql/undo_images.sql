-- The FROM of what undoes a changeset: of the records `n`, the image `i` that it kept, the row `t` that is there now, and
-- what the record becomes, `r.target`, where the consents in `h.held` stay withdrawn. Each is looked up by index: OFFSET 0.
  LEFT JOIN LATERAL (
       SELECT s.id, s.image, s.grants
         FROM tenants_beforeimage s
        WHERE s.tenant_id = %(tenant_id)s AND s.entity = %(entity)s AND s.record = n.id
          AND s.changeset_number = %(undoes)s
       OFFSET 0) i ON true
  LEFT JOIN LATERAL (
       SELECT *
         FROM {table} s
        WHERE s.tenant_id = %(tenant_id)s AND s.id = n.id
       OFFSET 0) t ON true
 CROSS JOIN LATERAL (SELECT {withdrew} AS bits) w
 CROSS JOIN LATERAL (
       SELECT w.bits & ~ CASE WHEN %(gives)s AND t.id IS NOT NULL THEN coalesce(i.grants, 0) ELSE 0 END AS held) h
 CROSS JOIN LATERAL (SELECT {restored} AS target) r
