"""Product records as document 001 describes them."""

from typing import Annotated, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from hub.records.schemas import STRICT, Schema
from hub.records.types import Count, Currency, Flag, HttpsUrl, Language, Money, identifier, required_text, text

MOST_PRODUCTS = 200
MOST_VARIANTS = 5000  # of a product, those that are stored included


@with_config(STRICT)
class VariantRecord(TypedDict, total=False):
    """One variant, merged into the stored one by VariantId."""

    VariantId: Required[Annotated[str, identifier(100)]]
    Sku: Required[Annotated[str, identifier(100)]]
    Name: Required[Annotated[str, required_text(500)]]
    OriginalPrice: Required[Money]
    Currency: Required[Currency]
    IsAvailable: Required[Flag]
    Image: HttpsUrl | None
    Size: Annotated[str, text(200)] | None
    Stock: Count | None
    SalePrice: Money | None
    Language: Language | None
    BrandName: Annotated[str, text(200)] | None


@with_config(STRICT)
class ProductRecord(TypedDict, total=False):
    """One product with some or all of its variants; those left out stay."""

    ProductId: Required[Annotated[str, identifier(100)]]
    ProductName: Required[Annotated[str, required_text(500)]]
    ProductVariants: Required[Annotated[list[VariantRecord], Field(max_length=MOST_VARIANTS)]]
    Taxonomy: Annotated[list[Annotated[str, required_text(200)]], Field(max_length=20)] | None
    IsOfflineExclusive: Flag | None


PRODUCTS = Schema(ProductRecord, "products", MOST_PRODUCTS, by_column=True)
