-- Takes the tenant's lock until the transaction ends, shared or exclusive; returns whether forgotten persons are
-- remembered, for every door or for this one. Fails with serialization_failure where the tenant's identifier priority
-- is no longer the one told (null: whichever): the customers were given new keys, the write must be tried again.
-- A statement's snapshot may be older than the lock it waits for. In a volatile function every query has a snapshot of
-- its own, so whoever was forgotten before the lock was granted is seen, and no second round trip is needed.
-- All writers of a tenant meet where its shard is: where tenants are distributed, nobody takes the lock elsewhere.
CREATE OR REPLACE FUNCTION lock_tenant(tenant uuid, told_priority text, door text, key bigint, exclusive boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    feed record;
BEGIN
    IF to_regproc('on_shard') IS NOT NULL AND coalesce(current_setting('hub.ids', true), '') = '' THEN
        RAISE serialization_failure USING MESSAGE = 'the tenants have been distributed';
    END IF;
    IF exclusive THEN
        PERFORM pg_advisory_xact_lock(key);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(key);
    END IF;
    SELECT f.priority, f.forgotten_by INTO feed FROM tenants_feed f WHERE f.tenant_id = tenant;
    IF feed.priority <> told_priority THEN
        RAISE serialization_failure USING MESSAGE = 'the identifier priority has changed';
    END IF;
    RETURN coalesce('' = ANY (feed.forgotten_by) OR door = ANY (feed.forgotten_by), false);
END
$$
