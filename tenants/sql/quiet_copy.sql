-- A restored copy of a hub writes to nobody: its webhooks are paused, and say why; the mails that waited are gone.
-- Run by `restore --as-copy` in the transaction of the restore, on the tables of the release that made the backup:
-- the oldest have no webhooks yet.
DO $$
BEGIN
    IF to_regclass('tenants_webhook') IS NOT NULL THEN
        UPDATE tenants_webhook
           SET paused_at = now(), pause_reason = 'copy', version = version + 1
         WHERE paused_at IS NULL;
    END IF;
END
$$;

DELETE FROM procrastinate_jobs
 WHERE task_name = 'tenants.tasks.mail_resets' AND status IN ('todo', 'doing');
