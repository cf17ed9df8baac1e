from django.db import migrations

from hub.sql.files import database_function


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0004_changesets_by_entity'),
    ]

    operations = [database_function("tenants", "ids_around")]
