-- Leaves the last `most` calls without a tenant.
DELETE FROM tenants_strangerrequest
 WHERE id <= (SELECT max(id) - %(most)s::bigint FROM tenants_strangerrequest)
