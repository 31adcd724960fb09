"""`python -m tenant_sim`."""

import sys

from tenant_sim.main import main

if __name__ == "__main__":
    sys.exit(main())
