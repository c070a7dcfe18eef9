"""One file a verb group; `main` is where the program begins."""
