"""A code host with one pull request, which holds each request, and each of its own answers, to a published API.

What a request must be is in the JSON files beside this. What servers do with it is told here: GitHub gives comments by
pages and lets no job's own token ask who it is; Forgejo and Gitea give all comments at once.
"""

import json
import re
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs

HERE = Path(__file__).parent
LIMIT = 65536
"""Characters of a comment on GitHub: `Body is too long (maximum is 65536 characters)`."""
PAGE = 30
BOTS = {"github": "github-actions[bot]", "forgejo": "forgejo-actions", "gitea": "gitea-actions"}

Json = dict[str, Any]


@dataclass
class Fault:
    """What goes wrong with the next request of a method."""

    method: str
    status: int
    """0 breaks the connection off."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    document: Any = None
    is_done: bool = False
    """Whether the server does it all the same."""
    path: str = ""
    """The end of its path, where only such a one fails."""


class CodeHost(ThreadingHTTPServer):
    """It listens on loopback while it is served."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, api: str) -> None:
        """Publish an API: github, forgejo or gitea."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api
        self.published: Json = json.loads((HERE / f"{api}.json").read_text("utf-8"))
        self.token = "token-of-the-job"  # noqa: S105 (of a test)
        self.login = BOTS[api]
        self.is_automatic = True
        """Whether the token is a job's own."""
        self.may_write = True
        self.repository = "someone/labs"
        self.number = 7
        self.comments: dict[int, tuple[str, str]] = {}
        """Author and text by id."""
        self.requests: list[str] = []
        self.violations: list[str] = []
        """Of the published API, by a request or by an answer of ours."""
        self.faults: list[Fault] = []
        self.before: list[tuple[str, Callable[[], None]]] = []
        """What happens just before the next request of a method."""
        self.lock = threading.RLock()

    @property
    def prefix(self) -> str:
        """What stands before all paths."""
        return "" if self.api == "github" else "/api/v1"

    @property
    def url(self) -> str:
        """Of the API."""
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}"

    @property
    def environment(self) -> dict[str, str]:
        """What a runner of it sets."""
        token = "GITHUB_TOKEN" if self.api == "github" else "FORGEJO_TOKEN"
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": self.repository, token: self.token}

    @property
    def bodies(self) -> list[str]:
        """The texts of all comments, from old to new."""
        return [body for _, (_, body) in sorted(self.comments.items())]

    def add(self, author: str, body: str) -> int:
        """Let somebody comment."""
        with self.lock:
            # Others comment elsewhere.
            number = max(self.comments, default=1000) + 3
            self.comments[number] = (author, body)
            return number

    def sample(self, schema: Json) -> Any:
        """A document with what a schema demands."""
        if "$ref" in schema:
            return self.sample(self.published["schemas"][schema["$ref"].rpartition("/")[2]])
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self.sample(schema[choice][0])
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                wanted: list[str] = schema.get("required", [])
                return {name: self.sample(schema["properties"][name]) for name in wanted}
            case "array":
                return []
            case "integer":
                return 1
            case "boolean":
                return False
            case _:
                return "https://example.org/x" if schema.get("format") == "uri" else "2026-01-01T00:00:00Z"

    def check(self, schema: Json, document: object) -> list[str]:
        """What is wrong with a document."""
        whole = {"schemas": self.published["schemas"], **schema}
        return [error.message for error in jsonschema_rs.validator_for(whole).iter_errors(document)]


@contextmanager
def served(api: str) -> Generator[CodeHost]:
    """Serve one while the context lasts; a request that is not as published fails the test."""
    host = CodeHost(api)
    thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield host
    finally:
        host.shutdown()
        thread.join()
        host.server_close()
    assert host.violations == []


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: CodeHost  # pyright: ignore[reportIncompatibleVariableOverride]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Say nothing."""

    def _handle(self) -> None:
        host = self.server
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        with host.lock:
            for number, (method, happen) in enumerate(host.before):
                if method == self.command:
                    del host.before[number]
                    happen()
                    break
            path = urlsplit(self.path).path
            faults = (f for f in host.faults if f.method == self.command and path.endswith(f.path))
            fault = next(faults, None)
            operation, values = self._operation()
            host.requests.append(f"{self.command} {urlsplit(self.path).path.removeprefix(host.prefix)}")
            problems = self._problems(operation, values, raw)
            if problems or operation is None:
                host.violations += [f"{self.command} {self.path}: {problem}" for problem in problems]
                self._answer(operation, 400, {"message": "not as published"}, {})
                return
            if fault is None or fault.is_done:
                status, document, headers = self._do(operation, values, json.loads(raw) if raw else {})
            else:
                status, document, headers = 0, None, {}
            if fault:
                host.faults.remove(fault)
                status, document, headers = fault.status, fault.document, dict(fault.headers)
        if status == 0:
            self.close_connection = True
            return
        self._answer(operation, status, document, headers)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _handle  # noqa: N815 (its names there)

    def _operation(self) -> tuple[Json | None, Mapping[str, str]]:
        path = urlsplit(self.path).path
        for operation in self.server.published["operations"]:
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.server.prefix + operation["path"]))
            found = re.fullmatch(pattern, path)
            if found and operation["method"] == self.command:
                return operation, found.groupdict()
        return None, {}

    def _problems(self, operation: Json | None, values: Mapping[str, str], raw: bytes) -> list[str]:
        """What is not as published."""
        if operation is None:
            return ["no such operation"]
        host = self.server
        found = [
            f"{name} is {value}"
            for name, value in values.items()
            if operation["parameters"][name].get("type") == "integer" and not value.isdigit()
        ]
        for name, (value, *more) in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items():
            schema = operation["query"].get(name)
            if schema is None or more:
                found.append(f"no parameter {name}, or once")
            else:
                typed = int(value) if schema.get("type") == "integer" and value.isdigit() else value
                found += [f"{name}: {problem}" for problem in host.check(schema, typed)]
        if operation["body"] is None:
            found += ["a body where none is known"] if raw else []
        else:
            if self.headers.get("Content-Type") != "application/json":
                found.append(f"Content-Type is {self.headers.get('Content-Type')}")
            found += self._of_body(operation["body"], raw)
        return found + self._of_headers()

    def _of_body(self, schema: Json, raw: bytes) -> list[str]:
        host = self.server
        document: Any = json.loads(raw)
        whole = host.published["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        unknown = [f"no field {name}" for name in document if name not in whole["properties"]]
        return [*unknown, *host.check(schema, document)]

    def _of_headers(self) -> list[str]:
        host, github = self.server, self.server.api == "github"
        wanted = {
            "Authorization": f"{'Bearer' if github else 'token'} {host.token}",
            "Accept": "application/vnd.github+json" if github else "application/json",
        } | ({"X-GitHub-Api-Version": "2022-11-28"} if github else {})
        told = [f"{name} is not {value}" for name, value in wanted.items() if self.headers.get(name) != value]
        return told + ([] if self.headers.get("User-Agent") else ["no User-Agent, which GitHub refuses"])

    def _do(self, operation: Json, values: Mapping[str, str], given: Json) -> tuple[int, Any, dict[str, str]]:
        host = self.server
        if operation["path"] == "/user":
            if host.api == "github" and host.is_automatic:
                return 403, _refusal("Resource not accessible by integration"), {}
            return 200, host.sample(operation["answers"]["200"]) | {"login": host.login}, {}
        if f"{values['owner']}/{values['repo']}" != host.repository:
            return 404, _refusal("Not Found"), {}
        if self.command != "GET" and not host.may_write:
            return 403, _refusal("Resource not accessible by integration"), {}
        if len(given.get("body", "")) > LIMIT and host.api == "github":
            error = {"resource": "IssueComment", "code": "unprocessable", "field": "data"}
            told = f"Body is too long (maximum is {LIMIT} characters)"
            return 422, _refusal("Validation Failed") | {"errors": [error | {"message": told}]}, {}
        if "issue_number" in values or "index" in values:
            if int(values.get("issue_number") or values["index"]) != host.number:
                return 404, _refusal("Not Found"), {}
            return (
                self._list() if self.command == "GET" else (201, self._shown(host.add(host.login, given["body"])), {})
            )
        number = int(values.get("comment_id") or values["id"])
        if number not in host.comments:
            return 404, _refusal("Not Found"), {}
        if self.command == "DELETE":
            del host.comments[number]
            return 204, None, {}
        host.comments[number] = (host.comments[number][0], given["body"])
        return 200, self._shown(number), {}

    def _list(self) -> tuple[int, Any, dict[str, str]]:
        host = self.server
        numbers = sorted(host.comments)
        headers: dict[str, str] = {}
        if host.api == "github":
            query = {name: int(value) for name, (value, *_) in parse_qs(urlsplit(self.path).query).items()}
            size, page = min(query.get("per_page", PAGE), 100), query.get("page", 1)
            if len(numbers) > size * page:
                url = f"{host.url}{urlsplit(self.path).path}?per_page={size}&page="
                last = -(-len(numbers) // size)
                headers["Link"] = f'<{url}{page + 1}>; rel="next", <{url}{last}>; rel="last"'
            numbers = numbers[size * (page - 1) : size * page]
        return 200, [self._shown(number) for number in numbers], headers

    def _shown(self, number: int) -> Json:
        host = self.server
        schemas = host.published["schemas"]
        author, body = host.comments[number]
        # A user who is gone.
        is_gone = host.api == "github" and author == "ghost"
        user = None if is_gone else host.sample(schemas.get("simple-user") or schemas["User"]) | {"login": author}
        return host.sample(schemas.get("issue-comment") or schemas["Comment"]) | {
            "id": number,
            "body": body,
            "user": user,
        }

    def _answer(self, operation: Json | None, status: int, document: Any, headers: Mapping[str, str]) -> None:
        host = self.server
        schema = operation["answers"].get(str(status)) if operation else None
        if schema and document is not None and not isinstance(document, bytes):
            host.violations += [f"our {status}: {problem}" for problem in host.check(schema, document)]
        raw = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def _refusal(message: str) -> Json:
    return {"message": message, "documentation_url": "https://docs.github.com/rest", "url": "https://example.org"}
