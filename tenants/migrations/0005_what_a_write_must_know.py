"""What a write asks under the tenant's lock moves into the tenant's row of the feed, where its records are."""

import django.contrib.postgres.fields
from django.db import migrations, models

from hub.sql.files import read_sql

FORGOTTEN_BY = """
INSERT INTO tenants_feed AS f (tenant_id, number, forgotten_by)
SELECT tenant_id, 0, array_agg(DISTINCT source)
  FROM tenants_forgotten
 GROUP BY tenant_id
    ON CONFLICT (tenant_id) DO UPDATE
   SET forgotten_by = excluded.forgotten_by
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0004_changesets_by_entity'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='priority',
            field=models.CharField(choices=[('customerid', 'CustomerId'), ('email', 'E-mail')], max_length=10, null=True),
        ),
        migrations.AddField(
            model_name='feed',
            name='forgotten_by',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(blank=True, choices=[('api', 'API'), ('admin', 'Admin'), ('import', 'Import'), ('jericommerce', 'Jericommerce'), ('custobar', 'Custobar')], max_length=20), null=True, size=None),
        ),
        migrations.RunSQL(FORGOTTEN_BY, migrations.RunSQL.noop),
        migrations.RunSQL(
            "DROP FUNCTION IF EXISTS lock_tenant(uuid, text, text, bigint, boolean)", migrations.RunSQL.noop
        ),
        migrations.RunSQL(read_sql("tenants", "functions/lock_tenant"), migrations.RunSQL.noop),
    ]
