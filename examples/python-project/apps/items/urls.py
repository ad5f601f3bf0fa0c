"""The operations of the items app, at its own root: it knows of no gateway."""

from typing import Dict, List, Optional

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from apps.shared import page

router = APIRouter(tags=["items"])


class NewItem(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    price: float = Field(ge=0)
    note: Optional[str] = None


class Item(NewItem):
    id: int


class ItemPage(BaseModel):
    total: int
    items: List[Item]


items: Dict[int, Item] = {
    1: Item(id=1, name="Lamp", price=24.5),
    2: Item(id=2, name="Desk", price=180, note="Oak"),
    3: Item(id=3, name="Chair", price=75),
}


@router.get("/", response_model=ItemPage, summary="List items")
def list_items(limit: int = Query(20, ge=1, le=100), offset: int = Query(0, ge=0)):
    return page(list(items.values()), limit, offset)


# FastAPI redirects /by-price to /by-price/ with 307 and an absolute URL.
@router.get("/by-price/", response_model=List[Item], summary="List items, the cheapest first")
def list_by_price():
    return sorted(items.values(), key=lambda item: item.price)


@router.get("/{item_id:int}", response_model=Item, summary="Get an item")
def get_item(item_id: int):
    return find(item_id)


@router.put("/{item_id:int}", response_model=Item, summary="Change an item")
def change_item(item_id: int, new: NewItem):
    item = Item(id=find(item_id).id, name=new.name, price=new.price, note=new.note)
    items[item_id] = item
    return item


def find(item_id: int) -> Item:
    if item_id not in items:
        raise HTTPException(404, f"There is no item {item_id}")
    return items[item_id]
