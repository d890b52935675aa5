import logging
import os

import uvicorn
from fastapi import FastAPI

from app import probes

logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
logging.getLogger("app").setLevel(logging.DEBUG)

app = FastAPI()
probes.include(app)


@app.get("/")
async def hello() -> dict[str, str]:
    return {"hello": "world"}


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8000"))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
