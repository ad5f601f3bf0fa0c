"""A FastAPI app that knows nothing of the gateway, with a second one mounted at /v2. Prints its port, and serves on it until
its standard input ends. Every response of an operation names it in `X-Operation`; `/requested` lists what came before."""

import os
import socket
import sys
import threading

import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel


class Item(BaseModel):
    name: str


requested = []


class Named:
    """Keeps what was requested, and names the operation that responds."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        query = scope["query_string"].decode()
        target = scope["raw_path"].decode().split("?")[0] + ("?" + query if query else "")
        if target != "/requested":
            requested.append(f"{scope['method']} {target}")

        async def send_named(message):
            operation = getattr(scope.get("route"), "unique_id", None)
            if message["type"] == "http.response.start" and operation:
                message["headers"].append((b"x-operation", operation.encode()))
            await send(message)

        await self.app(scope, receive, send_named)


def create(title, **options):
    app = FastAPI(title=title, **options)

    @app.get("/items/")
    def list_items(q: str = ""):
        return {"q": q}

    @app.post("/items/", status_code=201)
    async def create_item(request: Request, item: Item):
        return {"length": len(await request.body()), "name": item.name}

    @app.delete("/items/")
    def delete_items(q: str = ""):
        return {"deleted": q}

    @app.get("/items/{item_id}")
    def read_item(item_id: int):
        return {"id": item_id}

    @app.put("/items/{item_id}/parts/{part}")
    def replace_part(item_id: int, part: str, item: Item):
        return {"id": item_id, "part": part, "name": item.name}

    @app.get("/plain")
    def plain():
        return {}

    return app


app = create("Items")


@app.post("/login", status_code=204)
def login(response: Response):
    response.set_cookie("session", "a b", path="/items", httponly=True)
    response.set_cookie("seen", "1")
    response.headers["location"] = "/items/7"
    response.status_code = 204
    return response


@app.get("/requested", include_in_schema=False)
def list_asked():
    listed = list(requested)
    requested.clear()
    return listed


app.mount("/v2", create("Items, second version"))


def wait_for_parent():
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=wait_for_parent, daemon=True).start()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(Named(app), log_level="warning")).run(sockets=[listener])
