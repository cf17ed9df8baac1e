SELECT proname, oid::regprocedure::text FROM pg_proc WHERE proname = ANY (%s) ORDER BY 1
;
