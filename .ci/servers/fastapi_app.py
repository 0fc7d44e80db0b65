"""An API with every way to declare authentication, enforced and forgotten."""

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer

app = FastAPI()
bearer = HTTPBearer()
oauth = OAuth2PasswordBearer(tokenUrl="token")
# Declares a key and leaves it to the handler to look, which none does.
key = APIKeyHeader(name="X-Api-Key", auto_error=False)
private = APIRouter(prefix="/private", dependencies=[Depends(bearer)])


@app.get("/")
def root():
    return {"name": "fixture"}


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.get("/enforced")
def enforced(token=Depends(bearer)):
    return {"secret": True}


@app.get("/oauth")
def by_oauth(token=Depends(oauth)):
    return {"secret": True}


@app.get("/forgotten")
def forgotten(value=Depends(key)):
    return [{"id": 1, "owner": "a"}]


@app.get("/masked")
def masked(token=Depends(key)):
    raise HTTPException(404)


@private.get("/users/{uid}")
def user(uid: int):
    return {"id": uid}


@app.post("/items")
def create(token=Depends(key)):
    raise RuntimeError("a passive audit has no business here")


@app.get("/logout")
def logout(token=Depends(bearer)):
    raise RuntimeError("nor here")


app.include_router(private)
