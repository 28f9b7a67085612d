"""``python -m tests.support.openalex_server WORKS``: the strict server, by hand."""

from tests.support.openalex_server.server import main

raise SystemExit(main())
