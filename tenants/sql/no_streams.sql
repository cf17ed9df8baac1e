-- Lets the subscriptions by which a shard is split wait for the end of each transaction.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT subname
          FROM pg_subscription
          JOIN pg_database d ON d.oid = subdbid
         WHERE datname = current_database() AND subname LIKE 'citus\_shard\_split\_%'
    LOOP
        EXECUTE format('ALTER SUBSCRIPTION %I SET (streaming = off)', name);
    END LOOP;
END
$$
