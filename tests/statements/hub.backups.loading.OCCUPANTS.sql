WITH object AS (
        SELECT 'pg_class'::regclass AS catalog, oid, relnamespace AS namespace, oid::regclass::text AS name
          FROM pg_class
         WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
         UNION ALL
        SELECT 'pg_proc'::regclass, oid, pronamespace, oid::regproc::text FROM pg_proc
    )
    SELECT o.name, count(*) OVER ()
      FROM object o
      JOIN pg_namespace n ON n.oid = o.namespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT 1 FROM pg_depend d
                        WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e')
     ORDER BY o.catalog, 1
     LIMIT 3
;
