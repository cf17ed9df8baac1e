-- Where each tenant lives, in the order of slugs: the node's group, the shard, the hash by which the tenant is on it, and
-- the first and the last hash of the shard.
SELECT t.id, t.slug, t.name, p.groupid, s.shardid, worker_hash(t.id), s.shardminvalue::int, s.shardmaxvalue::int
  FROM tenants_tenant t
  JOIN pg_dist_shard s ON s.shardid = get_shard_id_for_distribution_column('tenants_feed', t.id)
  JOIN pg_dist_placement p ON p.shardid = s.shardid
 ORDER BY t.slug
