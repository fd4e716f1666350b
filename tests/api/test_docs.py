"""docs/api.md: every curl example is carried out, in order, and answers with the status that stands below it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from string import Template
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kedang.api.documents import whole
from kedang.api.hooks import signature
from kedang.api.offered import LEFT_OUT, WITH_PAGES, actions
from kedang.kernel.blobs import samples
from kedang.kernel.norms.vocabulary import vocabulary
from tests.api.support import Machine, machine, token_for
from tests.support.company import Company

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(curl .*?)\n# (\d{3})\n```", PAGE, re.DOTALL)


def carried_out(command: str, variables: dict[str, str]) -> Any:
    """What the API answers to a curl command."""
    words = shlex.split(Template(command.replace("\\\n", " ")).safe_substitute(variables))
    url, method, headers, data, files = "", "GET", {}, None, {}
    rest = iter(words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = next(rest)
        elif word == "-F":
            name, _, path = next(rest).partition("=@")
            files[name] = SimpleUploadedFile(path, samples.content(path))
        else:
            url = word
    client, kind = Client(), headers.pop("Content-Type", "")
    if files:
        return client.post(url, files, headers=headers)
    return client.generic(method, url, data or "", kind or "application/json", headers=headers)


def test_every_example_of_the_page_answers_as_it_says(company: Company, factory: int) -> None:
    secret = token_for(company["小王"])
    variables = {"KD": "/api/v1", "TOKEN": secret, "CUSTOMER": str(factory)}
    assert len(BLOCKS) == PAGE.count("curl ") >= 14
    for command, status in BLOCKS:
        answer = carried_out(command, variables)
        assert answer.status_code == int(status), f"{command}\n{answer.content.decode()}"


def test_the_receivers_check_on_the_page_is_right() -> None:
    found: dict[str, Any] = {}
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(code, found)
    import time

    now = int(time.time())
    assert found["genuine"]("whs_x", signature("whs_x", now, b"{}"), b"{}")
    assert not found["genuine"]("whs_x", signature("whs_x", now, b"{}"), b"{ }")
    assert not found["genuine"]("whs_x", signature("whs_x", now - 400, b"{}"), b"{}")


def test_the_document_has_one_operation_an_action_with_its_declared_arguments(company: Company) -> None:
    paths = whole()["paths"]
    for name, spec in actions().items():
        body = paths[f"/api/v1/actions/{name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        known = body["properties"]["args"]
        assert {field.id for field in spec.args} <= set(known["properties"])
        assert known.get("required", []) == [field.id for field in spec.args if field.required]
        assert f"/api/v1/actions/{name}/check" in paths
    assert whole()["openapi"] == "3.1.0"


def test_every_action_is_offered_or_left_out_by_name() -> None:
    public = {name for name, spec in vocabulary.actions.items() if spec.public and not spec.reads}
    assert set(actions()) == (public - set(LEFT_OUT)) | set(WITH_PAGES)
    assert set(WITH_PAGES) <= set(vocabulary.actions) and not set(LEFT_OUT) & set(actions())


def test_the_document_is_sound_openapi(company: Company) -> None:
    import schemathesis

    schema = schemathesis.openapi.from_dict(whole())
    found = [each.ok() for each in schema.get_all_operations()]
    assert len(found) > 150


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/"])
def test_the_description_is_for_whoever_is_signed_in(company: Company, path: str) -> None:
    assert machine(company["小王"]).get(path).status_code == 200
    assert Machine().get(path).status_code in (302, 401)
