"""`python -m trueline` is the same as `trueline`."""

from trueline.cli.main import main

if __name__ == "__main__":
    main()
