"""The function by which an upsert tells the ids of customers that it left alone."""

from django.db import migrations

from hub.sql.files import database_function


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0004_former_identifiers'),
    ]

    operations = [
        database_function("customers", "ids_of_customers"),
    ]
