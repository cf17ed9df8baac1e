\set tables '{orders_order}'

SELECT relname
  FROM pg_class
 WHERE oid = ANY (:'tables'::regclass[]) AND reltuples <= 0 AND pg_relation_size(oid) > 512 * 1024
;
