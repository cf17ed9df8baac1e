-- Deletes those of the oldest `chunk` deliveries that came before a moment. They are found by the key, which grows with time,
-- so nothing else is looked at once none is left.
DELETE FROM tenants_delivery
 WHERE id IN (SELECT id
                FROM (SELECT id, created_at
                        FROM tenants_delivery
                       ORDER BY id
                       LIMIT %(chunk)s) oldest
               WHERE created_at < %(moment)s)
