"""Who was forgotten by an older hub that ran on beside migration 0005 comes into the tenant's row of the feed, too."""

from importlib import import_module

from django.db import migrations

from hub.sql.files import read_sql

FORGOTTEN_BY = import_module("tenants.migrations.0005_what_a_write_must_know").FORGOTTEN_BY


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0006_ids_around'),
    ]

    operations = [
        # Whoever is forgetting somebody at this moment ends first, or would be in no row of the feed again.
        migrations.RunSQL("LOCK TABLE tenants_forgotten IN SHARE MODE", migrations.RunSQL.noop),
        migrations.RunSQL(FORGOTTEN_BY, migrations.RunSQL.noop),
        migrations.RunSQL(read_sql("tenants", "functions/lock_tenant"), migrations.RunSQL.noop),
    ]
