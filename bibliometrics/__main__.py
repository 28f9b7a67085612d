"""Entry point of ``python -m bibliometrics``."""

from bibliometrics.cli.commands import main

raise SystemExit(main())
