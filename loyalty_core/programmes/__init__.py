"""Programme definitions that are shipped as data; NAME.yaml is programme NAME."""
