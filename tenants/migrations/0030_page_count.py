import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0029_unknown_skus'),
    ]

    operations = [
        migrations.CreateModel(
            name='PageCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField(verbose_name='hour (UTC)')),
                ('route', models.CharField(max_length=200)),
                ('requests', models.BigIntegerField()),
                ('failed', models.BigIntegerField()),
                ('slowest', models.FloatField(verbose_name='slowest, in milliseconds')),
                ('buckets', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('fault', models.CharField(max_length=100)),
                ('fault_trace_id', models.CharField(max_length=32)),
                ('failed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('hour', 'route'), name='page_count_of_hour')],
            },
        ),
    ]
