-- Which blocks of 64 hub ids some ids are in: what changeset_by_record has of a changeset. Ids are given in order of
-- arrival, so the 500 of new records are in eight or nine blocks.
CREATE OR REPLACE FUNCTION id_blocks(ids bigint[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT id >> 6), '{}')
      FROM unnest(ids) AS id
$$
