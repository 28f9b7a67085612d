"""Rebuild a published bibliometric study from open data, and grade its claims."""
