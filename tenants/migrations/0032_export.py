"""Exports of lists that are made in the background: the job of each, and its file."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.sql.tenancy import tenant_table


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0031_quarantined_names'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('listing', models.CharField(max_length=60, verbose_name='list')),
                ('query', models.TextField(db_default='', default='')),
                ('may_name', models.BooleanField(db_default=False, default=False)),
                ('filters', models.JSONField(default=list)),
                ('columns', models.JSONField(default=list)),
                ('by_part', models.BooleanField(db_default=False, default=False)),
                ('format', models.CharField(max_length=4)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('ready', 'Ready'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('removed', 'removed by an erasure'), ('expired', 'Expired')], default='waiting', max_length=9)),
                ('is_repeatable', models.BooleanField(db_default=True, default=True)),
                ('message', models.CharField(db_default='', default='', max_length=200)),
                ('expected', models.BigIntegerField(null=True)),
                ('read', models.BigIntegerField(db_default=0, default=0)),
                ('rows', models.BigIntegerField(db_default=0, default=0)),
                ('size', models.BigIntegerField(db_default=0, default=0)),
                ('looked', models.JSONField(default=dict)),
                ('begun', models.IntegerField(db_default=0, default=0)),
                ('trace_id', models.CharField(max_length=32)),
                ('held_by', models.CharField(db_default='', default='', max_length=100)),
                ('created_at', models.DateTimeField(verbose_name='asked for')),
                ('started_at', models.DateTimeField(null=True)),
                ('beat_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'export',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['tenant', 'user', '-id'], name='exports_of_user'), models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['state'], name='exports_to_make')],
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('export_id', models.BigIntegerField()),
                ('start', models.BigIntegerField()),
                ('data', models.BinaryField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'export_id', 'start'), name='part_once_in_export')],
            },
        ),
        *tenant_table("tenants_export", fillfactor=90),
        *tenant_table("tenants_exportpart"),
    ]
