import time, statistics, pytest
from customers.erasure import erase_customers_by_id
from customers.models import Customer
from tenants.changes.changesets import Origin
from tenants.models import Source
from tests.orders.records import order
O = Origin(Source.ADMIN, "Berta", "0"*32)
@pytest.mark.django_db(transaction=True)
def test_bench(partner):
    out = {}
    for count, rounds in ((1, 15), (1000, 5)):
        took = []
        for r in range(rounds):
            for s in range(0, count, 500):
                partner.save("customers", *({"CustomerId": f"C-{i}", "Email": f"c{i}@x.example", "Phone": f"+4917{i:07}", "EmailOptin": True} for i in range(s, min(count, s+500))))
                for t in range(s, min(count, s+500), 100):
                    partner.save("orders", *(order(OrderId=f"O-{r}-{i}", CustomerId=f"C-{i}", Email=f"c{i}@x.example") for i in range(t, min(count, t+100))))
            ids = list(Customer.objects.values_list("pk", flat=True))
            b, c = time.perf_counter(), time.process_time()
            erase_customers_by_id(partner.tenant, ids, origin=O)
            took.append((time.perf_counter()-b, time.process_time()-c))
        out[count] = [round(1000*statistics.median(x), 2) for x in zip(*took)] + [round(1000*min(t[0] for t in took),2)]
    print("BENCH", out)
