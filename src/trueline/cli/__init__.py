"""The command line: one module per command; maps errors to exit codes and decides nothing."""
