\set moment '2026-01-31T12:00:00Z'
\set table 'customers_customer'

SELECT low, high FROM ids_around(:'table'::regclass, :'moment')
;
