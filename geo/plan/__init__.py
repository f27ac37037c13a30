"""Planning routes (计划): which team visits which households on which day, in which order; pure, no I/O, no clock."""
