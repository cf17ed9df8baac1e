SELECT to_regproc('on_shard') IS NOT NULL
;
