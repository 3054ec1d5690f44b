"""An API that takes siwn's access tokens. They are verified here, by the keys that siwn publishes: no request asks it."""

import os
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER = os.environ.get("SIWN_PUBLIC_URL", "http://localhost:8080")
AUDIENCE = os.environ.get("AUDIENCE", "localhost")
NETWORK = os.environ.get("NETWORK", "siwn-devnet")

keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300, timeout=5, cooldown_duration=5)
app = FastAPI()
bearer = HTTPBearer(auto_error=False)


def account(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    """The account that a request's token speaks of."""
    refused = HTTPException(401, "not_signed_in")
    token = credentials.credentials if credentials else ""
    try:
        header = jwt.get_unverified_header(token) if len(token) <= 4096 else {}
        # An identity token is signed with the same keys, and is none of ours.
        if header.get("typ") != "at+jwt" or header.get("alg") != "ES256":
            raise refused
        key = keys.get_signing_key(header.get("kid"))
        required = {"require": ["iss", "aud", "sub", "exp", "iat"]}
        claims = jwt.decode(token, key, algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER, leeway=5, options=required)
    except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, ValueError) as error:
        # A list of keys that cannot be had is no refusal.
        raise HTTPException(503, "try_again") from error
    except jwt.PyJWTError as error:
        raise refused from error
    # The same name on another network is somebody else.
    if claims.get("network") != NETWORK:
        raise refused
    return claims["sub"]


@app.get("/me")
def me(account: Annotated[str, Depends(account)]):
    return {"account": account}
