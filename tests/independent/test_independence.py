"""The client would prove nothing if it used the code that it is to judge."""

import ast
from pathlib import Path

CLIENT = Path(__file__).with_name("gateway_client.py")
ALLOWED = {
    "collections", "cryptography", "dataclasses", "os", "socket", "struct", "time", "types", "typing", "xml", "zlib",
}  # fmt: skip


def test_the_client_imports_nothing_of_ours() -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(CLIENT.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would hide where a name comes from"
            imported.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Name):
            assert node.id not in ("__import__", "importlib", "exec", "eval")
    assert imported, "the test looks at the wrong file"
    assert imported <= ALLOWED


def test_nothing_in_this_folder_imports_the_code_under_test() -> None:
    for path in CLIENT.parent.glob("*.py"):
        if path.name.startswith("launch_"):
            continue  # runs inside the server's own process
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            for name in names:
                assert name.split(".")[0] not in ("adapter", "simulators", "loyalty_core"), path.name
