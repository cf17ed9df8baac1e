"""From a record to its changesets by the block of its id: an index of 9 entries for 500 new records, not of 500."""

from django.db import migrations

from hub.sql.files import database_function

DROP = "DROP INDEX changeset_by_record"
TOUCHED = "created_ids || updated_ids || deleted_ids"
BY_BLOCK = (
    f"CREATE INDEX changeset_by_record ON tenants_changeset USING gin (id_blocks({TOUCHED}))"
    " WITH (gin_pending_list_limit = 256)"
)
BY_RECORD = (
    f"CREATE INDEX changeset_by_record ON tenants_changeset USING gin (({TOUCHED})) WITH (gin_pending_list_limit = 256)"
)


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0007_forgotten_meanwhile'),
    ]

    operations = [
        database_function("tenants", "id_blocks"),
        migrations.RunSQL(DROP, BY_RECORD),
        migrations.RunSQL(BY_BLOCK, DROP),
    ]
