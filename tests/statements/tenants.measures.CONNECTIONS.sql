SELECT coalesce(state, 'other'), count(*)
  FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND datname = current_database()
 GROUP BY 1
;
