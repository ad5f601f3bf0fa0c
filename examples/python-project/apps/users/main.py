from fastapi import FastAPI

from apps.users.urls import router

app = FastAPI(title="Users", version="1.0.0")
app.include_router(router)
