"""The synthetic corpus: generators, phrase banks and cases."""
