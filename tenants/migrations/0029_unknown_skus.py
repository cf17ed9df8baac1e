from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0028_merges'),
    ]

    operations = [
        migrations.AddField(
            model_name='healthsnapshot',
            name='unknown_skus',
            field=models.JSONField(null=True),
        ),
    ]
