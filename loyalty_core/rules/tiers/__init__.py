"""Which tier a member stands in on which day, from counted days and the rules of a programme."""
