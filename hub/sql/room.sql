-- How many connections a server accepts, how many of these are to be left, to superusers and to operators, and how many
-- are taken: one by each client, but by a hub, which tells it in its connections' name, as many as it may come to hold.
-- `reserved_connections` exists since PostgreSQL 16.
SELECT current_setting('max_connections')::int AS most,
       current_setting('superuser_reserved_connections')::int
       + greatest(current_setting('reserved_connections', true)::int, 5) AS reserved,
       (SELECT coalesce(sum(CASE WHEN name ~ '^hub [0-9]{1,6} ' THEN split_part(name, ' ', 2)::int ELSE number END), 0)
          FROM (SELECT application_name AS name, count(*) AS number
                  FROM pg_stat_activity
                 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                 GROUP BY application_name) AS clients)::int AS taken
