\set after '{NULL,3}'
\set before '{NULL,1}'
\set ids '{1,2}'
\set kinds '{created,updated}'
\set supplied '{NULL,NULL}'

SELECT *, 0
      FROM unnest(:'ids'::bigint[], :'kinds'::text[], :'before'::smallint[], :'after'::smallint[],
                  :'supplied'::smallint[])
;
