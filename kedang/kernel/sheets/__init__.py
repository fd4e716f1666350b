"""Reading other people's tables safely, and writing tables that no spreadsheet takes for programs.

A file is never parsed in the process that serves people: `reading.survey` hands it to a child with bounded memory, time
and output, which leaves the rows in a spool file and says on its standard output what it found.
"""
