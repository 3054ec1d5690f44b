"""An application beside siwn: the browser's cookie, or a program's bearer token, is shown to siwn, which knows whose it is."""

import os
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request

# Where siwn listens, and what people see in the address bar.
SIWN_URL = os.environ.get("SIWN_URL", "http://localhost:8080")
ORIGIN = os.environ.get("ORIGIN", "http://localhost:3000")

siwn = httpx.AsyncClient(base_url=SIWN_URL, timeout=5)
app = FastAPI()


async def account(request: Request) -> str:
    """The account that is signed in."""
    # Browsers send cookies with other pages' requests, too, and say whose page it is.
    if request.method not in ("GET", "HEAD") and request.headers.get("origin", ORIGIN) != ORIGIN:
        raise HTTPException(401, "not_signed_in")
    shown = [(name, value) for name, value in request.headers.raw if name in (b"cookie", b"authorization")]
    try:
        answer = await siwn.get("/api/auth/session", headers=shown)
    except httpx.TransportError as error:
        raise HTTPException(503, "try_again") from error
    if answer.status_code in (400, 401):
        raise HTTPException(401, "not_signed_in")
    if answer.status_code != 200:
        raise HTTPException(503, "try_again")
    return answer.json()["accountId"]


@app.get("/me")
@app.post("/me")
def me(account: Annotated[str, Depends(account)]):
    return {"account": account}
