"""What an organisation makes of results: dispositions, selection; never the outcome itself."""
