from django.db import migrations

from hub.sql.files import database_function


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0005_what_a_write_must_know'),
    ]

    operations = [database_function("tenants", "ids_around")]
