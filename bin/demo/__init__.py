"""What the demo hospital consists of; see README.md beside this."""
