"""One contract suite for each Protocol, shipped so that plug-in authors can run them."""
