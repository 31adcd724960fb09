"""`python -m functions_host --app DIR`: run a function app on this machine."""

import sys

from functions_host.cli import main

sys.exit(main())
