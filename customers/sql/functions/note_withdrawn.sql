-- Takes what is withdrawn, bits by match_key, from what images of these customers grant (customers.restoring); returns at
-- how many. Of a customer the latest image counts: the others are of what was touched. Images are locked in one order,
-- for it also runs under the shared lock.
-- It begins with whichever are fewer, images that grant anything or customers: where staff edited three opt-ins, 500
-- withdrawals take 0.4 ms instead of 2.5. LATERAL … OFFSET 0 and ORDER BY record pin the index plans.
-- Volatile, as lock_tenant is: its queries have snapshots of their own, so an image that was kept before the lock was
-- granted is seen, in the statement that waited for it. The tables are told, for on a shard they have other names.
CREATE OR REPLACE FUNCTION note_withdrawn(images text, customers text, tenant uuid, withdrawn jsonb) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    number bigint := (SELECT count(*) FROM jsonb_object_keys(withdrawn));
    granting bigint[];
    meant text;
    noted_at bigint[];
    taken integer[];
BEGIN
    IF number = 0 THEN
        RETURN 0;
    END IF;
    EXECUTE format($query$
        SELECT array_agg(record)
          FROM (SELECT record
                  FROM %I
                 WHERE tenant_id = $1 AND grants <> 0
                 ORDER BY record
                 LIMIT $2 + 1) i
        $query$, images)
       INTO granting
      USING tenant, number;
    IF granting IS NULL THEN
        RETURN 0;
    ELSIF cardinality(granting) <= number THEN
        meant := $query$
            SELECT DISTINCT c.id, ($2->>c.match_key)::integer
              FROM unnest($3) AS g(record)
             CROSS JOIN LATERAL (
                   SELECT id, match_key
                     FROM %2$I
                    WHERE tenant_id = $1 AND id = g.record
                   OFFSET 0) c
             WHERE $2 ? c.match_key
            $query$;
    ELSE
        meant := $query$
            SELECT c.id, m.bits::integer
              FROM jsonb_each_text($2) AS m(key, bits)
             CROSS JOIN LATERAL (
                   SELECT id
                     FROM %2$I
                    WHERE tenant_id = $1 AND match_key = m.key
                   OFFSET 0) c
            $query$;
    END IF;
    EXECUTE format($query$
        SELECT array_agg(i.id), array_agg(w.bits)
          FROM ($query$ || meant || $query$) AS w(record, bits)
         CROSS JOIN LATERAL (
               SELECT id, grants
                 FROM %1$I
                WHERE tenant_id = $1 AND entity = 'customers' AND record = w.record
                ORDER BY changeset_number DESC
                LIMIT 1) i
         WHERE i.grants & w.bits <> 0
        $query$, images, customers)
       INTO noted_at, taken
      USING tenant, withdrawn, granting;
    IF noted_at IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format($query$
        WITH locked AS MATERIALIZED (
            SELECT i.id, n.bits
              FROM unnest($2, $3) AS n(id, bits)
              JOIN %1$I i ON i.tenant_id = $1 AND i.id = n.id
             ORDER BY i.id
               FOR UPDATE OF i
        )
        UPDATE %1$I i
           SET grants = i.grants & ~ l.bits
          FROM locked l
         WHERE i.tenant_id = $1 AND i.id = l.id
        $query$, images)
      USING tenant, noted_at, taken;
    RETURN cardinality(noted_at);
END
$$
