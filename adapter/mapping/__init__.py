"""Maps as data: from a validated tree to loyalty transactions, and from outcomes to a reply."""
