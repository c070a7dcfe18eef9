"""The faces of the program: the command line, and later REST and web pages."""
