SELECT count(*)
  FROM pg_stat_subscription w
  JOIN pg_subscription s ON s.oid = w.subid
  JOIN pg_database d ON d.oid = s.subdbid
 WHERE d.datname = current_database() AND s.subname LIKE 'citus%' AND w.pid IS NULL
;
