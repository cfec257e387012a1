"""Report -> text in some form. Pure functions: nothing is read, written or graded here."""
