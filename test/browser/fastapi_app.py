"""A FastAPI app that knows nothing of the gateway. Prints its port, and serves on it until its standard input ends."""

import os
import socket
import sys
import threading
from urllib.parse import parse_qs

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel

app = FastAPI(title="Users", version="1.0.0")
oauth2 = OAuth2PasswordBearer(tokenUrl="token")


class Item(BaseModel):
    name: str
    price: float = 9.5


@app.get("/items/{item_id}", summary="One item")
def read_item(item_id: int, detail: str = "short"):
    return {"id": item_id, "detail": detail}


@app.post("/items/", status_code=201, summary="A new item")
def create_item(item: Item):
    return {"id": 7, "name": item.name, "price": item.price}


@app.get("/me", summary="Who is asking")
def read_me(token: str = Depends(oauth2)):
    return {"token": token}


# By hand: FastAPI's own form needs python-multipart.
@app.post("/token", include_in_schema=False)
async def login(request: Request):
    form = parse_qs((await request.body()).decode())
    if form.get("password") != ["wonderland"]:
        raise HTTPException(400, "Incorrect username or password")
    return {"access_token": f"token-of-{form['username'][0]}", "token_type": "bearer"}


def wait_for_parent():
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=wait_for_parent, daemon=True).start()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
