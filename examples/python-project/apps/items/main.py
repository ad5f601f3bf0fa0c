from fastapi import FastAPI

from apps.items.urls import router

app = FastAPI(title="Items", version="1.0.0")
app.include_router(router)
