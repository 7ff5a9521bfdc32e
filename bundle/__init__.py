"""What a Kubernetes bundle is put together from; `bundle/build` calls it, with Python's standard library alone."""
