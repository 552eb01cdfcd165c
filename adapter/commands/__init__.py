"""The commands of ``ffgate``; each is imported only when it is run."""
