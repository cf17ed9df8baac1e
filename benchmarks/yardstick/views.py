"""The endpoint: a serializer for each record, one bulk_create for the batch."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer
from rest_framework.views import APIView

from benchmarks.yardstick.models import Customer


class CustomerSerializer(ModelSerializer[Customer]):
    """Every field of a customer."""

    class Meta:
        model = Customer
        exclude = ["id", "owner", "created_at", "updated_at"]


class CustomersView(APIView):
    """POST /customers: store a list of customers."""

    def post(self, request: Request) -> Response:
        serializer = CustomerSerializer(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        customers = [Customer(owner_id=request.user.pk, **values) for values in serializer.validated_data]
        Customer._default_manager.bulk_create(
            sorted(customers, key=lambda customer: customer.customer_id),
            update_conflicts=True,
            unique_fields=["owner", "customer_id"],
            update_fields=[*CustomerSerializer().fields.keys() - {"customer_id"}, "updated_at"],
        )
        return Response({"count": len(customers)})


@csrf_exempt
def empty(request: HttpRequest) -> HttpResponse:
    """Answer with nothing: what Django and the server cost by themselves."""
    return HttpResponse(b"{}", content_type="application/json")
