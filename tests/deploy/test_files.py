"""The files of `deploy/` are what they claim to be: parsed, and checked by the programs that read them.

How they work together with running programs is shown in `tests/e2e`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
GENAI_COST = Path(sys.executable).with_name("genai-cost")
# Ports that a Collector has by default, in any pod that has one.
COLLECTORS_PORTS = {4317, 4318, 8888, 13133}

YAML_FILES = sorted([*DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.yml")])
OURS = ["container.yaml", "collector/genai-cost.yaml"]
THEIRS = ["collector/otelcol.yaml", "collector/load-balancing.yaml"]


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text()))


def manifest(kind: str, name: str) -> dict[str, Any]:
    return next(
        one
        for one in documents(DEPLOY / "kubernetes" / "sidecar.yaml")
        if (one["kind"], one["metadata"]["name"]) == (kind, name)
    )


def in_config_map(name: str, key: str, folder: Path) -> Path:
    """A file as the pod would see it."""
    path = folder / key
    path.write_text(manifest("ConfigMap", name)["data"][key])
    return path


def validate(*files: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ) | {"POD_IP": "10.0.0.7"}  # noqa: TID251  # what the downward API does
    command = [str(GENAI_COST), "validate", *map(str, files)]
    return subprocess.run(  # noqa: S603
        command, cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_yaml_file_parses(path: Path) -> None:
    assert all(documents(path))


@pytest.mark.parametrize("name", OURS)
def test_our_configurations_are_valid(name: str, tmp_path: Path) -> None:
    checked = validate(DEPLOY / name, cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_the_sidecars_configuration_and_prices_are_valid(tmp_path: Path) -> None:
    prices = in_config_map("genai-cost-prices", "pricing.yaml", tmp_path)
    config = in_config_map("genai-cost-config", "config.yaml", tmp_path)
    mounted = config.read_text().replace("/etc/genai-cost/prices/pricing.yaml", str(prices))
    config.write_text(mounted)
    checked = validate(config, prices, cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", [*THEIRS, "kubernetes/sidecar.yaml"])
def test_a_real_collector_accepts_its_configuration(name: str, tmp_path: Path) -> None:
    binary = os.environ.get("GENAI_COST_OTELCOL", "")  # noqa: TID251  # set by `make e2e`
    if not binary:
        pytest.skip("NO COLLECTOR: `make e2e` builds one and sets GENAI_COST_OTELCOL")
    path = DEPLOY / name
    if name.startswith("kubernetes/"):
        path = in_config_map("app-otel-collector", "otelcol.yaml", tmp_path)
    env = dict(os.environ) | {"POD_IP": "10.0.0.7"}  # noqa: TID251
    checked = subprocess.run(  # noqa: S603
        [binary, "validate", "--config", str(path)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def sidecars() -> dict[str, Any]:
    pod = manifest("Deployment", "app")["spec"]["template"]["spec"]
    return {one["name"]: one for one in pod["initContainers"]}


def test_the_sidecar_shares_no_port_with_the_collector_beside_it() -> None:
    config = manifest("ConfigMap", "genai-cost-config")["data"]["config.yaml"]
    listening = yaml.safe_load(config)
    listening.pop("exporters")
    ports = {
        int(port) for port in re.findall(r":(\d+)'?$", yaml.safe_dump(listening), re.MULTILINE)
    }
    assert ports == {14317, 14133, 18888}
    assert not ports & COLLECTORS_PORTS


def test_prices_are_mounted_as_a_folder_and_never_by_sub_path() -> None:
    """The kubelet updates folders; a `subPath` keeps what it had when the pod started."""
    mounts = sidecars()["genai-cost"]["volumeMounts"]
    assert {mount["name"] for mount in mounts} == {"prices", "cost-config"}
    assert not [mount for mount in mounts if "subPath" in mount]


def test_sidecars_start_before_the_application_and_stay() -> None:
    assert list(sidecars()) == ["genai-cost", "otel-collector"], (
        "started in this order, ended in the other"
    )
    assert all(one["restartPolicy"] == "Always" for one in sidecars().values())


def test_probes_ask_a_port_that_the_pods_address_has() -> None:
    """The OTLP door is on localhost, where a kubelet's probe never comes."""
    container = sidecars()["genai-cost"]
    named = {port["name"]: port["containerPort"] for port in container["ports"]}
    asked = {
        named[container[probe]["httpGet"]["port"]]
        for probe in ("startupProbe", "livenessProbe")
    }
    config = yaml.safe_load(manifest("ConfigMap", "genai-cost-config")["data"]["config.yaml"])
    assert {f"${{env:POD_IP}}:{port}" for port in asked} == {
        config["extensions"]["health_check"]["endpoint"]
    }


def test_the_container_file_copies_what_exists_and_runs_without_root() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = [
        line.split()[1:-1]
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
    ]
    missing = [name for names in copied for name in names if not (ROOT / name).exists()]
    assert not missing
    assert "USER 65532:65532" in lines
