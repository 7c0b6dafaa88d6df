"""Somebody who works in the web client: a session with a login, and nothing else."""

import requests

SECONDS = 300


class Refused(Exception):
    """The server said no; the text is what the person reads on the screen."""

    def __init__(self, text, kind):
        super().__init__(text)
        self.kind = kind  # such as odoo.exceptions.UserError


class Person:
    """Calls what the web client calls, with the rights of one login."""

    def __init__(self, url, database, login, password=None):
        self.url, self.login = url, login
        self.session = requests.Session()
        # The server is on this machine; a proxy of the environment is not for it.
        self.session.trust_env = False
        info = self._post(
            "/web/session/authenticate",
            db=database,
            login=login,
            password=password or login,
        )
        self.uid = info["uid"]
        self.context = info["user_context"]

    def call(self, model, method, *args, context=None, **kwargs):
        """``model.method(*args, **kwargs)`` as a button of the client calls it."""
        kwargs["context"] = {**self.context, **(context or {})}
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=list(args),
            kwargs=kwargs,
        )

    def search(self, model, domain, fields, **kwargs):
        """Records as dicts; a many2one is its id."""
        rows = self.call(
            model, "search_read", domain, fields=fields, load=None, **kwargs
        )
        return list(rows)

    def by_id(self, model, ids, fields):
        """``{id: record}`` of the records that ``ids`` name, once or more."""
        rows = self.search(model, [("id", "in", sorted(set(ids)))], fields)
        return {row["id"]: row for row in rows}

    def count(self, model, domain):
        return self.call(model, "search_count", domain)

    def download(self, path):
        answer = self.session.get(self.url + path, timeout=SECONDS)
        answer.raise_for_status()
        return answer.content

    def _post(self, path, **params):
        answer = self.session.post(
            self.url + path,
            json={"jsonrpc": "2.0", "method": "call", "params": params},
            timeout=SECONDS,
        )
        answer.raise_for_status()
        content = answer.json()
        if error := content.get("error"):
            data = error.get("data") or {}
            text = data.get("message") or error.get("message")
            raise Refused(text, data.get("name", ""))
        return content.get("result")  # a method without an answer has none
