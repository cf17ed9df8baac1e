"""The function by which withdrawals are noted at before-images, in the statement that stores them."""

from django.db import migrations

from hub.sql.files import database_function


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0018_images_that_grant'),
        ('customers', '0006_ledger_of_staff_and_sources'),
    ]

    operations = [
        database_function("customers", "note_withdrawn"),
    ]
