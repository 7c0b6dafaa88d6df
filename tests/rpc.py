"""A person or program that works with the server over HTTP, with their own rights."""

import itertools

import requests

SECONDS = 120


class RpcError(Exception):
    """The server refused; ``name`` is the exception's full name, the text its words."""

    def __init__(self, error):
        data = error.get("data", {})
        super().__init__(data.get("message") or error.get("message"))
        self.name = data.get("name", "")
        self.debug = data.get("debug", "")


class Client:
    """A session of one user.

    >>> buyer = Client(url, database, "buyer", "buyer")
    >>> buyer("purchase.order", "search_count", [("state", "=", "draft")])
    """

    _ids = itertools.count(1)

    def __init__(self, url, database, login, password):
        self.url = url
        self.login = login
        self.http = requests.Session()
        session = self._post(
            "/web/session/authenticate",
            {"db": str(database), "login": login, "password": password},
        )
        self.uid = session["uid"]
        self.context = session["user_context"]

    def __call__(self, model, method, *args, **kwargs):
        """Call a public method; a record's method takes the list of ids first."""
        kwargs["context"] = self.context | kwargs.get("context", {})
        call = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", call)

    def get(self, path):
        """The body of a page or download, as bytes."""
        answer = self.http.get(self.url + path, timeout=SECONDS)
        answer.raise_for_status()
        return answer.content

    def _post(self, path, params):
        request = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": next(self._ids),
            "params": params,
        }
        answer = self.http.post(self.url + path, json=request, timeout=SECONDS)
        answer.raise_for_status()
        content = answer.json()
        if "error" in content:
            raise RpcError(content["error"])
        return content.get("result")
