"""`python -m doodle`."""

import sys

from doodle.cli import main

sys.exit(main())
