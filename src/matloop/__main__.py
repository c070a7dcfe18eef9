"""`python -m matloop`: the command line, as the command `matloop`."""

import sys

from matloop.apps.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
