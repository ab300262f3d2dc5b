"""Wall clocks, zones, waits and quiet hours. Pure: the present instant is always an argument."""
