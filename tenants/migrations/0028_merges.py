"""Two customers are made one; what they were is kept for thirty days, and the ledger says whom a row was about."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0027_certificate'),
    ]

    operations = [
        migrations.AddField(
            model_name='beforeimage',
            name='kept_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='consentchange',
            name='merged_from',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='changeset',
            name='operation',
            field=models.CharField(choices=[('upsert', 'Upsert'), ('edit', 'Edit'), ('delete', 'Delete'), ('erase', 'Erase'), ('rekey', 'Rekey'), ('undo', 'Undo'), ('merge', 'Merge')], max_length=10),
        ),
        migrations.AlterField(
            model_name='webhook',
            name='operations',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('upsert', 'Upsert'), ('edit', 'Edit'), ('delete', 'Delete'), ('erase', 'Erase'), ('rekey', 'Rekey'), ('undo', 'Undo'), ('merge', 'Merge')], max_length=10), blank=True, default=list, size=None),
        ),
        migrations.AddIndex(
            model_name='beforeimage',
            index=models.Index(condition=models.Q(('kept_until__isnull', False)), fields=['kept_until'], name='image_of_merge'),
        ),
    ]
