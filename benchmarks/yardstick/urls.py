"""The yardstick's two addresses."""

from django.urls import path

from benchmarks.yardstick.views import CustomersView, empty

urlpatterns = [path("customers", CustomersView.as_view()), path("empty", empty)]
