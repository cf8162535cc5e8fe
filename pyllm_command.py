"""The script `pyllm`: beside the package, so that Ctrl-C while the package is being imported ends in one line, too."""

import sys


def main() -> int:
    """Runs the command line; returns the exit status."""
    try:
        from pyllm import cli
    except KeyboardInterrupt:
        print("\npyllm: stopped", file=sys.stderr)
        return 130
    return cli.main()
