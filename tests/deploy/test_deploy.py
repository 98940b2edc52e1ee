"""What deploy/ says, held against the gateway; their syntax is checked by ``make lint``."""

import re
from pathlib import Path

import pytest
import yaml

from imageshim.cli.gateway import options
from imageshim.server.gateway import Settings, create_app
from imageshim.server.rules import read_rules

FOLDER = Path(__file__).parents[2] / "deploy"
KUBERNETES = {
    document["kind"]: document
    for document in yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
}
POD = KUBERNETES["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["gateway"]
DOCKERFILE = (FOLDER / "Dockerfile").read_text()


@pytest.fixture
def rules_file(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(KUBERNETES["ConfigMap"]["data"]["rules.yaml"])
    return str(file)


def test_the_rules_files_can_be_read(rules_file):
    assert read_rules(rules_file).rules
    assert read_rules(FOLDER / "rules.yaml").rules


@pytest.mark.parametrize("words", [CONTAINER["args"], COMPOSE["command"]])
def test_the_arguments_are_ones_that_the_gateway_takes(words, rules_file):
    entry = re.search(r'ENTRYPOINT \["imageshim", "gateway", (.*)\]', DOCKERFILE)
    before = [word.strip('" ') for word in entry[1].split(",")]
    own = [
        rules_file if word.endswith("rules.yaml")
        else "http://up" if word.startswith("${UPSTREAM") else word
        for word in words
    ]  # fmt: skip
    given = options([*before, *own])
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    assert (settings.host, settings.port) == ("0.0.0.0", CONTAINER["ports"][0]["containerPort"])  # noqa: S104
    create_app(settings)


def test_the_probes_ask_for_pages_that_there_are():
    paths = {route.path for route in create_app(Settings("http://up")).app.app.routes}
    probes = [CONTAINER[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")]
    asked = {probe["httpGet"]["path"] for probe in probes}
    annotated = KUBERNETES["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert asked == {"/healthz", "/readyz"}
    assert {*asked, annotated["prometheus.io/path"]} <= paths
    assert "/healthz" in DOCKERFILE


def test_nobody_kills_a_gateway_that_lets_streams_end():
    drain = options([*CONTAINER["args"][:2], *CONTAINER["args"][-2:]])["drain"]
    wait = int(CONTAINER["lifecycle"]["preStop"]["exec"]["command"][1])
    assert POD["terminationGracePeriodSeconds"] > drain + wait
    assert int(COMPOSE["stop_grace_period"].removesuffix("s")) > Settings("http://up").drain


def test_all_of_it_is_about_the_same_pods():
    labels = KUBERNETES["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert KUBERNETES["Service"]["spec"]["selector"] == labels
    assert KUBERNETES["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    target = KUBERNETES["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"]
    assert target == KUBERNETES["Deployment"]["metadata"]["name"]
    assert KUBERNETES["Service"]["spec"]["ports"][0]["targetPort"] == CONTAINER["ports"][0]["name"]
