WITH mine AS (
    SELECT feed.shardid, c.oid, c.relname, c.relnamespace, c.reltuples
      FROM pg_dist_shard feed
      JOIN pg_dist_placement p ON p.shardid = feed.shardid
      JOIN pg_dist_local_group USING (groupid)
      JOIN pg_dist_shard its ON its.shardminvalue = feed.shardminvalue
      JOIN pg_class c ON c.oid = to_regclass(its.logicalrelid::text || '_' || its.shardid)
     WHERE feed.logicalrelid = 'tenants_feed'::regclass
), sizes AS (
    SELECT shardid, sum(pg_total_relation_size(oid)) AS bytes FROM mine GROUP BY shardid
), counts AS (
    SELECT tenant, sum(reltuples * share)::bigint AS rows
      FROM mine
      JOIN pg_stats s ON s.schemaname = relnamespace::regnamespace::text AND s.tablename = relname
     CROSS JOIN unnest(s.most_common_vals::text::text[], s.most_common_freqs) AS known(tenant, share)
     WHERE s.attname = 'tenant_id' AND reltuples > 0
     GROUP BY tenant
)
SELECT json_build_object(
    'bytes', (SELECT coalesce(json_object_agg(shardid, bytes), '{}') FROM sizes),
    'rows', (SELECT coalesce(json_object_agg(tenant, rows), '{}') FROM counts)
)
;
