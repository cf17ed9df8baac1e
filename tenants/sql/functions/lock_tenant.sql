-- Takes the tenant's lock until the transaction ends, shared or exclusive; returns whether a write must look before it
-- stores: forgotten persons are remembered, for every door or for this one, or before-images hear of withdrawals
-- (tenants.changes.images). Fails with serialization_failure where the tenant's identifier priority is no longer the one
-- told (null: whichever): the customers were given new keys, the write must be tried again. And with the same where the
-- tenant is a sandbox that is being emptied, but for who empties it, through no door (null).
-- A statement's snapshot may be older than the lock it waits for. In a volatile function every query has a snapshot of
-- its own, so whoever was forgotten before the lock was granted is seen, and no second round trip is needed.
-- From here on the transaction plans without sequential scans: a plan is kept, and the table grows.
-- The table of the feed is told, for on a shard it has another name. All writers of a tenant meet where its shard is:
-- where tenants are distributed, nobody takes the lock elsewhere.
CREATE OR REPLACE FUNCTION lock_tenant(
    feeds text, tenant uuid, told_priority text, door text, key bigint, exclusive boolean
) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    feed record;
BEGIN
    PERFORM set_config('enable_seqscan', 'off', true);
    IF exclusive THEN
        PERFORM pg_advisory_xact_lock(key);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(key);
    END IF;
    IF feeds <> 'tenants_feed' THEN
        EXECUTE format('SELECT priority, forgotten_by, heard_until, is_emptying FROM %I WHERE tenant_id = $1', feeds) INTO feed USING tenant;
    ELSE
        SELECT f.priority, f.forgotten_by, f.heard_until, f.is_emptying INTO feed FROM tenants_feed f WHERE f.tenant_id = tenant;
        IF to_regproc('on_shard') IS NOT NULL THEN  -- asked after a read that waits while they are distributed
            RAISE serialization_failure USING MESSAGE = 'the tenants have been distributed';
        END IF;
    END IF;
    IF feed.priority <> told_priority THEN
        RAISE serialization_failure USING MESSAGE = 'the identifier priority has changed';
    END IF;
    IF feed.is_emptying AND door IS NOT NULL THEN
        RAISE serialization_failure USING MESSAGE = 'the sandbox is being emptied';
    END IF;
    RETURN coalesce('' = ANY (feed.forgotten_by) OR door = ANY (feed.forgotten_by), false)
        OR coalesce(feed.heard_until > now(), false);
END
$$
