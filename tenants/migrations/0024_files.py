"""Files of records: the job of each, its bytes, what it rejected, and how tables were read last."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.sql.tenancy import tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0023_sandbox'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.CharField(choices=[('customers', 'Customers'), ('orders', 'Orders'), ('products', 'Products')], max_length=10, verbose_name='records')),
                ('format', models.CharField(choices=[('ndjson', 'NDJSON'), ('csv', 'CSV'), ('xlsx', 'XLSX')], max_length=6)),
                ('packing', models.CharField(db_default='', default='', max_length=4)),
                ('file_name', models.CharField(db_default='', default='', max_length=200, verbose_name='file')),
                ('size', models.BigIntegerField(db_default=0, default=0)),
                ('announced', models.BigIntegerField(null=True)),
                ('options', models.JSONField(default=dict)),
                ('layout', models.JSONField(default=dict)),
                ('is_dry_run', models.BooleanField(db_default=False, default=False, verbose_name='dry run')),
                ('state', models.CharField(choices=[('uploading', 'Uploading'), ('waiting', 'Waiting'), ('running', 'Running'), ('finished', 'Finished'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='uploading', max_length=9)),
                ('has_file', models.BooleanField(db_default=True, default=True)),
                ('position', models.BigIntegerField(db_default=0, default=0)),
                ('read', models.BigIntegerField(db_default=0, default=0)),
                ('created', models.BigIntegerField(db_default=0, default=0)),
                ('updated', models.BigIntegerField(db_default=0, default=0)),
                ('unchanged', models.BigIntegerField(db_default=0, default=0)),
                ('rejected', models.BigIntegerField(db_default=0, default=0)),
                ('folded', models.BigIntegerField(db_default=0, default=0)),
                ('bytes_read', models.BigIntegerField(db_default=0, default=0)),
                ('changes', models.JSONField(default=list)),
                ('consents', models.JSONField(default=dict)),
                ('message', models.CharField(db_default='', default='', max_length=500)),
                ('reason', models.CharField(db_default='', default='', max_length=200)),
                ('actor', models.CharField(max_length=200, verbose_name='by')),
                ('trace_id', models.CharField(max_length=32)),
                ('is_cancelled', models.BooleanField(db_default=False, default=False, verbose_name='asked to end')),
                ('held_by', models.CharField(db_default='', default='', max_length=100)),
                ('created_at', models.DateTimeField(verbose_name='uploaded')),
                ('started_at', models.DateTimeField(null=True)),
                ('beat_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('api_key', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.apikey')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'import',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['tenant', '-id'], name='imports_of_tenant'), models.Index(condition=models.Q(('has_file', True)), fields=['tenant'], name='imports_with_file'), models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['state'], name='imports_to_run')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('tenant',), name='one_import_runs_in_tenant')],
            },
        ),
        migrations.CreateModel(
            name='FilePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('import_id', models.BigIntegerField()),
                ('start', models.BigIntegerField()),
                ('data', models.BinaryField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'import_id', 'start'), name='part_once_in_file')],
            },
        ),
        migrations.CreateModel(
            name='ImportMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.CharField(choices=[('customers', 'Customers'), ('orders', 'Orders'), ('products', 'Products')], max_length=10)),
                ('digest', models.CharField(max_length=64)),
                ('options', models.JSONField(default=dict)),
                ('used_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'entity', 'digest'), name='mapping_once_in_tenant')],
            },
        ),
        migrations.CreateModel(
            name='RejectedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('import_id', models.BigIntegerField()),
                ('line', models.BigIntegerField()),
                ('sent', models.TextField()),
                ('faults', models.JSONField(default=list)),
                ('is_withdrawal', models.BooleanField(db_default=False, default=False)),
                ('names', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('created_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['names'], name='rejected_names')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'import_id', 'line'), name='rejected_once_in_file')],
            },
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='kind',
            field=models.CharField(choices=[('tenant_created', 'Tenant created'), ('tenant_changed', 'Configuration changed'), ('sandbox_created', 'Sandbox created'), ('sandbox_filled', 'Sandbox filled with sample data'), ('sandbox_emptied', 'Sandbox emptied'), ('sandbox_copied', 'Configuration copied to the sandbox'), ('key_created', 'Key created'), ('key_changed', 'Key changed'), ('key_rolled', 'Key rolled'), ('key_revoked', 'Key revoked'), ('member_added', 'Member added'), ('member_role', "Member's role changed"), ('member_removed', 'Member removed'), ('member_left', 'Member left'), ('invitation_made', 'Invitation made'), ('invitation_accepted', 'Invitation accepted'), ('invitation_revoked', 'Invitation revoked'), ('exported', 'Records exported'), ('webhook_created', 'Webhook created'), ('webhook_changed', 'Webhook changed'), ('webhook_paused', 'Webhook paused'), ('webhook_resumed', 'Webhook resumed'), ('webhook_redelivered', 'Webhook set back'), ('webhook_rotated', "Webhook's secret rotated"), ('webhook_tested', 'Webhook sent a test event'), ('webhook_deleted', 'Webhook deleted')], max_length=20),
        ),
        migrations.AlterField(
            model_name='look',
            name='way',
            field=models.CharField(choices=[('page', 'its page'), ('proof', 'its consent proof (CSV)'), ('list', 'the list in the admin'), ('changeset', "a changeset's page"), ('api_list', 'API, list'), ('api_record', 'API, one record'), ('custobar', 'Custobar, list'), ('api_feed', 'API, records of changes'), ('quarantine', 'the quarantine'), ('import', 'a file, on its way in'), ('export', 'an export')], max_length=10),
        ),
        *tenant_table("tenants_import"),
        *tenant_table("tenants_filepart"),
        # PostgreSQL would try to compress what is packed already: 66 MB/s against 39.
        migrations.RunSQL("ALTER TABLE tenants_filepart ALTER data SET STORAGE EXTERNAL", migrations.RunSQL.noop),
        *tenant_table("tenants_rejectedrow"),
        *tenant_table("tenants_importmapping"),
    ]
