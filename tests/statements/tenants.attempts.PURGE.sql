DELETE FROM tenants_failurecounter
 WHERE bucket IN (SELECT bucket FROM tenants_failurecounter WHERE forgotten_at < now() FOR UPDATE SKIP LOCKED)
;
