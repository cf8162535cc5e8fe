"""Types of settings that may be left out, as they are shown on the command line."""

from pathlib import Path
from typing import Annotated

from tyro.conf import arg

# Shown as INT in place of {None}|INT, and without "default: None".
OptionalInt = Annotated[int | None, arg(metavar="INT", help_behavior_hint="")]
OptionalFloat = Annotated[float | None, arg(metavar="FLOAT", help_behavior_hint="")]
OptionalText = Annotated[str | None, arg(metavar="TEXT", help_behavior_hint="")]
OptionalPath = Annotated[Path | None, arg(metavar="PATH", help_behavior_hint="")]
OptionalSwitch = Annotated[bool | None, arg(metavar="True|False", help_behavior_hint="")]
