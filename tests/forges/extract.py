"""Write the JSON files here: the few operations that forge/ uses, of the APIs that GitHub, Forgejo and Gitea publish.

usage: python -m tests.forges.extract

GitHub's OpenAPI description is in an npm package of its SDK's makers. Those of Forgejo and Gitea are where an instance
runs; npm packages have clients that are generated from them, with all names and types, and those are read here. They
leave out which number stands for success, so that is said below, as the descriptions have it.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

HERE = Path(__file__).parent
PACKAGES = {
    "github": ("@octokit/openapi@23.0.2", "71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c"),
    "forgejo": ("forgejo-js@11.0.0", "fe05fec988f2af3b540c5b036288b2582aa733a92c0a2595ee53bd41921d4b54"),
    "gitea": ("gitea-js@1.23.0", "ed046510e14f7795b6d03bd60f7d62464f56c5bb6fde0f932dfd6c61878aa601"),
}
"""By the API: a package of npm's, and its SHA-256."""
OPERATIONS = {
    "GET /user": "200",
    "GET /repos/{owner}/{repo}/issues/{}/comments": "200",
    "POST /repos/{owner}/{repo}/issues/{}/comments": "201",
    "PATCH /repos/{owner}/{repo}/issues/comments/{}": "200",
    "DELETE /repos/{owner}/{repo}/issues/comments/{}": "204",
}
"""With what Forgejo and Gitea answer when it is done."""
REFUSALS = {
    "APIForbiddenError": "403",
    "APIInternalServerError": "500",
    "APINotFound": "404",
    "APIRepoArchivedError": "423",
    "APIUnauthorizedError": "401",
    "APIValidationError": "422",
}
_SIMPLE = {"string": "string", "number": "integer", "boolean": "boolean"}
_UNSAID = {"description", "example", "examples", "title"}
_NUMBER = re.compile(r"\{(index|id|issue_number|comment_id)\}")

Json = dict[str, Any]


def main() -> None:
    """Fetch and write them all."""
    for name, (package, digest) in PACKAGES.items():
        files = fetched(package, digest)
        made = (
            of_openapi(json.loads(files["generated/api.github.com.json"]))
            if name == "github"
            else of_types(files["dist/index.d.ts"])
        )
        about = json.loads(files["package.json"])
        head = {"source": f"npm {package}", "licence": about["license"]}
        text = json.dumps(head | made, indent=1, sort_keys=True)
        (HERE / f"{name}.json").write_text(f"{text}\n", "utf-8")


def fetched(package: str, digest: str) -> Mapping[str, str]:
    """The texts of a package."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["npm", "pack", "--silent", package], cwd=directory, check=True, stdout=sys.stderr)
        archive = next(Path(directory).iterdir())
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        assert found == digest, f"{package} is {found}"
        texts: dict[str, str] = {}
        with tarfile.open(archive) as tar:
            for member in tar:
                path = member.name.partition("/")[2]
                if path in ("generated/api.github.com.json", "dist/index.d.ts", "package.json"):
                    opened = tar.extractfile(member)
                    assert opened is not None
                    texts[path] = opened.read().decode()
        return texts


def of_openapi(document: Json) -> Json:
    """Operations and the schemas that they need, of an OpenAPI 3.0 description."""
    parts = document["components"]

    def part(found: Json) -> Json:
        if "$ref" not in found:
            return found
        kind, _, name = found["$ref"].removeprefix("#/components/").partition("/")
        return parts[kind][name]

    operations: list[Json] = []
    for path, methods in document["paths"].items():
        for method in ("get", "post", "patch", "delete"):
            if f"{method.upper()} {_NUMBER.sub('{}', path)}" not in OPERATIONS or method not in methods:
                continue
            found = methods[method]
            parameters = [part(parameter) for parameter in found.get("parameters", [])]
            body = found.get("requestBody")
            answers = {status: part(answer).get("content") for status, answer in found["responses"].items()}
            operations.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "parameters": {p["name"]: _plain(p["schema"]) for p in parameters if p["in"] == "path"},
                    "query": {p["name"]: _plain(p["schema"]) for p in parameters if p["in"] == "query"},
                    "body": _plain(body["content"]["application/json"]["schema"]) if body else None,
                    "answers": {
                        status: _plain(content["application/json"]["schema"]) if content else None
                        for status, content in answers.items()
                    },
                }
            )
    return {
        "operations": operations,
        "schemas": _needed(operations, {k: _plain(v) for k, v in parts["schemas"].items()}),
    }


def _plain(schema: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema, without what only people read."""
    if isinstance(schema, list):
        return [_plain(part) for part in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    schema = cast("Json", schema)
    made: Json = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: _plain(part) for name, part in value.items()}
        elif key == "$ref":
            made[key] = value.replace("#/components/schemas/", "#/schemas/")
        elif key not in _UNSAID | {"nullable", "discriminator"} and not key.startswith("x-"):
            made[key] = _plain(value)
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made


def of_types(text: str) -> Json:
    """The same of the types of a client that is generated."""
    schemas = {
        name: _interface(body)
        for name, body in re.findall(r"^interface (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    }
    operations: list[Json] = []
    told = re.compile(
        r"@request (?P<method>\w+):(?P<path>\S+)\n(?: +\*[^\n]*\n)+?\s+\w+: \((?P<given>.*?)params\?: RequestParams\)"
        r" => Promise<HttpResponse<(?P<answer>[^,\n]+), (?P<refusals>[^>\n]+)>>;",
        re.DOTALL,
    )
    for found in told.finditer(text):
        method, path = found["method"], found["path"]
        done = OPERATIONS.get(f"{method} {_NUMBER.sub('{}', path)}")
        if not done:
            continue
        given, _, query = found["given"].partition("query?: {")
        types = dict(re.findall(r"(\w+)\??: ([\w\[\]]+)", given))
        body = types.pop("body", None)
        refusals = [name for name in found["refusals"].split(" | ") if name in REFUSALS]
        operations.append(
            {
                "method": method,
                "path": path,
                "parameters": {name: _type(kind) for name, kind in types.items()},
                "query": _interface(query.rpartition("}")[0])["properties"],
                "body": _type(body) if body else None,
                "answers": {done: None if done == "204" else _type(found["answer"])}
                | {REFUSALS[name]: _type(name) for name in refusals},
            }
        )
    return {"operations": operations, "schemas": _needed(operations, schemas)}


def _interface(body: str) -> Json:
    body = re.sub(r"/\*\*.*?\*/", "", body, flags=re.DOTALL)
    fields = re.findall(r"^\s+(\w+)(\??): ([^;]+);", body, re.MULTILINE)
    required = [name for name, optional, _ in fields if not optional]
    properties = {name: _type(kind) for name, _, kind in fields}
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def _type(kind: str) -> Json:
    if kind.endswith("[]"):
        return {"type": "array", "items": _type(kind[:-2])}
    if kind in _SIMPLE:
        return {"type": _SIMPLE[kind]}
    if kind.startswith("'"):
        return {"enum": re.findall(r"'([^']*)'", kind)}
    return {"$ref": f"#/schemas/{kind}"} if re.fullmatch(r"[A-Z]\w*", kind) else {}


def _needed(operations: list[Json], schemas: Mapping[str, Json]) -> Mapping[str, Json]:
    """The schemas that are named, and those that they name."""
    found: dict[str, Json] = {}
    left = list(_names(operations))
    while left:
        name = left.pop()
        if name not in found:
            found[name] = schemas[name]
            left.extend(_names(schemas[name]))
    return found


def _names(value: Any) -> Iterator[str]:
    yield from re.findall(r'"\$ref": "#/schemas/([^"]+)"', json.dumps(value))


if __name__ == "__main__":
    main()
