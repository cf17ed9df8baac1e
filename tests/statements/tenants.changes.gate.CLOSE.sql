\set gate '1'

SELECT pg_advisory_lock(:'gate')
;
