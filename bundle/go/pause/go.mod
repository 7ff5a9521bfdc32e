module kvmlab/bundle/pause

go 1.25.0
