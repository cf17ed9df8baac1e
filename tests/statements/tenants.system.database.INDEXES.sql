\set most '20'

SELECT indexrelname, relname, pg_relation_size(indexrelid), idx_scan
  FROM pg_stat_user_indexes
 WHERE schemaname = 'public'
 ORDER BY 3 DESC
 LIMIT :'most'
;
