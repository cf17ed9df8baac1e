SELECT pg_try_advisory_xact_lock(hashtextextended('hub.restore', 0))
;
