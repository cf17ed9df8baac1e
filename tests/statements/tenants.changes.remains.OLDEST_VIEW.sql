SELECT min(coalesce(xact_start, 'epoch'))
  FROM pg_stat_activity
 WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
;
