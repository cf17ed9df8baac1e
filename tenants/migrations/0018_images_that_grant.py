"""Batches that nobody forgotten may be in are stored at once where images hear of withdrawals, too."""

from django.db import migrations, models

from hub.sql.files import database_function


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0017_undo_before_images'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='beforeimage',
            index=models.Index(condition=models.Q(('grants', 0), _negated=True), fields=['tenant', 'record'], name='image_that_grants'),
        ),
        database_function("tenants", "meets_forgotten"),
    ]
