"""When somebody was last erased whose remains are to be vacuumed; for all so far: at once, since nobody has noted it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0008_changesets_by_block'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL("UPDATE tenants_feed SET erased_at = now()", migrations.RunSQL.noop),
    ]
