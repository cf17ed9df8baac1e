"""Files as shop systems export them, of invented people: each with what it should leave stored."""

from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class ShopFile:
    """A table as a shop exports it, how its rows are to be read where that is not certain, and what they say."""

    vendor: str
    entity: str
    header: str
    rows: list[list[str]]
    stored: list[Record]
    options: Record = field(default_factory=dict)

    @property
    def table(self) -> list[list[str]]:
        return [self.header.split(","), *self.rows]

    def wide(self) -> list[list[str]]:
        """Return the table with its rows filled up to the header's width."""
        header, *rows = self.table
        return [header, *([*row, *[""] * (len(header) - len(row))] for row in rows)]


def row(header: str, **cells: str) -> list[str]:
    """Return a row: cells by their headers, with _ for what no Python name has."""
    names = ["".join(letter if letter.isalnum() else "_" for letter in name) for name in header.split(",")]
    assert cells.keys() <= set(names), cells.keys()
    return [cells.get(name, "") for name in names]


SHOPIFY_CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
    "Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,"
    "Tags"
)
SHOPIFY_ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,Billing Name,Billing Street,Billing City,Billing Zip,Billing Country,Shipping Name,"
    "Notes,Cancelled at,Payment Method,Refunded Amount,Vendor,Outstanding Balance,Location,Id,Tags,Source,Phone"
)
SHOPIFY_PRODUCTS = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,"
    "Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Variant Image,"
    "Variant Weight Unit,Variant Tax Code,Cost per item,Status"
)
WOO_CUSTOMERS = (
    "customer_id,user_login,user_nicename,user_email,display_name,first_name,last_name,user_registered,"
    "billing_first_name,billing_last_name,billing_company,billing_email,billing_phone,billing_address_1,"
    "billing_postcode,billing_city,billing_country"
)
WOO_ORDERS = (
    "order_id,order_number,order_date,order_status,shipping_total,order_total,order_currency,customer_id,"
    "billing_first_name,billing_last_name,billing_email,billing_phone,item_name,item_product_id,item_sku,item_quantity,"
    "item_price,item_subtotal,item_total"
)
WOO_PRODUCTS = (
    (
        "ID|Type|SKU|GTIN, UPC, EAN, or ISBN|Name|Published|Is featured?|Visibility in catalog|Short description|"
        "Description|Date sale price starts|Date sale price ends|Tax status|Tax class|In stock?|Stock|Low stock amount|"
        "Backorders allowed?|Sold individually?|Weight (kg)|Allow customer reviews?|Purchase note|Sale price|"
        "Regular price|"
        "Categories|Tags|Shipping class|Images|Parent|Position"
    )
    .replace(", ", " ")
    .replace("|", ",")
)
MAGENTO_CUSTOMERS = (
    "email,_website,_store,confirmation,created_at,created_in,disable_auto_group_change,dob,firstname,gender,group_id,"
    "lastname,middlename,password_hash,prefix,rp_token,rp_token_created_at,store_id,suffix,taxvat,website_id,password"
)
MAGENTO_SUBSCRIBERS = "ID,Email,Type,Customer First Name,Customer Last Name,Status,Web Site,Store,Store View"
MAGENTO_ORDERS = (
    "increment_id,store_id,customer_id,customer_email,customer_firstname,customer_lastname,created_at,status,"
    "base_grand_total,grand_total,order_currency_code,total_qty_ordered,sku,product_id,name,qty_ordered,price,"
    "original_price"
)
MAGENTO_PRODUCTS = (
    "sku,store_view_code,attribute_set_code,product_type,categories,product_websites,name,description,"
    "short_description,weight,product_online,tax_class_name,visibility,price,special_price,url_key,base_image,qty,"
    "is_in_stock,additional_attributes,configurable_variations"
)
CUSTOBAR_CUSTOMERS = (
    "external_id,phone_number,email,first_name,last_name,can_email,can_post,can_sms,can_push,can_profile,date_joined,"
    "language,mailing_lists,city,country,zip_code,street_address,COMPANY__loyalty_level"
)
KLAVIYO_PROFILES = (
    "Email,Klaviyo ID,External ID,First Name,Last Name,Organization,Title,Phone Number,Address,City,State / Region,"
    "Country,Zip Code,Source,Email Marketing Consent,Email Marketing Consent Timestamp,SMS Marketing Consent,"
    "Historic Customer Lifetime Value,First Active,Last Active,Profile Created On,Email Suppressions"
)

FILES = [
    ShopFile(
        "Shopify",
        "customers",
        SHOPIFY_CUSTOMERS,
        [
            row(
                SHOPIFY_CUSTOMERS, Customer_ID="'0006543210987654321", First_Name="Zoë", Last_Name="O'Hara",
                Email="Zoe@Shop.Example", Accepts_Email_Marketing="yes", Phone="'+358401234567",
                Accepts_SMS_Marketing="no", Total_Spent="12.50", Tags="vip, eu",
            ),
            row(SHOPIFY_CUSTOMERS, Customer_ID="'77", First_Name="-", Email="", Accepts_Email_Marketing=""),
        ],
        [
            {
                "CustomerId": "0006543210987654321", "Name": "Zoë", "Surname": "O'Hara", "Email": "zoe@shop.example",
                "EmailOptin": True, "SmsOptin": False, "Phone": "+358401234567",
            },
            {"CustomerId": "77", "Name": "-"},
        ],
    ),
    ShopFile(
        "Shopify",
        "orders",
        SHOPIFY_ORDERS,
        [
            row(
                SHOPIFY_ORDERS, Name="#1001", Email="zoe@shop.example", Financial_Status="paid", Currency="EUR",
                Subtotal="29.90", Total="34.90", Created_at="2024-03-01 12:00:00 +0200", Lineitem_quantity="2",
                Lineitem_name="Shirt - M", Lineitem_price="9.95", Lineitem_compare_at_price="12.00",
                Lineitem_sku="SH-M", Vendor="Acme", Id="5123456789012", Accepts_Marketing="no",
            ),
            row(SHOPIFY_ORDERS, Name="#1001", Email="zoe@shop.example", Lineitem_quantity="1", Lineitem_name="Cap",
                Lineitem_price="10.000", Lineitem_sku="CAP", Vendor="Acme"),
            row(SHOPIFY_ORDERS, Name="#1002", Email="bo@shop.example", Currency="EUR", Total="10.00",
                Created_at="2024-03-02 08:00:00 +0200", Lineitem_quantity="1", Lineitem_price="10.00",
                Lineitem_sku="CAP"),
        ],
        [
            {
                "OrderId": "#1001", "CustomerId": "zoe@shop.example", "Email": "zoe@shop.example",
                "OrderDate": "2024-03-01T10:00:00.000Z", "TotalRevenue": 34.9, "Currency": "EUR",
                "OrderItems": [
                    {"ProductId": "SH-M", "Sku": "SH-M", "Quantity": 2, "Price": 9.95, "OriginalPrice": 12,
                     "Brand": "Acme"},
                    {"ProductId": "CAP", "Sku": "CAP", "Quantity": 1, "Price": 10, "Brand": "Acme"},
                ],
            },
            {
                "OrderId": "#1002", "CustomerId": "bo@shop.example", "Email": "bo@shop.example",
                "OrderDate": "2024-03-02T06:00:00.000Z", "TotalRevenue": 10, "Currency": "EUR",
                "OrderItems": [{"ProductId": "CAP", "Sku": "CAP", "Quantity": 1, "Price": 10}],
            },
        ],
    ),
    ShopFile(
        "Shopify",
        "products",
        SHOPIFY_PRODUCTS,
        [
            row(
                SHOPIFY_PRODUCTS, Handle="shirt", Title="Shirt", Body__HTML_="<p>Soft, “warm”</p>", Vendor="Acme",
                Product_Category="Food, Beverages & Tobacco > Beverages", Published="true", Option1_Name="Size",
                Option1_Value="M", Variant_SKU="SH-M", Variant_Inventory_Qty="3", Variant_Price="9.95",
                Variant_Compare_At_Price="12.00", Image_Src="https://cdn.shop.example/1.jpg", Status="active",
            ),
            row(SHOPIFY_PRODUCTS, Handle="shirt", Option1_Value="L", Variant_SKU="SH-L", Variant_Inventory_Qty="0",
                Variant_Price="9.95", Variant_Image="https://cdn.shop.example/l.jpg"),
            row(SHOPIFY_PRODUCTS, Handle="shirt", Image_Src="https://cdn.shop.example/2.jpg", Image_Position="2"),
        ],
        [
            {
                "ProductId": "shirt", "ProductName": "Shirt",
                "Taxonomy": ["Food, Beverages & Tobacco", "Beverages"],
                "ProductVariants": [
                    {"VariantId": "SH-M", "Sku": "SH-M", "Name": "Shirt", "OriginalPrice": 12, "SalePrice": 9.95,
                     "Currency": "EUR", "IsAvailable": True, "Stock": 3, "BrandName": "Acme"},
                    {"VariantId": "SH-L", "Sku": "SH-L", "Name": "Shirt", "OriginalPrice": 9.95, "SalePrice": 9.95,
                     "Currency": "EUR", "IsAvailable": True, "Stock": 0, "BrandName": "Acme",
                     "Image": "https://cdn.shop.example/l.jpg"},
                ],
            }
        ],
        {"constants": {"Currency": "EUR"}},
    ),
    ShopFile(
        "WooCommerce",
        "customers",
        WOO_CUSTOMERS,
        [
            row(WOO_CUSTOMERS, customer_id="12", user_login="bo", user_email="bo@shop.example", first_name="Bo",
                last_name="Öberg", billing_email="bills@shop.example", billing_phone="040 123 45 67")
        ],
        [
            {"CustomerId": "12", "Username": "bo", "Email": "bo@shop.example", "Name": "Bo", "Surname": "Öberg",
             "Phone": "040 123 45 67"}
        ],
    ),
    ShopFile(
        "WooCommerce",
        "orders",
        WOO_ORDERS,
        [
            row(WOO_ORDERS, order_id="501", order_number="501", order_date="2024-03-01 12:00:00",
                order_status="completed", order_total="45,50", order_currency="EUR", customer_id="12",
                billing_email="bo@shop.example", item_name="Hoodie", item_product_id="7", item_sku="H-1",
                item_quantity="1", item_price="45,50"),
            row(WOO_ORDERS, order_id="502", order_number="502", order_date="2024-03-01 13:00:00",
                order_total="9,00", order_currency="EUR", billing_email="guest@shop.example",
                item_product_id="8", item_sku="C-1", item_quantity="2", item_price="4,50"),
            row(WOO_ORDERS, order_id="502", order_number="502", order_date="2024-03-01 13:00:00",
                order_total="9,00", order_currency="EUR", billing_email="guest@shop.example",
                item_product_id="9", item_sku="C-2", item_quantity="1", item_price="0,00"),
        ],
        [
            {
                "OrderId": "501", "CustomerId": "12", "Email": "bo@shop.example", "Currency": "EUR",
                "OrderDate": "2024-03-01T10:00:00.000Z", "TotalRevenue": 45.5,
                "OrderItems": [{"ProductId": "7", "Sku": "H-1", "Quantity": 1, "Price": 45.5}],
            },
            {
                "OrderId": "502", "CustomerId": "guest@shop.example", "Email": "guest@shop.example",
                "Currency": "EUR", "OrderDate": "2024-03-01T11:00:00.000Z", "TotalRevenue": 9,
                "OrderItems": [
                    {"ProductId": "8", "Sku": "C-1", "Quantity": 2, "Price": 4.5},
                    {"ProductId": "9", "Sku": "C-2", "Quantity": 1, "Price": 0},
                ],
            },
        ],
        {"decimal": ",", "timeZone": "Europe/Helsinki"},
    ),
    ShopFile(
        "WooCommerce",
        "products",
        WOO_PRODUCTS,
        [
            row(WOO_PRODUCTS, ID="7", Type="variable", Name="Hoodie", Published="1", In_stock_="1",
                Categories="Clothing > Hoodies, Clothing > Sale"),
            row(WOO_PRODUCTS, ID="8", Type="variation", SKU="H-1", Name="Hoodie - Blue", Published="1",
                In_stock_="1", Stock="3", Regular_price="45,00", Parent="id:7"),
            row(WOO_PRODUCTS, ID="9", Type="variation, virtual", SKU="H-2", Name="Hoodie - Red", Published="1",
                In_stock_="0", Sale_price="39,90", Regular_price="45,00", Parent="id:7"),
            row(WOO_PRODUCTS, ID="10", Type="simple", SKU="CAP", Name="Cap", Published="1", In_stock_="1",
                Regular_price="1.018,00", Categories="Caps"),
        ],
        [
            {
                "ProductId": "7", "ProductName": "Hoodie", "Taxonomy": ["Clothing", "Hoodies"],
                "ProductVariants": [
                    {"VariantId": "8", "Sku": "H-1", "Name": "Hoodie - Blue", "OriginalPrice": 45,
                     "Currency": "EUR", "IsAvailable": True, "Stock": 3},
                    {"VariantId": "9", "Sku": "H-2", "Name": "Hoodie - Red", "OriginalPrice": 45,
                     "SalePrice": 39.9, "Currency": "EUR", "IsAvailable": False},
                ],
            },
            {
                "ProductId": "CAP", "ProductName": "Cap", "Taxonomy": ["Caps"],
                "ProductVariants": [
                    {"VariantId": "10", "Sku": "CAP", "Name": "Cap", "OriginalPrice": 1018, "Currency": "EUR",
                     "IsAvailable": True}
                ],
            },
        ],
        {"decimal": ",", "constants": {"Currency": "EUR"}},
    ),
    ShopFile(
        "Magento",
        "customers",
        MAGENTO_CUSTOMERS,
        [
            row(MAGENTO_CUSTOMERS, email="eve@shop.example", _website="base", created_at="01/02/2024 10:00",
                firstname="Ève", lastname="Łoś", group_id="1", store_id="1")
        ],
        [{"Email": "eve@shop.example", "Name": "Ève", "Surname": "Łoś"}],
    ),
    ShopFile(
        "Magento's newsletter",
        "customers",
        MAGENTO_SUBSCRIBERS,
        [
            row(MAGENTO_SUBSCRIBERS, ID="1", Email="eve@shop.example", Type="Customer", Customer_First_Name="Ève",
                Customer_Last_Name="Łoś", Status="Subscribed"),
            row(MAGENTO_SUBSCRIBERS, ID="2", Email="bo@shop.example", Type="Guest", Status="Unsubscribed"),
            row(MAGENTO_SUBSCRIBERS, ID="3", Email="ann@shop.example", Type="Guest", Status="Unconfirmed"),
        ],
        [
            {"Email": "eve@shop.example", "Name": "Ève", "Surname": "Łoś", "EmailOptin": True},
            {"Email": "bo@shop.example", "EmailOptin": False},
            {"Email": "ann@shop.example"},
        ],
    ),
    ShopFile(
        "Magento",
        "orders",
        MAGENTO_ORDERS,
        [
            row(MAGENTO_ORDERS, increment_id="000000012", customer_email="eve@shop.example",
                created_at="2024-03-01 10:00:00", status="complete", grand_total="20.0000",
                order_currency_code="PLN", total_qty_ordered="2", sku="24-MB01", product_id="1",
                qty_ordered="2", price="10.0000", original_price="12.5000")
        ],
        [
            {
                "OrderId": "000000012", "CustomerId": "eve@shop.example", "Email": "eve@shop.example",
                "OrderDate": "2024-03-01T10:00:00.000Z", "TotalRevenue": 20, "Currency": "PLN", "TotalQuantity": 2,
                "OrderItems": [
                    {"ProductId": "1", "Sku": "24-MB01", "Quantity": 2, "Price": 10, "OriginalPrice": 12.5}
                ],
            }
        ],
        {"timeZone": "UTC"},
    ),
    ShopFile(
        "Magento",
        "products",
        MAGENTO_PRODUCTS,
        [
            row(MAGENTO_PRODUCTS, sku="24-MB01", product_type="simple", categories="Default Category/Gear",
                name="Bag", price="34.000000", special_price="30.5", qty="100.0000", is_in_stock="1",
                base_image="/m/b/mb01.jpg"),
            row(MAGENTO_PRODUCTS, sku="MH01", product_type="configurable", name="Hoodie", price="52.000000",
                is_in_stock="1"),
        ],
        [
            {
                "ProductId": "24-MB01", "ProductName": "Bag", "Taxonomy": ["Default Category/Gear"],
                "ProductVariants": [
                    {"VariantId": "24-MB01", "Sku": "24-MB01", "Name": "Bag", "OriginalPrice": 34,
                     "SalePrice": 30.5, "Currency": "USD", "IsAvailable": True, "Stock": 100}
                ],
            },
            {"ProductId": "MH01", "ProductName": "Hoodie", "ProductVariants": []},
        ],
        {"constants": {"Currency": "USD"}},
    ),
    ShopFile(
        "Custobar",
        "customers",
        CUSTOBAR_CUSTOMERS,
        [
            row(CUSTOBAR_CUSTOMERS, external_id="0071", phone_number="+358401234567", email="aino@shop.example",
                first_name="Aino", last_name="Mäki", can_email="true", can_sms="false", can_push="",
                can_profile="true", language="fi", mailing_lists="news,vip"),
        ],
        [
            {"CustomerId": "0071", "Phone": "+358401234567", "Email": "aino@shop.example", "Name": "Aino",
             "Surname": "Mäki", "EmailOptin": True, "SmsOptin": False, "GdprOptin": True, "Language": "fi"}
        ],
    ),
    ShopFile(
        "Klaviyo",
        "customers",
        KLAVIYO_PROFILES,
        [
            row(KLAVIYO_PROFILES, Email="ann@shop.example", Klaviyo_ID="01H", External_ID="A-1", First_Name="Ann",
                Phone_Number="+15551234567", Email_Marketing_Consent="SUBSCRIBED",
                SMS_Marketing_Consent="UNSUBSCRIBED", Last_Active="2024-03-01"),
            row(KLAVIYO_PROFILES, Email="bo@shop.example", Klaviyo_ID="01J", External_ID="A-2",
                Email_Marketing_Consent="NEVER_SUBSCRIBED"),
        ],
        [
            {"Email": "ann@shop.example", "CustomerId": "A-1", "Name": "Ann", "Phone": "+15551234567",
             "EmailOptin": True, "SmsOptin": False},
            {"Email": "bo@shop.example", "CustomerId": "A-2"},
        ],
    ),
]  # fmt: skip
