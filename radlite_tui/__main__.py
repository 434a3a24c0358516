"""`python -m radlite_tui` is `radlite-tui`."""

from radlite_tui.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
