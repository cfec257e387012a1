from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def welcome() -> dict[str, str]:
    return {"message": "Welcome to the reading room"}
