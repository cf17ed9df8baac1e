\set turn '1'

SELECT pg_advisory_xact_lock(:'turn')
;
