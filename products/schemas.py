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
    """Your own id of the variant, unique within its product."""
    Sku: Required[Annotated[str, identifier(100)]]
    """Stock keeping unit, by which lines of orders name the variant."""
    Name: Required[Annotated[str, required_text(500)]]
    """Name of the variant."""
    OriginalPrice: Required[Money]
    """Price before discounts."""
    Currency: Required[Currency]
    """ISO 4217 code of the prices, withdrawn ones as well, in any case."""
    IsAvailable: Required[Flag]
    """Whether the variant can be bought."""
    Image: HttpsUrl | None
    """Address of a picture; it is never fetched."""
    Size: Annotated[str, text(200)] | None
    """Size, as the shop calls it."""
    Stock: Count | None
    """How many are in stock."""
    SalePrice: Money | None
    """Price after discounts."""
    Language: Language | None
    """BCP 47 tag of the texts."""
    BrandName: Annotated[str, text(200)] | None
    """Brand of the variant."""


@with_config(STRICT)
class ProductRecord(TypedDict, total=False):
    """One product with some or all of its variants; those left out stay."""

    ProductId: Required[Annotated[str, identifier(100)]]
    """Your own id of the product: exact, case-sensitive."""
    ProductName: Required[Annotated[str, required_text(500)]]
    """Name of the product."""
    ProductVariants: Required[Annotated[list[VariantRecord], Field(max_length=MOST_VARIANTS)]]
    """Variants, merged into the stored ones by VariantId; those that are left out stay."""
    Taxonomy: Annotated[list[Annotated[str, required_text(200)]], Field(max_length=20)] | None
    """Categories, from the broadest to the narrowest."""
    IsOfflineExclusive: Flag | None
    """Whether the product is sold in shops alone."""


PRODUCTS = Schema(ProductRecord, "products", MOST_PRODUCTS, by_column=True)
