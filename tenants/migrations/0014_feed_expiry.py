"""Up to which number a tenant's changesets have expired: none so far; and a look by way of the feed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0013_reasons'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='expired',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='look',
            name='way',
            field=models.CharField(choices=[('page', 'its page'), ('list', 'the list in the admin'), ('changeset', "a changeset's page"), ('api_list', 'API, list'), ('api_record', 'API, one record'), ('custobar', 'Custobar, list'), ('api_feed', 'API, records of changes')], max_length=10),
        ),
    ]
