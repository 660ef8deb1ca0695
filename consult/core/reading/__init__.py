"""Reading what people hand in: documents become blocks of text, in a child process that can do nothing else.

`blocks` the pieces a document gives; `markup` XML without tricks; `office` DOCX and ODT; `portable` PDF; `spreadsheet` XLSX;
`plain` text files; `kept` a table that was read once; `program` what runs in the child, with its limits; `running` starts it and turns
its refusals into sentences.
Who calls has let the file through `consult.files` first.
"""
