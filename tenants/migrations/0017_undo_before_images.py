"""What records were before a write, for a week, and which changeset took back which."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.sql.files import read_sql
from hub.sql.tenancy import tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0016_ledger_that_stands_by_itself'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BeforeImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('changeset_number', models.BigIntegerField()),
                ('entity', models.CharField(choices=[('customers', 'Customers'), ('orders', 'Orders'), ('products', 'Products')], max_length=10)),
                ('record', models.BigIntegerField(verbose_name='hub id of the record')),
                ('image', models.JSONField()),
                ('names', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None)),
                ('grants', models.SmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
        ),
        migrations.AddField(
            model_name='changeset',
            name='undoes',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='feed',
            name='heard_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='tenant',
            name='keeps_images',
            field=models.BooleanField(db_default=False, default=False, verbose_name='keep before-images of API batches'),
        ),
        migrations.AlterField(
            model_name='changeset',
            name='operation',
            field=models.CharField(choices=[('upsert', 'Upsert'), ('edit', 'Edit'), ('delete', 'Delete'), ('erase', 'Erase'), ('rekey', 'Rekey'), ('undo', 'Undo')], max_length=10),
        ),
        migrations.AlterField(
            model_name='webhook',
            name='operations',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('upsert', 'Upsert'), ('edit', 'Edit'), ('delete', 'Delete'), ('erase', 'Erase'), ('rekey', 'Rekey'), ('undo', 'Undo')], max_length=10), blank=True, default=list, size=None),
        ),
        migrations.AddIndex(
            model_name='changeset',
            index=models.Index(condition=models.Q(('undoes__isnull', False)), fields=['tenant', 'undoes'], name='changeset_that_undoes'),
        ),
        migrations.AddIndex(
            model_name='beforeimage',
            index=models.Index(fields=['tenant', 'entity', 'record', 'changeset_number'], name='image_of_record'),
        ),
        migrations.AddIndex(
            model_name='beforeimage',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('names__isnull', False)), fields=['names'], gin_pending_list_limit=256, name='image_by_name'),
        ),
        *tenant_table("tenants_beforeimage"),
        migrations.RunSQL(read_sql("tenants", "functions/lock_tenant"), migrations.RunSQL.noop),
    ]
