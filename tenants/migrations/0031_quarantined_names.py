import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0030_page_count'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='quarantinedrecord',
            index=django.contrib.postgres.indexes.GinIndex(fields=['names'], name='quarantined_by_name'),
        ),
    ]
