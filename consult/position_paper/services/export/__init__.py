"""Files of the paper, all written from the same blocks so that they say the same: `page` HTML, `pdf`, `word` DOCX, `opendocument` ODT,
`record` JSON; `printed` is what the writers take, the plan too; `citations` numbers the sources, `files` builds and keeps them.

The writers load their libraries only where a file is written: the web shares this room and writes none."""
