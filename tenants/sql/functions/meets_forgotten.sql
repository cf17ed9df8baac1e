-- Returns whether a write must look for forgotten persons before it stores: some are remembered, for every door or for
-- this one. For whom lock_tenant told that there is something to look for, be it before-images that hear of withdrawals.
-- Volatile, as that is: its query sees who was forgotten before the lock was granted. The table of the feed is told, for
-- on a shard it has another name; on a plain server the plan is kept.
CREATE OR REPLACE FUNCTION meets_forgotten(feeds text, tenant uuid, door text) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    forgotten boolean;
BEGIN
    IF feeds = 'tenants_feed' THEN
        SELECT '' = ANY (forgotten_by) OR door = ANY (forgotten_by)
          INTO forgotten
          FROM tenants_feed
         WHERE tenant_id = tenant;
    ELSE
        EXECUTE format($query$
            SELECT '' = ANY (forgotten_by) OR $2 = ANY (forgotten_by)
              FROM %I
             WHERE tenant_id = $1
            $query$, feeds)
           INTO forgotten
          USING tenant, door;
    END IF;
    RETURN coalesce(forgotten, false);
END
$$
