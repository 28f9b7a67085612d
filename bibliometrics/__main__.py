"""Entry point of ``python -m bibliometrics``."""

from bibliometrics.cli import main

raise SystemExit(main())
