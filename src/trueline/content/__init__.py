"""Content as data: settings, platforms, rules and benchmarks, read strictly from YAML."""
