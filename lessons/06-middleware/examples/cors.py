from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://menu.example"],
    allow_credentials=True,
    allow_methods=["GET", "PUT"],
    allow_headers=["Content-Type"],
    expose_headers=["X-Served-By"],
)


@app.get("/menu")
async def show_menu() -> list[str]:
    return ["bread", "soup"]
