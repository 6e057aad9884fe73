"""One module a version. A step that has been given out is never changed."""
