"""Tests of the package, and the local OpenAlex API server they run against."""
