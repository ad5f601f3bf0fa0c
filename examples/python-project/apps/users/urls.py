"""The operations of the users app, at its own root: it knows of no gateway."""

from typing import Dict, List

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, Field

from apps.shared import page

router = APIRouter(tags=["users"])


class NewUser(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    email: str = Field(min_length=3, max_length=120)


class User(NewUser):
    id: int


class UserPage(BaseModel):
    total: int
    items: List[User]


users: Dict[int, User] = {
    1: User(id=1, name="Guido", email="guido@example.org"),
    2: User(id=2, name="Mariatta", email="mariatta@example.org"),
}


@router.get("/", response_model=UserPage, summary="List users")
def list_users(limit: int = Query(20, ge=1, le=100), offset: int = Query(0, ge=0)):
    return page(list(users.values()), limit, offset)


@router.post("/", response_model=User, status_code=201, summary="Create a user")
def create_user(new: NewUser, response: Response):
    user = User(id=max(users, default=0) + 1, name=new.name, email=new.email)
    users[user.id] = user
    response.headers["location"] = f"/{user.id}"
    return user


# FastAPI redirects /search to /search/ with 307 and an absolute URL.
@router.get("/search/", response_model=List[User], summary="Search by name")
def search_users(q: str = Query(min_length=1)):
    return [user for user in users.values() if q.lower() in user.name.lower()]


@router.get("/{user_id:int}", response_model=User, summary="Get a user")
def get_user(user_id: int):
    return find(user_id)


@router.delete("/{user_id:int}", status_code=204, response_class=Response, summary="Delete a user")
def delete_user(user_id: int):
    del users[find(user_id).id]


def find(user_id: int) -> User:
    if user_id not in users:
        raise HTTPException(404, f"There is no user {user_id}")
    return users[user_id]
