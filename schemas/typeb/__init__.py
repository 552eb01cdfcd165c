"""Line grammars of teletype messages and the XSDs of the trees they become."""
