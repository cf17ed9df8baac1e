\set arguments ''
\set firsts '{4096}'
\set statement 'SELECT 1 AS one'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT * FROM on_shard(:'tenant_id', :'statement', :'arguments', :'firsts')
;
