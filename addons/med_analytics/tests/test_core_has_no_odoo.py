import ast
from pathlib import Path

from odoo.tests import BaseCase, tagged

CORE = Path(__file__).parents[1] / "core"


@tagged("med")
class TestCoreHasNoOdoo(BaseCase):
    def test_core_never_imports_odoo(self):
        for file in CORE.glob("**/*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                for name in names:
                    with self.subTest(file=file.name, name=name):
                        self.assertNotEqual(name.split(".")[0], "odoo")
