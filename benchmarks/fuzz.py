"""Thousands of requests made up from the server's own schema, wrong ones too; no answer may be a 5xx.

python benchmarks/fuzz.py [EXAMPLES]      # for each route; 185 make some 2,600 requests
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from indexer import index_folder
from search import Searcher
from search.server import Folders, Settings, create_app
from tests.fake import FakeEncoder
from tests.search.server.conftest import FakeRun, served

DOCUMENTS = Path(__file__).parents[1] / "data" / "documents"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def main(examples: int) -> int:
    """Serve data/documents and let schemathesis ask; its exit code."""
    with TemporaryDirectory() as index:
        encoder = FakeEncoder()
        index_folder(DOCUMENTS, index=index, encoder=encoder)
        searcher = Searcher(index, encoder=encoder)
        folders = Folders(FakeRun(), searcher.folders)
        app = create_app(searcher, Settings(), folders=folders)
        with served(app) as address:
            app.state.context.ready.wait(60)
            command = ["schemathesis", "run", f"{address}/openapi.json", f"--max-examples={examples}"]
            options = [f"--checks={CHECKS}", "--phases=fuzzing", "--mode=all", "--workers=2", "--no-color"]
            command[0] = str(Path(sys.executable).with_name(command[0]))
            code = subprocess.run([*command, *options]).returncode
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 600))
