-- Deletes those of the oldest `chunk` logged requests that came before a moment, found by the key, which grows with time.
DELETE FROM tenants_loggedrequest
 WHERE id IN (SELECT id
                FROM (SELECT id, created_at
                        FROM tenants_loggedrequest
                       ORDER BY id
                       LIMIT %(chunk)s) oldest
               WHERE created_at < %(moment)s)
