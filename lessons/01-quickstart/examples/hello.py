from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def welcome() -> dict[str, str]:
    return {"message": "The kitchen is open"}
