\set chunk '10000'
\set moment '2026-01-31T12:00:00Z'

DELETE FROM tenants_loggedrequest
 WHERE id IN (SELECT id
                FROM (SELECT id, created_at
                        FROM tenants_loggedrequest
                       ORDER BY id
                       LIMIT :'chunk') oldest
               WHERE created_at < :'moment')
;
