-- The default of `id` in every distributed table. Ids come from one sequence on the coordinator, in order of arrival:
-- a number of it is the first of 4,096 ids. A write on a shard was handed such firsts by on_shard, as `hub.ids`:
-- "the next id" or "the next id,first,first", and uses them up; whoever else inserts a row takes the first of its own.
CREATE OR REPLACE FUNCTION next_id() RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    ids text := current_setting('hub.ids', true);
    id bigint;
BEGIN
    IF coalesce(ids, '') = '' THEN
        RETURN nextval('hub_ids');
    END IF;
    id := split_part(ids, ',', 1);
    IF (id + 1) % 4096 > 0 THEN
        PERFORM set_config('hub.ids', (id + 1) || substr(ids, length(id::text) + 1), true);
    ELSIF position(',' IN ids) > 0 THEN
        PERFORM set_config('hub.ids', substr(ids, position(',' IN ids) + 1), true);
    ELSE
        RAISE 'a write needs more ids than it was handed';
    END IF;
    RETURN id;
END
$$
