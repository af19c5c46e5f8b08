"""One task a file: networks come in loaded, drawings and arrays go in and out."""
